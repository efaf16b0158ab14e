"""How much a thread's checkpoints hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockserver.engine.checkpoints import Checkpoint


class _Tally:
    """A count and the bytes of JSON counted."""

    def __init__(self) -> None:
        self.count = self.bytes = 0

    def add(self, value: Any) -> bytes:
        encoded = orjson.dumps(value)
        self.count += 1
        self.bytes += len(encoded)
        return encoded

    def shown(self) -> dict[str, int]:
        return {"count": self.count, "bytes": self.bytes}


def measure(thread_id: str, checkpoints: Iterable[Checkpoint]) -> dict[str, Any]:
    """Counts and bytes of checkpoints, channel values and pending writes, as the API shows them.

    A channel value that did not change since the checkpoint before is stored, and counted, once.
    """
    saved, values, writes = _Tally(), _Tally(), _Tally()
    by_channel: dict[str, _Tally] = {}
    last: dict[str, bytes] = {}
    for checkpoint in checkpoints:
        saved.add({"id": checkpoint.id, "metadata": checkpoint.metadata})
        for name, value in checkpoint.values.items():
            if orjson.dumps(value) != last.get(name):
                last[name] = by_channel.setdefault(name, _Tally()).add(value)
                values.add(value)
        for record in checkpoint.records.values():
            for _, value in record.writes or ():
                writes.add(value)
    channels = {
        name: {"versions": tally.count, "bytes": tally.bytes} for name, tally in by_channel.items()
    }
    return {
        "thread_id": thread_id,
        "total_bytes": saved.bytes + values.bytes + writes.bytes,
        "checkpoints": saved.shown(),
        "channel_values": {**values.shown(), "by_channel": channels},
        "pending_writes": writes.shown(),
    }
