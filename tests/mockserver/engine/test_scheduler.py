from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.mockserver.engine.bench import Bench

NAP = [{"sleep": 1}]


def statuses(*jobs: object) -> list[str]:
    return [job.run.status for job in jobs]  # type: ignore[attr-defined]


async def test_a_run_is_pending_until_the_loop_turns(bench: Bench) -> None:
    job = bench.submit(bench.thread(), NAP)
    assert job.run.view()["status"] == "pending"
    await bench.advance()
    assert job.run.view()["status"] == "running"
    await bench.advance(1)
    assert job.run.view()["status"] == "success"


async def test_the_runs_of_a_thread_play_one_at_a_time_in_order(bench: Bench) -> None:
    thread = bench.thread()
    jobs = [bench.submit(thread, NAP) for _ in range(3)]
    await bench.advance()
    assert statuses(*jobs) == ["running", "pending", "pending"]
    await bench.advance(1)
    assert statuses(*jobs) == ["success", "running", "pending"]
    await bench.advance(2)
    assert statuses(*jobs) == ["success", "success", "success"]
    assert thread.status == "idle"


async def test_threads_do_not_wait_for_each_other(bench: Bench) -> None:
    jobs = [bench.submit(bench.thread(), NAP) for _ in range(20)]
    await bench.advance()
    assert set(statuses(*jobs)) == {"running"}


async def test_a_run_for_later_waits_and_others_overtake_it(bench: Bench) -> None:
    thread = bench.thread()
    later = bench.submit(thread, NAP, after_seconds=10)
    now = bench.submit(thread, NAP)
    assert later.run.view()["created_at"] > now.run.view()["updated_at"]
    assert thread.status == "busy"
    await bench.advance(1)
    assert statuses(later, now) == ["pending", "success"]
    assert thread.status == "busy"
    await bench.advance(8.999)
    assert statuses(later) == ["pending"]
    await bench.advance(0.001)
    assert statuses(later) == ["running"]


async def test_a_due_run_waits_for_the_one_that_plays(bench: Bench) -> None:
    thread = bench.thread()
    long = bench.submit(thread, [{"sleep": 5}])
    due = bench.submit(thread, NAP, after_seconds=1)
    await bench.advance(4)
    assert statuses(long, due) == ["running", "pending"]
    await bench.advance(1)
    assert statuses(long, due) == ["success", "running"]


async def test_an_earlier_date_moves_the_queue_up(bench: Bench) -> None:
    thread = bench.thread()
    late = bench.submit(thread, NAP, after_seconds=10)
    early = bench.submit(thread, NAP, after_seconds=5)
    await bench.advance(5)
    assert statuses(late, early) == ["pending", "running"]


async def test_the_queue_goes_on_without_a_run_that_left_it(bench: Bench) -> None:
    thread = bench.thread()
    jobs = [bench.submit(thread, NAP) for _ in range(3)]
    await bench.advance()
    await bench.engine.runs.cancel(thread.thread_id, jobs[1].run.run_id, rollback=False)
    await bench.advance(1)
    assert statuses(*jobs) == ["success", "interrupted", "running"]


async def test_nothing_is_kept_of_a_thread_without_active_runs(bench: Bench) -> None:
    thread = bench.thread()
    bench.submit(thread, NAP, after_seconds=3)
    await bench.run(thread)
    assert not bench.engine.scheduler.busy(thread.thread_id)
    assert not bench.engine.scheduler.jobs()


async def test_load_counts_what_waits_and_what_plays(bench: Bench) -> None:
    thread = bench.thread()
    for _ in range(3):
        bench.submit(thread, [{"sleep": 10}])
    bench.submit(bench.thread(), NAP, after_seconds=60)
    await bench.advance(4)
    load = bench.engine.runs.load()
    assert (load.pending, load.running) == (3, 1)
    assert (load.longest_wait, load.median_wait) == (4.0, 4.0)
