from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mockserver.engine.errors import ConflictError, NotFoundError, RefusedError

if TYPE_CHECKING:
    from mockserver.store.rows import Thread
    from tests.mockserver.engine.bench import Bench

Json = dict[str, Any]
FIRST = [
    {"update": {"note": 1, "log": ["x"]}},
    {"node": "check"},
    {"update": {"data": {"a": 1}}},
]
ASK = [{"interrupt": {"q": 1}}, {"update": {"note": {"$": "resume"}}}]
EMPTY: Json = {
    "values": {},
    "next": [],
    "tasks": [],
    "metadata": None,
    "created_at": None,
    "checkpoint": None,
    "parent_checkpoint": None,
    "interrupts": [],
    "checkpoint_id": None,
    "parent_checkpoint_id": None,
}
STRANGER = "00000000-0000-7000-8000-00000000dead"


async def finished(bench: Bench, script: Any = FIRST) -> Thread:
    thread = bench.thread()
    await bench.run(thread, script)
    return thread


def history(bench: Bench, thread: Thread, **how: Any) -> list[Json]:
    return bench.engine.states.history(thread.thread_id, **{"limit": 100, **how})


def update(bench: Bench, thread: Thread, values: Any, **how: Any) -> Json:
    return bench.engine.states.update(thread.thread_id, values, **how)


def row(bench: Bench, thread: Thread) -> Json:
    return bench.engine.threads.get(thread.thread_id).view()


# --- showing --------------------------------------------------------------------------------------


async def test_a_thread_that_never_ran_has_an_empty_state(bench: Bench) -> None:
    thread = bench.thread()
    assert bench.state(thread) == EMPTY
    assert history(bench, thread) == []
    asked = {"checkpoint_id": STRANGER, "checkpoint_ns": ""}
    assert bench.engine.states.state_at(thread.thread_id, asked, subgraphs=False) == EMPTY
    assert bench.engine.states.summary(thread.thread_id) == (None, (), {})


async def test_a_finished_thread_shows_its_last_checkpoint(bench: Bench) -> None:
    thread = await finished(bench)
    state = bench.state(thread)
    assert state["values"] == {
        "messages": [],
        "script": [],
        "log": ["work", "x", "check"],
        "data": {"a": 1},
        "note": 1,
    }
    assert (state["next"], state["tasks"], state["interrupts"]) == ([], [], [])
    address = {"thread_id": thread.thread_id, "checkpoint_ns": ""}
    assert state["checkpoint"] == {**address, "checkpoint_id": state["checkpoint_id"]}
    assert state["parent_checkpoint"] == {
        **address,
        "checkpoint_id": state["parent_checkpoint_id"],
    }
    metadata = state["metadata"]
    assert (metadata["source"], metadata["step"], metadata["parents"]) == ("loop", 2, {})
    assert metadata["thread_id"] == thread.thread_id
    assert metadata["graph_id"] == "probe"


async def test_a_question_is_shown_with_its_task(bench: Bench) -> None:
    thread = await finished(bench, ASK)
    state = bench.state(thread)
    (task,) = state["tasks"]
    assert state["next"] == ["work"]
    assert task == {
        "id": task["id"],
        "name": "work",
        "path": ["__pregel_pull", "work"],
        "error": None,
        "interrupts": state["interrupts"],
        "checkpoint": None,
        "state": None,
        "result": None,
    }
    assert [item["value"] for item in state["interrupts"]] == [{"q": 1}]
    values, names, asked = bench.engine.states.summary(thread.thread_id)
    assert (values, names) == (state["values"], ("work",))
    assert asked == {task["id"]: state["interrupts"]}


async def test_a_failure_is_shown_with_its_task(bench: Bench) -> None:
    thread = await finished(bench, [{"fail": {"error": "KeyError", "message": "k"}}])
    state = bench.state(thread)
    assert state["next"] == ["work"]
    assert state["tasks"][0]["error"] == "KeyError('k')"


