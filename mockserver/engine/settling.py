"""The end of a run, in one step: row, thread, then streams, then the next run and the webhook."""

from __future__ import annotations

import logging
from array import array
from typing import TYPE_CHECKING, Any

import orjson

from mockserver.engine import events
from mockserver.engine.failures import Failure
from mockserver.engine.jobs import check_move
from mockserver.engine.thread_stream import run_done
from mockserver.store.archive import Archive
from mockserver.store.times import iso
from spec.lifecycle import lifecycle

if TYPE_CHECKING:
    from mockserver.engine.jobs import Job
    from mockserver.engine.server import Engine

log = logging.getLogger("runcontract.mock")


def ended(engine: Engine, job: Job) -> None:
    """Settle a job whose task is done, or that never got one. A second call does nothing."""
    if job.finished or engine.stopping:
        return
    task = job.task
    if task is not None and task.done():
        if task.cancelled():
            if job.stop is None:
                job.failure = Failure("NodeCancelledError", "The agent cancelled its run", "")
        elif (fault := task.exception()) is not None:
            log.error(
                "run %s: a fault of the mock, please report it", job.run.run_id, exc_info=fault
            )
            job.failure = Failure("RuntimeError", "The mock failed to play this run", repr(fault))
        else:
            job.outcome = task.result()
            job.failure = None if job.stop is not None else job.outcome.error
    try:
        _settle(engine, job)
    except Exception:
        # whatever is wrong, nobody may wait for this run for ever
        log.exception("a fault of the mock at the end of run %s", job.run.run_id)
        if engine.scheduler.job(job.run.run_id) is job:
            engine.scheduler.release(job)
        job.settle()


def _settle(engine: Engine, job: Job) -> None:
    run, thread, stop = job.run, job.thread, job.stop
    if stop is not None:
        target, cause = stop.target, stop.cause
    elif job.failure is not None:
        target, cause = "error", "fail"
    else:
        target, cause = "success", "finish"
    reported = job.webhook is not None and job.begun is not None and cause != "delete"
    gone = run.view() if reported and target == "deleted" else None
    move(engine, job, target, cause)
    if stop is not None and stop.deletes and job.begun is not None:
        engine.states.drop_run(thread.thread_id, run.run_id)
    busy = engine.scheduler.release(job)
    if job.temporary and not busy:
        _vanish(engine, job)
    else:
        _settle_thread(engine, job, target, busy=busy)
    farewell = stop.farewell if stop is not None else None
    if job.failure is not None:
        farewell = (job.failure.error, job.failure.message)
    if farewell is not None:
        job.log.emit(events.Failed((), *farewell))
    feed = engine.feeds.get(thread.thread_id)
    done = run_done(run.run_id, engine.event_ids.next())
    if feed is not None:
        feed.publish([done])
    times = _told(engine, job, target) if job.log.timed else None
    if target != "deleted" and not job.temporary and job.log.events:
        ids = job.log.frame_ids()
        if ids is not None:
            ids.append(done[2])
        run.archive = Archive(events.pack(job.log.events, job.graph_id), ids, times)
    job.settle()
    if reported and job.webhook is not None:
        engine.webhooks.send(job.webhook, _report(engine, job, gone))


def _told(engine: Engine, job: Job, target: str) -> array[int]:
    """Tell the thread's subscribers; the times of the run's events, and of its end."""
    now = engine.clock.epoch_ms()
    transcript = engine.transcripts.get(job.thread.thread_id)
    if transcript is not None and transcript.wanted:
        transcript.settle(job, target, now)
    return array("Q", (*job.log.times, now))


def move(engine: Engine, job: Job, target: str, cause: str) -> None:
    """Move a run along the lifecycle. Raises RuntimeError for a move the table does not have."""
    run = job.run
    check_move(lifecycle(), run.status, target, cause)
    if target == "deleted":
        engine.runs.table.remove(run)
        return
    # `updated_at` says when the run was last accepted, re-queued or ended, not when it began
    now = None if cause == "start" else engine.clock.epoch_us()
    engine.runs.table.restate(run, target, now)


def _vanish(engine: Engine, job: Job) -> None:
    """Remove a stateless run and its thread."""
    thread = job.thread
    engine.states.drop_thread(thread.thread_id)
    engine.threads.forget(thread)


def _settle_thread(engine: Engine, job: Job, target: str, *, busy: bool) -> None:
    thread, table, stop = job.thread, engine.threads.table, job.stop
    pending = engine.threads.take_over(thread)
    if job.begun is not None:
        if job.failure is not None:
            thread.error = job.failure.payload()
        elif stop is None:
            thread.error = None
        elif stop.error is not None:
            thread.error = {"error": stop.error[0], "message": stop.error[1]}
        known = ("error",) if thread.values is None else thread.lacks
        thread.lacks = tuple(key for key in thread.lacks if key not in known)
    after = lifecycle().thread_after(target, paused=bool(pending))
    table.set_status(thread, lifecycle().thread_busy if busy else after)
    table.touch(thread, engine.clock.epoch_us(), state=job.begun is not None)


def _report(engine: Engine, job: Job, gone: dict[str, Any] | None) -> dict[str, Any]:
    """The webhook's body: the run, when it ran, what it left, why it failed.

    `gone` is the row of a run that was rolled back.
    """
    stop, rolled_back = job.stop, gone is not None
    row = job.run.view() if gone is None else {**gone, "status": "rollback"}
    row["run_started_at"] = None if job.begun is None else iso(job.begun)
    row["run_ended_at"] = engine.clock.timestamp()
    row["webhook_sent_at"] = None
    values = None if rolled_back or job.temporary else job.thread.values
    row["values"] = None if values is None else orjson.loads(values)
    if job.failure is not None:
        row["error"] = job.failure.payload()
    elif stop is not None and stop.error is not None:
        row["error"] = {"error": stop.error[0], "message": stop.error[1]}
    return row
