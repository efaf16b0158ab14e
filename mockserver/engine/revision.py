"""Which server the mock behaves like: clients read it in `/info` and in run metadata."""

from __future__ import annotations

SERVER_VERSION = "0.16.7"
LIBRARY_VERSION = "1.2.22"

RUN_METADATA = {
    "langgraph_version": LIBRARY_VERSION,
    "langgraph_api_version": SERVER_VERSION,
    "langgraph_plan": "enterprise",
    "langgraph_host": "self-hosted",
    "langgraph_api_url": "http://127.0.0.1",
}
"""What a worker adds to the metadata of a run it starts."""