async def test_the_present_counts_what_finished_siblings_wrote(bench: Bench) -> None:
    sides = {"left": [{"interrupt": "l"}], "right": [{"update": {"note": "r"}}]}
    thread = await finished(bench, [{"parallel": sides}])
    state = bench.state(thread)
    assert (state["next"], state["values"]["note"]) == (["left"], "r")
    left, right = state["tasks"]
    assert (left["result"], right["result"]["note"]) == (None, "r")
    record = history(bench, thread)[0]
    assert record["next"] == ["left", "right"], "the history is a record of the superstep"
    assert "note" not in record["values"]


async def test_a_clash_of_finished_siblings_does_not_hide_the_state(bench: Bench) -> None:
    sides = {side: [{"update": {"note": side}}] for side in ("left", "right")}
    thread = await finished(bench, [{"parallel": sides}])
    state = bench.state(thread)
    assert [task["result"]["note"] for task in state["tasks"]] == ["left", "right"]
    assert "note" not in state["values"]


async def test_a_subgraph_is_named_or_shown(bench: Bench) -> None:
    thread = await finished(bench, [{"subgraph": [{"interrupt": "in?"}]}])
    (task,) = bench.state(thread)["tasks"]
    namespace = f"nest:{task['id']}"
    assert task["checkpoint"] == {"thread_id": thread.thread_id, "checkpoint_ns": namespace}
    assert task["state"] is None
    assert [item["value"] for item in task["interrupts"]] == ["in?"]
    opened = bench.engine.states.thread_state(thread.thread_id, subgraphs=True)
    (task,) = opened["tasks"]
    inner = task["state"]
    assert task["checkpoint"] is None
    assert inner["next"] == ["inner"]
    assert inner["checkpoint"]["checkpoint_ns"] == namespace
    assert inner["checkpoint"]["checkpoint_map"] == {
        "": opened["checkpoint_id"],
        namespace: inner["checkpoint_id"],
    }
    assert inner["metadata"]["parents"] == {"": opened["checkpoint_id"]}
    direct = bench.engine.states.state_at(
        thread.thread_id, {"checkpoint_ns": namespace}, subgraphs=False
    )
    assert direct["checkpoint_id"] == inner["checkpoint_id"]


async def test_a_state_can_be_looked_up_by_its_id(bench: Bench) -> None:
    thread = await finished(bench, ASK)
    await bench.run(thread, None, input=None, command={"resume": "yes"})
    found = bench.engine.states.state_at
    for past in history(bench, thread):
        address = {"checkpoint_id": past["checkpoint_id"]}
        state = found(thread.thread_id, {**address, "checkpoint_ns": ""}, subgraphs=False)
        assert state == past, "an old state shows what was asked then"
        named = found(thread.thread_id, address, subgraphs=False)
        assert named == {**past, "checkpoint": {**address, "thread_id": thread.thread_id}}
    assert history(bench, thread)[1]["interrupts"] != []


@pytest.mark.parametrize(
    "address",
    [{"checkpoint_id": "nope"}, {"checkpoint_ns": "nest:1"}, {"checkpoint_ns": "a:1|b:2"}],
)
async def test_a_state_that_is_not_there_is_empty(bench: Bench, address: Json) -> None:
    thread = await finished(bench)
    state = bench.engine.states.state_at(thread.thread_id, address, subgraphs=True)
    asked = address.get("checkpoint_id")
    echo = {"checkpoint_id": asked, "thread_id": thread.thread_id}
    assert state == {**EMPTY, "checkpoint": echo if asked else None, "checkpoint_id": asked}


@pytest.mark.parametrize("call", ["thread_state", "summary", "storage", "history"])
async def test_an_unknown_thread_is_not_found(bench: Bench, call: str) -> None:
    with pytest.raises(NotFoundError):
        getattr(bench.engine.states, call)(STRANGER)


async def test_a_thread_bound_to_an_unknown_graph_is_not_found(bench: Bench) -> None:
    thread = bench.thread(metadata={"graph_id": "nope"})
    with pytest.raises(NotFoundError, match="nope"):
        bench.state(thread)


# --- history --------------------------------------------------------------------------------------


