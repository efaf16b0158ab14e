"""The threads: by id, by age, by status, by what their metadata says."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import orjson

from mockserver.store.matching import contains
from mockserver.store.rows import STAMP_BITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockserver.store.rows import Thread

_SORT_BELOW = 512  # up to so many candidates are sorted; more are met in the index's own order
_SORT_FIELDS = {
    "thread_id": ("thread_id",),
    "status": ("status", "updated"),
    "created_at": ("created",),
    "updated_at": ("updated",),
    "state_updated_at": ("state_updated",),
}
_Posting = tuple[str, bool, Any]  # the key, whether the value is a boolean, the value


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """Which threads: None means any; `metadata` and `values` by containment, `{}` means any."""

    ids: frozenset[str] | None = None
    status: str | None = None
    metadata: Mapping[str, Any] | None = None
    values: Mapping[str, Any] | None = None


class ThreadTable:
    """Every thread of the server. The dicts by time hold the longest untouched thread first."""

    def __init__(self) -> None:
        self._last = 0
        self._rows: dict[str, Thread] = {}  # by creation
        self._ids: list[str] = []
        self._updated: dict[str, Thread] = {}
        self._state_updated: dict[str, Thread] = {}
        self._by_status: dict[str, dict[str, Thread]] = {}
        self._postings: dict[_Posting, dict[str, Thread]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, thread_id: str) -> Thread | None:
        """The thread with this id, if there is one."""
        return self._rows.get(thread_id)

    def stamp(self, now_us: int) -> int:
        """A stamp for this moment, greater than all before."""
        self._last = max(now_us << STAMP_BITS, self._last + 1)
        return self._last

    def add(self, thread: Thread) -> None:
        """Store a new thread."""
        key = thread.thread_id
        self._rows[key] = self._updated[key] = self._state_updated[key] = thread
        self._by_status.setdefault(thread.status, {})[key] = thread
        insort(self._ids, key)
        self._post(thread, thread.metadata)

    def remove(self, thread: Thread) -> None:
        """Forget a thread."""
        key = thread.thread_id
        for index in (self._rows, self._updated, self._state_updated):
            del index[key]
        del self._by_status[thread.status][key]
        del self._ids[bisect_left(self._ids, key)]
        self._unpost(thread)

    def touch(self, thread: Thread, now_us: int, *, state: bool = False) -> None:
        """Move `updated_at`, and with `state` also `state_updated_at`."""
        key = thread.thread_id
        thread.updated = stamp = self.stamp(now_us)
        for index in (self._updated, self._by_status[thread.status]):
            del index[key]
            index[key] = thread
        if state:
            thread.state_updated = stamp
            del self._state_updated[key]
            self._state_updated[key] = thread

    def set_status(self, thread: Thread, status: str) -> None:
        """Give a thread another status."""
        if status != thread.status:
            del self._by_status[thread.status][thread.thread_id]
            thread.status = status
            self._by_status.setdefault(status, {})[thread.thread_id] = thread

    def set_metadata(self, thread: Thread, metadata: Mapping[str, Any]) -> None:
        """Replace a thread's metadata."""
        self._unpost(thread)
        thread.metadata = metadata
        self._post(thread, metadata)

    def _post(self, thread: Thread, metadata: Mapping[str, Any]) -> None:
        for posting in _postings(metadata):
            self._postings.setdefault(posting, {})[thread.thread_id] = thread

    def _unpost(self, thread: Thread) -> None:
        for posting in _postings(thread.metadata):
            holders = self._postings[posting]
            del holders[thread.thread_id]
            if not holders:
                del self._postings[posting]

    def search(
        self, wanted: ThreadFilter, sort_by: str, *, descending: bool, limit: int, offset: int
    ) -> tuple[list[Thread], bool]:
        """A page of the threads that pass the filter, and whether more follow it."""
        few = self._few(wanted)
        rows: Iterable[Thread]
        if few is not None and len(few) <= _SORT_BELOW:
            rows = self._sorted(few, sort_by, descending=descending)
        else:
            rows = self._ordered(sort_by, wanted.status, descending=descending)
        passing = (row for row in rows if _passes(row, wanted))
        page = list(islice(passing, offset, offset + limit + 1))
        return page[:limit], len(page) > limit

    def all(self, wanted: ThreadFilter) -> list[Thread]:
        """The threads that pass the filter."""
        few = self._few(wanted)
        rows: Mapping[str, Thread] = self._rows if few is None else few
        return [row for row in rows.values() if _passes(row, wanted)]

    def count(self, wanted: ThreadFilter) -> int:
        """How many threads pass the filter."""
        if not wanted.metadata and not wanted.values and wanted.ids is None:
            if wanted.status is None:
                return len(self._rows)
            return len(self._by_status.get(wanted.status, {}))
        return len(self.all(wanted))

    def _few(self, wanted: ThreadFilter) -> Mapping[str, Thread] | None:
        """The smallest index entry that holds every thread that can pass, if one applies."""
        found: list[Mapping[str, Thread]] = []
        if wanted.ids is not None:
            found.append({key: self._rows[key] for key in wanted.ids if key in self._rows})
        if wanted.status is not None:
            found.append(self._by_status.get(wanted.status, {}))
        if wanted.metadata:
            found += (self._postings.get(posting, {}) for posting in _postings(wanted.metadata))
        return min(found, key=len, default=None)

    def _sorted(
        self, rows: Mapping[str, Thread], sort_by: str, *, descending: bool
    ) -> list[Thread]:
        key = attrgetter(*_SORT_FIELDS[sort_by])
        return sorted(rows.values(), key=key, reverse=descending)

    def _ordered(self, sort_by: str, status: str | None, *, descending: bool) -> Iterator[Thread]:
        if sort_by == "thread_id":
            for key in reversed(self._ids) if descending else self._ids:
                yield self._rows[key]
        elif sort_by == "status":
            for name in sorted(self._by_status, reverse=descending):
                rows = self._by_status[name].values()
                yield from reversed(rows) if descending else rows
        elif sort_by == "updated_at":
            index = self._updated if status is None else self._by_status.get(status, {})
            yield from reversed(index.values()) if descending else index.values()
        else:
            index = self._rows if sort_by == "created_at" else self._state_updated
            yield from reversed(index.values()) if descending else index.values()


def _postings(metadata: Mapping[str, Any]) -> Iterator[_Posting]:
    for key, value in metadata.items():
        if value is None or isinstance(value, str | int | float):
            yield key, isinstance(value, bool), value  # true equals 1 as a key, not as JSON


def _passes(row: Thread, wanted: ThreadFilter) -> bool:
    if wanted.ids is not None and row.thread_id not in wanted.ids:
        return False
    if wanted.status is not None and row.status != wanted.status:
        return False
    if wanted.metadata and not contains(row.metadata, wanted.metadata):
        return False
    if not wanted.values:
        return True
    return row.values is not None and contains(orjson.loads(row.values), wanted.values)
