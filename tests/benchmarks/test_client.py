"""The load generator counts whole answers, and refuses those that are no success."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from benchmarks.client import connected, request, send, take_turns
from benchmarks.processes import Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"


@asynccontextmanager
async def answering(*pieces: bytes) -> AsyncIterator[Server]:
    """A server that answers every request with the pieces, one write each."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            await writer.wait_closed()
        closed.set()

    closed = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield Server("fake", "127.0.0.1", server.sockets[0].getsockname()[1], os.getpid())
        await closed.wait()


@pytest.mark.parametrize(
    "pieces",
    [(SIZED,), (SIZED[:20], SIZED[20:42], SIZED[42:]), (CHUNKED[:60], CHUNKED[60:]), (EMPTY,)],
)
async def test_every_answer_is_counted_once(pieces: tuple[bytes, ...]) -> None:
    async with answering(*pieces) as server:
        tally = await send(server, [request("GET", "/")] * 7, connections=3)
    assert tally.answers == 7
    assert tally.last == b"".join(pieces)
    assert tally.received == 7 * len(tally.last)
    assert tally.seconds > 0
    assert tally.cpu_seconds >= 0


async def test_servers_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.client.QUIET_SECONDS", 0.0)
    async with (
        answering(SIZED) as first,
        answering(CHUNKED) as second,
        connected(first, 2) as one,
        connected(second, 2) as other,
    ):
        asked = [iter([request("GET", "/")] * 20) for _ in range(2)]
        found = await take_turns([(one, asked[0]), (other, asked[1])], turns=3, answers=5)
    assert [len(list(rest)) for rest in asked] == [5, 5]
    assert all(cost > 0 for cost in found)


async def test_a_connection_the_server_closes_ends_the_load() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        there = Server("fake", "127.0.0.1", server.sockets[0].getsockname()[1], os.getpid())
        with pytest.raises(ConnectionError):
            await send(there, [request("GET", "/")], connections=1)


async def test_an_answer_that_is_no_success_ends_the_load() -> None:
    async with answering(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n") as server:
        with pytest.raises(RuntimeError, match="500 Oh"):
            await send(server, [request("GET", "/")] * 3, connections=1)


def test_a_request_has_its_length_and_headers() -> None:
    assert request("POST", "/x", b"{}", last_event_id="-1") == (
        b"POST /x HTTP/1.1\r\nhost: bench\r\nlast-event-id: -1\r\n"
        b"content-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    )