async def test_the_history_is_newest_first_and_one_by_default(bench: Bench) -> None:
    thread = await finished(bench)
    past = history(bench, thread)
    assert [state["metadata"]["step"] for state in past] == [2, 1, 0, -1]
    assert [state["next"] for state in past] == [[], ["check"], ["work"], ["__start__"]]
    assert past[-1]["tasks"][0]["result"] == {"script": FIRST}
    assert past[1]["tasks"][0]["result"]["data"] == {"a": 1}
    assert bench.engine.states.history(thread.thread_id) == past[:1]
    assert history(bench, thread, limit=0) == []


async def test_the_history_can_be_narrowed(bench: Bench) -> None:
    thread = await finished(bench)
    past = history(bench, thread)
    ids = [state["checkpoint_id"] for state in past]
    assert history(bench, thread, before=ids[1]) == past[2:]
    assert history(bench, thread, before="zzz") == past
    assert history(bench, thread, before="0") == []
    assert history(bench, thread, before="") == past
    assert history(bench, thread, metadata={"source": "input"}) == past[3:]
    assert history(bench, thread, metadata={"source": "loop", "step": 1}) == past[1:2]
    assert history(bench, thread, metadata={"nope": None}) == []
    assert history(bench, thread, address={"checkpoint_id": ids[2]}) == past[2:3]
    assert history(bench, thread, address={"checkpoint_ns": "nest:1"}) == []


# --- updates --------------------------------------------------------------------------------------


async def test_an_update_acts_as_the_node_that_ran_last(bench: Bench) -> None:
    thread = await finished(bench)
    made = update(bench, thread, {"note": 2, "zzz": 1})
    state = bench.state(thread)
    assert state["checkpoint"] == made
    assert (state["values"]["note"], state["next"]) == (2, [])
    assert "zzz" not in state["values"]
    metadata = state["metadata"]
    assert metadata == {
        "graph_id": "probe",
        "thread_id": thread.thread_id,
        "source": "update",
        "step": 3,
        "parents": {},
    }
    assert row(bench, thread)["status"] == "idle"


async def test_an_update_as_a_node_goes_on_behind_it(bench: Bench) -> None:
    thread = await finished(bench)
    script = [{"node": "check"}, {"update": {"note": 5}}]
    update(bench, thread, {"note": 2, "script": script}, as_node="work")
    assert bench.state(thread)["next"] == ["check"]
    assert row(bench, thread)["status"] == "interrupted"
    await bench.run(thread, None, input=None)
    assert bench.state(thread)["values"]["note"] == 5
    assert bench.state(thread)["values"]["log"][-1] == "check"


async def test_an_update_as_start_begins_the_graph(bench: Bench) -> None:
    thread = await finished(bench)
    update(bench, thread, {"note": 2}, as_node="__start__")
    assert bench.state(thread)["next"] == ["work"]


async def test_an_update_as_input_waits_to_be_applied(bench: Bench) -> None:
    thread = await finished(bench)
    update(bench, thread, {"note": 2}, as_node="__input__")
    state = bench.state(thread)
    assert (state["next"], state["values"]["note"]) == (["__start__"], 1)
    assert state["metadata"]["source"] == "input"
    await bench.run(thread, None, input=None)
    assert bench.state(thread)["values"]["note"] == 2


async def test_a_thread_can_be_ended(bench: Bench) -> None:
    thread = await finished(bench, ASK)
    update(bench, thread, None, as_node="__end__")
    state = bench.state(thread)
    assert (state["next"], state["tasks"], state["interrupts"]) == ([], [], [])
    assert row(bench, thread)["status"] == "idle"
    assert row(bench, thread)["interrupts"] == {}


async def test_a_checkpoint_can_be_copied(bench: Bench) -> None:
    thread = await finished(bench)
    before = bench.state(thread)
    update(bench, thread, None, as_node="__copy__")
    state = bench.state(thread)
    assert state["values"] == before["values"]
    assert state["parent_checkpoint_id"] == before["parent_checkpoint_id"]
    assert state["metadata"]["source"] == "fork"
    assert state["checkpoint_id"] > before["checkpoint_id"]


