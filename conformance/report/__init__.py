"""Reports of a finished run: terminal, JSON, JUnit."""
