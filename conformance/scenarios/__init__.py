"""Scenarios: what is done to a server. Async functions that drive it and record what they see."""
