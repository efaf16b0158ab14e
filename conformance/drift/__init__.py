"""Our document against the one a server publishes."""
