"""The JavaScript client, in the generations people use: what npm calls latest, and the 1.x line."""

from __future__ import annotations

import pytest

from tests.clients.node import installed, node_test

GENERATIONS = ("sdk-2.0", "sdk-1.11", "sdk-1.12", "sdk-1.15")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_client_works(generation: str, server_url: str) -> None:
    folder = installed("sdk")
    passed = node_test(folder, "sdk.test.mjs", 120, SDK=generation, SERVER_URL=server_url)
    assert passed >= 23


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_client_has_crons_and_a_store(generation: str, server_url: str) -> None:
    folder = installed("sdk")
    passed = node_test(folder, "resources.test.mjs", 120, SDK=generation, SERVER_URL=server_url)
    assert passed == 5


# Older ones differ in how a session ends: it is not always told to who listens.
def test_the_newest_client_follows_a_thread(server_url: str) -> None:
    folder = installed("sdk")
    environment = {"SDK": GENERATIONS[-1], "SERVER_URL": server_url}
    assert node_test(folder, "thread_stream.test.mjs", 120, **environment) == 18
