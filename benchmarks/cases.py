"""What is asked of both servers, and what each answer costs."""

from __future__ import annotations

import itertools
import random
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

import orjson

from benchmarks.client import connected, request, send, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from benchmarks.client import Client
    from benchmarks.processes import Server

    Case = Callable[["Subject"], Iterator[bytes]]

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
TOKEN_SECONDS = 0.001

Json = dict[str, object]


Costs = dict[str, list[float]]
"""Processor time (µs) by what it was spent on, a figure a round."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long is measured: rounds, each of short turns, so many answers in a turn."""

    rounds: int = 5
    turns: int = 16
    answers: int = 400


def threads(seed: int, count: int = THREADS) -> list[str]:
    """Thread ids of one purpose."""
    return [str(uuid.UUID(int=seed << 64 | n, version=4)) for n in range(count)]


def creations(thread_ids: Iterable[str], body: Mapping[str, object]) -> Iterator[bytes]:
    """One creation on each thread."""
    encoded = orjson.dumps(body)
    return (request("POST", f"/threads/{thread}/runs", encoded) for thread in thread_ids)


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


def get_run(subject: Subject) -> Iterator[bytes]:
    """GET one of many runs."""
    return itertools.cycle(subject.reads)


def list_runs(subject: Subject) -> Iterator[bytes]:
    """GET a page of ten runs."""
    return itertools.cycle(subject.lists)


def create_run(subject: Subject) -> Iterator[bytes]:  # noqa: ARG001 - the same for all
    """POST a run that does not begin."""
    return itertools.cycle(list(creations(threads(7, CREATED_ON), LATER)))


def create_and_play(subject: Subject) -> Iterator[bytes]:  # noqa: ARG001 - the same for all
    """POST a run that plays at once, each on a thread of its own."""
    fresh = (str(uuid.UUID(int=n, version=4)) for n in itertools.count(random.getrandbits(100)))
    return creations(fresh, CREATE)


REQUESTS: Mapping[str, Case] = {
    "GET run": get_run,
    "list 10 runs": list_runs,
    "create run": create_run,
}


async def request_costs(
    subjects: Sequence[Subject], cases: Mapping[str, Case], length: Length
) -> list[Costs]:
    """What an answer costs each subject, by case."""
    costs: list[Costs] = [{name: [] for name in cases} for _ in subjects]
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connected(one.server)) for one in subjects]
        for _ in range(length.rounds):
            for name, case in cases.items():
                asked = [case(subject) for subject in subjects]
                loads = list(zip(clients, asked, strict=True))
                found = await take_turns(loads, turns=length.turns, answers=length.answers)
                for cost, one in zip(costs, found, strict=True):
                    cost[name].append(one)
    return costs


@dataclass(frozen=True, slots=True)
class Streaming:
    """A server that streams a run of many events and one of few, on so many connections at once."""

    server: Server
    many: bytes
    few: bytes
    streams: int
    connections: int = 1


def customs(events: int) -> Json:
    """A run that streams so many custom events, each after a wait of no length."""
    steps: list[Json] = []
    for n in range(events):
        steps += [{"custom": {"n": n, "text": "a token or so"}}, {"sleep": 0}]
    return {
        "assistant_id": "probe",
        "input": {"script": steps},
        "stream_mode": ["custom"],
        "if_not_exists": "create",
    }


def tokens(events: int) -> Json:
    """A run that streams so many tokens of a message, each at its own time."""
    steps = [{"say": "token " * events, "pace": TOKEN_SECONDS}]
    return {"assistant_id": "probe", "input": {"script": steps}, "stream_mode": ["messages-tuple"]}


ON_A_THREAD = f"/threads/{threads(9)[0]}/runs/stream"
STATELESS = "/runs/stream"


def streamed(
    server: Server, path: str, run: Callable[[int], Json], streams: int, connections: int = 1
) -> Streaming:
    """Runs that are created, played and streamed."""
    many, few = (
        request("POST", path, orjson.dumps(run(events))) for events in (MANY_EVENTS, FEW_EVENTS)
    )
    return Streaming(server, many, few, streams, connections)


async def replayed(server: Server, run: Callable[[int], Json], streams: int) -> Streaming:
    """Runs that have ended, sent again from their logs."""
    asked = []
    for events in (MANY_EVENTS, FEW_EVENTS):
        body = orjson.dumps({**run(events), "stream_resumable": True})
        played = await send(server, [request("POST", ON_A_THREAD, body)], connections=1)
        head = played.last.partition(b"\r\n\r\n")[0].decode()
        where = next(
            line.partition(": ")[2]
            for line in head.split("\r\n")
            if line.startswith("content-location")
        )
        asked.append(request("GET", f"{where}/stream", last_event_id="-1"))
    many, few = asked
    return Streaming(server, many, few, streams)


async def event_costs(subjects: Mapping[str, Streaming], length: Length) -> Costs:
    """What an event costs each subject.

    That is the cost of long streams less that of short ones, so that the request itself is out.
    """
    costs: Costs = {name: [] for name in subjects}
    async with AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(connected(one.server, one.connections))
            for name, one in subjects.items()
        }
        for _ in range(length.rounds):
            spent: Costs = {name: [] for name in subjects}
            for _ in range(length.turns):
                for name, one in subjects.items():
                    spent[name].append(await _event_cost(clients[name], one))
            for name, cost in spent.items():
                costs[name].append(median(cost))
    return costs


async def _event_cost(client: Client, asked: Streaming) -> float:
    costs = []
    for events, one in ((MANY_EVENTS, asked.many), (FEW_EVENTS, asked.few)):
        tally = await client.send(itertools.repeat(one, asked.streams))
        seen = tally.last.count(b"event: custom") + tally.last.count(b"event: messages")
        if seen != events:
            raise RuntimeError(f"{client.server.name} streamed {seen} of {events} events")
        costs.append(tally.cpu_us)
    return (costs[0] - costs[1]) / (MANY_EVENTS - FEW_EVENTS)


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the rounds' ratios: both of a round met the same weather."""
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))
