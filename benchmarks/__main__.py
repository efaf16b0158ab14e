"""`python -m benchmarks`: measure the mock against raw Starlette, print figures beside goals.

Processor time of the server process is what counts: it is steadier than requests per second on a
machine that does other things too. Rounds of both servers alternate; the figure is the median.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

import uvloop

from benchmarks import cases, memory, prism, streams
from benchmarks.cases import Subject, ratio, threads
from benchmarks.processes import HTTP_SIDE, MOCK, RAW, serving, start_seconds
from benchmarks.table import Figure, show

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from benchmarks.client import Tally

    Case = Callable[[Subject, float], Awaitable[Tally]]

REQUESTS: tuple[tuple[str, Case, float], ...] = (
    ("GET run", cases.get_run, 1.0),
    ("list 10 runs", cases.list_runs, 1.3),
    ("create run", cases.create_run, 1.0),
)

SSE = "SSE event, the HTTP side alone"
PLAYED = "SSE event, played by the probe"
REPLAYED = "SSE event, replayed from the log"


async def compare(
    mock: Subject, http_side: Subject, raw: Subject, rounds: int, seconds: float
) -> list[Figure]:
    """The cost of requests and of streamed events, ours to theirs."""
    costs: dict[str, tuple[list[float], list[float]]] = {}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for name, case, _ in REQUESTS:
            ours, theirs = costs.setdefault(name, ([], []))
            ours.append((await case(mock, seconds)).cpu_us)
            theirs.append((await case(raw, seconds)).cpu_us)
        yardstick = await cases.stream_events(raw, 100)
        for name, cost in (
            (SSE, await cases.stream_events(http_side, 100)),
            (PLAYED, await cases.stream_events(mock, 50)),
            (REPLAYED, await cases.replay_events(mock, 200)),
        ):
            ours, theirs = costs.setdefault(name, ([], []))
            ours.append(cost)
            theirs.append(yardstick)
    goals = {name: goal for name, _, goal in REQUESTS} | dict.fromkeys((SSE, PLAYED, REPLAYED), 1.1)
    return [
        Figure(
            f"{name}: CPU to raw",
            ratio(ours, theirs),
            "×",
            goals[name],
            detail=f"{median(ours):.1f} to {median(theirs):.1f} µs of raw Starlette",
        )
        for name, (ours, theirs) in costs.items()
    ]


async def measure(options: argparse.Namespace) -> list[Figure]:
    """All figures."""
    figures: list[Figure] = []
    with ExitStack() as stack:
        mock = Subject(stack.enter_context(serving("mock", MOCK)), threads(1))
        raw = Subject(stack.enter_context(serving("raw", RAW)), threads(1))
        idle = mock.server.memory_bytes()
        figures.append(Figure("memory when idle", idle / 1e6, "MB", 100))
        http_side = Subject(stack.enter_context(serving("HTTP side", HTTP_SIDE)), threads(1))
        await mock.prepare()
        await raw.prepare()
        figures += await compare(mock, http_side, raw, options.rounds, options.seconds)
        played = await cases.create_and_play(mock, options.seconds)
        figures.append(
            Figure("create and play a run of agent", played.cpu_us, "µs", detail="CPU, whole run")
        )
        if options.prism:
            figures += await prism.compare(mock, options.seconds)
    starts = [start_seconds("mock", MOCK) for _ in range(5)]
    figures.append(Figure("start to first 200", median(starts), "s", 0.6))
    figures += await memory.measure(options.runs, options.rounds, options.seconds)
    return figures


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="alternating rounds (4)")
    parser.add_argument("--seconds", type=float, default=1.5, help="length of one load (1.5)")
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
