from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.engine.errors import ConflictError
from tests.mockserver.engine.bench import parse

if TYPE_CHECKING:
    from tests.mockserver.engine.bench import Bench

TWO_STEPS = [{"update": {"log": ["first"]}}, {"node": "check"}, {"sleep": 10}, {"say": "never"}]


async def test_reject_refuses_while_a_run_is_active_and_makes_nothing(bench: Bench) -> None:
    thread = bench.thread()
    bench.submit(thread, after_seconds=5)  # even one that is not due counts
    updated = thread.updated
    with pytest.raises(ConflictError):
        bench.submit(thread, multitask_strategy="reject")
    assert len(thread.runs) == 1
    assert thread.updated == updated
    await bench.advance(5)
    assert (await bench.run(thread, multitask_strategy="reject")).run.status == "success"


async def test_of_two_that_reject_only_the_first_gets_in(bench: Bench) -> None:
    thread = bench.thread()
    bench.submit(thread, multitask_strategy="reject")
    with pytest.raises(ConflictError):
        bench.submit(thread, multitask_strategy="reject")


async def test_enqueue_waits(bench: Bench) -> None:
    thread = bench.thread()
    first, second = bench.submit(thread, [{"sleep": 1}]), bench.submit(thread)
    await bench.advance()
    assert (first.run.status, second.run.status) == ("running", "pending")
    await bench.advance(1)
    assert (first.run.status, second.run.status) == ("success", "success")


async def test_interrupt_keeps_what_finished_steps_wrote(bench: Bench) -> None:
    thread = bench.thread()
    old = bench.submit(thread, TWO_STEPS)
    stream = await bench.follow(bench.engine.following.stream(old))
    new = bench.submit(thread, [{"update": {"log": ["new"]}}], multitask_strategy="interrupt")
    assert new.run.status == "pending"
    await bench.engine.runs.admitted(new)
    assert old.run.status == "interrupted"
    assert thread.status == "busy"
    events = parse(await stream)
    assert "error" not in {event.name for event in events}
    await bench.advance()
    assert new.run.status == "success"
    assert bench.state(thread)["values"]["log"] == ["work", "first", "work", "new"]
    assert thread.status == "idle"


async def test_rollback_leaves_nothing_of_the_old_run(bench: Bench) -> None:
    thread = bench.thread()
    await bench.run(thread, [{"update": {"log": ["seed"]}}])
    old = bench.submit(thread, TWO_STEPS)
    stream = await bench.follow(bench.engine.following.stream(old))
    new = bench.submit(thread, [{"update": {"log": ["new"]}}], multitask_strategy="rollback")
    await bench.engine.runs.admitted(new)
    assert bench.engine.runs.table.find(old.run.run_id) is None
    assert "error" not in {event.name for event in parse(await stream)}
    await bench.advance()
    assert bench.state(thread)["values"]["log"] == ["work", "seed", "work", "new"]
    assert [run.run_id for run in thread.runs][1:] == [new.run.run_id]
    assert thread.status == "idle"


@pytest.mark.parametrize(("strategy", "left"), [("interrupt", "interrupted"), ("rollback", None)])
async def test_runs_that_wait_are_superseded_too(
    bench: Bench, strategy: str, left: str | None
) -> None:
    thread = bench.thread()
    playing = bench.submit(thread, [{"sleep": 10}])
    waiting = bench.submit(thread)
    await bench.advance()
    new = bench.submit(thread, multitask_strategy=strategy)
    await bench.engine.runs.admitted(new)
    for old in (playing, waiting):
        row = bench.engine.runs.table.find(old.run.run_id)
        assert (None if row is None else row.status) == left
    await bench.advance()
    assert new.run.status == "success"
    assert thread.status == "idle"


async def test_the_new_run_does_not_begin_before_the_old_one_has_ended(bench: Bench) -> None:
    thread = bench.thread()
    old = bench.submit(thread, [{"sleep": 10}])
    await bench.advance()
    new = bench.submit(thread, multitask_strategy="interrupt")
    assert new.task is None
    assert old.task is not None
    await bench.engine.runs.admitted(new)
    assert old.task.done()


async def test_a_later_superseder_supersedes_the_earlier(bench: Bench) -> None:
    thread = bench.thread()
    jobs = [bench.submit(thread, [{"sleep": 10}])]
    await bench.advance()
    jobs += [bench.submit(thread, multitask_strategy="interrupt") for _ in range(3)]
    for job in jobs:
        await bench.engine.runs.admitted(job)
    await bench.advance()
    assert [job.run.status for job in jobs] == ["interrupted"] * 3 + ["success"]
