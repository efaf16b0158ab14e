from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from mockserver.engine.results import of_job
from tests.mockserver.engine.stage import Stage

if TYPE_CHECKING:
    from tests.mockserver.engine.bench import Bench

ASK: list[dict[str, Any]] = [{"interrupt": {"q": 1}}, {"update": {"note": {"$": "resume"}}}]
BOTH: dict[str, Any] = {
    "parallel": {
        "left": [{"interrupt": "l"}, {"update": {"log": [{"$": "resume"}]}}],
        "right": [{"interrupt": "r"}, {"update": {"log": [{"$": "resume"}]}}],
    }
}


async def test_a_question_stops_the_node_and_the_run_succeeds() -> None:
    stage = Stage()
    played = await stage.script({"update": {"data": {"a": 1}}}, *ASK)
    assert played.error is None
    assert played.outcome.next == ("work",)
    ((task, (asked,)),) = played.outcome.interrupts.items()
    assert asked["value"] == {"q": 1}
    assert len(asked["id"]) == 32
    assert set(asked["id"]) <= set("0123456789abcdef")
    assert "data" in played.values
    assert played.values["data"] == {}, "what the node wrote waits for its end"
    shown = [{"value": {"q": 1}, "id": asked["id"], "response_schema": None}]
    assert played.data("updates") == [{"__interrupt__": shown}]
    assert played.data("values")[-1]["__interrupt__"] == shown
    assert played.data("tasks")[-1]["interrupts"] == shown
    assert task in stage.lineage()[-1].records


@pytest.mark.parametrize("answer", ["yes", False, 0, "", [], {"a": 1}])
async def test_an_answer_reaches_the_node_that_runs_again_from_its_start(answer: Any) -> None:
    stage = Stage()
    await stage.script({"say": "again"}, *ASK)
    played = await stage.resume(answer)
    assert played.error is None
    assert played.outcome.next == ()
    assert played.values["note"] == answer
    assert [message["content"] for message in played.values["messages"]] == ["again"]


async def test_questions_in_a_row_are_asked_one_after_the_other() -> None:
    stage = Stage()
    first = await stage.script(
        {"interrupt": 1}, {"interrupt": 2}, {"update": {"note": {"$": "resume"}}}
    )
    second = await stage.resume("a")
    (one,) = first.outcome.interrupts.values()
    (two,) = second.outcome.interrupts.values()
    assert (one[0]["value"], two[0]["value"]) == (1, 2)
    assert one[0]["id"] != two[0]["id"]
    assert (await stage.resume("b")).values["note"] == "b"


async def test_no_input_asks_the_same_question_again() -> None:
    stage = Stage()
    first = await stage.script(*ASK)
    again = await stage.play(None)
    assert again.outcome.interrupts == first.outcome.interrupts
    assert len(stage.lineage()) == 2


async def test_an_answered_question_stays_answered_when_a_later_one_is_asked_again() -> None:
    stage = Stage()
    await stage.script({"interrupt": 1}, {"interrupt": 2}, {"update": {"note": {"$": "resume"}}})
    second = await stage.resume("a")
    assert (await stage.play(None)).outcome.interrupts == second.outcome.interrupts


async def test_an_answer_survives_a_failure_after_it() -> None:
    stage = Stage()
    boom = {"fail": {"error": "RuntimeError", "message": "m"}}
    await stage.script({"interrupt": 1}, {"custom": {"$": "resume"}}, boom)
    assert (await stage.resume("kept")).error == "RuntimeError"
    again = await stage.play(None)
    assert again.error == "RuntimeError"
    assert again.data("custom") == ["kept"]


async def test_a_new_input_starts_over_on_the_kept_state() -> None:
    stage = Stage()
    await stage.script(*ASK)
    played = await stage.script({"update": {"note": "fresh"}})
    assert played.outcome.next == ()
    assert played.values["note"] == "fresh"
    assert played.values["log"] == ["work"]


