"""`@ag-ui/langgraph`: what CopilotKit puts between its chat and an Agent Server."""

from __future__ import annotations

from tests.clients.node import installed, node_test


def test_the_adapter_works(server_url: str) -> None:
    assert node_test(installed("agui"), "agui.test.mjs", 120, SERVER_URL=server_url) == 5
