"""Crons: assistants run by schedules, at the moments of the server's one clock."""

from __future__ import annotations

import heapq
import itertools
import logging
from typing import TYPE_CHECKING, Any

from mockserver.engine.assistants import kept_metadata, kept_settings
from mockserver.engine.errors import EngineError, InvalidError, NotFoundError, RefusedError
from mockserver.engine.identity import Identity, Part
from mockserver.engine.ids import canonical
from mockserver.engine.schedules import instant, next_moment, spelled
from mockserver.engine.webhooks import check_target
from mockserver.store.crons import Cron, CronFilter, CronTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockserver.engine.clock import Timer
    from mockserver.engine.server import Engine
    from mockserver.store.assistants import Assistant

log = logging.getLogger("runcontract.mock")

Json = dict[str, Any]
_SPARE = 64  # entries of crons patched since that may wait beside those that count
_OF_RUNS = (
    *("input", "config", "context", "webhook", "interrupt_before", "interrupt_after"),
    *("stream_mode", "stream_subgraphs", "stream_resumable", "durability"),
)


class Crons(Part):
    """Every cron, and the one timer that waits for the next run of them all.

    Ids come in canonical form unless said otherwise.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._table = CronTable()
        self._order = itertools.count()
        self._due: list[tuple[float, int, Cron]] = []  # an entry counts while it is the cron's own
        self._timer: Timer | None = None
        self._wakes = 0.0  # what the timer is set to
        self._owners: dict[str, Engine] = {}  # those who had crons run

    # --- single crons -----------------------------------------------------------------------------

    def create(self, body: Mapping[str, Any], thread_id: str | None) -> Cron:
        """A new cron, of a thread or with a new thread for each run.

        Raises InvalidError (schedule, zone, end, webhook), RefusedError (contradictions, a schedule
        that is never fulfilled), NotFoundError (assistant, thread).
        """
        engine = self._engine
        timezone, end_time = body.get("timezone"), body.get("end_time")
        next_run = next_moment(body["schedule"], timezone, engine.clock.now())
        end = None if end_time is None else instant(end_time)
        _check(self._engine, body)
        assistant = self._assistant(body["assistant_id"])
        if thread_id is not None:
            engine.threads.get(thread_id)
        cron_id, now = engine.ids.uuid7(), engine.clock.epoch_us()
        metadata = engine.marked(kept_metadata(body.get("metadata", {})))
        payload: Json = {**body, "assistant_id": assistant.assistant_id}
        if metadata or "metadata" in body:
            payload["metadata"] = metadata
        cron = Cron(
            cron_id=cron_id,
            order=next(self._order),
            assistant_id=assistant.assistant_id,
            thread_id=thread_id,
            user_id="" if engine.identity is None else engine.identity.name,
            schedule=body["schedule"],
            timezone=timezone,
            end_time=None if end_time is None else spelled(end_time),
            end=end,
            payload=_payload(cron_id, {}, payload),
            metadata=metadata,
            on_run_completed=(
                body.get("on_run_completed", "delete") if thread_id is None else None
            ),
            enabled=body.get("enabled", True),
            next_run=next_run,
            created_us=now,
            updated_us=now,
        )
        self._table.add(cron)
        engine.whole.crons.expect(cron)
        return cron

    def _assistant(self, reference: str) -> Assistant:
        try:
            return self._engine.assistants.resolve(reference)
        except InvalidError as error:  # of a cron's, an unknown name is something not found
            raise NotFoundError(str(error)) from None

    def get(self, cron_id: str) -> Cron:
        """The cron with this id. Raises NotFoundError."""
        found = self._table.find(cron_id)
        if found is None or not self._engine.sees(found.metadata):
            raise NotFoundError(f"There is no cron {cron_id}")
        return found

    def patch(self, cron_id: str, body: Mapping[str, Any]) -> Cron:
        """Change what the body names, or nothing where it is refused.

        Raises RefusedError (an empty body), NotFoundError, and what `create` raises.
        """
        if not body:
            raise RefusedError("An empty body changes nothing: name what is to be changed")
        cron = self.get(cron_id)
        changes = {key: value for key, value in body.items() if key != "assistant_id"}
        schedule = changes.get("schedule", cron.schedule)
        timezone = changes.get("timezone", cron.timezone)
        next_run = cron.next_run
        if "schedule" in changes or "timezone" in changes:
            next_run = next_moment(schedule, timezone, self._engine.clock.now())
        end_time, end = cron.end_time, cron.end
        if "end_time" in changes:
            given = changes["end_time"]
            end_time = None if given is None else spelled(given)
            end = None if given is None else instant(given)
        payload = _payload(cron_id, cron.payload, changes)
        _check(self._engine, payload)
        cron.schedule, cron.timezone, cron.next_run = schedule, timezone, next_run
        cron.end_time, cron.end = end_time, end
        cron.payload = payload
        changed = {**cron.metadata, **kept_metadata(changes.get("metadata", {}))}
        cron.metadata = self._engine.marked(changed)
        cron.enabled = changes.get("enabled", cron.enabled)
        cron.on_run_completed = changes.get("on_run_completed", cron.on_run_completed)
        cron.updated_us = self._engine.clock.epoch_us()
        self._engine.whole.crons.expect(cron)
        return cron

    def delete(self, cron_id: str) -> None:
        """Forget a cron. Raises NotFoundError."""
        self._table.remove(self.get(cron_id))

    def drop_of_thread(self, thread_id: str) -> None:
        """Forget the crons of a thread that goes."""
        self._drop(self._table.of_thread(thread_id))

    def drop_of_assistant(self, assistant_id: str) -> None:
        """Forget the crons of an assistant that goes."""
        self._drop(self._table.of_assistant(assistant_id))

    def _drop(self, crons: Iterable[Cron]) -> None:
        for cron in crons:
            self._table.remove(cron)

    # --- many crons -------------------------------------------------------------------------------

    def search(self, body: Mapping[str, Any]) -> tuple[list[Cron], bool]:
        """A page of crons as the body wants them, and whether more follow. Raises InvalidError.

        A `sort_order` without `sort_by` is ignored, a `sort_by` without order means descending.
        """
        sort_by = body.get("sort_by")
        return self._table.search(
            self._filter(body),
            sort_by or "created_at",
            descending=sort_by is None or body.get("sort_order") != "asc",
            limit=body.get("limit", 10),
            offset=body.get("offset", 0),
        )

    def count(self, body: Mapping[str, Any]) -> int:
        """How many crons pass the body's filter, enabled or not. Raises InvalidError."""
        return self._table.count(self._filter({**body, "enabled": None}))

    def _filter(self, body: Mapping[str, Any]) -> CronFilter:
        return CronFilter(
            assistant_id=_id(body, "assistant_id"),
            thread_id=_id(body, "thread_id"),
            enabled=body.get("enabled"),
            metadata=self._engine.marked(body.get("metadata") or {}),
        )

    # --- running ----------------------------------------------------------------------------------

    def halt(self) -> None:
        """Make no further run."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due.clear()

    def expect(self, cron: Cron) -> None:
        """Wait for a cron's next run, if it is to have one: the whole engine, no view of it."""
        if cron.enabled and cron.next_run is not None:
            if len(self._due) > 2 * len(self._table) + _SPARE:
                self._due = [entry for entry in self._due if self._counts(entry)]
                heapq.heapify(self._due)
            heapq.heappush(self._due, (cron.next_run.timestamp(), next(self._order), cron))
            self._wind()

    def _wind(self) -> None:
        """Set the timer to the first run of all that still counts."""
        while self._due and not self._counts(self._due[0]):
            heapq.heappop(self._due)
        first = self._due[0][0] if self._due else None
        if self._timer is not None and self._wakes != first:
            self._timer.cancel()
            self._timer = None
        if first is not None and self._timer is None:
            ahead = first - self._engine.clock.epoch_us() / 1_000_000
            self._wakes = first
            self._timer = self._engine.clock.call_later(ahead, self._wake)

    def _counts(self, entry: tuple[float, int, Cron]) -> bool:
        """Whether an entry is still what its cron waits for."""
        due, _, cron = entry
        if cron.next_run is None or not cron.enabled:
            return False
        return cron.next_run.timestamp() == due and self._table.find(cron.cron_id) is cron

    def _wake(self) -> None:
        self._timer = None
        now = self._engine.clock.now()
        ripe: list[Cron] = []
        while self._due and self._due[0][0] <= now.timestamp():
            entry = heapq.heappop(self._due)
            if self._counts(entry) and entry[2] not in ripe:
                ripe.append(entry[2])
        for cron in ripe:
            if cron.end is not None and cron.end < now:
                continue
            self._run(cron)
            try:  # what was missed while the machine slept is not made up for
                cron.next_run = next_moment(cron.schedule, cron.timezone, now)
            except RefusedError:  # its last year is over
                cron.next_run = None
            self.expect(cron)
        self._wind()

    def _as_owner(self, cron: Cron) -> Engine:
        """The engine as the cron's owner sees it, of whom by now no more than the name is known."""
        if not cron.user_id:
            return self._engine
        view = self._owners.get(cron.user_id)
        if view is None:
            view = self._owners[cron.user_id] = self._engine.seen_by(Identity(cron.user_id))
        return view

    def _run(self, cron: Cron) -> None:
        """Make a run. One that is refused is no reason to stop: the next may not be."""
        body: Json = {key: cron.payload[key] for key in _OF_RUNS if key in cron.payload}
        body["assistant_id"] = cron.assistant_id
        body["metadata"] = {**cron.metadata, **cron.payload.get("metadata", {})}
        if body.get("context"):  # the two mirror each other, and a run takes only one of them
            body["context"] = {**body["context"], "cron_id": cron.cron_id}
            body["config"] = {**body["config"], "configurable": {}}
        if cron.thread_id is None:
            body["on_completion"] = cron.on_run_completed
        elif "multitask_strategy" in cron.payload:
            body["multitask_strategy"] = cron.payload["multitask_strategy"]
        runs = self._as_owner(cron).runs
        try:
            runs.submit(runs.draft(body, cron.thread_id))
        except EngineError as error:
            log.info("cron %s made no run: %s", cron.cron_id, error)


def _check(engine: Engine, body: Mapping[str, Any]) -> None:
    """Raise InvalidError or RefusedError for what no run could be made of."""
    if "webhook" in body:
        check_target(body["webhook"], loopback=engine.settings.loopback_webhooks)
    configurable = dict((body.get("config") or {}).get("configurable") or {})
    configurable.pop("cron_id", None)
    if configurable and body.get("context"):
        raise RefusedError("Give either config.configurable or context, not both")


def _payload(cron_id: str, old: Mapping[str, Any], changes: Mapping[str, Any]) -> Json:
    """What a cron is made of after a change: each property named is replaced."""
    payload = {**old, **changes}
    if "metadata" in payload:
        payload["metadata"] = kept_metadata(payload["metadata"])
    config = dict(payload.get("config") or {})
    configurable = kept_settings(config.get("configurable") or {})
    config["configurable"] = {**configurable, "cron_id": cron_id}
    payload["config"] = config
    return payload


def _id(body: Mapping[str, Any], name: str) -> str | None:
    text = body.get(name)
    if text is None:
        return None
    try:
        return canonical(text)
    except ValueError:
        raise InvalidError(f"Invalid {name} {text!r}: must be a UUID") from None
