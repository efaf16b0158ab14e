from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from mockserver.engine.errors import ConflictError, InvalidError, NotFoundError, RefusedError

if TYPE_CHECKING:
    from mockserver.store.rows import Thread
    from tests.mockserver.engine.bench import Bench

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def found(bench: Bench, **body: Any) -> list[str]:
    rows, _ = bench.engine.threads.search(body)
    return [row["thread_id"] for row in rows]


def ids(*threads: Thread) -> list[str]:
    return [thread.thread_id for thread in threads]


# --- create, patch, delete ----------------------------------------------------------------------


async def test_a_new_thread_is_idle_and_empty(bench: Bench) -> None:
    thread = bench.thread(metadata={"a": 1, "thread_id": "spoofed", "cron_id": "spoofed"})
    row = orjson.loads(thread.encoded())
    assert row["thread_id"] == thread.thread_id
    assert row["metadata"] == {"a": 1}
    assert (row["status"], row["values"]) == ("idle", None)
    assert not {"interrupts", "error"} & set(row)
    assert row["created_at"] == row["updated_at"] == row["state_updated_at"]


async def test_a_thread_shows_interrupts_once_it_has_a_state_and_error_once_a_run_has_ended(
    bench: Bench,
) -> None:
    def row(thread: Thread) -> dict[str, Any]:
        view: dict[str, Any] = orjson.loads(thread.encoded())
        return view

    fresh = bench.thread()
    await bench.run(fresh, input=None)  # an input it cannot begin with: no checkpoint
    assert row(fresh)["error"]["error"] == "EmptyInputError"
    assert "interrupts" not in row(fresh)
    await bench.run(fresh, [{"interrupt": "?"}])
    assert row(fresh)["error"] is None
    assert row(fresh)["interrupts"]
    updated = bench.thread(metadata={"graph_id": "probe"})
    bench.engine.states.update(updated.thread_id, {"note": 1})
    assert (row(updated)["interrupts"], row(updated)["error"]) == ({}, None)


async def test_an_id_is_taken_in_any_spelling_and_once(bench: Bench) -> None:
    text = "01a1f7f4-30d5-7000-8000-00000000000A"
    thread = bench.thread(thread_id=text)
    assert thread.thread_id == text.lower()
    with pytest.raises(ConflictError):
        bench.thread(thread_id=text.replace("-", ""))
    same = bench.thread(thread_id=text, if_exists="do_nothing", metadata={"ignored": 1})
    assert same is thread
    assert thread.metadata == {}
    with pytest.raises(InvalidError):
        bench.thread(thread_id="nope")
    assert bench.thread(thread_id="").thread_id != ""


async def test_supersteps_make_a_history(bench: Bench) -> None:
    thread = bench.thread(
        metadata={"graph_id": "agent"},
        supersteps=[
            {"updates": [{"as_node": "__input__", "values": {"messages": [("user", "hi")]}}]},
            {"updates": [{"as_node": "__start__", "values": {"messages": [("user", "hi")]}}]},
            {"updates": [{"as_node": "agent", "values": {"messages": [("ai", "ho")]}}]},
        ],
    )
    messages = orjson.loads(thread.values or b"null")["messages"]
    assert [message["content"] for message in messages] == ["hi", "ho"]
    assert thread.status == "idle"
    assert len(bench.engine.states.history(thread.thread_id, limit=10)) >= 2


@pytest.mark.parametrize(
    "body",
    [
        {"supersteps": [{"updates": [{"as_node": "agent", "values": {}}]}]},
        {"metadata": {"graph_id": "gone"}, "supersteps": [{"updates": []}]},
        {"metadata": {"graph_id": "agent"}, "supersteps": [{"updates": []}]},
        {
            "metadata": {"graph_id": "agent"},
            "supersteps": [
                {"updates": [{"as_node": "__input__", "values": {}}]},
                {"updates": [{"as_node": "nobody", "values": {}}]},
            ],
        },
    ],
)
async def test_supersteps_that_cannot_be_leave_no_thread(bench: Bench, body: Any) -> None:
    with pytest.raises(RefusedError):
        bench.thread(thread_id=UNKNOWN, **body)
    assert bench.engine.threads.find(UNKNOWN) is None
    assert not bench.engine.checkpoints.namespaces(UNKNOWN)


