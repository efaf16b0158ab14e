from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import orjson
import pytest

from mockserver.engine import runs
from mockserver.engine.errors import NotFoundError
from mockserver.engine.execution import Outcome, Plan
from mockserver.engine.jobs import DELETED, Stop, cancelled, rolled_back
from tests.mockserver.engine.bench import Bench, drain, parse

if TYPE_CHECKING:
    from mockserver.engine.jobs import Job

NAP = [{"sleep": 10}]
STEP_THEN_NAP = [{"update": {"log": ["first"]}}, {"node": "check"}, {"sleep": 10}]
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def cancel(bench: Bench, job: Job, *, rollback: bool = False) -> None:
    await bench.engine.runs.cancel(job.thread.thread_id, job.run.run_id, rollback=rollback)


async def test_a_cancelled_run_keeps_what_its_finished_steps_wrote(bench: Bench) -> None:
    thread = bench.thread()
    job = bench.submit(thread, STEP_THEN_NAP)
    await bench.advance()
    await cancel(bench, job)
    row = job.run.view()
    assert row["status"] == "interrupted"
    assert row["updated_at"] >= row["created_at"]
    assert thread.status == "interrupted"  # a step is still to be done
    assert thread.error is not None
    assert thread.error["error"] == "UserInterrupt"
    assert bench.state(thread)["values"]["log"] == ["work", "first"]
    assert orjson.loads(thread.values or b"null")["log"] == ["work", "first"]
    assert job.task is not None
    assert job.task.done()


async def test_a_pending_run_never_plays_once_cancelled(bench: Bench) -> None:
    thread = bench.thread()
    job = bench.submit(thread, NAP, after_seconds=5)
    await cancel(bench, job)
    assert job.run.status == "interrupted"
    assert thread.status == "idle"
    await bench.advance(60)
    assert job.begun is None
    assert job.run.status == "interrupted"


async def test_a_run_cancelled_in_the_moment_it_was_made_never_plays(bench: Bench) -> None:
    job = bench.submit(bench.thread(), NAP)
    assert job.task is not None  # its turn has come, but its task has not begun
    await cancel(bench, job)
    assert (job.run.status, job.begun) == ("interrupted", None)
    await bench.advance(60)
    assert (job.run.status, job.begun) == ("interrupted", None)


async def test_a_thread_stays_busy_while_another_run_is_active(bench: Bench) -> None:
    thread = bench.thread()
    playing, waiting = bench.submit(thread, NAP), bench.submit(thread, NAP)
    await bench.advance()
    await cancel(bench, waiting)
    assert thread.status == "busy"
    await cancel(bench, playing)
    assert thread.status == "interrupted"


@pytest.mark.parametrize("begun", [True, False])
async def test_rollback_removes_the_run_and_what_it_wrote(bench: Bench, begun: bool) -> None:
    thread = bench.thread()
    await bench.run(thread, [{"update": {"log": ["seed"]}}])
    before = thread.values
    job = bench.submit(thread, STEP_THEN_NAP, after_seconds=0 if begun else 5)
    await bench.advance()
    await cancel(bench, job, rollback=True)
    assert bench.engine.runs.table.find(job.run.run_id) is None
    assert thread.status == "idle"
    assert thread.values == before
    assert bench.state(thread)["values"]["log"] == ["work", "seed"]
    assert len(thread.runs) == 1


async def test_only_the_first_of_three_cancels_gets_through(bench: Bench) -> None:
    job = bench.submit(bench.thread(), NAP)
    await bench.advance()
    results = await asyncio.gather(*(cancel(bench, job) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), NotFoundError, NotFoundError]


async def test_a_run_that_has_ended_cannot_be_cancelled(bench: Bench) -> None:
    job = await bench.run(bench.thread())
    row = job.run.encoded
    with pytest.raises(NotFoundError, match="not active"):
        await cancel(bench, job)
    assert job.run.encoded == row


async def test_a_run_is_not_found_on_another_thread(bench: Bench) -> None:
    job, other = bench.submit(bench.thread(), NAP), bench.thread()
    for thread_id, run_id in (
        (other.thread_id, job.run.run_id),
        (UNKNOWN, job.run.run_id),
        (job.thread.thread_id, UNKNOWN),
    ):
        with pytest.raises(NotFoundError):
            await bench.engine.runs.cancel(thread_id, run_id, rollback=False)
    assert job.run.status == "pending"


