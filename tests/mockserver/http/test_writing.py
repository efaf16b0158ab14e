"""Streams: each chunk at once, the iterator closed when the client goes, broken ends told apart."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from mockserver.http.call import Answer, Call, Reply, Streamed
from tests.mockserver.http.serving import THING_ID, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATIENCE = 5.0  # seconds after which something that should happen at once counts as not happening


class Source:
    """A stream whose chunks the test lets out one by one."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue()
        self.closed = asyncio.Event()

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            while True:
                item = await self.queue.get()
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self.closed.set()

    async def stream_events(self, call: Call) -> Answer:
        return Streamed(self.chunks(), "text/event-stream", headers=(("X-Run", "1"),))


async def soon(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), PATIENCE)


async def test_a_chunk_arrives_before_the_next_is_made() -> None:
    source = Source()
    async with (
        serving({"stream_events": source.stream_events}) as client,
        client.stream("GET", "/events") as answer,
    ):
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["x-run"] == "1"
        received = answer.aiter_raw()
        for number in range(3):
            chunk = b"data: %d\n\n" % number
            source.queue.put_nowait(chunk)
            assert await asyncio.wait_for(anext(received), PATIENCE) == chunk
        source.queue.put_nowait(None)
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(received), PATIENCE)
        await soon(source.closed)


@pytest.mark.parametrize("started", [False, True])
async def test_a_client_that_leaves_ends_the_stream(started: bool) -> None:
    source = Source()
    async with serving({"stream_events": source.stream_events}) as client:
        async with client.stream("GET", "/events") as answer:
            source.queue.put_nowait(b"data: 1\n\n")
            if started:
                await anext(answer.aiter_raw())
        await soon(source.closed)
        assert (await client.get("/nope")).status_code == 404


async def test_a_stream_that_breaks_does_not_look_ended(caplog: pytest.LogCaptureFixture) -> None:
    source = Source()
    async with serving({"stream_events": source.stream_events}) as client:
        source.queue.put_nowait(b"data: 1\n\n")
        source.queue.put_nowait(ValueError("the pipe burst"))
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/events")
    assert source.closed.is_set()
    assert "the pipe burst" in caplog.text


async def test_head_of_a_stream_sends_no_chunk_and_does_not_wait() -> None:
    source = Source()
    async with serving({"stream_events": source.stream_events}) as client:
        answer = await asyncio.wait_for(client.head("/events"), PATIENCE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream"


async def test_a_blocked_handler_learns_that_its_client_has_gone() -> None:
    waiting, gone = asyncio.Event(), asyncio.Event()

    async def get_thing(call: Call) -> Answer:
        waiting.set()
        await call.disconnected()
        gone.set()
        return Reply({"thing_id": THING_ID})

    async with serving({"get_thing": get_thing}) as client:
        request = asyncio.create_task(client.get(f"/things/{THING_ID}"))
        await soon(waiting)
        assert not gone.is_set()
        request.cancel()
        await soon(gone)
