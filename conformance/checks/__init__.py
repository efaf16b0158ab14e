"""Checks: what must hold. Pure functions from a recording to nothing, or to a Violation."""
