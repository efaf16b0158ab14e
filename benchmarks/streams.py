"""A thousand streams at once on one mock: nothing lost, first frames and heartbeats in time.

Runs begin at an even rate and last longer than it takes to begin them all, so that at the end of
the beginning all are streamed at once. The client shares the machine: what it measures is never
less than what the server took.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import TYPE_CHECKING, cast

import orjson

from benchmarks.client import request, send
from benchmarks.processes import REAL, serving
from benchmarks.table import Figure
from mockserver.settings import Settings

if TYPE_CHECKING:
    from benchmarks.processes import Server

HEARTBEAT = Settings().heartbeat_seconds
WARM_UP, GONE_SECONDS, PATIENCE = 50, 3.0, 30.0
HELD_MB, LOST_MB = 5, 2
FIRST_GOAL_MS, LATE_GOAL_MS = 250, 250
_BEAT = b": heartbeat"
_TOKENS_BEFORE, _TOKENS_AFTER = 20, 5


@dataclass(frozen=True, slots=True)
class Load:
    """How many streams, how many of them begin in a second, how long each is silent,
    and how long each token takes (seconds)."""

    streams: int = 1000
    a_second: float = 50.0
    silent: float = 3.5 * HEARTBEAT
    pace: float = 0.2

    @property
    def lasts(self) -> float:
        """Seconds a stream lasts: tokens, a silence with heartbeats, tokens."""
        return (_TOKENS_BEFORE + _TOKENS_AFTER) * self.pace + self.silent

    def text(self, number: int) -> tuple[str, str]:
        """What a stream says before and after its silence, its own number in every word."""
        words = [f"{number}.{n} " for n in range(_TOKENS_BEFORE + _TOKENS_AFTER)]
        return "".join(words[:_TOKENS_BEFORE]), "".join(words[_TOKENS_BEFORE:])

    def run(self, number: int) -> bytes:
        """The request of one stateless run."""
        before, after = self.text(number)
        script = [
            {"say": before, "pace": self.pace},
            {"sleep": self.silent},
            {"say": after, "pace": self.pace},
        ]
        body = {"assistant_id": "probe", "input": {"script": script}}
        encoded = orjson.dumps({**body, "stream_mode": ["messages-tuple", "custom"]})
        return request("POST", "/runs/stream", encoded)


@dataclass(slots=True)
class Seen:
    """What one client saw of its stream. Times are seconds of `time.perf_counter`."""

    asked: float
    first: float | None = None
    ended: float | None = None
    beats: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    events: int = 0
    fault: str | None = None


class _Reader(asyncio.Protocol):
    """One stream, read frame by frame as it comes."""

    def __init__(self, asking: bytes, done: asyncio.Future[None]) -> None:
        self._asking = asking
        self._done = done
        self._buffer = b""
        self._headers = True
        self.seen = Seen(0.0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.seen.asked = time.perf_counter()
        self._transport.write(self._asking)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self._buffer += data
        if self._headers:
            head, gap, rest = self._buffer.partition(b"\r\n\r\n")
            if not gap:
                return
            if not head.startswith(b"HTTP/1.1 200"):
                self._end(head.decode("latin-1"))
                return
            self._headers, self._buffer = False, rest
        while self._chunk(now):
            pass

    def _chunk(self, now: float) -> bool:
        size, gap, rest = self._buffer.partition(b"\r\n")
        if not gap or len(rest) < (length := int(size, 16)) + 2:
            return False
        self._buffer = rest[length + 2 :]
        if not length:
            self.seen.ended = now
            self._end(None)
            return False
        for frame in rest[:length].split(b"\r\n\r\n"):
            self._frame(frame, now)
        return True

    def _frame(self, frame: bytes, now: float) -> None:
        seen = self.seen
        if frame.startswith(_BEAT):
            seen.beats.append(now)
        elif frame:
            seen.events += 1
            if seen.first is None:
                seen.first = now
            name, _, data = frame.partition(b"\r\ndata: ")
            if name == b"event: messages":
                message = orjson.loads(data)[0]
                if message["type"] == "AIMessageChunk":
                    seen.said.append(message["content"])
            elif name == b"event: error":
                seen.fault = data.decode()

    def _end(self, fault: str | None) -> None:
        self.seen.fault = self.seen.fault or fault
        self._transport.close()
        if not self._done.done():
            self._done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._end(f"cut off: {exc}")


async def follow(server: Server, load: Load, patience: float) -> list[Seen]:
    """Begin the streams at their rate, read each to its end."""
    loop = asyncio.get_running_loop()
    readers: list[_Reader] = []
    ends: list[asyncio.Future[None]] = []
    began = time.perf_counter()
    for number in range(load.streams):
        await asyncio.sleep(max(0.0, began + number / load.a_second - time.perf_counter()))
        done: asyncio.Future[None] = loop.create_future()
        reader = _Reader(load.run(number), done)
        await loop.create_connection(lambda reader=reader: reader, server.host, server.port)  # type: ignore[misc]
        readers.append(reader)
        ends.append(done)
    await asyncio.wait(ends, timeout=load.lasts + patience)
    return [reader.seen for reader in readers]


def whole(load: Load, number: int, seen: Seen) -> bool:
    """Whether a stream ended well and its tokens, in order, are what was to be said."""
    words = [word + " " for word in "".join(load.text(number)).split()]
    said = [token for token in seen.said if token]
    return seen.fault is None and seen.ended is not None and said == words


def lateness(seen: Seen) -> list[float]:
    """By how many seconds each heartbeat missed its time: so many from the first, every few.

    A heartbeat that never came counts as a whole period late.
    """
    if seen.ended is None:
        return [HEARTBEAT]
    owed = int((seen.ended - seen.asked) / HEARTBEAT)
    late = [at - seen.asked - HEARTBEAT * n for n, at in enumerate(seen.beats, 1)]
    return late + [HEARTBEAT] * (owed - len(late))


def most_at_once(streams: list[Seen]) -> int:
    """The most streams that had begun and not ended at one time."""
    moves = [(seen.asked, 1) for seen in streams]
    moves += [(seen.ended, -1) for seen in streams if seen.ended is not None]
    most = open_now = 0
    for _, move in sorted(moves):
        open_now += move
        most = max(most, open_now)
    return most


def judge(load: Load, streams: list[Seen]) -> list[Figure]:
    """The figures of the streams themselves."""
    broken = sum(not whole(load, n, seen) for n, seen in enumerate(streams))
    waits = [(s.first - s.asked) * 1000 for s in streams if s.first is not None]
    late = [abs(one) * 1000 for seen in streams for one in lateness(seen)]
    worst = max(late, default=0.0)
    return [
        Figure(
            "streams at once",
            most_at_once(streams),
            "",
            load.streams,
            at_least=True,
            detail=f"{load.a_second:g} begin a second, each lasts {load.lasts:g} s",
        ),
        Figure(
            "streams with a frame lost",
            broken,
            "",
            0,
            detail=f"{sum(seen.events for seen in streams):,} events, token by token",
        ),
        Figure(
            "first frame, p99",
            quantiles(waits, n=100)[98] if len(waits) > 1 else float("inf"),
            "ms",
            FIRST_GOAL_MS,
            detail=f"from the request on: median {median(waits):.1f}, most {max(waits):.0f} ms",
        ),
        Figure(
            "heartbeats, p99 of what they are off",
            quantiles(late, n=100)[98] if len(late) > 1 else worst,
            "ms",
            LATE_GOAL_MS,
            detail=f"{len(late):,} due, every {HEARTBEAT:g} s; at worst {worst:.0f} ms",
        ),
    ]


async def measure(load: Load) -> list[Figure]:
    """All figures: of the streams, and of the server's memory and time.

    A second wave of as many streams shows whether memory that is still held after the first is a
    reserve, which it uses again, or lost.
    """
    again = Load(load.streams, load.a_second * 2, HEARTBEAT)
    with serving("streams", REAL) as server:
        short = orjson.dumps({"assistant_id": "probe", "input": {"script": [{"say": "a b"}]}})
        await send(server, [request("POST", "/runs/stream", short)] * WARM_UP)
        await asyncio.sleep(GONE_SECONDS)
        before, cpu, began = server.memory_bytes(), server.cpu_seconds(), time.perf_counter()
        streams = await follow(server, load, PATIENCE)
        took, spent = time.perf_counter() - began, server.cpu_seconds() - cpu
        peak = server.memory_bytes()
        await asyncio.sleep(GONE_SECONDS)
        first = server.memory_bytes()
        await follow(server, again, PATIENCE)
        await asyncio.sleep(GONE_SECONDS)
        second = server.memory_bytes()
    return [
        *judge(load, streams),
        Figure(
            "memory after the streams, over before",
            (first - before) / 1e6,
            "MB",
            HELD_MB,
            detail=f"{before / 1e6:.0f} MB before, {peak / 1e6:.0f} MB as the last stream ended",
        ),
        Figure(
            "memory after as many again, over that",
            (second - first) / 1e6,
            "MB",
            LOST_MB,
            detail="what a wave of streams leaves for good",
        ),
        Figure(
            "processor the server took", spent / took * 100, "%", detail=f"of one, {took:.0f} s"
        ),
    ]
