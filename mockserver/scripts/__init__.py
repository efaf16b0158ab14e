"""The script language, the agents file, the built-in agents."""