async def test_an_update_of_nothing_asks_the_router_again(bench: Bench) -> None:
    thread = await finished(bench, ASK)
    update(bench, thread, None)
    state = bench.state(thread)
    assert (state["next"], state["interrupts"]) == (["work"], [])
    assert row(bench, thread)["interrupts"] == {}


async def test_an_update_can_skip_the_node_that_asks(bench: Bench) -> None:
    thread = await finished(bench, [{"interrupt": 1}, {"node": "check"}])
    update(bench, thread, {"note": 3, "script": [{"node": "check"}]}, as_node="work")
    assert bench.state(thread)["next"] == ["check"]
    assert history(bench, thread)[1]["tasks"][0]["result"]["note"] == 3


async def test_an_update_clears_an_error(bench: Bench) -> None:
    thread = await finished(bench, [{"fail": {"error": "ValueError", "message": "m"}}])
    assert row(bench, thread)["status"] == "error"
    update(bench, thread, {"note": 3})
    shown = row(bench, thread)
    assert (shown["status"], shown["error"]) == ("interrupted", None)


async def test_an_update_of_an_older_state_branches_there(bench: Bench) -> None:
    thread = await finished(bench)
    base = history(bench, thread)[2]
    address = {"checkpoint_id": base["checkpoint_id"]}
    update(bench, thread, {"note": 9}, as_node="work", address=address)
    state = bench.state(thread)
    assert state["values"]["note"] == 9
    assert state["values"]["log"] == [], "what ran after that checkpoint does not count"
    assert state["parent_checkpoint_id"] == base["checkpoint_id"]
    assert state["metadata"]["checkpoint_id"] == base["checkpoint_id"]
    assert row(bench, thread)["status"] == "interrupted"
    assert history(bench, thread)[3]["tasks"][0]["result"]["note"] == 1, "history does not change"


async def test_an_update_of_an_unknown_checkpoint_starts_from_nothing(bench: Bench) -> None:
    thread = await finished(bench)
    update(bench, thread, {"note": 9}, address={"checkpoint_id": STRANGER})
    state = bench.state(thread)
    assert (state["metadata"]["step"], state["parent_checkpoint_id"]) == (0, STRANGER)
    assert state["values"]["log"] == []


async def test_an_update_reaches_into_a_subgraph(bench: Bench) -> None:
    steps = [{"interrupt": 1}, {"update": {"note": {"$": "state.data.x"}}}]
    thread = await finished(bench, [{"subgraph": steps}])
    address = bench.state(thread)["tasks"][0]["checkpoint"]
    made = update(bench, thread, {"data": {"x": 7}}, address=address)
    assert made["checkpoint_ns"] == address["checkpoint_ns"]
    assert set(made["checkpoint_map"]) == {"", address["checkpoint_ns"]}
    assert row(bench, thread)["status"] == "interrupted"
    await bench.run(thread, None, input=None, command={"resume": 1})
    assert bench.state(thread)["values"]["note"] == 7


@pytest.mark.parametrize(
    ("values", "how", "text"),
    [
        ({"note": 1}, {"as_node": "nope"}, "no node of this graph; there are: __start__, work"),
        ({"note": 1}, {"as_node": ""}, "no node of this graph"),
        ({"note": 1}, {"as_node": "__end__"}, "no node of this graph"),
        ([{"note": 1}], {}, "values must be an object"),
        ([], {}, "values must be an object"),
        ({"log": "text"}, {}, "cannot take these values"),
        ({"data": [1]}, {}, "cannot take these values"),
        ({"messages": 5}, {}, "cannot take these values"),
        ({"messages": [{"role": "tool", "content": "x"}]}, {}, "cannot take these values"),
        (None, {"as_node": "__input__"}, "needs values"),
        ({"note": 1}, {"address": {"checkpoint_ns": "nest:1"}}, "no checkpoint at 'nest:1'"),
        ({"note": 1}, {"address": {"checkpoint_ns": "zz:1"}}, "names no subgraph"),
    ],
)
async def test_what_is_unfit_is_refused_and_changes_nothing(
    bench: Bench, values: Any, how: Json, text: str
) -> None:
    thread = await finished(bench)
    before = history(bench, thread)
    with pytest.raises(RefusedError, match=text):
        update(bench, thread, values, **how)
    assert history(bench, thread) == before


