from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from mockserver.engine.errors import InvalidError, NotFoundError, RefusedError
from mockserver.engine.ids import assistant_id_for
from tests.mockserver.engine.bench import SAY

if TYPE_CHECKING:
    from mockserver.store.crons import Cron
    from mockserver.store.rows import Thread
    from tests.mockserver.engine.bench import Bench

MINUTELY = "* * * * *"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
END = "2026-01-01T00:02:30+00:00"  # a seeded clock begins with the year


def make(bench: Bench, thread: Thread | str | None = None, **body: Any) -> Cron:
    """A cron of the probe."""
    request = {"assistant_id": "probe", "schedule": MINUTELY, "input": {"script": SAY}, **body}
    thread_id = thread if thread is None or isinstance(thread, str) else thread.thread_id
    return bench.engine.crons.create(request, thread_id)


def runs(bench: Bench, thread: Thread) -> list[dict[str, Any]]:
    """The thread's runs, newest first."""
    listed = bench.engine.runs.list(thread.thread_id, limit=1000, offset=0, status=None)
    return [run.view() for run in listed]


def threads(bench: Bench, **metadata: Any) -> int:
    """How many threads have these metadata."""
    return bench.engine.threads.count({"metadata": metadata})


async def test_a_cron_runs_at_its_moments_and_not_before(bench: Bench) -> None:
    thread = bench.thread()
    cron = make(bench, thread, metadata={"by": "cron"}, stream_mode="updates")
    await bench.advance(59)
    assert runs(bench, thread) == []
    await bench.advance(1)
    [run] = runs(bench, thread)
    assert run["created_at"] == "2026-01-01T00:01:00.000000+00:00"
    assert run["status"] == "success"
    assert run["metadata"]["by"] == "cron"
    assert "cron_id" not in run["metadata"]
    assert run["kwargs"]["stream_mode"] == ["updates"]
    assert run["kwargs"]["config"]["configurable"]["cron_id"] == cron.cron_id
    assert cron.view()["next_run_date"] == "2026-01-01T00:02:00+00:00"
    await bench.advance(180)
    assert len(runs(bench, thread)) == 4


async def test_updated_at_says_nothing_of_runs(bench: Bench) -> None:
    cron = make(bench)
    before = cron.view()["updated_at"]
    await bench.advance(120)
    assert cron.view()["updated_at"] == before


async def test_threads_of_runs_are_deleted_or_kept(bench: Bench) -> None:
    make(bench, metadata={"of": "kept"}, on_run_completed="keep")
    make(bench, metadata={"of": "fleeting"}, input={"script": [{"sleep": 30}]})
    await bench.advance(61)
    assert (threads(bench, of="kept"), threads(bench, of="fleeting")) == (1, 1)
    await bench.advance(40)
    assert (threads(bench, of="kept"), threads(bench, of="fleeting")) == (1, 0)
    await bench.advance(60)
    assert threads(bench, of="kept") == 2


async def test_a_disabled_cron_waits_until_it_is_enabled(bench: Bench) -> None:
    thread = bench.thread()
    cron = make(bench, thread, enabled=False)
    await bench.advance(300)
    assert runs(bench, thread) == []
    assert cron.view()["next_run_date"] == "2026-01-01T00:01:00+00:00"
    bench.engine.crons.patch(cron.cron_id, {"enabled": True})
    await bench.advance(0)
    assert len(runs(bench, thread)) == 1  # for all it missed, one
    assert cron.view()["next_run_date"] == "2026-01-01T00:06:00+00:00"
    bench.engine.crons.patch(cron.cron_id, {"enabled": False})
    await bench.advance(300)
    assert len(runs(bench, thread)) == 1


async def test_a_cron_ends_at_its_end_and_no_other_does(bench: Bench) -> None:
    ended, other = bench.thread(), bench.thread()
    cron = make(bench, ended, end_time=END)
    make(bench, other, end_time="2999-01-01T00:00:00Z")
    await bench.advance(600)
    assert len(runs(bench, ended)) == 2
    assert len(runs(bench, other)) == 10
    bench.engine.crons.patch(cron.cron_id, {"end_time": None})
    await bench.advance(1)
    assert len(runs(bench, ended)) == 3