@pytest.mark.parametrize("stop", [cancelled("now"), rolled_back("now"), DELETED])
async def test_a_stop_between_the_agents_end_and_the_runs_end_counts(stop: Stop) -> None:
    async def play(plan: Plan, emit: object) -> Outcome:
        # called back when the task is done, before the engine hears of it: the narrowest gap
        asyncio.get_running_loop().call_soon(lambda: bench.engine.runs.stop(jobs[0], stop))
        return Outcome({}, (), {}, None)

    bench = Bench(player=play)
    jobs = [bench.submit(bench.thread())]
    await asyncio.wait_for(jobs[0].settled(), 5)
    row = bench.engine.runs.table.find(jobs[0].run.run_id)
    assert (row.status if row is not None else "deleted") == stop.target
    assert jobs[0].thread.status == "idle"
    assert not bench.engine.scheduler.jobs()


async def test_an_agent_that_swallows_its_cancellation_is_cancelled_all_the_same() -> None:
    async def play(plan: Plan, emit: object) -> Outcome:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return Outcome({}, (), {}, None)

    bench = Bench(player=play)
    job = bench.submit(bench.thread())
    await bench.advance()
    await asyncio.wait_for(cancel(bench, job), 5)
    assert job.run.status == "interrupted"


async def test_an_agent_that_will_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = asyncio.Event()

    async def play(plan: Plan, emit: object) -> Outcome:
        while not release.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await release.wait()
        return Outcome({}, (), {}, None)

    monkeypatch.setattr(runs, "_GRACE_SECONDS", 0.01)
    bench = Bench(player=play)
    job, next_one = (bench.submit(thread := bench.thread()), bench.submit(thread))
    await bench.advance()
    await asyncio.wait_for(cancel(bench, job), 5)
    assert job.run.status == "interrupted"
    await bench.advance()
    assert next_one.run.status == "running"
    release.set()
    await bench.advance()
    assert (job.run.status, next_one.run.status) == ("interrupted", "success")


