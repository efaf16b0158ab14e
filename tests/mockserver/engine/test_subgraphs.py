from __future__ import annotations

from typing import Any

from tests.mockserver.engine.stage import THREAD, Stage

INNER: dict[str, Any] = {
    "subgraph": [{"say": "in side", "id": "m"}, {"custom": 5}, {"update": {"data": {"k": 1}}}]
}


def address(stage: Stage) -> str:
    """The namespace of the one subgraph that ran."""
    (found,) = [name for name in stage.store.namespaces(THREAD) if name]
    return found


async def test_a_subgraph_has_checkpoints_of_its_own_in_its_namespace() -> None:
    stage = Stage()
    played = await stage.script(INNER, {"say": "x"})
    assert [message["content"] for message in played.values["messages"]] == ["in side", "x"]
    assert played.values["data"] == {"k": 1}
    assert played.values["log"] == ["work"], "the subgraph has no log"
    namespace = address(stage)
    outer = stage.lineage()[1]
    assert namespace == f"nest:{next(iter(outer.records))}"
    inner = stage.lineage(namespace)
    assert [(c.step, c.source, c.pending) for c in inner] == [
        (-1, "input", ("__start__",)),
        (0, "loop", ("inner",)),
        (1, "loop", ()),
    ]
    assert all(c.metadata["parents"] == {"": outer.id} for c in inner)
    assert inner[-1].metadata["langgraph_node"] == "nest"
    assert inner[-1].metadata["checkpoint_ns"] == namespace


async def test_frames_of_a_subgraph_carry_its_namespace_and_only_on_demand() -> None:
    stage = Stage()
    played = await stage.script(INNER)
    modes = ("values", "updates", "custom", "tasks", "checkpoints", "debug", "messages-tuple")
    suffix = f"|{address(stage)}"
    plain = [name for name, _ in played.frames(*modes)]
    assert not [name for name in plain if "|" in name]
    assert "custom" not in plain
    names = [name for name, _ in played.frames(*modes, subgraphs=True)]
    assert {f"{mode}{suffix}" for mode in modes[:-1]} | {f"messages{suffix}"} < set(names)
    updates = [data for name, data in played.frames("updates", subgraphs=True)]
    assert [list(update) for update in updates] == [["inner"], ["nest"]]


async def test_tokens_of_a_subgraph_are_one_whole_message_without_subgraphs() -> None:
    played = await Stage().script(INNER)
    (whole,) = played.frames("messages-tuple")
    assert whole[1][0]["type"] == "ai"
    assert whole[1][0]["content"] == "in side"
    assert whole[1][1]["langgraph_node"] == "nest"
    tokens = played.frames("messages-tuple", subgraphs=True)
    assert [data[0]["content"] for _, data in tokens] == ["in ", "side"]
    accumulated = played.frames("messages")
    assert [name for name, _ in accumulated] == ["messages/metadata", "messages/complete"]
    partial = played.frames("messages", subgraphs=True)
    assert [name for name, _ in partial] == [
        "messages/metadata",
        "messages/partial",
        "messages/partial",
    ], "these names never carry a namespace"


async def test_a_question_inside_bubbles_up_and_its_answer_goes_down() -> None:
    stage = Stage()
    ask = {"subgraph": [{"interrupt": "in?"}, {"update": {"note": {"$": "resume"}}}]}
    asked = await stage.script({"update": {"log": "o"}}, ask, {"update": {"data": {"after": 1}}})
    assert asked.outcome.next == ("nest",)
    ((question,),) = asked.outcome.interrupts.values()
    assert question["value"] == "in?"
    shown = [name for name, _ in asked.frames("updates", subgraphs=True)]
    assert shown == ["updates", f"updates|{address(stage)}", "updates"]
    (inner_asked,) = [
        r for c in stage.lineage(address(stage)) for r in c.records.values() if r.asked
    ]
    assert inner_asked.asked[0]["id"] == question["id"]
    played = await stage.resume("down")
    assert played.values["note"] == "down"
    assert played.values["data"] == {"after": 1}
    assert [c.step for c in stage.lineage(address(stage))] == [-1, 0, 1], "it went on, not anew"


async def test_a_map_answers_a_question_inside() -> None:
    stage = Stage()
    ask = {"subgraph": [{"interrupt": 1}, {"interrupt": 2}, {"update": {"note": {"$": "resume"}}}]}
    asked = await stage.script(ask)
    ((first,),) = asked.outcome.interrupts.values()
    second = await stage.resume({first["id"]: "a"})
    ((other,),) = second.outcome.interrupts.values()
    assert (other["value"], other["id"] == first["id"]) == (2, False)
    assert (await stage.resume({other["id"]: "b"})).values["note"] == "b"


async def test_a_failure_inside_fails_the_node_that_holds_it() -> None:
    stage = Stage()
    boom = {"subgraph": [{"fail": {"error": "TypeError", "message": "t"}}]}
    played = await stage.script(boom)
    assert played.error == "TypeError"
    assert played.outcome.next == ("nest",)
    failed = [data for _, data in played.frames("tasks", subgraphs=True) if data.get("error")]
    assert [data["name"] for data in failed] == ["inner", "nest"]


async def test_durability_exit_saves_inside_only_what_is_needed_to_go_on() -> None:
    stage = Stage()
    await stage.script({"subgraph": [{"interrupt": 1}]}, durability="exit")
    assert [c.step for c in stage.lineage(address(stage))] == [0]
    assert [c.step for c in stage.lineage()] == [0]
    played = await stage.resume("x", durability="exit")
    assert (played.error, played.outcome.next) == (None, ())
    other = Stage()
    await other.script({"subgraph": []}, durability="exit")
    assert other.store.namespaces(THREAD) == ("",)


async def test_a_send_reaches_into_a_subgraph() -> None:
    stage = Stage()
    await stage.script()
    sent = {"script": [{"subgraph": [{"update": {"data": {"z": 1}}}]}], "messages": "raw"}
    played = await stage.play(command={"goto": {"node": "nest", "input": sent}})
    assert played.values["data"] == {"z": 1}
    assert [message["content"] for message in played.values["messages"]] == ["raw"]
    failed = await stage.play(command={"goto": {"node": "nest", "input": 5}})
    assert failed.error == "InvalidUpdateError"
