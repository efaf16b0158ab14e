"""The engine as somebody sees it who has resources of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from mockserver.engine.errors import ConflictError, NotFoundError
from mockserver.engine.identity import Identity
from tests.mockserver.engine.bench import SAY

if TYPE_CHECKING:
    from mockserver.engine import Engine
    from mockserver.engine.frames import Frame
    from tests.mockserver.engine.bench import Bench

ANN = Identity("ann", ("read",), {"display_name": "Ann A.", "team": 1})
BEA = Identity("bea")
RUN: dict[str, Any] = {"assistant_id": "probe", "input": {"script": SAY}}


def thread_of(engine: Engine) -> str:
    return engine.threads.create({}).thread_id


def test_a_user_is_told_with_what_is_known_of_them() -> None:
    assert ANN.user() == {
        "identity": "ann",
        "is_authenticated": True,
        "display_name": "Ann A.",
        "team": 1,
    }
    assert (ANN.display_name, BEA.display_name) == ("Ann A.", "bea")


async def test_the_whole_sees_what_everybody_has(bench: Bench) -> None:
    whole = bench.engine
    ann, bea = whole.seen_by(ANN), whole.seen_by(BEA)
    threads = {thread_of(view) for view in (ann, bea, whole)}
    found, _ = whole.threads.search({})
    assert {row["thread_id"] for row in found} == threads
    assert (ann.threads.count({}), bea.threads.count({})) == (1, 1)
    assert ann.threads.count({"metadata": {"owner": "bea"}}) == 1  # hers: the owner is no filter


async def test_views_of_views_are_views_of_the_whole(bench: Bench) -> None:
    ann = bench.engine.seen_by(BEA).seen_by(ANN)
    assert ann.whole is bench.engine
    assert ann.threads.get(thread_of(ann)).metadata == {"owner": "ann"}


async def test_all_or_none_of_somebodys_threads_are_pruned(bench: Bench) -> None:
    ann, bea = bench.engine.seen_by(ANN), bench.engine.seen_by(BEA)
    mine, theirs = thread_of(ann), thread_of(bea)
    with pytest.raises(NotFoundError):
        await ann.threads.prune([mine, theirs], "delete")
    assert ann.threads.find(mine) is not None
    assert await ann.threads.prune([mine], "delete") == 1
    assert ann.threads.find(mine) is None


async def test_a_thread_made_by_a_run_is_the_callers(bench: Bench) -> None:
    ann, bea = bench.engine.seen_by(ANN), bench.engine.seen_by(BEA)
    thread_id = bench.engine.ids.uuid7()
    order = {**RUN, "if_not_exists": "create"}
    job = ann.runs.submit(ann.runs.draft(order, thread_id))
    with pytest.raises(NotFoundError):
        bea.runs.submit(bea.runs.draft(order, thread_id))
    await job.settled()
    assert ann.threads.get(thread_id).metadata["owner"] == "ann"
    assert len(list(bench.engine.threads.get(thread_id).runs)) == 1


async def test_only_ones_own_runs_are_cancelled_by_status(bench: Bench) -> None:
    ann, bea = bench.engine.seen_by(ANN), bench.engine.seen_by(BEA)
    order = {**RUN, "input": {"script": [{"sleep": 60}]}}
    jobs = [view.runs.submit(view.runs.draft(order, thread_of(view))) for view in (ann, bea)]
    await ann.runs.cancel_status("all", rollback=False)
    assert [job.run.status for job in jobs] == ["interrupted", "running"]
    with pytest.raises(NotFoundError):
        await ann.runs.cancel_status("all", rollback=False)


async def test_a_graphs_own_assistant_is_everybodys_to_use_and_nobodys_to_change(
    bench: Bench,
) -> None:
    ann = bench.engine.seen_by(ANN)
    shared = ann.assistants.resolve("probe").assistant_id
    for change in (
        lambda: ann.assistants.patch(shared, {}),
        lambda: ann.assistants.set_latest(shared, 1),
        lambda: ann.assistants.delete(shared),
    ):
        with pytest.raises(NotFoundError):
            change()
    # what only says so is not the graph's
    claimed = {"graph_id": "probe", "metadata": {"created_by": "system"}}
    mine = ann.assistants.create(claimed).assistant_id
    with pytest.raises(NotFoundError):
        bench.engine.seen_by(BEA).assistants.get(mine)
    with pytest.raises(ConflictError):
        ann.assistants.create({**claimed, "assistant_id": shared, "if_exists": "do_nothing"})


async def test_a_cron_runs_as_its_owner(bench: Bench) -> None:
    ann = bench.engine.seen_by(ANN)
    thread_id = thread_of(ann)
    cron = ann.crons.create({**RUN, "schedule": "* * * * *"}, thread_id)
    assert cron.view()["user_id"] == "ann"
    assert cron.view()["metadata"] == cron.view()["payload"]["metadata"] == {"owner": "ann"}
    await bench.advance(61)
    [run] = ann.runs.list(thread_id, limit=10, offset=0, status=None)
    configurable = run.view()["kwargs"]["config"]["configurable"]
    assert configurable["langgraph_auth_user_id"] == configurable["user_id"] == "ann"
    # of the rest nobody knows any more
    assert configurable["langgraph_auth_user"] == Identity("ann").user()
    assert configurable["langgraph_auth_permissions"] == []
    ann.crons.patch(cron.cron_id, {"enabled": False, "metadata": {"owner": "bea", "k": 1}})
    assert cron.metadata == {"owner": "ann", "k": 1}
    await bench.advance(120)
    assert len(list(ann.runs.list(thread_id, limit=10, offset=0, status=None))) == 1


async def test_a_cron_on_a_thread_that_was_lost_makes_no_run(bench: Bench) -> None:
    ann = bench.engine.seen_by(ANN)
    thread_id = thread_of(ann)
    ann.crons.create({**RUN, "schedule": "* * * * *"}, thread_id)
    thread = bench.engine.threads.get(thread_id)
    bench.engine.threads.table.set_metadata(thread, {"owner": "bea"})
    await bench.advance(61)
    assert list(thread.runs) == []


async def test_a_threads_stream_ends_for_whoever_lost_it(bench: Bench) -> None:
    ann, bea = bench.engine.seen_by(ANN), bench.engine.seen_by(BEA)
    thread_id = thread_of(ann)
    stream: Any = ann.following.thread(thread_id, ("run_modes",), None)
    await ann.threads.delete(thread_id)
    bea.threads.create({"thread_id": thread_id})
    frame: Frame = ("values", b"event: values\r\n\r\n", 1)
    bench.engine.feeds[thread_id].publish([frame])
    assert stream.take() == b""
    await bea.threads.delete(thread_id)
    ann.threads.create({"thread_id": thread_id})
    bench.engine.feeds[thread_id].publish([frame])
    assert stream.take() == frame[1]
    await stream.aclose()


async def test_items_are_kept_below_their_user(bench: Bench) -> None:
    ann, bea = bench.engine.seen_by(ANN), bench.engine.seen_by(BEA)
    for view, name in ((ann, "ann"), (bea, "bea")):
        view.items.put({"namespace": ["a"], "key": "k", "value": {"of": name}})
    found = ann.items.get(["a"], "k", refresh=False)
    assert found is not None
    assert orjson.loads(orjson.dumps(found.view()))["namespace"] == ["ann", "a"]
    assert ann.items.get(["ann", "a"], "k", refresh=False) is found
    assert bea.items.get(["ann", "a"], "k", refresh=False) is None
    bea.items.delete(["ann", "a"], "k")
    assert [item.value for item in ann.items.search({})] == [{"of": "ann"}]
    assert ann.items.namespaces({"prefix": ["*"]}) == [["ann", "a"]]
    assert len(bench.engine.items.search({})) == 2
