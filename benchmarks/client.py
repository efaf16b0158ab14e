"""A load generator on bare sockets: cheap enough not to be what is measured."""

from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

    from benchmarks.processes import Server

QUIET_SECONDS = 2.2  # the mock looks for garbage once a second without requests


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """An HTTP/1.1 request; underscores in the headers' names stand for dashes."""
    head = f"{method} {path} HTTP/1.1\r\nhost: bench\r\n"
    for name, value in headers.items():
        head += f"{name.replace('_', '-')}: {value}\r\n"
    if body:
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


@dataclass(slots=True)
class Tally:
    """What a load did: answers, and the processor time the server spent on them."""

    answers: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    received: int = 0
    last: bytes = b""

    @property
    def cpu_us(self) -> float:
        """Microseconds of the server's processor time per answer."""
        return self.cpu_seconds / self.answers * 1e6

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds


class _Connection(asyncio.Protocol):
    """Sends the next request when the last one's answer is complete."""

    def __init__(self) -> None:
        self._load: _Load | None = None
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._lost: Exception | None = None

    def begin(self, load: _Load) -> None:
        """Take part in a load."""
        self._load = load
        if self._transport is None:
            load.ended(self._lost or ConnectionError("the server closed a connection"))
        else:
            self._next(load)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._load is not None and self._complete():
            self._load.answered(bytes(self._buffer))
            self._buffer.clear()
            self._next(self._load)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self._lost = None, exc
        if self._load is not None:
            self._load.ended(exc or ConnectionError("the server closed a connection"))

    def _complete(self) -> bool:
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        at = buffer.find(b"content-length: ", 0, end)
        if at < 0:
            at = buffer[:end].lower().find(b"content-length: ")
        if at >= 0:
            size = int(buffer[at + 16 : buffer.index(b"\r\n", at)])
            return len(buffer) >= end + 4 + size
        if buffer.startswith(b"HTTP/1.1 204"):
            return True
        return buffer.endswith(b"\r\n0\r\n\r\n")

    def _next(self, load: _Load) -> None:
        following = next(load.requests, None)
        if following is None or self._transport is None:
            self._load = None
            load.ended(None)
        else:
            self._transport.write(following)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class _Load:
    """The connections of one load together."""

    def __init__(self, requests: Iterator[bytes], connections: int) -> None:
        self.requests = requests
        self.tally = Tally()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._busy = connections

    def answered(self, answer: bytes) -> None:
        if not answer.startswith(b"HTTP/1.1 2"):
            self._fail(RuntimeError(f"not a success: {answer[:300]!r}"))
        self.tally.answers += 1
        self.tally.received += len(answer)
        self.tally.last = answer

    def ended(self, error: Exception | None) -> None:
        if error is not None:
            self._fail(error)
        self._busy -= 1
        if self._busy == 0 and not self.done.done():
            self.done.set_result(None)

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class Client:
    """Open connections to one server, which answers one request at a time on each."""

    def __init__(self, server: Server, connections: Sequence[_Connection]) -> None:
        self.server = server
        self._connections = connections

    async def send(self, requests: Iterable[bytes]) -> Tally:
        """Send the requests; measure the server meanwhile.

        Raises RuntimeError for an answer that is not a success, ConnectionError when the server
        closes a connection.
        """
        load = _Load(iter(requests), len(self._connections))
        cpu, began = self.server.cpu_seconds(), time.perf_counter()
        for connection in self._connections:
            connection.begin(load)
        await load.done
        load.tally.seconds = time.perf_counter() - began
        load.tally.cpu_seconds = self.server.cpu_seconds() - cpu
        return load.tally


@asynccontextmanager
async def connected(server: Server, connections: int = 16) -> AsyncIterator[Client]:
    """A client while it is needed."""
    loop = asyncio.get_running_loop()
    made = [_Connection() for _ in range(connections)]
    try:
        for one in made:
            await loop.create_connection(lambda one=one: one, server.host, server.port)  # type: ignore[misc]
        yield Client(server, made)
    finally:
        for one in made:
            one.close()


async def send(server: Server, requests: Iterable[bytes], *, connections: int = 16) -> Tally:
    """Send the requests over so many connections of their own, as `Client.send` does."""
    async with connected(server, connections) as client:
        return await client.send(requests)


async def take_turns(
    loads: Sequence[tuple[Client, Iterator[bytes]]], *, turns: int, answers: int
) -> list[float]:
    """Load servers in short turns; microseconds of processor time an answer takes each.

    In a turn each gets `answers` of its requests. All that a server does counts, the looks it takes
    for garbage too, and what it puts off until the quiet that follows.
    """
    spent = [0.0 for _ in loads]
    for turn in range(turns):
        order = list(enumerate(loads))
        for at, (client, requests) in reversed(order) if turn % 2 else order:
            tally = await client.send(itertools.islice(requests, answers))
            spent[at] += tally.cpu_seconds
    before = [client.server.cpu_seconds() for client, _ in loads]
    await asyncio.sleep(QUIET_SECONDS)
    after = [client.server.cpu_seconds() for client, _ in loads]
    return [
        (busy + end - start) / (turns * answers) * 1e6
        for busy, start, end in zip(spent, before, after, strict=True)
    ]
