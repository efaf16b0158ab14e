"""The reference server: the real langgraph-api, in memory, started and stopped by us."""
