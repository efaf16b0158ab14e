from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mockserver.engine.failures import HIDDEN, Failure
from tests.mockserver.engine.stage import THREAD, Stage

ONE = {"update": {"note": 1}}
CHECK = {"node": "check"}


async def test_a_run_saves_the_input_the_entry_and_each_superstep() -> None:
    stage = Stage()
    played = await stage.script(ONE, CHECK, {"update": {"data": {"a": 1}}})
    assert played.values == {
        "messages": [],
        "script": [],
        "log": ["work", "check"],
        "data": {"a": 1},
        "note": 1,
    }
    assert (played.outcome.next, played.outcome.interrupts) == ((), {})
    kept = stage.lineage()
    assert [(c.step, c.source, c.pending) for c in kept] == [
        (-1, "input", ("__start__",)),
        (0, "loop", ("work",)),
        (1, "loop", ("check",)),
        (2, "loop", ()),
    ]
    assert [c.parent_id for c in kept] == [None, *(c.id for c in kept[:-1])]
    assert kept[0].values == {"messages": [], "script": [], "log": [], "data": {}}
    assert [c.id for c in kept] == sorted(c.id for c in kept)
    assert [c.id.split("-")[3] for c in kept] == ["bfff", "8000", "8001", "8002"]


async def test_a_second_run_counts_on_and_keeps_the_state() -> None:
    stage = Stage()
    first = await stage.script(ONE)
    second = await stage.script({"update": {"data": {"b": 2}}})
    assert second.values == {**first.values, "data": {"b": 2}, "log": ["work", "work"]}
    kept = stage.lineage()
    assert [c.step for c in kept] == [-1, 0, 1, 2, 3, 4]
    assert kept[3].source == "input"
    assert kept[3].values == first.values, "an input checkpoint shows the state before it"
    assert kept[3].parent_id == kept[2].id


async def test_a_failure_leaves_the_state_and_the_unfinished_node() -> None:
    stage = Stage()
    boom = {"fail": {"error": "ValueError", "message": "boom"}}
    played = await stage.script(ONE, CHECK, {"update": {"data": {"a": 1}}}, boom)
    assert played.outcome.error == Failure("ValueError", "boom", "ValueError('boom')")
    assert played.outcome.next == ("check",)
    assert played.values["note"] == 1
    assert played.values["data"] == {}
    again = await stage.play(None)
    assert again.error == "ValueError", "a null input runs the unfinished node again"
    assert [c.step for c in stage.lineage()] == [-1, 0, 1]


class CustomError(Exception):
    pass


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (ValueError("v"), "v"),
        (NotImplementedError("n"), "n"),
        (TimeoutError(), ""),
        (KeyError("k"), "'k'"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "bad"), None),
        (AssertionError("a"), HIDDEN),
        (OSError("o"), HIDDEN),
        (ZeroDivisionError("z"), HIDDEN),
        (CustomError("c"), HIDDEN),
    ],
)
def test_only_some_classes_show_their_text(reason: Exception, message: str | None) -> None:
    failure = Failure.of(reason)
    assert failure.error == type(reason).__name__
    assert failure.message == (str(reason) if message is None else message)
    assert failure.repr.startswith(type(reason).__name__)


@pytest.mark.parametrize("given", [5, "text", True, False, "", [], [1], 1.5])
async def test_an_input_that_is_no_object_fails_in_the_run(given: Any) -> None:
    stage = Stage()
    played = await stage.play(given)
    assert played.error == "InvalidUpdateError"
    (kept,) = stage.lineage()
    assert (kept.source, kept.pending) == ("input", ("__start__",))


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"messages": 5}, "NotImplementedError"),
        ({"messages": None}, "ValueError"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "KeyError"),
        ({"messages": [{"role": "user", "content": 1}]}, "ValidationError"),
        ({"log": "x"}, "TypeError"),
        ({"data": [1]}, "TypeError"),
        ({"script": 5}, "ValueError"),
    ],
)
async def test_values_a_channel_cannot_take_fail_the_run(given: Any, error: str) -> None:
    assert (await Stage().play(given)).error == error


async def test_no_input_on_an_empty_thread_is_an_empty_input_error() -> None:
    stage = Stage()
    played = await stage.play(None)
    assert (played.error, played.outcome.values) == ("EmptyInputError", None)
    assert stage.lineage() == []


async def test_no_input_on_a_finished_thread_does_nothing_but_show_the_values() -> None:
    stage = Stage()
    before = (await stage.script(ONE)).values
    played = await stage.play(None)
    assert played.error is None
    assert played.data("values") == [before]
    assert len(stage.lineage()) == 3


