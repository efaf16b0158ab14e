"""`python -m benchmarks`: measure the mock against raw Starlette, print figures beside goals.

Processor time of the server process is what counts: it is steadier than requests per second on a
machine that does other things too. The servers take short turns, so that all meet the same weather;
of the rounds' ratios the median counts.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import ExitStack
from statistics import median

import uvloop

from benchmarks import cases, memory, prism, streams
from benchmarks.cases import ON_A_THREAD, REQUESTS, STATELESS, Length, Subject, ratio, threads
from benchmarks.processes import HTTP_SIDE, MOCK, RAW, REAL, serving, start_seconds
from benchmarks.table import Figure, show

GOALS = {"GET run": 1.0, "list 10 runs": 1.3, "create run": 1.0}
EVENT_GOAL = 1.1
SSE_TURNS = 5  # turns a round; a stream is longer than a request


def to_raw(name: str, ours: list[float], raw: list[float], goal: float) -> Figure:
    """One figure: a cost of ours to the yardstick's."""
    detail = f"{median(ours):.1f} to {median(raw):.1f} µs of raw Starlette"
    return Figure(f"{name}: CPU to raw", ratio(ours, raw), "×", goal, detail=detail)


async def compare_requests(mock: Subject, raw: Subject, length: Length) -> list[Figure]:
    """The cost of an answer, ours to theirs."""
    ours, theirs = await cases.request_costs((mock, raw), REQUESTS, length)
    return [to_raw(name, ours[name], theirs[name], goal) for name, goal in GOALS.items()]


async def compare_events(
    stack: ExitStack, mock: Subject, raw: Subject, rounds: int
) -> list[Figure]:
    """The cost of a streamed event, ours to theirs."""
    http_side = stack.enter_context(serving("HTTP side", HTTP_SIDE))
    real = stack.enter_context(serving("real", REAL))
    at_once = {
        "the HTTP side alone": cases.streamed(http_side, ON_A_THREAD, cases.customs, 10),
        "played by the probe": cases.streamed(mock.server, ON_A_THREAD, cases.customs, 10),
        "replayed from the log": await cases.replayed(mock.server, cases.customs, 20),
        "raw": cases.streamed(raw.server, ON_A_THREAD, cases.customs, 10),
    }
    in_time = {
        "a token each millisecond": cases.streamed(real, STATELESS, cases.tokens, 16, 16),
        "raw": cases.streamed(raw.server, STATELESS, cases.tokens, 16, 16),
    }
    figures = []
    for subjects, turns in ((at_once, SSE_TURNS), (in_time, 1)):
        costs = await cases.event_costs(subjects, Length(rounds, turns))
        theirs = costs.pop("raw")
        figures += [to_raw(f"SSE event, {name}", costs[name], theirs, EVENT_GOAL) for name in costs]
    return figures


async def measure(options: argparse.Namespace) -> list[Figure]:
    """All figures."""
    figures: list[Figure] = []
    with ExitStack() as stack:
        mock = Subject(stack.enter_context(serving("mock", MOCK)), threads(1))
        raw = Subject(stack.enter_context(serving("raw", RAW)), threads(1))
        idle = mock.server.memory_bytes()
        figures.append(Figure("memory when idle", idle / 1e6, "MB", 100))
        await mock.prepare()
        await raw.prepare()
        length = Length(options.rounds, options.turns)
        figures += await compare_requests(mock, raw, length)
        figures += await compare_events(stack, mock, raw, options.rounds)
        played = {"played": cases.create_and_play}
        costs, *_ = await cases.request_costs((mock,), played, length)
        whole = median(costs["played"])
        figures.append(
            Figure("create and play a run of agent", whole, "µs", detail="CPU, whole run")
        )
        if options.prism:
            figures += await prism.compare(mock, length)
    starts = [start_seconds("mock", MOCK) for _ in range(5)]
    figures.append(Figure("start to first 200", median(starts), "s", 0.6))
    figures += await memory.measure(options.runs, length)
    return figures


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="rounds; the median counts (7)")
    parser.add_argument("--turns", type=int, default=16, help="turns of each server a round (16)")
    parser.add_argument("--runs", type=int, default=10_000, help="finished runs to keep (10000)")
    parser.add_argument("--full", action="store_true", help="100,000 finished runs, and --streams")
    parser.add_argument("--prism", action="store_true", help="compare with Prism (npm installs it)")
    parser.add_argument("--streams", action="store_true", help="1,000 streams at once, alone")
    options = parser.parse_args()
    if options.full:
        options.runs = 100_000
    figures: list[Figure] = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if not options.streams:
            figures += runner.run(measure(options))
        if options.streams or options.full:
            figures += runner.run(streams.measure(streams.Load()))
    show(figures)
    sys.exit(any(figure.met is False for figure in figures))


if __name__ == "__main__":
    main()
