"""What is asked of both servers, and what each answer costs."""

from __future__ import annotations

import itertools
import random
import uuid
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

import orjson

from benchmarks.client import request, send

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from benchmarks.client import Tally
    from benchmarks.processes import Server

THREADS, RUNS_EACH = 32, 12
CREATED_ON = 4000  # threads that runs are created on, in turn
INPUT = {"messages": [{"role": "user", "content": "How long is a piece of string?"}]}
CREATE = {
    "assistant_id": "agent",
    "input": INPUT,
    "metadata": {"bench": True},
    "if_not_exists": "create",
}
# far enough ahead that no run begins while the bench goes on
LATER = {**CREATE, "after_seconds": 100_000}
FEW_EVENTS, MANY_EVENTS = 20, 1020


def threads(seed: int, count: int = THREADS) -> list[str]:
    """Thread ids of one purpose."""
    return [str(uuid.UUID(int=seed << 64 | n, version=4)) for n in range(count)]


def creations(thread_ids: Iterable[str], body: Mapping[str, object]) -> Iterator[bytes]:
    """One creation on each thread."""
    encoded = orjson.dumps(body)
    return (request("POST", f"/threads/{thread}/runs", encoded) for thread in thread_ids)


def script(events: int) -> bytes:
    """A streamed run of so many custom events, each some time after the other."""
    steps: list[dict[str, object]] = []
    for n in range(events):
        steps += [{"custom": {"n": n, "text": "a token or so"}}, {"sleep": 0.001}]
    body = {"assistant_id": "probe", "input": {"script": steps}, "stream_mode": ["custom"]}
    return orjson.dumps({**body, "if_not_exists": "create"})


@dataclass(slots=True)
class Subject:
    """A server with the runs the cases read."""

    server: Server
    thread_ids: list[str]
    reads: list[bytes] = field(default_factory=list)
    lists: list[bytes] = field(default_factory=list)

    async def prepare(self) -> None:
        """Make the runs: some threads with more than a page each."""
        paths = []
        for _ in range(RUNS_EACH):
            for creation in creations(self.thread_ids, CREATE):
                tally = await send(self.server, [creation], connections=1)
                row = orjson.loads(tally.last.partition(b"\r\n\r\n")[2])
                paths.append(f"/threads/{row['thread_id']}/runs/{row['run_id']}")
        self.reads = [request("GET", path) for path in paths]
        await send(self.server, creations(threads(7, CREATED_ON), LATER))
        self.lists = [
            request("GET", f"/threads/{thread}/runs?limit=10") for thread in self.thread_ids
        ]


async def get_run(subject: Subject, seconds: float) -> Tally:
    """GET one of many runs."""
    return await send(subject.server, subject.reads, seconds=seconds)


async def list_runs(subject: Subject, seconds: float) -> Tally:
    """GET a page of ten runs."""
    return await send(subject.server, subject.lists, seconds=seconds)


async def create_run(subject: Subject, seconds: float) -> Tally:
    """POST a run that does not begin."""
    requests = list(creations(threads(7, CREATED_ON), LATER))
    return await send(subject.server, requests, seconds=seconds)


async def create_and_play(subject: Subject, seconds: float) -> Tally:
    """POST a run that plays at once, and all it takes until it has ended."""
    fresh = (str(uuid.UUID(int=n, version=4)) for n in itertools.count(random.getrandbits(100)))
    return await send(subject.server, creations(fresh, CREATE), seconds=seconds, connections=4)


async def stream_events(subject: Subject, streams: int) -> float:
    """Microseconds per event of a run that is created, played and streamed."""
    path = f"/threads/{threads(9)[0]}/runs/stream"
    asked = {events: request("POST", path, script(events)) for events in (FEW_EVENTS, MANY_EVENTS)}
    return await _event_cost(subject, asked, streams)


async def replay_events(subject: Subject, streams: int) -> float:
    """Microseconds per event of a run that has ended, sent again from its log."""
    asked = {}
    for events in (FEW_EVENTS, MANY_EVENTS):
        path = f"/threads/{threads(10)[0]}/runs/stream"
        body = orjson.dumps({**orjson.loads(script(events)), "stream_resumable": True})
        played = await send(subject.server, [request("POST", path, body)], connections=1)
        head = played.last.partition(b"\r\n\r\n")[0].decode()
        where = next(
            line.partition(": ")[2]
            for line in head.split("\r\n")
            if line.startswith("content-location")
        )
        asked[events] = request("GET", f"{where}/stream", last_event_id="-1")
    return await _event_cost(subject, asked, streams)


async def _event_cost(subject: Subject, asked: Mapping[int, bytes], streams: int) -> float:
    """The cost of an event: long streams less short ones, so that the request itself is out."""
    costs = []
    for events, one in asked.items():
        tally = await send(subject.server, itertools.repeat(one, streams), connections=1)
        seen = tally.last.count(b"event: custom")
        if seen != events:
            raise RuntimeError(f"{subject.server.name} streamed {seen} of {events} events")
        costs.append(tally.cpu_us)
    return (costs[1] - costs[0]) / (MANY_EVENTS - FEW_EVENTS)


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the rounds' ratios: both of a round met the same weather."""
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))
