"""What wait and join answer: how a run ended, as one JSON object."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import orjson

from mockserver.engine.events import TaskInterrupted
from mockserver.engine.jobs import RUN_NOT_FOUND
from mockserver.engine.pacing import Paced
from mockserver.engine.projection import frames, interrupt_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mockserver.engine.clock import Clock
    from mockserver.engine.jobs import Job
    from mockserver.store.rows import Thread


def error_body(error: str, message: str) -> bytes:
    """A failure as wait and join tell it."""
    return orjson.dumps({"__error__": {"error": error, "message": message}})


NOT_FOUND = error_body(*RUN_NOT_FOUND)


def of_job(job: Job) -> bytes:
    """How a run ended, for those who waited while it was active."""
    if job.failure is not None:
        return error_body(job.failure.error, job.failure.message)
    if job.stop is not None or job.outcome is None:
        if job.stop is not None and job.stop.farewell is not None:
            return error_body(*job.stop.farewell)
        return orjson.dumps(_last_values(job))
    values = job.outcome.values
    if values is None:  # a stateless run keeps no state, but it has shown it
        values = _last_values(job)
    asked = [item for items in job.outcome.interrupts.values() for item in items]
    if not asked:
        return orjson.dumps(values)
    modes = job.log.projection.modes
    if not job.kwargs["temporary"] and not {"values", "updates"} & set(modes):
        return _questions(asked)  # the stream shows none: the thread tells of them
    if len(asked) > 1:
        asked.sort(key=_turns(job))
    interrupts = {"__interrupt__": interrupt_items(asked)}
    if len(asked) > 1 or ("updates" in modes and "values" not in modes):
        return orjson.dumps(interrupts)
    return orjson.dumps({**values, **interrupts})


def _turns(job: Job) -> Callable[[Mapping[str, Any]], int]:
    """The place of each question among those of the run, as they were asked."""
    told = [event.interrupts for event in job.log.events if isinstance(event, TaskInterrupted)]
    asked = chain.from_iterable(told)
    places = {item["id"]: place for place, item in enumerate(asked)}
    return lambda item: places.get(item["id"], len(places))


def _last_values(job: Job) -> Any:
    """The last state the run showed before it was stopped."""
    for event in reversed(job.log.events):
        for name, data in frames(event, ("values",)):
            if name == "values":
                return data
    return {}


def of_thread(thread: Thread) -> bytes:
    """How the newest ended run of a thread ended, for those who come later."""
    if thread.status == "error" and thread.error is not None:
        return orjson.dumps({"__error__": thread.error})
    if thread.interrupts:
        return _questions(item for items in thread.interrupts.values() for item in items)
    return thread.values or b"{}"


def _questions(asked: Iterable[Mapping[str, Any]]) -> bytes:
    """What a thread waits for, as a thread tells it."""
    bare = [{"id": item["id"], "value": item["value"]} for item in asked]
    return orjson.dumps({"__interrupt__": bare})


class JoinReader(Paced):
    """One client's wait for a run: newlines while it lasts, then the JSON."""

    heartbeat = b"\n"

    def __init__(
        self,
        job: Job,
        clock: Clock,
        heartbeat_seconds: float,
        *,
        body: Callable[[Job], bytes] = of_job,
        left: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(clock, heartbeat_seconds, left)
        self._job = job
        self._body: Callable[[Job], bytes] | None = body
        job.log.on_close(self.wake)

    def take(self) -> bytes:
        """The JSON, once, when the run has ended."""
        if not self.ended() or self._body is None:
            return b""
        body, self._body = self._body(self._job), None
        return body

    def ended(self) -> bool:
        """Whether the run has ended."""
        return self._job.log.closed

    def detach(self) -> None:
        """Wait no more."""
        self._job.log.forget_close(self.wake)