async def test_two_questions_need_to_be_told_apart() -> None:
    stage = Stage()
    asked = await stage.script(BOTH, {"say": "z"})
    assert len(asked.outcome.interrupts) == 2
    played = await stage.resume("both?")
    assert played.error == "RuntimeError"
    assert played.outcome.next == ("left", "right")
    assert played.outcome.interrupts == asked.outcome.interrupts


def answers(asked: dict[str, list[dict[str, Any]]], **by_value: Any) -> dict[str, Any]:
    items = [item for found in asked.values() for item in found]
    return {item["id"]: by_value[item["value"]] for item in items if item["value"] in by_value}


async def test_a_map_answers_each_by_its_id() -> None:
    stage = Stage()
    asked = await stage.script(BOTH, {"say": "z"})
    await stage.resume("wrong")
    played = await stage.resume(answers(asked.outcome.interrupts, l="L", r="R"))
    assert played.values["log"] == ["left", "L", "right", "R", "work"]


async def test_a_map_may_answer_one_and_leave_the_other_open() -> None:
    stage = Stage()
    asked = await stage.script(BOTH)
    played = await stage.resume(answers(asked.outcome.interrupts, l="L"))
    assert played.error is None
    assert played.outcome.next == ("right",)
    ((other,),) = played.outcome.interrupts.values()
    assert other["value"] == "r"
    assert played.data("values")[-1]["log"] == ["left", "L"]
    done = await stage.resume("R")
    assert done.values["log"] == ["left", "L", "right", "R"]
    assert {"left": {"script": [], "log": ["left", "L"]}, "__metadata__": {"cached": True}} in (
        done.data("updates")
    )


async def test_a_map_of_unknown_ids_answers_nothing() -> None:
    stage = Stage()
    asked = await stage.script(*ASK)
    assert (await stage.resume({"0" * 32: 1})).outcome.interrupts == asked.outcome.interrupts
    assert (await stage.resume({})).outcome.interrupts == asked.outcome.interrupts


async def test_a_sibling_that_finished_does_not_run_again() -> None:
    stage = Stage()
    sides = {"left": [{"interrupt": "l"}], "right": [{"say": "once", "id": "r"}]}
    asked = await stage.script({"parallel": sides})
    assert asked.outcome.next == ("left",)
    done = await stage.resume(1)
    assert [message["id"] for message in done.values["messages"]] == ["r"]
    assert done.data("messages-tuple") == []


async def test_an_answer_without_a_question_is_for_the_superstep_that_comes() -> None:
    stage = Stage()
    await stage.script(*ASK, interrupt_before=["work"])
    assert (await stage.resume("early")).values["note"] == "early"
    behind = Stage()
    await behind.script({"say": "x"}, {"node": "check"}, *ASK, interrupt_before=["work"])
    assert (await behind.resume("too early")).outcome.next == ("check",)
    late = await stage.resume("late")
    assert (late.error, late.outcome.next) == (None, ())


async def test_a_task_that_failed_over_its_answer_asks_no_more(bench: Bench) -> None:
    thread = bench.thread()
    await bench.run(thread, [{"interrupt": "?"}, {"fail": {"error": "KeyError", "message": "x"}}])
    assert thread.interrupts
    (asked,) = next(iter(thread.interrupts.values()))
    await bench.run(thread, None, input=None, command={"resume": 1})
    assert (thread.status, thread.interrupts) == ("error", {})
    assert bench.engine.states.failed_over(thread.thread_id) == [asked["id"]]
    (task,) = bench.state(thread)["tasks"]
    assert (task["error"], len(task["interrupts"])) == ("KeyError('x')", 1), "the state shows both"


async def test_a_wait_tells_questions_in_the_order_they_were_asked(bench: Bench) -> None:
    thread = bench.thread()
    await bench.run(thread, [{"node": "check"}, {"interrupt": "?"}])
    job = await bench.run(thread, None, input=None, command={"goto": ["nest", "work"]})
    told = [item["id"] for item in orjson.loads(of_job(job))["__interrupt__"]]
    row = [items[0]["id"] for items in thread.interrupts.values()]
    assert told == [row[0], row[2], row[1]], "a subgraph takes a moment longer to ask"
