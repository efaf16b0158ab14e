"""Connections that break under both Python clients: each comes back and misses nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.cutting import cutting
from tests.clients.either import collected, entered, one_client, settled, spoken

SLOW: Any = {"script": [{"say": "one two three four", "pace": 0.3}, {"say": "five"}]}
NUMBERS: Any = {"script": [step for n in range(8) for step in ({"custom": n}, {"sleep": 0.15})]}

pytestmark = pytest.mark.parametrize("kind", ["sync", "async"])


@pytest.mark.parametrize("transport", ["sse", "websocket"])
async def test_a_session_goes_on(server_url: str, kind: str, transport: str) -> None:
    signs = (b'"running"', b'"text":"one "', b'"text":"three "')
    with cutting(server_url, *signs) as (url, left):
        async with one_client(kind, url) as client:
            stream = client.threads.stream(assistant_id="probe", transport=transport)
            async with entered(stream) as thread:
                await settled(thread.run.start(input=SLOW))
                texts = ["".join(pieces) for pieces in await spoken(thread.messages)]
                assert texts == ["one two three four", "five"]
                assert len((await settled(thread.output))["messages"]) == 2
                assert left == []


async def test_a_streamed_run_goes_on(server_url: str, kind: str) -> None:
    with cutting(server_url, b"data: 2", b"data: 5") as (url, left):
        async with one_client(kind, url) as client:
            thread_id = (await settled(client.threads.create()))["thread_id"]
            stream = client.runs.stream(
                thread_id, "probe", input=NUMBERS, stream_mode="custom", stream_resumable=True
            )
            seen = [part.data for part in await collected(stream) if part.event == "custom"]
            assert seen == list(range(8))
            assert left == []


async def test_a_joined_run_goes_on(server_url: str, kind: str) -> None:
    with cutting(server_url, b"data: 3") as (url, left):
        async with one_client(kind, url) as client:
            thread_id = (await settled(client.threads.create()))["thread_id"]
            run = await settled(
                client.runs.create(
                    thread_id, "probe", input=NUMBERS, stream_mode="custom", stream_resumable=True
                )
            )
            stream = client.runs.join_stream(thread_id, run["run_id"], last_event_id="-1")
            seen = [part.data for part in await collected(stream) if part.event == "custom"]
            assert seen == list(range(8))
            assert left == []


async def test_a_client_that_waits_is_answered(server_url: str, kind: str) -> None:
    napping = {"script": [{"sleep": 0.3}, {"update": {"note": 1}}]}
    with cutting(server_url, b"/join\r\n") as (url, left):
        async with one_client(kind, url) as client:
            thread_id = (await settled(client.threads.create()))["thread_id"]
            with pytest.warns(UserWarning, match="attempting reconnect to Location"):
                values = await settled(client.runs.wait(thread_id, "probe", input=napping))
            assert values["note"] == 1
            assert left == []
