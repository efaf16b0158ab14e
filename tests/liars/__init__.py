"""Liars: servers that break one promise each, and the checks that have to catch them."""
