from __future__ import annotations

from typing import Any

import pytest

from tests.mockserver.engine.stage import Played, Stage

FIRST = ({"update": {"note": 1, "log": ["x"]}}, {"node": "check"})


async def finished() -> Stage:
    stage = Stage()
    await stage.script(*FIRST)
    return stage


async def command(stage: Stage, **said: Any) -> Played:
    return await stage.play(command=said)


@pytest.mark.parametrize(
    ("goto", "log"),
    [
        ("work", ["work"]),
        ("check", ["check", "work"]),
        (["work", "check"], ["check", "work"]),
        ("nowhere", ["work"]),
    ],
)
async def test_goto_starts_an_empty_thread(goto: Any, log: list[str]) -> None:
    stage = Stage()
    played = await command(stage, goto=goto)
    assert played.error is None
    assert played.values["log"] == log, "the entry chooses a node too"
    assert [c.step for c in stage.lineage()] == [-1, 0, 1]


@pytest.mark.parametrize("said", [{"update": {"note": 1}}, {"resume": 1}])
async def test_other_commands_have_nothing_to_start(said: dict[str, Any]) -> None:
    stage = Stage()
    played = await command(stage, **said)
    assert played.error == "TypeError"
    assert played.outcome.next == ("__start__",)


@pytest.mark.parametrize("said", [{"resume": None}, {"bogus": 1}, {"update": {"zzz": 1}}])
async def test_a_command_that_says_nothing_is_an_empty_input(said: dict[str, Any]) -> None:
    stage = Stage()
    assert (await command(stage, **said)).error == "EmptyInputError"
    assert stage.lineage() == []


async def test_update_and_goto_start_together() -> None:
    played = await command(Stage(), update={"note": 5}, goto="check")
    assert (played.values["note"], played.values["log"]) == (5, ["check", "work"])


@pytest.mark.parametrize("update", [{"note": 7, "log": ["y"]}, [["note", 7], ["log", ["y"]]]])
async def test_an_update_alone_changes_the_state_and_ends(update: Any) -> None:
    stage = await finished()
    played = await command(stage, update=update)
    assert played.error is None
    assert (played.values["note"], played.values["log"]) == (7, ["work", "x", "check", "y"])
    assert played.data("values") == [played.values]
    assert len(stage.lineage()) == 4, "no new checkpoint: the last one carries it"


async def test_updates_one_after_the_other_all_count() -> None:
    stage = await finished()
    await command(stage, update={"note": 7})
    played = await command(stage, update={"note": 8, "log": ["z"]})
    assert (played.values["note"], played.values["log"][-1]) == (8, "z")
    after = await stage.script({"update": {"data": {"k": 1}}})
    assert after.values["note"] == 8


async def test_goto_runs_nodes_of_a_finished_thread() -> None:
    stage = await finished()
    played = await command(stage, goto=["work", "check"], update={"note": 9})
    assert played.values["log"] == ["work", "x", "check", "check", "work"]
    assert played.values["note"] == 9


@pytest.mark.parametrize("goto", ["nowhere", "__end__", {"node": "nowhere", "input": {}}])
async def test_a_node_that_does_not_exist_is_ignored(goto: Any) -> None:
    stage = await finished()
    played = await command(stage, goto=goto)
    assert (played.error, played.outcome.next) == (None, ())
    assert played.values["log"] == ["work", "x", "check"]


async def test_sends_run_nodes_with_inputs_of_their_own() -> None:
    stage = await finished()
    played = await command(
        stage,
        goto=[
            {"node": "check", "input": {"script": [{"update": {"note": "s"}}]}},
            {"node": "work", "input": 5},
            {"node": "work", "input": {"script": [{"update": {"data": {"w": 1}}}]}},
        ],
    )
    assert played.error is None
    assert played.values["note"] == "s"
    assert played.values["data"] == {"w": 1}
    assert played.values["log"][-3:] == ["check", "work", "work"]
    starts = [data for data in played.data("tasks") if "input" in data]
    assert [start["triggers"] for start in starts] == [["__pregel_push"]] * 3
    assert starts[1]["input"] == 5


async def test_a_send_may_ask_and_be_answered() -> None:
    stage = await finished()
    script = [{"interrupt": "p"}, {"update": {"note": {"$": "resume"}}}]
    asked = await command(stage, goto={"node": "check", "input": {"script": script}})
    assert asked.outcome.next == ("check",)
    played = await stage.resume("k")
    assert (played.values["note"], played.outcome.next) == ("k", ())


async def test_a_command_wins_over_an_input() -> None:
    stage = Stage()
    await stage.script({"interrupt": 1}, {"update": {"note": {"$": "resume"}}})
    played = await stage.play({"script": [{"say": "no"}]}, command={"resume": "yes"})
    assert (played.values["note"], played.values["messages"]) == ("yes", [])


async def test_update_and_resume_go_together() -> None:
    stage = Stage()
    await stage.script({"interrupt": 1}, {"update": {"note": {"$": "resume"}}})
    played = await command(stage, resume="r", update={"data": {"u": 1}})
    assert (played.values["note"], played.values["data"]) == ("r", {"u": 1})


async def test_goto_on_a_paused_thread_runs_both() -> None:
    stage = Stage()
    await stage.script({"interrupt": 1})
    played = await command(stage, goto="check")
    assert played.outcome.next == ("check", "work"), "in the order the loop takes them"
    assert [item["value"] for found in played.outcome.interrupts.values() for item in found] == [
        1,
        1,
    ]


async def test_goto_on_a_paused_thread_leaves_the_question_its_id() -> None:
    stage = Stage()
    asked = await stage.script({"node": "check"}, {"interrupt": 1})
    played = await command(stage, goto="work")
    first, second = played.outcome.interrupts.items()
    assert dict([first]) == asked.outcome.interrupts
    assert second[1][0]["id"] != first[1][0]["id"]


@pytest.mark.parametrize(
    ("update", "error"),
    [({"messages": 5}, "NotImplementedError"), ({"log": "x"}, "TypeError")],
)
async def test_an_update_the_state_cannot_take_fails_the_run(update: Any, error: str) -> None:
    stage = await finished()
    before = stage.lineage()[-1].values
    played = await command(stage, update=update)
    assert played.error == error
    after = await stage.play(None)
    assert (after.error, after.values) == (None, before), "and leaves nothing behind"
