"""The threads of one server: made, found, changed, copied, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mockserver.engine.assistants import kept_metadata
from mockserver.engine.errors import ConflictError, NotFoundError, RefusedError
from mockserver.engine.extraction import paths, pick
from mockserver.engine.identity import Part
from mockserver.engine.ids import uuid_of
from mockserver.store.rows import COPIED, Thread
from mockserver.store.runs import RunList
from mockserver.store.threads import ThreadFilter, ThreadTable
from spec.lifecycle import lifecycle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockserver.engine.server import Engine

Json = dict[str, Any]
_NOTHING: Mapping[str, Any] = {}
_EXTRACTED = ("metadata", "config", "interrupts")


class Threads(Part):
    """Every thread, and what a caller may do with it. Path ids come in canonical form."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.table = ThreadTable()

    # --- single threads ---------------------------------------------------------------------------

    def find(self, thread_id: str) -> Thread | None:
        """The thread with this id, if there is one."""
        found = self.table.find(thread_id)
        return found if found is None or self._engine.sees(found.metadata) else None

    def taken(self, thread_id: str | None) -> bool:
        """Whether anybody has a thread with this id."""
        return thread_id is not None and self.table.find(thread_id) is not None

    def get(self, thread_id: str) -> Thread:
        """The thread with this id. Raises NotFoundError."""
        found = self.find(thread_id)
        if found is None:
            raise NotFoundError(f"There is no thread {thread_id}")
        return found

    def shows(self, thread_id: str) -> bool:
        """Whether a thread's events are for the caller: theirs, or threads have no owners."""
        return self._engine.identity is None or self.find(thread_id) is not None

    def busy(self, thread_id: str) -> bool:
        """Whether the thread has a pending or running run."""
        return self._engine.scheduler.busy(thread_id)

    def add(self, thread_id: str, metadata: Mapping[str, Any]) -> Thread:
        """A new thread with an id no other has."""
        stamp = self.table.stamp(self._engine.clock.epoch_us())
        marked = self._engine.marked(metadata)
        thread = Thread(thread_id, stamp, RunList(), marked or _NOTHING, _NOTHING)
        self.table.add(thread)
        return thread

    def create(self, body: Mapping[str, Any], headers: Mapping[str, Any] = _NOTHING) -> Thread:
        """A new thread, with a history where the body has supersteps; all of it or nothing.

        `headers` of the request become the metadata of that history. Raises InvalidError (the id),
        ConflictError (the id is taken), RefusedError (supersteps).
        """
        thread_id = self._new_id(body.get("thread_id", ""))
        existing = self.table.find(thread_id)
        if existing is not None:
            if body.get("if_exists") == "do_nothing" and self._engine.sees(existing.metadata):
                return existing
            raise ConflictError(
                f"Thread {thread_id} exists; say if_exists: do_nothing to get it instead"
            )
        metadata = kept_metadata(body.get("metadata", {}))
        supersteps = body.get("supersteps") or []
        if supersteps and metadata.get("graph_id") not in self._engine.agents.names():
            raise RefusedError("supersteps need metadata.graph_id to name a graph of this server")
        thread = self.add(thread_id, metadata)
        try:
            if supersteps:
                self._engine.states.play_supersteps(thread_id, supersteps, headers)
                self.state_changed(thread_id)
        except BaseException:
            self._engine.states.drop_thread(thread_id)
            self.forget(thread)
            raise
        return thread

    def _new_id(self, given: str) -> str:
        return uuid_of(given, "thread_id") if given else self._engine.ids.uuid7()

    def patch(self, thread_id: str, body: Mapping[str, Any]) -> Thread:
        """Merge metadata key by key. Raises NotFoundError."""
        thread = self.get(thread_id)
        metadata = kept_metadata(body.get("metadata", {}))
        if metadata:
            changed = self._engine.marked({**thread.metadata, **metadata})
            self.table.set_metadata(thread, changed)
        self.table.touch(thread, self._engine.clock.epoch_us())
        return thread

    async def delete(self, thread_id: str) -> None:
        """Forget a thread, its state and its runs; active ones are ended. Raises NotFoundError."""
        thread = self.get(thread_id)
        fleeting = await self._engine.runs.end_all(thread)
        if self.table.find(thread_id) is not thread:
            if fleeting:  # a stateless run's thread goes when the run does
                return
            raise NotFoundError(f"There is no thread {thread_id}")
        self._engine.states.drop_thread(thread_id)
        self.forget(thread)

    def forget(self, thread: Thread) -> None:
        """Remove a thread's row, those of its runs, and its crons."""
        self._engine.crons.drop_of_thread(thread.thread_id)
        self._engine.transcripts.forget(thread.thread_id)
        for run in list(thread.runs):
            self._engine.runs.table.remove(run)
        self.table.remove(thread)

    def copy(self, thread_id: str) -> Thread:
        """A new thread with the state and history of another, without its runs.

        Raises ConflictError where there is no such thread: the API's answer to it.
        """
        source = self.find(thread_id)
        if source is None:
            raise ConflictError(f"There is no thread {thread_id} to copy")
        twin = self.add(self._engine.ids.uuid4(), source.metadata)
        self._engine.states.copy(thread_id, twin.thread_id)
        self.take_over(twin)
        twin.lacks = COPIED
        return twin

    async def prune(self, thread_ids: Sequence[str], strategy: str) -> int:
        """Delete threads, or with `keep_latest` their older states; how many threads there were.

        Raises InvalidError (an id), and where threads have owners NotFoundError (one is missing).
        """
        canon = dict.fromkeys(uuid_of(given, "thread_id") for given in thread_ids)
        if self._engine.identity is not None:
            for thread_id in canon:
                self.get(thread_id)
        pruned = 0
        for thread_id in canon:
            if self.table.find(thread_id) is not None:
                if strategy == "keep_latest":
                    self._engine.states.keep_latest(thread_id)
                    pruned += 1
                    continue
                try:
                    await self.delete(thread_id)
                except NotFoundError:  # somebody else was faster
                    continue
                pruned += 1
        return pruned

    async def delete_of_assistant(self, assistant_id: str) -> None:
        """Delete every thread an assistant's runs were last on."""
        wanted = ThreadFilter(metadata=self._engine.marked({"assistant_id": assistant_id}))
        for thread in self.table.all(wanted):
            if self.table.find(thread.thread_id) is thread:
                await self.delete(thread.thread_id)

    # --- state ------------------------------------------------------------------------------------

    def state_changed(self, thread_id: str) -> None:
        """Take over what the latest checkpoint says, after an update by hand; clears the error."""
        thread = self.get(thread_id)
        engine = self._engine
        pending = self.take_over(thread)
        thread.error, thread.lacks = None, ()
        self.table.set_status(thread, lifecycle().thread_after("success", paused=bool(pending)))
        self.table.touch(thread, engine.clock.epoch_us(), state=True)
        if thread_id in engine.feeds:
            state = engine.states.thread_state(thread_id)
            engine.feeds.state_updated(thread_id, state, engine.event_ids)

    def refresh(self, thread: Thread) -> None:
        """Take over what the latest checkpoint says after a run was deleted, unless busy."""
        if not self.busy(thread.thread_id):
            pending = self.take_over(thread)
            if thread.status != "error":  # the failure of another run is still the last word
                status = lifecycle().thread_after("success", paused=bool(pending))
                self.table.set_status(thread, status)

    def take_over(self, thread: Thread) -> tuple[str, ...]:
        """Give the row the values and interrupts of the latest checkpoint; the nodes still open."""
        try:
            values, pending, interrupts = self._engine.states.summary(thread.thread_id)
        except NotFoundError:  # its metadata name a graph this server does not have
            return ()
        # copied: what the encoder gives keeps the room it was written in, four kilobytes
        thread.values = None if values is None else bytes(memoryview(orjson.dumps(values)))
        thread.interrupts = interrupts or _NOTHING
        return pending

    # --- many threads -----------------------------------------------------------------------------

    def search(self, body: Mapping[str, Any]) -> tuple[list[Json], bool]:
        """A page of threads as the body wants them, and whether more follow. Raises InvalidError.

        A `sort_order` without `sort_by` is ignored, a `sort_by` without order means descending.
        """
        sort_by = body.get("sort_by") or "updated_at"
        ascending = body.get("sort_by") is not None and body.get("sort_order") == "asc"
        extract = paths(body.get("extract") or {})
        rows, more = self.table.search(
            self._filter(body),
            sort_by,
            descending=not ascending,
            limit=body.get("limit", 10),
            offset=body.get("offset", 0),
        )
        select = body.get("select")
        return [_shown(row, select, extract) for row in rows], more

    def count(self, body: Mapping[str, Any]) -> int:
        """How many threads pass the body's filter."""
        return self.table.count(self._filter({**body, "ids": None}))

    def _filter(self, body: Mapping[str, Any]) -> ThreadFilter:
        ids = body.get("ids")
        return ThreadFilter(
            ids=frozenset(uuid_of(given, "thread_id") for given in ids) if ids else None,
            status=body.get("status"),
            metadata=self._engine.marked(body.get("metadata") or _NOTHING),
            values=body.get("values"),
        )


def _shown(row: Thread, select: Sequence[str] | None, extract: Mapping[str, Any]) -> Json:
    view = row.view()
    shown = {key: view[key] for key in view if key in select} if select else view
    if extract:
        values = orjson.loads(row.values) if row.values and "values" in view else None
        picked = {"values": values, **{key: view.get(key) for key in _EXTRACTED}}
        shown["extracted"] = {alias: pick(picked, path) for alias, path in extract.items()}
    return shown
