"""The runs: by id, and per thread in the order they were created."""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockserver.store.rows import Run

_INDEX_FROM = 64  # runs on a thread from which on an index by status pays

_key = attrgetter("key")


class RunList:
    """The runs of one thread, oldest first."""

    __slots__ = ("_by_status", "_runs")

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._by_status: dict[str, list[Run]] | None = None

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    def add(self, run: Run) -> None:
        """Take in a run at its place by creation time."""
        runs = self._runs
        if not runs or run.key > runs[-1].key:
            runs.append(run)
        else:
            insort(runs, run, key=_key)
        if self._by_status is not None:
            insort(self._by_status.setdefault(run.status, []), run, key=_key)
        elif len(self._runs) >= _INDEX_FROM:
            self._by_status = {}
            for each in self._runs:
                self._by_status.setdefault(each.status, []).append(each)

    def remove(self, run: Run) -> None:
        """Drop a run that is in the list."""
        _drop(self._runs, run)
        if self._by_status is not None:
            _drop(self._by_status[run.status], run)

    def moved(self, run: Run, old_status: str) -> None:
        """Note that a run's status has changed."""
        if self._by_status is not None:
            _drop(self._by_status[old_status], run)
            insort(self._by_status.setdefault(run.status, []), run, key=_key)

    def newest(self, limit: int, offset: int = 0, status: str | None = None) -> Iterable[Run]:
        """Up to `limit` runs, newest first, after skipping `offset` of them."""
        runs: Iterable[Run]
        if status is None:
            runs = reversed(self._runs)
        elif self._by_status is None:
            runs = (run for run in reversed(self._runs) if run.status == status)
        else:
            runs = reversed(self._by_status.get(status, []))
        return islice(runs, offset, offset + limit)


def _drop(runs: list[Run], run: Run) -> None:
    at = bisect_left(runs, run.key, key=_key)
    if at == len(runs) or runs[at] is not run:
        raise KeyError(run.run_id)
    del runs[at]


class RunTable:
    """Every run of the server."""

    def __init__(self) -> None:
        self._rows: dict[str, Run] = {}
        self._order = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Run]:
        return iter(self._rows.values())

    def next_order(self) -> int:
        """A number greater than that of every run before."""
        self._order += 1
        return self._order

    def find(self, run_id: str) -> Run | None:
        """The run with this id, if there is one."""
        return self._rows.get(run_id)

    def add(self, run: Run) -> None:
        """Store a new run, and list it with its thread."""
        self._rows[run.run_id] = run
        run.thread.runs.add(run)

    def remove(self, run: Run) -> None:
        """Forget a run."""
        del self._rows[run.run_id]
        run.thread.runs.remove(run)

    def restate(self, run: Run, status: str, now_us: int | None) -> None:
        """Give a run another status; `now_us` becomes its `updated_at` unless it is None."""
        old = run.status
        run.restate(status, now_us)
        run.thread.runs.moved(run, old)