@pytest.mark.parametrize(
    ("limit", "error", "log"),
    [
        (0, "ValueError", None),
        (-3, "ValueError", None),
        (1, "GraphRecursionError", ["work"]),
        (2, "GraphRecursionError", ["work", "check"]),
        (3, None, ["work", "check"]),
    ],
)
async def test_the_recursion_limit_counts_supersteps(
    limit: int, error: str | None, log: list[str] | None
) -> None:
    played = await Stage().script(ONE, CHECK, config={"recursion_limit": limit})
    assert played.error == error
    values = played.outcome.values
    assert (values and values["log"]) == log


async def test_left_and_right_share_a_superstep_and_left_writes_first() -> None:
    stage = Stage()
    played = await stage.script(
        {
            "parallel": {
                "left": [{"sleep": 0.01}, {"update": {"log": "slow"}}],
                "right": [{"update": {"log": "fast"}}],
            }
        },
        {"update": {"log": "after"}},
    )
    assert played.values["log"] == ["left", "slow", "right", "fast", "work", "after"]
    assert [c.pending for c in stage.lineage()][1] == ("left", "right")
    names = [data["name"] for data in played.data("tasks") if "input" in data]
    assert names == ["left", "right", "work"]


async def test_two_writes_to_one_plain_key_fail_the_superstep() -> None:
    stage = Stage()
    sides = {"left": [ONE], "right": [{"update": {"note": 2}}]}
    played = await stage.script({"parallel": sides})
    assert played.error == "InvalidUpdateError"
    assert "note" not in played.values
    assert len(stage.lineage()) == 2
    again = await stage.play(None)
    assert again.error == "InvalidUpdateError", "both have finished: only their writes clash again"
    assert [list(update) for update in again.data("updates")] == [
        ["left", "__metadata__"],
        ["right", "__metadata__"],
    ]


async def test_a_failing_side_cancels_the_other() -> None:
    stage = Stage()
    sides = {
        "left": [{"fail": {"error": "KeyError", "message": "k"}}],
        "right": [{"sleep": 0.01}, {"sleep": 0.01}, {"sleep": 0.01}, ONE],
    }
    played = await stage.script({"parallel": sides})
    assert played.error == "KeyError"
    errors = {r.error and r.error.repr for r in stage.lineage()[-1].records.values()}
    assert errors == {"KeyError('k')", "CancelledError()"}


@pytest.mark.parametrize("steps", [[{"sleep": 1}] * 320, [{"say": "a " * 320}]])
async def test_a_node_whose_waits_take_no_time_gives_way_at_times(steps: list[Any]) -> None:
    stage, turns = Stage(), 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(count())
    await stage.script(*steps)
    other.cancel()
    assert 10 <= turns < 40


@pytest.mark.parametrize("where", ["before", "after"])
async def test_a_pause_leaves_the_next_node_and_a_null_input_goes_on(where: str) -> None:
    stage = Stage()
    nodes = {"before": ["check"], "after": ["work"]}[where]
    paused = await stage.script(ONE, CHECK, **{f"interrupt_{where}": nodes})
    assert (paused.error, paused.outcome.next) == (None, ("check",))
    assert paused.outcome.interrupts == {}
    assert paused.data("updates")[-1] == {"__interrupt__": []}
    assert "__interrupt__" not in paused.data("values")[-1]
    done = await stage.play(None)
    assert done.values["log"] == ["work", "check"]


async def test_a_star_pauses_at_every_node_once() -> None:
    stage = Stage()
    log: list[list[str]] = []
    played = await stage.script(ONE, CHECK, interrupt_before="*")
    while played.outcome.next:
        log.append(played.values["log"])
        played = await stage.play(None, interrupt_before="*")
    assert log == [[], ["work"]]
    assert played.values["log"] == ["work", "check"]


async def test_a_node_name_that_does_not_exist_never_pauses() -> None:
    played = await Stage().script(ONE, interrupt_before=["nope"], interrupt_after=["nope"])
    assert played.outcome.next == ()


async def test_durability_exit_saves_the_last_checkpoint_only() -> None:
    stage = Stage()
    played = await stage.script(ONE, CHECK, durability="exit")
    (kept,) = stage.lineage()
    assert (kept.step, kept.parent_id, kept.values) == (2, None, played.values)
    await stage.script(ONE, durability="exit")
    assert [c.step for c in stage.lineage()] == [2, 5]
    assert stage.lineage()[1].parent_id == kept.id


async def test_under_exit_a_pause_and_a_command_are_saved_too() -> None:
    stage = Stage()
    await stage.script(ONE, CHECK, {"interrupt": 1}, durability="exit")
    (kept,) = stage.lineage()
    assert [record.interrupts[0]["value"] for record in kept.records.values()] == [1]
    said = {"update": {"data": {"u": 1}}}
    again = await stage.play(command=said, durability="exit")
    assert again.outcome.next == ("check",)
    assert len(stage.lineage()) == 1
    done = await stage.play(command={"resume": "x"}, durability="exit")
    assert (done.outcome.next, done.values["data"]) == ((), {"u": 1})
    assert [record.writes for record in kept.records.values()] == [None], "a record of the pause"