async def test_a_patch_merges_key_by_key_and_moves_only_updated_at(bench: Bench) -> None:
    thread = bench.thread(metadata={"a": {"x": 1}, "b": 2})
    before = orjson.loads(thread.encoded())
    await bench.advance(1)
    bench.engine.threads.patch(
        thread.thread_id, {"metadata": {"a": {"y": 1}, "c": None, "run_id": "spoofed"}}
    )
    after = orjson.loads(thread.encoded())
    assert after["metadata"] == {"a": {"y": 1}, "b": 2, "c": None}
    assert after["updated_at"] > before["updated_at"]
    assert after["state_updated_at"] == before["state_updated_at"]
    await bench.advance(1)
    bench.engine.threads.patch(thread.thread_id, {})
    assert orjson.loads(thread.encoded())["updated_at"] > after["updated_at"]


async def test_a_deleted_thread_leaves_nothing(bench: Bench) -> None:
    thread = bench.thread(metadata={"mark": 1})
    job = await bench.run(thread)
    await bench.engine.threads.delete(thread.thread_id)
    assert bench.engine.runs.table.find(job.run.run_id) is None
    assert not bench.engine.checkpoints.namespaces(thread.thread_id)
    assert found(bench) == found(bench, metadata={"mark": 1}) == []
    with pytest.raises(NotFoundError):
        await bench.engine.threads.delete(thread.thread_id)
    again = bench.thread(thread_id=thread.thread_id)
    assert bench.state(again)["values"] == {}


async def test_a_copy_has_the_state_but_not_the_runs(bench: Bench) -> None:
    thread = bench.thread(metadata={"m": 1})
    await bench.run(thread, [{"interrupt": "?"}, {"update": {"note": {"$": "resume"}}}])
    twin = bench.engine.threads.copy(thread.thread_id)
    assert twin.thread_id != thread.thread_id
    assert twin.metadata == thread.metadata
    assert (twin.status, len(twin.runs)) == ("idle", 0)
    await bench.run(twin, command={"resume": "mine"}, input=None)
    assert bench.state(twin)["values"]["note"] == "mine"
    assert "note" not in bench.state(thread)["values"]
    assert thread.status == "interrupted"
    with pytest.raises(ConflictError):
        bench.engine.threads.copy(UNKNOWN)


async def test_pruning_deletes_what_is_there(bench: Bench) -> None:
    one, two, three = (bench.thread() for _ in range(3))
    pruned = await bench.engine.threads.prune(
        [one.thread_id, one.thread_id.upper(), UNKNOWN, two.thread_id], "delete"
    )
    assert pruned == 2
    assert found(bench) == ids(three)
    with pytest.raises(InvalidError):
        await bench.engine.threads.prune(["nope", three.thread_id], "delete")
    assert await bench.engine.threads.prune([], "delete") == 0
    await bench.run(three)
    assert await bench.engine.threads.prune([three.thread_id], "keep_latest") == 1
    assert len(bench.engine.states.history(three.thread_id, limit=10)) == 1


@pytest.mark.parametrize("junk", ["", "nope"])
async def test_a_search_by_what_is_no_id_is_refused(bench: Bench, junk: str) -> None:
    with pytest.raises(InvalidError):
        found(bench, ids=[junk])


async def test_the_threads_of_an_assistant_go_with_it(bench: Bench) -> None:
    mine, other = bench.thread(), bench.thread()
    job = await bench.run(mine)
    await bench.engine.threads.delete_of_assistant(job.assistant_id)
    assert found(bench) == ids(other)


# --- updates by hand ----------------------------------------------------------------------------


async def test_an_update_by_hand_clears_the_error_and_moves_both_times(bench: Bench) -> None:
    thread = bench.thread()
    await bench.run(thread, [{"fail": {"error": "ValueError", "message": "x"}}])
    before = thread.state_updated
    await bench.advance(1)
    bench.engine.states.update(thread.thread_id, {"note": 5}, "work")
    assert thread.error is None
    assert thread.status in ("idle", "interrupted")
    assert orjson.loads(thread.values or b"null")["note"] == 5
    assert thread.state_updated == thread.updated > before


async def test_a_busy_threads_state_is_not_updated(bench: Bench) -> None:
    thread = bench.thread()
    bench.submit(thread, after_seconds=5)
    with pytest.raises(ConflictError):
        bench.engine.states.update(thread.thread_id, {"note": 5}, "work")


# --- search -------------------------------------------------------------------------------------


async def test_the_last_updated_come_first(bench: Bench) -> None:
    threads = [bench.thread() for _ in range(3)]
    await bench.advance(1)
    bench.engine.threads.patch(threads[0].thread_id, {})
    assert found(bench) == ids(threads[0], threads[2], threads[1])


