"""A load generator on bare sockets: cheap enough not to be what is measured."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._complete():
            self._load.answered(bytes(self._buffer))
            self._buffer.clear()
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.lost(exc)

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

    def _next(self) -> None:
        following = next(self._load.requests, None)
        assert self._transport is not None
        if following is None:
            self._transport.close()
        else:
            self._transport.write(following)


class _Load:
    """The connections of one load together."""

    def __init__(self, requests: Iterator[bytes], connections: int) -> None:
        self.requests = requests
        self.tally = Tally()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._open = connections

    def answered(self, answer: bytes) -> None:
        if not answer.startswith(b"HTTP/1.1 2"):
            self._fail(RuntimeError(f"not a success: {answer[:300]!r}"))
        self.tally.answers += 1
        self.tally.received += len(answer)
        self.tally.last = answer

    def lost(self, error: Exception | None) -> None:
        if error is not None:
            self._fail(error)
        self._open -= 1
        if self._open == 0 and not self.done.done():
            self.done.set_result(None)

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


async def send(
    server: Server,
    requests: Iterable[bytes],
    *,
    seconds: float | None = None,
    connections: int = 16,
) -> Tally:
    """Send the requests over some connections, one at a time on each; measure the server meanwhile.

    With `seconds` they are repeated for that long, and what the server does in the quiet that
    follows counts too: it tidies up after the load. Raises RuntimeError for an answer that is not
    a success.
    """
    if seconds is not None:
        deadline = time.perf_counter() + seconds
        chosen: Iterator[bytes] = itertools.takewhile(
            lambda _: time.perf_counter() < deadline,
            itertools.cycle(requests),  # an endless iterable is not repeated
        )
    else:
        chosen = iter(requests)
    load = _Load(chosen, connections)
    loop = asyncio.get_running_loop()
    cpu, began = server.cpu_seconds(), time.perf_counter()
    opened = [
        await loop.create_connection(lambda: _Connection(load), server.host, server.port)
        for _ in range(connections)
    ]
    try:
        await load.done
    finally:
        for transport, _ in opened:
            transport.close()
    load.tally.seconds = time.perf_counter() - began
    if seconds is not None:
        await asyncio.sleep(QUIET_SECONDS)
    load.tally.cpu_seconds = server.cpu_seconds() - cpu
    return load.tally