async def test_a_schedule_that_is_over_ends_no_other(bench: Bench) -> None:
    once, other = bench.thread(), bench.thread()
    cron = make(bench, once, schedule="1 0 1 1 * 0 2026")
    make(bench, other)
    await bench.advance(300)
    assert (len(runs(bench, once)), len(runs(bench, other))) == (1, 5)
    assert cron.view()["next_run_date"] is None
    assert bench.engine.crons.search({"sort_by": "next_run_date"})[0][0] is cron
    bench.engine.crons.patch(cron.cron_id, {"schedule": MINUTELY})
    await bench.advance(60)
    assert len(runs(bench, once)) == 2


async def test_a_patch_of_the_schedule_moves_the_next_run(bench: Bench) -> None:
    thread = bench.thread()
    cron = make(bench, thread)
    bench.engine.crons.patch(cron.cron_id, {"schedule": "*/10 * * * *"})
    await bench.advance(599)
    assert runs(bench, thread) == []
    await bench.advance(1)
    assert len(runs(bench, thread)) == 1
    bench.engine.crons.patch(cron.cron_id, {"timezone": "Asia/Tokyo", "schedule": "0 10 * * *"})
    assert cron.view()["next_run_date"] == "2026-01-01T01:00:00+00:00"


async def test_many_patches_leave_one_run_a_moment(bench: Bench) -> None:
    thread = bench.thread()
    cron = make(bench, thread)
    for n in range(1000):
        bench.engine.crons.patch(cron.cron_id, {"metadata": {"n": n}})
        bench.engine.crons.patch(cron.cron_id, {"schedule": "0 0 1 1 *" if n % 2 else MINUTELY})
    bench.engine.crons.patch(cron.cron_id, {"schedule": MINUTELY})
    assert len(bench.engine.crons._due) < 100
    await bench.advance(60)
    assert len(runs(bench, thread)) == 1


async def test_a_refused_patch_changes_nothing(bench: Bench) -> None:
    cron = make(bench, metadata={"a": 1})
    before = orjson.dumps(cron.view())
    for body, error in (
        ({}, RefusedError),
        ({"timezone": "UTC", "metadata": {"b": 1}, "schedule": "nope"}, InvalidError),
        ({"metadata": {"b": 1}, "end_time": "someday"}, InvalidError),
        ({"metadata": {"b": 1}, "schedule": "0 0 31 2 *"}, RefusedError),
        ({"config": {"configurable": {"a": 1}}, "context": {"b": 1}}, RefusedError),
        ({"enabled": False, "webhook": "ftp://host/"}, InvalidError),
    ):
        with pytest.raises(error):
            bench.engine.crons.patch(cron.cron_id, body)
        assert orjson.dumps(cron.view()) == before


async def test_the_payload_is_what_was_sent_and_whose_it_is(bench: Bench) -> None:
    cron = make(
        bench,
        metadata={"a": 1, "run_id": "spoofed"},
        config={"tags": ["t"], "configurable": {"cron_id": "spoofed", "k": 1}},
        odd="kept",
    )
    payload = cron.view()["payload"]
    assert payload["assistant_id"] == assistant_id_for("probe")
    assert payload["metadata"] == {"a": 1}
    assert payload["odd"] == "kept"
    assert payload["config"] == {"tags": ["t"], "configurable": {"k": 1, "cron_id": cron.cron_id}}
    bench.engine.crons.patch(cron.cron_id, {"metadata": {"b": 2}, "assistant_id": "agent"})
    assert cron.metadata == {"a": 1, "b": 2}
    assert cron.payload["metadata"] == {"b": 2}
    assert cron.assistant_id == cron.payload["assistant_id"] == assistant_id_for("probe")


