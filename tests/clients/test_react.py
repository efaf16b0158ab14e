"""The React hooks, in jsdom: `useStream` of every generation of the JavaScript client."""

from __future__ import annotations

import pytest

from tests.clients.node import installed, node_test

GENERATIONS = ("sdk-2.0", "sdk-1.11", "sdk-1.12", "sdk-1.15")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_legacy_hook_works(generation: str, server_url: str) -> None:
    folder = installed("react")
    passed = node_test(folder, "legacy.test.mjs", 120, SDK=generation, SERVER_URL=server_url)
    assert passed == 8


# `@langchain/react` speaks protocol v2 only.
@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_the_v2_hook_works(transport: str, server_url: str) -> None:
    folder = installed("react")
    passed = node_test(folder, "v2.test.mjs", 120, TRANSPORT=transport, SERVER_URL=server_url)
    assert passed == 9