async def test_a_fault_of_the_player_is_the_runs_error_and_frees_the_thread(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def play(plan: Plan, emit: object) -> Outcome:
        raise AssertionError("broken")

    bench = Bench(player=play)
    job = await bench.run(thread := bench.thread())
    assert (job.run.status, thread.status) == ("error", "error")
    assert "broken" in caplog.text


async def test_delete_wins_over_a_cancel_on_its_way(bench: Bench) -> None:
    job = bench.submit(bench.thread(), NAP)
    await bench.advance()
    mine, where = bench.engine.runs, (job.thread.thread_id, job.run.run_id)
    await asyncio.gather(mine.cancel(*where, rollback=False), mine.delete(*where))
    assert mine.table.find(job.run.run_id) is None
    assert job.thread.status == "idle"


async def test_a_deletion_on_its_way_is_not_undone_by_a_newer_run(bench: Bench) -> None:
    job = bench.submit(thread := bench.thread(), NAP)
    await bench.advance()
    deletion = asyncio.create_task(bench.engine.runs.delete(thread.thread_id, job.run.run_id))
    await asyncio.sleep(0)
    assert job.stop is DELETED
    new = bench.submit(thread, multitask_strategy="interrupt")
    await bench.engine.runs.admitted(new)
    await deletion
    assert bench.engine.runs.table.find(job.run.run_id) is None


async def test_cancel_by_status_stops_the_work_on_every_thread(bench: Bench) -> None:
    playing = [bench.submit(bench.thread(), NAP) for _ in range(3)]
    waiting = [bench.submit(bench.thread(), NAP, after_seconds=5) for _ in range(2)]
    await bench.advance()
    await bench.engine.runs.cancel_status("running", rollback=False)
    assert {job.run.status for job in playing} == {"interrupted"}
    assert all(job.task is not None and job.task.done() for job in playing)
    assert {job.run.status for job in waiting} == {"pending"}
    await bench.engine.runs.cancel_status("all", rollback=True)
    assert all(bench.engine.runs.table.find(job.run.run_id) is None for job in waiting)
    with pytest.raises(NotFoundError):
        await bench.engine.runs.cancel_status("all", rollback=False)
    await bench.advance(60)
    assert {job.run.status for job in playing} == {"interrupted"}


async def test_cancel_by_ids_passes_over_what_it_cannot_stop(bench: Bench) -> None:
    thread = bench.thread()
    done = await bench.run(thread)
    active = bench.submit(thread, NAP)
    elsewhere = bench.submit(bench.thread(), NAP)
    await bench.advance()
    ids = [UNKNOWN, done.run.run_id, active.run.run_id, elsewhere.run.run_id]
    await bench.engine.runs.cancel_some(thread.thread_id, ids, rollback=False)
    assert (active.run.status, elsewhere.run.status) == ("interrupted", "running")
    assert done.run.status == "success"
    for none_of_them in ([], [done.run.run_id], [elsewhere.run.run_id]):
        with pytest.raises(NotFoundError):
            await bench.engine.runs.cancel_some(thread.thread_id, none_of_them, rollback=False)


async def test_deleting_a_running_run_stops_it_and_frees_the_thread(bench: Bench) -> None:
    thread = bench.thread()
    job, next_one = bench.submit(thread, STEP_THEN_NAP), bench.submit(thread)
    stream = await bench.follow(bench.engine.following.stream(job))
    joined = await bench.follow(
        bench.engine.following.join(thread.thread_id, job.run.run_id, cancel_on_disconnect=False)
    )
    await bench.engine.runs.delete(thread.thread_id, job.run.run_id)
    assert job.task is not None
    assert job.task.done()
    assert bench.engine.runs.table.find(job.run.run_id) is None
    assert parse(await stream)[-1].data == {
        "error": "HTTPException",
        "message": "404: Run not found",
    }
    assert "__error__" in orjson.loads(await joined)
    await bench.advance()
    assert next_one.run.status == "success"
    assert thread.status == "idle"
    assert "first" not in bench.state(thread)["values"]["log"]
    with pytest.raises(NotFoundError):
        await bench.engine.runs.delete(thread.thread_id, job.run.run_id)


async def test_deleting_an_ended_run_takes_its_state_along(bench: Bench) -> None:
    thread = bench.thread()
    await bench.run(thread, [{"update": {"log": ["a"]}}])
    second = await bench.run(thread, [{"update": {"log": ["b"]}}])
    await bench.engine.runs.delete(thread.thread_id, second.run.run_id)
    assert bench.state(thread)["values"]["log"] == ["work", "a"]
    assert orjson.loads(thread.values or b"null")["log"] == ["work", "a"]


async def test_deleting_a_thread_ends_its_runs(bench: Bench) -> None:
    thread = bench.thread()
    jobs = [bench.submit(thread, NAP), bench.submit(thread, NAP, after_seconds=5)]
    streams = [await bench.follow(bench.engine.following.stream(job)) for job in jobs]
    deletions = [bench.engine.threads.delete(thread.thread_id) for _ in range(2)]
    results = await asyncio.gather(*deletions, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "NotFoundError"]
    assert all(job.finished for job in jobs)
    for stream in streams:
        assert parse(await stream)[-1].name == "error"
    assert len(bench.engine.runs.table) == 0
    assert not bench.engine.checkpoints.namespaces(thread.thread_id)


async def test_a_run_that_comes_while_its_thread_is_deleted_goes_with_it(bench: Bench) -> None:
    thread = bench.thread()
    bench.submit(thread, NAP)
    await bench.advance()
    deletion = asyncio.create_task(bench.engine.threads.delete(thread.thread_id))
    await asyncio.sleep(0)
    late = bench.submit(thread, NAP)
    stream = bench.engine.following.stream(late)
    await deletion
    assert late.finished
    assert bench.engine.threads.find(thread.thread_id) is None
    assert len(bench.engine.runs.table) == 0
    await drain(stream)


async def test_the_servers_own_limit_ends_a_run() -> None:
    limited = Bench(job_timeout_seconds=2.0)
    thread = limited.thread()
    job = limited.submit(thread, STEP_THEN_NAP)
    stream = await limited.follow(limited.engine.following.stream(job))
    await limited.advance(2)
    assert job.run.status == "timeout"
    assert thread.status == "error"
    assert thread.error == {"error": "TimeoutError", "message": ""}
    assert "error" not in {event.name for event in parse(await stream)}
    await limited.engine.stop()


async def test_the_end_of_the_server_ends_every_task_and_stream(bench: Bench) -> None:
    jobs = [bench.submit(bench.thread(), NAP), bench.submit(bench.thread(), NAP, after_seconds=9)]
    streams = [await bench.follow(bench.engine.following.stream(job)) for job in jobs]
    waits = [await bench.follow(bench.engine.following.wait(job)) for job in jobs]
    threads = await bench.follow(
        bench.engine.following.thread(jobs[0].thread.thread_id, ["run_modes"], None)
    )
    await bench.engine.stop()
    await asyncio.wait_for(asyncio.gather(*streams, *waits, threads), 5)
    assert all(job.task is None or job.task.done() for job in jobs)
