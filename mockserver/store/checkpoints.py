"""The checkpoints of every thread. Threads nobody works on are kept as compressed blobs."""

from __future__ import annotations

import bisect
import contextlib
import operator
import pickle
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from mockserver.store.packing import Packer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HOT_THREADS = 64
_PACKER = Packer()
_ID = operator.attrgetter("id")


class Saved(Protocol):
    """What this table needs to know of a checkpoint."""

    id: str
    namespace: str

    @property
    def run_id(self) -> str | None:
        """The run that wrote it."""

    def rehome(self, thread_id: str) -> None:
        """Make it a checkpoint of that thread."""


C = TypeVar("C", bound=Saved)
Lineage = dict[str, list[C]]
"""The checkpoints of one thread by namespace, oldest first, which is the order of their ids."""


class Checkpoints(Generic[C]):
    """Checkpoints by thread and namespace; an access costs the same however many threads there are.

    A thread is live while a run holds it, hot for a while after it was last used, then cold: frozen
    into a blob, in which what its checkpoints share is stored once.
    """

    def __init__(self, hot: int = HOT_THREADS) -> None:
        self._live: dict[str, Lineage[C]] = {}
        self._holders: dict[str, int] = {}
        self._hot: OrderedDict[str, Lineage[C]] = OrderedDict()
        self._cold: dict[str, bytes] = {}
        self._limit = hot

    def _lineage(self, thread_id: str) -> Lineage[C] | None:
        lineage = self._live.get(thread_id)
        if lineage is not None:
            return lineage
        lineage = self._hot.get(thread_id)
        if lineage is not None:
            self._hot.move_to_end(thread_id)
            return lineage
        blob = self._cold.pop(thread_id, None)
        return None if blob is None else self._keep(thread_id, _thaw(blob))

    def _keep(self, thread_id: str, lineage: Lineage[C]) -> Lineage[C]:
        self._hot[thread_id] = lineage
        while len(self._hot) > self._limit:
            idle, old = self._hot.popitem(last=False)
            self._cold[idle] = _freeze(old)
        return lineage

    @contextlib.contextmanager
    def hold(self, thread_id: str) -> Iterator[None]:
        """Keep a thread's checkpoints changeable while a run works on them.

        A thread dropped meanwhile stays dropped: what the run still saves is forgotten.
        """
        if thread_id not in self._holders:
            self._live[thread_id] = self._lineage(thread_id) or {}
            self._hot.pop(thread_id, None)
        self._holders[thread_id] = self._holders.get(thread_id, 0) + 1
        try:
            yield
        finally:
            self._holders[thread_id] -= 1
            if not self._holders[thread_id]:
                del self._holders[thread_id]
                lineage = self._live.pop(thread_id, None)
                if lineage:
                    self._keep(thread_id, lineage)

    def add(self, thread_id: str, checkpoint: C) -> None:
        """Save a checkpoint; it becomes the latest of its namespace."""
        lineage = self._lineage(thread_id)
        if lineage is None:
            if thread_id in self._holders:
                return  # the thread was dropped under a run that still works on it
            lineage = self._keep(thread_id, {})
        lineage.setdefault(checkpoint.namespace, []).append(checkpoint)

    def latest(self, thread_id: str, namespace: str = "") -> C | None:
        """The newest checkpoint of a namespace."""
        found = self.all(thread_id, namespace)
        return found[-1] if found else None

    def get(self, thread_id: str, checkpoint_id: str, namespace: str = "") -> C | None:
        """The checkpoint of that id."""
        found = self.all(thread_id, namespace)
        place = bisect.bisect_left(found, checkpoint_id, key=_ID)
        known = place < len(found) and found[place].id == checkpoint_id
        return found[place] if known else None

    def before(
        self, thread_id: str, checkpoint_id: str | None = None, namespace: str = ""
    ) -> Iterator[C]:
        """The checkpoints whose ids sort before this text, all without one; newest first."""
        found = self.all(thread_id, namespace)
        end = len(found)
        if checkpoint_id is not None:
            end = bisect.bisect_left(found, checkpoint_id, key=_ID)
        return (found[place] for place in range(end - 1, -1, -1))

    def all(self, thread_id: str, namespace: str = "") -> list[C]:
        """The checkpoints of a namespace, oldest first; not to be changed by the caller."""
        lineage = self._lineage(thread_id)
        return [] if lineage is None else lineage.get(namespace, [])

    def namespaces(self, thread_id: str) -> tuple[str, ...]:
        """The namespaces a thread has checkpoints in."""
        return tuple(self._lineage(thread_id) or ())

    def replace(self, thread_id: str, checkpoints: Iterable[C]) -> None:
        """Make these, oldest first, the thread's only checkpoints."""
        lineage = self._lineage(thread_id)
        if lineage is None:
            lineage = self._keep(thread_id, {})
        lineage.clear()
        for checkpoint in checkpoints:
            lineage.setdefault(checkpoint.namespace, []).append(checkpoint)

    def copy(self, source: str, target: str) -> None:
        """Give `target` checkpoints equal to those of `source`."""
        lineage = self._lineage(source)
        if not lineage:
            return
        twin: Lineage[C] = _thaw(_freeze(lineage))
        for checkpoints in twin.values():
            for checkpoint in checkpoints:
                checkpoint.rehome(target)
        self._keep(target, twin)

    def drop(self, thread_id: str) -> None:
        """Forget a thread."""
        for table in (self._live, self._hot, self._cold):
            table.pop(thread_id, None)

    def keep_latest(self, thread_id: str) -> None:
        """Forget all but the newest checkpoint of each namespace."""
        for checkpoints in (self._lineage(thread_id) or {}).values():
            del checkpoints[:-1]

    def drop_run(self, thread_id: str, run_id: str) -> None:
        """Forget the checkpoints one run wrote."""
        lineage = self._lineage(thread_id)
        for namespace, checkpoints in list((lineage or {}).items()):
            checkpoints[:] = [item for item in checkpoints if item.run_id != run_id]
            if lineage is not None and not checkpoints:
                del lineage[namespace]


def _freeze(lineage: Lineage[C]) -> bytes:
    return _PACKER.pack(pickle.dumps(lineage, pickle.HIGHEST_PROTOCOL))


def _thaw(blob: bytes) -> Lineage[C]:
    lineage: Lineage[C] = pickle.loads(_PACKER.unpack(blob))
    return lineage