async def test_after_a_fan_out_the_writer_must_be_named(bench: Bench) -> None:
    thread = await finished(bench, [{"parallel": {"left": [], "right": []}}])
    with pytest.raises(RefusedError, match="left, right wrote the state together"):
        update(bench, thread, {"note": 1})
    update(bench, thread, {"note": 1}, as_node="left")
    assert bench.state(thread)["values"]["note"] == 1


async def test_a_thread_without_a_graph_cannot_be_updated(bench: Bench) -> None:
    with pytest.raises(RefusedError, match="no graph_id"):
        update(bench, bench.thread(), {"note": 1})


async def test_a_thread_bound_by_its_metadata_can(bench: Bench) -> None:
    thread = bench.thread(metadata={"graph_id": "probe"})
    update(bench, thread, {"note": 1})
    state = bench.state(thread)
    assert (state["next"], state["metadata"]["step"]) == (["work"], 0)
    assert state["parent_checkpoint"] is None


async def test_a_busy_thread_cannot_be_updated(bench: Bench) -> None:
    thread = bench.thread()
    job = bench.submit(thread, [{"sleep": 5}])
    await bench.advance(1)
    with pytest.raises(ConflictError, match="pending or running"):
        update(bench, thread, {"note": 1})
    await bench.advance(10)
    assert job.finished
    update(bench, thread, {"note": 1})


# --- supersteps, copies, deletion, storage --------------------------------------------------------


async def test_a_thread_can_be_made_with_a_past(bench: Bench) -> None:
    thread = bench.thread(
        metadata={"graph_id": "probe"},
        supersteps=[
            {"updates": [{"values": {"script": [{"say": "x"}]}, "as_node": "__input__"}]},
            {"updates": [{"values": {"note": 1}, "as_node": "__start__"}]},
            {
                "updates": [
                    {"values": {"log": ["l"]}, "as_node": "left"},
                    {"as_node": "right", "command": {"update": {"data": {"r": 1}}}},
                ]
            },
        ],
    )
    past = history(bench, thread)
    assert [(s["metadata"]["source"], s["metadata"]["step"]) for s in past] == [
        ("update", 1),
        ("update", 0),
        ("input", -1),
    ]
    latest, middle, first = (state["metadata"] for state in past)
    assert first["graph_id"] == "probe"
    assert not {"graph_id"} & (latest.keys() | middle.keys())
    assert latest["checkpoint_id"] == past[1]["checkpoint_id"]
    assert past[0]["values"] == {
        "messages": [],
        "script": [],
        "log": ["l"],
        "data": {"r": 1},
        "note": 1,
    }


@pytest.mark.parametrize(
    ("command", "following"),
    [
        ({"goto": "check"}, ["check"]),
        ({"goto": ["left", "check"]}, ["check", "left"]),
        ({"goto": "check", "update": {"script": [{"node": "left"}]}}, ["check", "left"]),
        ({"goto": {"node": "check", "input": {}}}, ["check"]),
        (
            {"goto": [{"node": "left", "input": {}}, {"node": "check", "input": {}}]},
            ["left", "check"],
        ),
        ({"goto": ["bogus", "__end__"]}, []),
        ({"goto": {"node": "bogus", "input": {}}}, []),
        ({"resume": 1}, []),
    ],
)
async def test_a_past_may_lead_on(
    bench: Bench, command: dict[str, Any], following: list[str]
) -> None:
    superstep = {"updates": [{"as_node": "work", "values": {"note": 1}, "command": command}]}
    thread = bench.thread(metadata={"graph_id": "probe"}, supersteps=[superstep])
    now = bench.state(thread)
    assert now["next"] == following
    assert [task["name"] for task in now["tasks"]] == following
    assert "note" not in now["values"], "a command takes the place of values"
    assert thread.status == ("interrupted" if following else "idle")


