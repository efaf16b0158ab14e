"""The crons: by id, by thread, by assistant."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from mockserver.store.matching import contains
from mockserver.store.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime


@dataclass(slots=True)
class Cron:
    """One cron. `thread_id` is None where each run has a thread of its own; `order` is its age.
    `user_id` is whose it is, empty where resources have no owners.

    `end_time` is the text that was given, `end` what it means. `next_run` is in UTC, None where its
    schedule has no moment left.
    """

    cron_id: str
    order: int
    assistant_id: str
    thread_id: str | None
    user_id: str
    schedule: str
    timezone: str | None
    end_time: str | None
    end: datetime | None
    payload: Mapping[str, Any]
    metadata: Mapping[str, Any]
    on_run_completed: str | None
    enabled: bool
    next_run: datetime | None
    created_us: int
    updated_us: int

    def view(self) -> dict[str, Any]:
        """The cron as the API shows it."""
        return {
            "cron_id": self.cron_id,
            "assistant_id": self.assistant_id,
            "thread_id": self.thread_id,
            "user_id": self.user_id,
            "end_time": self.end_time,
            "schedule": self.schedule,
            "timezone": self.timezone,
            "payload": self.payload,
            "next_run_date": None if self.next_run is None else self.next_run.isoformat(),
            "metadata": self.metadata,
            "on_run_completed": self.on_run_completed,
            "enabled": self.enabled,
            "created_at": iso(self.created_us),
            "updated_at": iso(self.updated_us),
        }

    def sort_key(self, sort_by: str) -> tuple[bool, Any]:
        """Where it stands among others, ascending: without a value last."""
        value: Any = {
            "created_at": self.order,  # two may be made within a microsecond
            "updated_at": self.updated_us,
            "next_run_date": self.next_run,
            "end_time": self.end,
            "cron_id": self.cron_id,
            "assistant_id": self.assistant_id,
            "thread_id": self.thread_id,
        }[sort_by]
        return value is None, 0 if value is None else value


@dataclass(frozen=True, slots=True)
class CronFilter:
    """Which crons: None means any; `metadata` by containment."""

    assistant_id: str | None = None
    thread_id: str | None = None
    enabled: bool | None = None
    metadata: Mapping[str, Any] | None = None

    def passes(self, cron: Cron) -> bool:
        """Whether a cron is among those meant."""
        return (
            (self.assistant_id is None or cron.assistant_id == self.assistant_id)
            and (self.thread_id is None or cron.thread_id == self.thread_id)
            and (self.enabled is None or cron.enabled == self.enabled)
            and (not self.metadata or contains(cron.metadata, self.metadata))
        )


class CronTable:
    """Every cron of the server, in the order they were made."""

    def __init__(self) -> None:
        self._rows: dict[str, Cron] = {}
        self._of_thread: dict[str, dict[str, Cron]] = {}
        self._of_assistant: dict[str, dict[str, Cron]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, cron_id: str) -> Cron | None:
        """The cron with this id, if there is one."""
        return self._rows.get(cron_id)

    def add(self, cron: Cron) -> None:
        """Store a new cron."""
        self._rows[cron.cron_id] = cron
        for index, key in self._places(cron):
            index.setdefault(key, {})[cron.cron_id] = cron

    def remove(self, cron: Cron) -> None:
        """Forget a cron."""
        del self._rows[cron.cron_id]
        for index, key in self._places(cron):
            del index[key][cron.cron_id]
            if not index[key]:
                del index[key]

    def _places(self, cron: Cron) -> Iterator[tuple[dict[str, dict[str, Cron]], str]]:
        yield self._of_assistant, cron.assistant_id
        if cron.thread_id is not None:
            yield self._of_thread, cron.thread_id

    def of_thread(self, thread_id: str) -> list[Cron]:
        """The crons of a thread."""
        return list(self._of_thread.get(thread_id, {}).values())

    def of_assistant(self, assistant_id: str) -> list[Cron]:
        """The crons of an assistant."""
        return list(self._of_assistant.get(assistant_id, {}).values())

    def search(
        self, wanted: CronFilter, sort_by: str, *, descending: bool, limit: int, offset: int
    ) -> tuple[list[Cron], bool]:
        """A page of the crons that pass, the older of equals first, and whether more follow it."""
        rows = sorted(
            self._passing(wanted), key=lambda cron: cron.sort_key(sort_by), reverse=descending
        )
        page = list(islice(rows, offset, offset + limit + 1))
        return page[:limit], len(page) > limit

    def count(self, wanted: CronFilter) -> int:
        """How many crons pass."""
        return sum(1 for _ in self._passing(wanted))

    def _passing(self, wanted: CronFilter) -> Iterator[Cron]:
        rows = self._rows
        if wanted.thread_id is not None:
            rows = self._of_thread.get(wanted.thread_id, {})
        elif wanted.assistant_id is not None:
            rows = self._of_assistant.get(wanted.assistant_id, {})
        return filter(wanted.passes, rows.values())