async def test_a_context_reaches_the_run(bench: Bench) -> None:
    thread = bench.thread()
    cron = make(bench, thread, context={"model": "x"})
    await bench.advance(60)
    [run] = runs(bench, thread)
    configurable = run["kwargs"]["config"]["configurable"]
    assert configurable["model"] == run["kwargs"]["context"]["model"] == "x"
    assert configurable["cron_id"] == cron.cron_id


async def test_a_run_that_is_refused_does_not_end_the_cron(bench: Bench) -> None:
    thread = bench.thread()
    make(bench, thread, multitask_strategy="reject", input={"script": [{"sleep": 90}]})
    await bench.advance(60)
    await bench.advance(60)  # the first is still running
    assert len(runs(bench, thread)) == 1
    await bench.advance(60)
    assert len(runs(bench, thread)) == 2


async def test_crons_go_with_their_thread_and_with_their_assistant(bench: Bench) -> None:
    engine, thread = bench.engine, bench.thread()
    bound, free = make(bench, thread), make(bench)
    await engine.threads.delete(thread.thread_id)
    with pytest.raises(NotFoundError):
        engine.crons.get(bound.cron_id)
    engine.crons.drop_of_assistant(assistant_id_for("probe"))
    with pytest.raises(NotFoundError):
        engine.crons.get(free.cron_id)
    assert engine.crons.count({}) == 0
    await bench.advance(120)
    assert len(engine.runs.table) == 0


async def test_a_deleted_cron_makes_no_more_runs(bench: Bench) -> None:
    thread = bench.thread()
    cron = make(bench, thread)
    await bench.advance(60)
    bench.engine.crons.delete(cron.cron_id)
    await bench.advance(600)
    assert len(runs(bench, thread)) == 1
    with pytest.raises(NotFoundError):
        bench.engine.crons.delete(cron.cron_id)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"assistant_id": "nobody"}, NotFoundError),
        ({"assistant_id": UNKNOWN}, NotFoundError),
        ({"assistant_id": ""}, NotFoundError),
        ({"schedule": "nope"}, InvalidError),
        ({"schedule": "0 0 31 2 *"}, RefusedError),
        ({"timezone": "utc"}, InvalidError),
        ({"timezone": ""}, RefusedError),
        ({"end_time": "nope"}, InvalidError),
        ({"webhook": "ftp://host/"}, InvalidError),
        ({"config": {"configurable": {"a": 1}}, "context": {"b": 1}}, RefusedError),
    ],
)
async def test_crons_that_cannot_be_leave_nothing(
    bench: Bench, body: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        make(bench, **body)
    with pytest.raises(NotFoundError):
        make(bench, UNKNOWN)
    assert bench.engine.crons.count({}) == 0


async def test_search_sorts_what_lacks_a_value_last(bench: Bench) -> None:
    crons, thread = bench.engine.crons, bench.thread()
    late = make(bench, end_time="2999-01-01T00:00:00+01:00")
    none = make(bench, thread)
    soon = make(bench, end_time="2998-12-31T23:30:00Z", metadata={"deep": {"a": [1]}})

    def order(**body: Any) -> list[Cron]:
        return crons.search(body)[0]

    assert order() == [soon, none, late]
    assert order(sort_order="asc") == [soon, none, late]  # of nothing
    assert order(sort_by="end_time", sort_order="asc") == [late, soon, none]
    assert order(sort_by="end_time") == [none, soon, late]
    assert order(sort_by="created_at", sort_order="asc") == [late, none, soon]
    assert order(thread_id=thread.thread_id.upper()) == [none]
    assert order(metadata={"deep": {"a": [1]}}) == [soon]
    assert order(assistant_id=assistant_id_for("agent")) == []
    assert crons.search({"limit": 2})[1] is True
    assert crons.search({"limit": 2, "offset": 1}) == ([none, late], False)
    assert crons.count({"enabled": False}) == 3
    with pytest.raises(InvalidError):
        crons.search({"assistant_id": "probe"})
