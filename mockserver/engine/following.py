"""How clients follow runs: waits and joins as JSON, streams as frames, of a run or of a thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mockserver.engine import events
from mockserver.engine.frames import ModeFilter, after, chunks, encode, projection_of, replay
from mockserver.engine.identity import Part
from mockserver.engine.jobs import RUN_NOT_FOUND, cancelled
from mockserver.engine.past import stored
from mockserver.engine.results import NOT_FOUND, JoinReader, of_thread
from mockserver.engine.streams import RunReader
from mockserver.engine.thread_stream import OwnThreadReader, ThreadReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

    from mockserver.engine.clock import Clock
    from mockserver.engine.frames import Frame
    from mockserver.engine.jobs import Job
    from mockserver.engine.server import Engine
    from mockserver.store.rows import Run

_GONE = cancelled("The client left, and the run was made to end with it", cause="disconnect")
_THREAD_NOT_FOUND = {"error": "HTTPException", "message": "404: Thread not found"}
_RUN_NOT_FOUND = dict(zip(("error", "message"), RUN_NOT_FOUND, strict=True))


class Following(Part):
    """What there is to read of runs. With `cancel_on_disconnect`, who leaves early ends the run."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wait(self, job: Job, *, cancel_on_disconnect: bool = False) -> AsyncIterator[bytes]:
        """The end of a run just submitted, as JSON."""
        return JoinReader(job, *self._pace(), left=self._leaving(job, cancel_on_disconnect))

    def join(
        self, thread_id: str, run_id: str, *, cancel_on_disconnect: bool
    ) -> AsyncIterator[bytes]:
        """The end of a run, as JSON; an unknown run is an `__error__`.

        Raises NotFoundError for an unknown thread where threads have owners.
        """
        if self._engine.identity is not None:
            self._engine.threads.get(thread_id)
        run = self._engine.runs.find(thread_id, run_id)
        if run is None:
            return _once([NOT_FOUND])
        job = self._engine.scheduler.job(run_id)
        if job is None:
            return _once([of_thread(run.thread)])
        return self.wait(job, cancel_on_disconnect=cancel_on_disconnect)

    def stream(self, job: Job, *, cancel_on_disconnect: bool = False) -> AsyncIterator[bytes]:
        """The frames of a run just submitted, from its first."""
        return RunReader(job.log, *self._pace(), left=self._leaving(job, cancel_on_disconnect))

    def join_stream(
        self,
        thread_id: str,
        run_id: str,
        *,
        last_event_id: str | None,
        modes: Sequence[str],
        cancel_on_disconnect: bool,
    ) -> AsyncIterator[bytes]:
        """The frames of a run from now on or after an event; an unknown run is an `error` frame."""
        run, only = self._engine.runs.find(thread_id, run_id), ModeFilter.of(modes)
        if run is None:
            missing = _THREAD_NOT_FOUND if self._foreign(thread_id) else _RUN_NOT_FOUND
            return _once([encode("error", missing)])
        job = self._engine.scheduler.job(run_id)
        if job is None:
            return _once(self._replayed(run, last_event_id, only))
        log = job.log
        start = 0 if job.begun is None else len(log.frames)
        if last_event_id is not None and log.projection.resumable:
            last = after(last_event_id)
            start = len(log.frames) if last is None else log.position_after(last)
        return RunReader(
            log,
            *self._pace(),
            start=start,
            only=only,
            left=self._leaving(job, cancel_on_disconnect),
        )

    def thread(
        self, thread_id: str, modes: Sequence[str], last_event_id: str | None
    ) -> AsyncIterator[bytes]:
        """The frames of all the thread's runs from now on; with an event id, stored ones first.

        A thread that does not exist is silent until it does, but where threads have owners it is an
        `error` frame: it may be somebody else's by then.
        """
        engine = self._engine
        if self._foreign(thread_id):
            return _once([encode("error", _THREAD_NOT_FOUND)])
        past: Iterator[Frame] = iter(())
        thread = engine.threads.find(thread_id)
        last = None if last_event_id is None else after(last_event_id)
        if thread is not None and last is not None:
            past = stored(thread, engine.scheduler, last)
        given = (engine.feeds, thread_id, modes, past, *self._pace())
        if engine.identity is None:
            return ThreadReader(*given)
        return OwnThreadReader(*given, shown=partial(engine.threads.shows, thread_id))

    def _replayed(
        self, run: Run, last_event_id: str | None, only: ModeFilter | None
    ) -> Iterable[bytes]:
        if last_event_id is None or run.archive is None or run.archive.ids is None:
            return ()
        last = after(last_event_id)
        if last is None:
            return ()
        frames = replay(
            events.unpack(run.archive.events), run.archive.ids, projection_of(run), last
        )
        return chunks(frame for frame in frames if only is None or only(frame[0]))

    def _foreign(self, thread_id: str) -> bool:
        """Whether threads have owners, and this one is not the caller's."""
        return self._engine.identity is not None and self._engine.threads.find(thread_id) is None

    def _pace(self) -> tuple[Clock, float]:
        return self._engine.clock, self._engine.settings.heartbeat_seconds

    def _leaving(self, job: Job, cancel: bool) -> Callable[[], None] | None:
        return (lambda: self._engine.runs.stop(job, _GONE)) if cancel else None


async def _once(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
