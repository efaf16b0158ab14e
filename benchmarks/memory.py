"""What finished runs take to keep, and whether many of them slow requests down."""

from __future__ import annotations

import uuid
from statistics import median
from typing import TYPE_CHECKING

import orjson

from benchmarks.cases import CREATE, REQUESTS, Subject, ratio, request_costs, threads
from benchmarks.client import request, send
from benchmarks.processes import MOCK, serving
from benchmarks.table import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.cases import Length

FEW = 100


def _turns(first: int, count: int) -> Iterator[bytes]:
    """Runs that have ended when they are answered, each the first of its thread."""
    body = orjson.dumps(CREATE)
    for number in range(first, first + count):
        thread = uuid.UUID(int=42 << 64 | number, version=4)
        yield request("POST", f"/threads/{thread}/runs/wait", body)


async def measure(runs: int, length: Length) -> list[Figure]:
    """Bytes a finished run, and the cost of requests among many runs to that among few.

    Two servers are asked in turn, one with few runs and one with many.
    """
    with serving("few", MOCK) as few, serving("many", MOCK) as many:
        for server in (few, many):
            await send(server, _turns(0, FEW))
        before = many.memory_bytes()
        await send(many, _turns(FEW, runs), connections=8)
        kept = many.memory_bytes() - before
        subjects = (Subject(many, threads(1)), Subject(few, threads(1)))
        for subject in subjects:
            await subject.prepare()
        among_many, among_few = await request_costs(subjects, REQUESTS, length)
    return [
        Figure(
            "memory a finished run of agent",
            kept / runs / 1000,
            "KB",
            6,
            detail=f"at {runs:,} runs, a thread each: row, log, checkpoints and thread",
        ),
        *(
            Figure(
                f"{name}: CPU at {runs:,} runs to {FEW}",
                ratio(among_many[name], among_few[name]),
                "×",
                1.1,
                detail=f"{median(among_many[name]):.1f} to {median(among_few[name]):.1f} µs",
            )
            for name in REQUESTS
        ),
    ]