@pytest.mark.parametrize("many", [0, 600])
async def test_filters_of_every_kind(bench: Bench, many: int) -> None:
    """The same with few threads and with more than an index is sorted for."""
    for _ in range(many):
        bench.thread(metadata={"kind": "crowd"})
    await bench.advance(1)
    plain = bench.thread(metadata={"kind": "a", "deep": {"x": [1, 2], "y": 1}, "n": 1})
    ran = bench.thread(metadata={"kind": "b", "n": True})
    await bench.run(ran, [{"update": {"note": {"p": 1, "q": 2}}}])
    busy = bench.thread(metadata={"kind": "a", "none": None})
    bench.submit(busy, after_seconds=100)
    assert found(bench, metadata={"kind": "a"}) == ids(busy, plain)
    assert found(bench, metadata={"deep": {"x": [1, 2]}}) == ids(plain)
    assert found(bench, metadata={"deep": {"x": [1]}}) == []
    assert found(bench, metadata={"n": 1}) == ids(plain)
    assert found(bench, metadata={"n": 1.0}) == ids(plain)
    assert found(bench, metadata={"n": True}) == ids(ran)
    assert found(bench, metadata={"none": None}) == ids(busy)
    assert found(bench, metadata={"kind": "nothing"}) == []
    assert found(bench, values={"note": {"p": 1}}) == ids(ran)
    assert found(bench, values={"note": {"p": 2}}) == []
    assert found(bench, status="busy") == ids(busy)
    assert found(bench, status="error") == []
    some = [plain.thread_id, busy.thread_id.upper(), UNKNOWN]
    assert found(bench, ids=some) == ids(busy, plain)
    assert len(found(bench, ids=[], limit=1000)) == many + 3
    count = bench.engine.threads.count
    assert count({}) == many + 3
    assert count({"status": "busy"}) == 1
    assert count({"metadata": {"kind": "a"}, "status": "idle"}) == 1
    assert count({"values": {"note": {"p": 1}}}) == 1
    with pytest.raises(InvalidError):
        found(bench, ids=["nope"])


@pytest.mark.parametrize("many", [0, 600])
async def test_every_order(bench: Bench, many: int) -> None:
    crowd = [bench.thread(metadata={"all": 1}) for _ in range(many)]
    threads = [bench.thread(metadata={"all": 1}) for _ in range(3)]
    await bench.advance(1)
    await bench.run(threads[1])  # state_updated_at
    await bench.advance(1)
    bench.submit(threads[0], after_seconds=100)  # updated_at, status
    everything = {"limit": 1000, "metadata": {"all": 1}}
    created = ids(*crowd, *threads)
    updated = ids(*crowd, threads[2], threads[1], threads[0])
    state = ids(*crowd, threads[0], threads[2], threads[1])
    for sort_by, ascending in (
        ("created_at", created),
        ("updated_at", updated),
        ("state_updated_at", state),
        ("thread_id", sorted(created)),
    ):
        up = found(bench, sort_by=sort_by, sort_order="asc", **everything)
        down = found(bench, sort_by=sort_by, sort_order="desc", **everything)
        assert up == ascending, sort_by
        assert down == ascending[::-1] == found(bench, sort_by=sort_by, **everything), sort_by
    assert found(bench, sort_by="status", sort_order="asc", **everything)[0] == threads[0].thread_id
    assert found(bench, sort_order="asc", **everything) == updated[::-1]  # ignored without sort_by


async def test_pages_join_up(bench: Bench) -> None:
    threads = [bench.thread() for _ in range(7)]
    pages = [bench.engine.threads.search({"limit": 3, "offset": at}) for at in (0, 3, 6, 9)]
    assert [more for _, more in pages] == [True, True, False, False]
    assert [row["thread_id"] for rows, _ in pages for row in rows] == ids(*threads[::-1])


async def test_a_search_shows_what_it_is_asked_for(bench: Bench) -> None:
    thread = bench.thread(metadata={"deep": {"x": [1, 2]}})
    await bench.run(thread, [{"say": "hi", "id": "m1"}])
    (row,), _ = bench.engine.threads.search(
        {
            "select": ["status", "thread_id"],
            "extract": {
                "last": "values.messages[-1].content",
                "two": "metadata.deep.x[1]",
                "none": "values.messages[7].content",
                "limit": "config.recursion_limit",
            },
        }
    )
    assert row == {
        "thread_id": thread.thread_id,
        "status": "idle",
        "extracted": {"last": "hi", "two": 2, "none": None, "limit": None},
    }


@pytest.mark.parametrize(
    "extract",
    [
        {"a": "nowhere.x"},
        {"a": "values..x"},
        {"a": "values[x]"},
        {"a": ""},
        {"status": "values.x"},
        {"no name": "values.x"},
        {f"a{n}": "values.x" for n in range(11)},
    ],
)
async def test_paths_that_cannot_be_are_refused(bench: Bench, extract: Any) -> None:
    with pytest.raises(InvalidError):
        bench.engine.threads.search({"extract": extract})