async def test_another_graph_sees_the_keys_it_knows() -> None:
    stage = Stage()
    await stage.script({"say": "q"}, ONE, {"node": "check"}, {"interrupt": 1})
    other = await stage.play(None, "agent")
    assert (other.error, other.outcome.next) == (None, ()), "no node of that name here"
    assert list(other.values) == ["messages"]
    chat = await stage.play({"messages": "hi"}, "agent")
    assert [message["content"] for message in chat.values["messages"]] == ["q", "hi", "hi"]
    back = await stage.script(ONE)
    assert back.values["log"] == ["work"], "what the other graph did not know is gone"
    assert len(back.values["messages"]) == 3


async def test_a_temporary_run_saves_nothing() -> None:
    stage = Stage()
    played = await stage.script(ONE, temporary=True)
    assert (played.error, played.outcome.values) == (None, None)
    assert played.data("values")[-1]["note"] == 1
    assert played.data("checkpoints") == []
    assert stage.lineage() == []


SLOW = [ONE, CHECK, {"say": "a"}, {"sleep": 30}]


@pytest.mark.parametrize(("durability", "steps"), [("async", [-1, 0, 1]), ("exit", [1])])
async def test_a_cancelled_run_keeps_what_finished_supersteps_wrote(
    durability: str, steps: list[int]
) -> None:
    stage = Stage()
    await stage.cut(stage.plan({"script": SLOW}, durability=durability), "SpeechEnded")
    kept = stage.lineage()
    assert [c.step for c in kept] == steps
    assert kept[-1].values["note"] == 1
    assert kept[-1].values["messages"] == []
    assert kept[-1].pending == ("check",)


async def test_a_cancelled_run_goes_on_with_the_unfinished_node() -> None:
    stage = Stage()
    await stage.cut(stage.plan({"script": SLOW}), "SpeechEnded")
    stage.pace = type(stage.pace)(stage.clock, "immediate")
    played = await stage.play(None)
    assert played.values["log"] == ["work", "check"]


async def test_a_thread_dropped_while_a_run_works_stays_dropped() -> None:
    stage = Stage()
    plan = stage.plan({"script": SLOW})
    with stage.store.hold(THREAD):
        await stage.cut(plan, "TokenSpoken")
        stage.store.drop(THREAD)
        await stage.script(ONE)
    assert stage.lineage() == []


async def test_a_retry_goes_on_with_what_the_first_attempt_reached() -> None:
    stage = Stage()
    plan = stage.plan({"script": [ONE, CHECK, {"sleep": 0}]})
    await stage.cut(plan, "TaskFinished")
    played = await stage.perform(plan)
    assert played.error is None
    assert played.values["log"] == ["work", "check"]


async def test_only_public_settings_reach_checkpoint_metadata() -> None:
    stage = Stage()
    config = {
        "tags": ["t"],
        "metadata": {"m": 1},
        "configurable": {"k": "v", "__secret__": 1, "langgraph_auth_user": {}, "thread_id": "x"},
    }
    played = await stage.script(ONE, config=config)
    metadata = stage.lineage()[-1].metadata
    assert (metadata["k"], metadata["m"], metadata["thread_id"]) == ("v", 1, THREAD)
    assert (metadata["source"], metadata["step"], metadata["parents"]) == ("loop", 1, {})
    assert not [key for key in metadata if key.startswith("__") or key == "langgraph_auth_user"]
    assert metadata["run_attempt"] == 1
    (start, _) = played.data("tasks")
    assert start["metadata"]["tags"] == ["t"]
    assert "thread_id" not in start["metadata"]


@pytest.mark.parametrize("failing", ["left", "right"])
async def test_a_neighbour_that_wrote_as_another_failed_is_told_as_cancelled(failing: str) -> None:
    stage = Stage()
    fail = {"fail": {"error": "ValueError", "message": "boom"}}
    sides: dict[str, list[Any]] = {"left": [], "right": [], failing: [fail]}
    await stage.script({"parallel": sides})
    left = stage.lineage()[-1].records.values()
    records = {record.error.repr: record for record in left if record.error is not None}
    assert set(records) == {"ValueError('boom')", "CancelledError()"}
    assert records["CancelledError()"].writes is not None
    again = await stage.play(None)
    (told,) = [task for task in again.data("checkpoints")[0]["tasks"] if "result" in task]
    assert "error" not in told, "what it wrote counts, and is shown"


async def test_what_a_task_failed_over_stays_in_the_history_when_it_goes_well_later() -> None:
    stage = Stage()
    steps = ({"subgraph": [ONE]}, {"update": {"data": {"a": 1}}})
    failed = await stage.script(*steps, config={"recursion_limit": 1})
    assert failed.error == "GraphRecursionError"
    assert (await stage.play(None)).error is None
    records = [record for saved in stage.lineage() for record in saved.records.values()]
    told = [(record.error.error, record.writes is not None) for record in records if record.error]
    assert told == [("GraphRecursionError", True)]
