"""The rows of the store. Small: a server keeps every finished run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mockserver.store.times import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.store.archive import Archive
    from mockserver.store.runs import RunList

STAMP_BITS = 20
NEVER_RAN = ("interrupts", "error")
COPIED = ("values", "interrupts", "error")
_TAIL = b'","langsmith_session_name":null}'
_STAMP = len(iso(0))
_UUID = "00000000-0000-0000-0000-000000000000"
_ASSISTANT_AT = len(f'{{"run_id":"{_UUID}","thread_id":"{_UUID}","assistant_id":"')
_STATUS_AT = len(f'{{"run_id":"{_UUID}","thread_id":"{_UUID}","assistant_id":"{_UUID}","status":"')


class Thread:
    """One thread. `metadata` and `config` are replaced, never changed in place.

    `created`, `updated` and `state_updated` are stamps: a time, and an order among those of the
    same microsecond. `values` is the encoded state of the last finished run or state update, None
    before the first. `lacks` are the keys that the row does not show yet, as on real servers.
    """

    __slots__ = (
        "config",
        "created",
        "error",
        "interrupts",
        "lacks",
        "metadata",
        "runs",
        "state_updated",
        "status",
        "thread_id",
        "updated",
        "values",
    )

    def __init__(
        self,
        thread_id: str,
        stamp: int,
        runs: RunList,
        metadata: Mapping[str, Any],
        config: Mapping[str, Any],
    ) -> None:
        self.thread_id = thread_id
        self.created = self.updated = self.state_updated = stamp
        self.metadata = metadata
        self.config = config
        self.status = "idle"
        self.values: bytes | None = None
        self.interrupts: Mapping[str, Any] = {}
        self.error: Mapping[str, Any] | None = None
        self.lacks: tuple[str, ...] = NEVER_RAN
        self.runs = runs

    def view(self) -> dict[str, Any]:
        """The thread as the API shows it; ready for orjson, `values` already encoded."""
        view = {
            "thread_id": self.thread_id,
            "created_at": iso(self.created >> STAMP_BITS),
            "updated_at": iso(self.updated >> STAMP_BITS),
            "state_updated_at": iso(self.state_updated >> STAMP_BITS),
            "metadata": self.metadata,
            "status": self.status,
            "config": self.config,
            "values": None if self.values is None else orjson.Fragment(self.values),
            "interrupts": self.interrupts,
            "error": self.error,
        }
        for key in self.lacks:
            del view[key]
        return view

    def encoded(self) -> bytes:
        """The thread as JSON."""
        return orjson.dumps(self.view())


class Run:
    """One run: what indexes need, and the row as JSON, ready to be served.

    The JSON begins with `run_id`, `thread_id`, `assistant_id` and `status`, and ends with
    `updated_at` and `langsmith_session_name`, so that a change of status is two cuts, not a parse.
    """

    __slots__ = (
        "__weakref__",
        "archive",
        "created_us",
        "encoded",
        "order",
        "run_id",
        "status",
        "thread",
    )

    def __init__(
        self,
        run_id: str,
        thread: Thread,
        created_us: int,
        order: int,
        encoded: bytes,
    ) -> None:
        self.run_id = run_id
        self.thread = thread
        self.created_us = created_us
        self.order = order  # breaks ties between runs created in one microsecond
        self.status = "pending"
        self.encoded = encoded
        self.archive: Archive | None = None

    @property
    def key(self) -> tuple[int, int]:
        """What runs are sorted by, oldest first."""
        return (self.created_us, self.order)

    @property
    def assistant_id(self) -> str:
        """Whose run it is, read from the row as it is encoded."""
        return self.encoded[_ASSISTANT_AT : _ASSISTANT_AT + len(_UUID)].decode()

    @property
    def updated_at(self) -> str:
        """When it changed last, read from the row as it is encoded."""
        end = len(self.encoded) - len(_TAIL)
        return self.encoded[end - _STAMP : end].decode()

    def view(self) -> dict[str, Any]:
        """The run as the API shows it, decoded."""
        row: dict[str, Any] = orjson.loads(self.encoded)
        return row

    def rewrite(self, name: bytes, old: Any, new: Any) -> None:
        """Put `new` where the member `name` of the row's JSON is `old`, as it was encoded."""
        at = b'"%b":' % name
        before, after = at + orjson.dumps(old), at + orjson.dumps(new)
        self.encoded = self.encoded.replace(before, after, 1)

    def restate(self, status: str, now_us: int | None) -> None:
        """Change the status in the encoded row, and `updated_at` unless `now_us` is None."""
        row, rest = self.encoded, _STATUS_AT + len(self.status)
        end = len(row) - len(_TAIL)
        stamp = row[end - _STAMP : end] if now_us is None else iso(now_us).encode()
        self.encoded = b"".join(
            (row[:_STATUS_AT], status.encode(), row[rest : end - _STAMP], stamp, _TAIL)
        )
        self.status = status
