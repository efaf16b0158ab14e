"""Bare sockets against a mock in this process, so that what it holds on to can be counted.

On uvloop, as the mock is served.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import struct
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import orjson
import uvloop

from mockserver.engine import Engine
from mockserver.http.app import application
from mockserver.http.server import address, bind, configuration
from mockserver.routes import HANDLERS, SOCKETS
from spec.document import document
from tests.mockserver.http.serving import Served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    import pytest

    from mockserver.settings import Settings

PATIENCE = 30.0  # seconds, on a busy machine, after which what should happen at once does not
RST = struct.pack("ii", 1, 0)  # linger for no time: closing resets

OK = b"GET /ok HTTP/1.1\r\nhost: x\r\n\r\n"
TO_WEBSOCKET = (b"connection: upgrade", b"upgrade: websocket")
VERSION, KEY = b"sec-websocket-version: 13", b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = (*TO_WEBSOCKET, VERSION, KEY)


def get(path: str, *headers: bytes, version: bytes = b"1.1") -> bytes:
    lines = (b"GET %b HTTP/%b" % (path.encode(), version), b"host: x", *headers)
    return b"\r\n".join((*lines, b"", b""))


def post(
    path: str,
    body: bytes,
    *headers: bytes,
    length: int | None = None,
    version: bytes = b"1.1",
) -> bytes:
    size = len(body) if length is None else length
    first = b"POST %b HTTP/%b" % (path.encode(), version)
    return b"\r\n".join((first, b"host: x", b"content-length: %d" % size, *headers, b"", body))


def run(*script: Any, **more: Any) -> bytes:
    """A run of the probe."""
    return orjson.dumps({"assistant_id": "probe", "input": {"script": list(script)}, **more})


class Mock:
    """A mock in this process, and what it holds on to."""

    def __init__(self, settings: Settings) -> None:
        self.engine = Engine(settings)
        self.sock = bind("127.0.0.1", 0)
        app = application(self.engine, document(), HANDLERS, SOCKETS)
        self.server = Served(configuration(app), self.engine, address(self.sock))

    def held(self) -> dict[str, object]:
        """What must be as before once every client has left."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        return {
            "connections": len(self.server.server_state.connections),
            "requests": len(self.server.server_state.tasks),
            "tasks": others,
            "jobs": len(self.engine.scheduler.jobs()),
            "feeds": len(list(self.engine.feeds.values())),
        }

    async def returns_to(self, before: dict[str, object]) -> None:
        """Return once it holds what it did before; fail where it does not come to that."""
        deadline = time.monotonic() + PATIENCE
        while self.held() != before:
            assert time.monotonic() < deadline, f"left behind: {self.held()}, before: {before}"
            await asyncio.sleep(0.01)  # nobody says that a connection has gone

    async def answers_properly(self) -> None:
        """A run is streamed to its end."""
        async with Client(self) as client:
            body = orjson.dumps(
                {"assistant_id": "agent", "input": {"messages": "one two"}, "stream_mode": "values"}
            )
            await client.send(post("/runs/stream", body))
            ((status, streamed),) = await client.read(1)
        assert status == 200
        assert streamed.count(b"event: values") == 2
        assert b'"one two"' in streamed


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Mock]:
    """A mock that holds nothing at the end but what it held at the beginning."""
    mock = Mock(settings)
    task = asyncio.create_task(mock.server._serve([mock.sock]))
    await mock.server.up.wait()
    try:
        before = mock.held()
        await mock.answers_properly()
        await mock.returns_to(before)
        yield mock
        await mock.returns_to(before)
        await mock.answers_properly()
    finally:
        mock.server.should_exit = True
        await task


class Client:
    """A bare socket."""

    def __init__(self, mock: Mock) -> None:
        self._to = mock.sock.getsockname()
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self.received = b""
        self._found: list[tuple[int, bytes]] = []  # the answers that are whole
        self._taken = 0  # bytes of them
        self._ended = False

    async def __aenter__(self) -> Client:
        await asyncio.get_running_loop().sock_connect(self._socket, self._to)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.close()

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            await asyncio.get_running_loop().sock_sendall(self._socket, piece)
            await asyncio.sleep(0)

    async def read(self, answers: int) -> list[tuple[int, bytes]]:
        """Read so many whole answers, or to the end of the connection."""
        async with asyncio.timeout(PATIENCE):
            while len(self._take()) < answers and await self.more():
                pass
        return self._take()

    def _take(self) -> list[tuple[int, bytes]]:
        found, rest = split(self.received[self._taken :], self._ended)
        self._found += found
        self._taken = len(self.received) - len(rest)
        return self._found

    async def more(self) -> bool:
        """Read on; whether there was anything."""
        data = await asyncio.get_running_loop().sock_recv(self._socket, 65536)
        self.received += data
        self._ended = not data
        return bool(data)

    async def closed(self) -> bool:
        """Whether the server closes the connection now, without another word."""
        try:
            async with asyncio.timeout(PATIENCE):
                return not await self.more()
        except TimeoutError:
            return False
        except ConnectionError:  # it did not read all we sent
            return True

    async def say(self, pieces: Iterable[bytes], end: str) -> None:
        """Send, then `read` on for a moment, `half` close, `close` or `reset`.

        A connection that is refused before everything was sent has said enough.
        """
        try:
            await self.send(*pieces)
            if end == "reset":
                self.reset()
                return
            if end == "half":
                self.half_close()
            async with asyncio.timeout(0.2 if end == "read" else PATIENCE):  # it may owe nothing
                while end != "close" and await self.more():
                    pass
        except TimeoutError:
            assert end == "read", f"not closed after {self.received[-300:]!r}"
        except OSError:
            pass

    def half_close(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        self._socket.close()

    def close(self) -> None:
        self._socket.close()


def split(received: bytes, ended: bool = False) -> tuple[list[tuple[int, bytes]], bytes]:
    """The whole answers, status and body, and what follows them. Fails on what is no answer.

    One without a length is whole when the connection has `ended`; after a 101 no answer follows.
    """
    found: list[tuple[int, bytes]] = []
    while received:
        assert b"HTTP/1.1 "[: len(received)] == received[:9], received[:200]
        head, gap, rest = received.partition(b"\r\n\r\n")
        if not gap:
            break
        status, body = int(head[9:12]), b""
        if size := re.search(rb"(?mi)^content-length: (\d+)", head):
            length = int(size[1])
            if len(rest) < length:
                break
            body, rest = rest[:length], rest[length:]
        elif b"transfer-encoding: chunked" in head:
            while (line := re.match(rb"([0-9a-f]+)\r\n", rest)) is not None:
                length = int(line[1], 16)
                if len(rest) < line.end() + length + 2:
                    return found, received
                body += rest[line.end() : line.end() + length]
                rest = rest[line.end() + length + 2 :]
                if not length:
                    break
            else:
                return found, received
        elif status == 101:
            return [*found, (status, b"")], rest
        elif status >= 200 and status != 204:
            if not ended:
                break
            body, rest = rest, b""
        found.append((status, body))
        received = rest
    return found, received


def on_uvloop(test: Callable[[], Awaitable[None]], caplog: pytest.LogCaptureFixture) -> None:
    """Run a test as the mock is served. Nothing may be logged as a fault meanwhile."""
    caplog.set_level(logging.INFO)

    async def whole() -> None:
        await test()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(whole())
    faults = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR or r.exc_info]
    assert faults == []