async def test_a_run_goes_on_where_a_past_leads(bench: Bench) -> None:
    script = [{"update": {"note": 7}}]
    goto = {"node": "check", "input": {"script": script}}
    updates = [{"as_node": "work", "command": {"update": [["log", ["past"]]], "goto": goto}}]
    thread = bench.thread(metadata={"graph_id": "probe"}, supersteps=[{"updates": updates}])
    await bench.run(thread, input=None)
    values = bench.state(thread)["values"]
    assert (values["note"], values["log"]) == (7, ["past", "check"])


@pytest.mark.parametrize(
    ("updates", "text"),
    [
        ([], "at least one update"),
        ([{"values": {}, "as_node": "nope"}], "no node of this graph"),
        ([{"values": {}, "as_node": "__copy__"}, {"values": {}, "as_node": "work"}], "the only"),
    ],
)
async def test_an_unfit_past_makes_no_thread(bench: Bench, updates: Any, text: str) -> None:
    with pytest.raises(RefusedError, match=text):
        bench.thread(
            thread_id=STRANGER,
            metadata={"graph_id": "probe"},
            supersteps=[{"updates": updates}],
        )
    assert bench.engine.threads.find(STRANGER) is None


async def test_a_copy_has_the_same_past_and_a_future_of_its_own(bench: Bench) -> None:
    thread = await finished(bench, ASK)
    twin = bench.engine.threads.copy(thread.thread_id)
    ours, theirs = history(bench, thread), history(bench, twin)
    assert [s["checkpoint_id"] for s in ours] == [s["checkpoint_id"] for s in theirs]
    assert theirs[0]["metadata"]["thread_id"] == twin.thread_id
    assert theirs[0]["checkpoint"]["thread_id"] == twin.thread_id
    assert theirs[0]["interrupts"] == ours[0]["interrupts"]
    await bench.run(twin, None, input=None, command={"resume": "twin"})
    assert bench.state(twin)["values"]["note"] == "twin"
    assert history(bench, thread) == ours


async def test_a_deleted_run_takes_its_checkpoints_with_it(bench: Bench) -> None:
    thread = await finished(bench)
    before = history(bench, thread)
    job = await bench.run(thread, [{"update": {"note": 2}}])
    bench.engine.states.drop_run(thread.thread_id, job.run.run_id)
    assert history(bench, thread) == before


async def test_a_deleted_run_does_not_touch_its_thread(bench: Bench) -> None:
    thread = await finished(bench)
    updated = thread.updated
    await bench.engine.runs.delete(thread.thread_id, next(iter(thread.runs)).run_id)
    assert thread.updated == updated


async def test_what_a_run_was_told_is_in_the_history_of_one_watched_by_events(bench: Bench) -> None:
    thread = await finished(bench)
    asked = {"checkpoint_id": history(bench, thread)[0]["checkpoint_id"], "checkpoint_ns": ""}
    await bench.run(thread, checkpoint=asked)
    assert "checkpoint_ns" not in history(bench, thread)[0]["metadata"]
    await bench.run(thread, checkpoint=asked, stream_mode=["events"])
    assert asked.items() <= history(bench, thread)[0]["metadata"].items()
    assert "checkpoint_ns" not in bench.state(thread)["metadata"]


async def test_storage_counts_what_is_kept(bench: Bench) -> None:
    thread = await finished(bench)
    kept = bench.engine.states.storage(thread.thread_id)
    assert kept["thread_id"] == thread.thread_id
    assert kept["checkpoints"]["count"] == 4
    by_channel = kept["channel_values"]["by_channel"]
    assert by_channel["data"] == {"versions": 2, "bytes": len(b'{}{"a":1}')}
    assert by_channel["note"] == {"versions": 1, "bytes": 1}
    assert kept["channel_values"]["count"] == sum(c["versions"] for c in by_channel.values())
    parts = ("checkpoints", "channel_values", "pending_writes")
    assert kept["total_bytes"] == sum(kept[part]["bytes"] for part in parts)
    empty = bench.engine.states.storage(bench.thread().thread_id)
    assert empty["total_bytes"] == 0
    assert empty["channel_values"] == {"count": 0, "bytes": 0, "by_channel": {}}
