"""How busy a server is."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockserver.engine.jobs import Job


@dataclass(frozen=True, slots=True)
class Load:
    """The active runs, and how many seconds the pending ones have been due; None where none is."""

    pending: int
    running: int
    longest_wait: float | None
    median_wait: float | None


def load_of(jobs: Iterable[Job], now_us: int) -> Load:
    """The load these active runs are."""
    waits, running = [], 0
    for job in jobs:
        if job.run.status == "pending":
            waits.append(max(0, now_us - job.run.created_us) / 1_000_000)
        else:
            running += 1
    if not waits:
        return Load(0, running, None, None)
    return Load(len(waits), running, max(waits), statistics.median(waits))
