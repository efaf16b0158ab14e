"""The runs of one server: made, played, waited for, stopped, deleted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mockserver.engine import creation, events, multitask, settling
from mockserver.engine.errors import NotFoundError
from mockserver.engine.identity import Part
from mockserver.engine.jobs import DELETED, TIMED_OUT, Stop, cancelled, rolled_back, taken
from mockserver.engine.load import load_of
from mockserver.store.runs import RunTable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mockserver.engine.creation import Draft
    from mockserver.engine.execution import Outcome
    from mockserver.engine.jobs import Job
    from mockserver.engine.load import Load
    from mockserver.engine.server import Engine
    from mockserver.store.rows import Run, Thread

_GRACE_SECONDS = 10.0  # what an agent's own code gets to end in once its run was stopped


class Runs(Part):
    """Every run, and the moves a caller may make. Ids come in canonical form."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.table = RunTable()

    # --- making -----------------------------------------------------------------------------------

    def draft(
        self,
        body: Mapping[str, Any],
        thread_id: str | None,
        request_id: str | None = None,
        headers: Mapping[str, Any] = creation.NO_HEADERS,
    ) -> Draft:
        """Check a request. Raises InvalidError, RefusedError, NotFoundError.

        `headers` are those of the request that reach the run's config.
        """
        return creation.draft(self._engine, body, thread_id, request_id, headers)

    def submit(self, order: Draft) -> Job:
        """Make a pending run. Nothing is awaited: no other request comes in between.

        The caller awaits `admitted` before it answers. Raises NotFoundError (thread), ConflictError
        (another run is in the way).
        """
        engine = self._engine
        thread = None if order.thread_id is None else engine.threads.find(order.thread_id)
        if thread is None and (not order.makes_thread or engine.threads.taken(order.thread_id)):
            raise NotFoundError(f"There is no thread {order.thread_id}")
        in_the_way: Collection[Job] = ()
        if thread is not None and order.strategy != "enqueue":
            in_the_way = engine.scheduler.active(thread.thread_id)
            multitask.check(order.strategy, in_the_way)
        made = thread is None
        if thread is None:
            thread = creation.make_thread(engine, order, order.thread_id or engine.ids.uuid7())
        creation.claim(engine, thread, order)
        job = creation.make_job(engine, order, thread, made=made)
        self.table.add(job.run)
        stop = multitask.stop_for(order.strategy, job.run.run_id)
        if stop is not None:
            job.superseded = list(in_the_way)
        engine.scheduler.enqueue(job)
        for old in job.superseded:
            assert stop is not None
            self.stop(old, stop)
        return job

    async def admitted(self, job: Job) -> Job:
        """Return once the runs a new one supersedes have ended; it can be answered then."""
        for old in job.superseded:
            await self._settled(old)
        job.superseded = ()
        job.rest()
        return job

    def begin(self, job: Job) -> None:
        """Start a run's task: its turn has come."""
        if self._engine.stopping:
            job.log.close()
            return
        job.task = asyncio.get_running_loop().create_task(self._play(job))
        job.task.add_done_callback(lambda _: settling.ended(self._engine, job))

    async def _play(self, job: Job) -> Outcome:
        engine, run = self._engine, job.run
        settling.move(engine, job, "running", "start")
        config = job.kwargs["config"]
        run.rewrite(b"config", config, taken(config, job.plan.attempt))
        job.begun = engine.clock.epoch_us()
        job.timer = engine.clock.call_later(
            engine.settings.job_timeout_seconds, lambda: self.stop(job, TIMED_OUT)
        )
        job.log.emit(events.Started((), run.run_id, job.plan.attempt))
        return await engine.play(job.plan, job.log.emit)

    # --- stopping ---------------------------------------------------------------------------------

    def stop(self, job: Job, stop: Stop) -> None:
        """End a run from outside. The first reason counts, unless a later one deletes the run."""
        if job.finished:
            return
        if job.stop is None or (stop.deletes and not job.stop.deletes):
            first, job.stop = job.stop is None, stop
            if job.begun is None:
                settling.ended(self._engine.whole, job)
                if job.task is not None:
                    job.task.cancel()
            elif first and job.task is not None:
                job.task.cancel()

    async def _settled(self, job: Job) -> None:
        """Wait for a stopped job to end; one whose agent will not end is given up."""
        try:
            await asyncio.wait_for(job.settled(), _GRACE_SECONDS)
        except TimeoutError:
            settling.ended(self._engine.whole, job)

    def _cancellable(self, run: Run | None) -> Job | None:
        job = None if run is None else self._engine.scheduler.job(run.run_id)
        return None if job is None or job.stop is not None else job

    async def cancel(self, thread_id: str, run_id: str, *, rollback: bool) -> None:
        """Stop one run and return once it has ended. Raises NotFoundError when it is not active."""
        run = self.get(thread_id, run_id)
        job = self._cancellable(run)
        if job is None:
            raise NotFoundError(f"Run {run_id} is not active: its status is {run.status}")
        self.stop(job, _reason(rollback=rollback))
        await self._settled(job)

    async def cancel_status(self, status: str, *, rollback: bool) -> None:
        """Stop the server's runs of a status (`pending`, `running`, `all`).

        Raises NotFoundError where there is none.
        """
        jobs = [
            job
            for job in self._engine.scheduler.jobs()
            if status in ("all", job.run.status)
            and job.stop is None
            and self._engine.sees(job.thread.metadata)
        ]
        await self._cancel_all(jobs, rollback=rollback)

    async def cancel_some(self, thread_id: str, run_ids: Iterable[str], *, rollback: bool) -> None:
        """Stop runs of one thread; unknown and ended ones are passed over.

        Raises NotFoundError where none could be stopped.
        """
        found = [self.find(thread_id, run_id) for run_id in dict.fromkeys(run_ids)]
        jobs = [job for run in found if (job := self._cancellable(run)) is not None]
        await self._cancel_all(jobs, rollback=rollback)

    async def _cancel_all(self, jobs: Sequence[Job], *, rollback: bool) -> None:
        if not jobs:
            raise NotFoundError("None of the runs meant is pending or running")
        for job in jobs:
            self.stop(job, _reason(rollback=rollback))
        for job in jobs:
            await self._settled(job)

    async def delete(self, thread_id: str, run_id: str) -> None:
        """Delete a run whatever its status; an active one is stopped. Raises NotFoundError."""
        run = self.get(thread_id, run_id)
        job = self._engine.scheduler.job(run_id)
        if job is not None:
            self.stop(job, DELETED)
            await self._settled(job)
        if self.table.find(run_id) is run:
            self.table.remove(run)
            self._engine.states.drop_run(thread_id, run_id)
            self._engine.threads.refresh(run.thread)

    async def end_all(self, thread: Thread) -> bool:
        """Stop a thread's runs until none is left active; whether one of them was stateless."""
        fleeting = False
        while jobs := self._engine.scheduler.active(thread.thread_id):
            fleeting = fleeting or any(job.temporary for job in jobs)
            for job in jobs:
                self.stop(job, DELETED)
            for job in jobs:
                await self._settled(job)
        return fleeting

    # --- looking ----------------------------------------------------------------------------------

    def find(self, thread_id: str, run_id: str) -> Run | None:
        """One run, if there is one with this id on this thread."""
        run = self.table.find(run_id)
        if run is None or run.thread.thread_id != thread_id:
            return None
        return run if self._engine.sees(run.thread.metadata) else None

    def get(self, thread_id: str, run_id: str) -> Run:
        """One run. Raises NotFoundError, which names the thread where that is what is missing."""
        run = self.find(thread_id, run_id)
        if run is None:
            self._engine.threads.get(thread_id)
            raise NotFoundError(f"There is no run {run_id} on thread {thread_id}")
        return run

    def list(self, thread_id: str, *, limit: int, offset: int, status: str | None) -> Iterable[Run]:
        """A page of a thread's runs, newest first. Raises NotFoundError."""
        return self._engine.threads.get(thread_id).runs.newest(limit, offset, status)

    def load(self) -> Load:
        """How busy the server is."""
        return load_of(self._engine.scheduler.jobs(), self._engine.clock.epoch_us())


def _reason(*, rollback: bool) -> Stop:
    if rollback:
        return rolled_back("The run was rolled back on request")
    return cancelled("The run was cancelled on request")
