from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockserver.engine import events
from mockserver.engine.projection import MODES, frames, interrupt_items
from tests.mockserver.engine.stage import Played, Stage

SCRIPT = (
    {"say": "a b", "id": "m1"},
    {"tool": {"name": "t", "args": {"x": 1}, "result": "r", "id": "c1"}},
    {"custom": {"n": 1}},
)


@pytest.fixture
async def played() -> Played:
    return await Stage().script(*SCRIPT)


def names(played: Played, *modes: str) -> list[str]:
    return [name for name, _ in played.frames(*modes)]


def test_the_first_and_the_failing_frame_do_not_depend_on_modes() -> None:
    started = events.Started((), "r", 2)
    failed = events.Failed((), "ValueError", "boom")
    for modes in ((), ("values",), MODES):
        assert frames(started, modes) == [("metadata", {"run_id": "r", "attempt": 2})]
        assert frames(failed, modes) == [("error", {"error": "ValueError", "message": "boom"})]


async def test_each_mode_has_its_own_frames(played: Played) -> None:
    assert names(played) == []
    assert names(played, "values") == ["values", "values"]
    assert names(played, "updates") == ["updates"]
    assert names(played, "custom") == ["custom"]
    assert names(played, "tasks") == ["tasks", "tasks"]
    assert names(played, "checkpoints") == ["checkpoints"] * 3
    assert names(played, "debug") == ["debug"] * 5
    assert names(played, "messages-tuple") == ["messages"] * 4


async def test_messages_accumulate_in_one_mode_and_arrive_in_pieces_in_the_other(
    played: Played,
) -> None:
    assert names(played, "messages") == [
        "messages/metadata",
        "messages/partial",
        "messages/partial",
        "messages/metadata",
        "messages/complete",
        "messages/metadata",
        "messages/complete",
    ]
    data = played.data("messages")
    assert [data[1][0]["content"], data[2][0]["content"]] == ["a ", "a b"]
    assert data[2][0]["type"] == "ai"
    assert list(data[0]) == ["m1"]
    assert data[0]["m1"]["metadata"]["langgraph_node"] == "work"
    chunks = played.data("messages-tuple")
    first, last, call, answer = [chunk for chunk, _ in chunks]
    assert [first["content"], last["content"]] == ["a ", "b"]
    assert [first["type"], first["chunk_position"]] == ["AIMessageChunk", None]
    assert last["chunk_position"] == "last"
    assert [call["type"], call["tool_calls"][0]["id"]] == ["ai", "c1"]
    assert [answer["type"], answer["tool_call_id"]] == ["tool", "c1"]
    metadata = chunks[0][1]
    assert metadata["ls_model_type"] == "chat"
    assert metadata["checkpoint_ns"] == metadata["langgraph_checkpoint_ns"]
    assert "ls_model_type" not in chunks[2][1], "a whole message does not come from the model"


async def test_with_both_messages_modes_the_pieces_win(played: Played) -> None:
    assert names(played, "messages", "messages-tuple") == ["messages"] * 4


async def test_a_message_of_the_input_is_not_shown_as_new() -> None:
    stage = Stage()
    played = await stage.play({"messages": [["user", "hi"]]}, "agent")
    assert [chunk["content"] for chunk, _ in played.data("messages-tuple")] == ["hi"]
    assert played.data("messages-tuple")[0][0]["type"] == "AIMessageChunk"


async def test_a_task_is_shown_when_it_starts_and_when_it_ends(played: Played) -> None:
    start, end = played.data("tasks")
    assert list(start) == ["id", "name", "input", "triggers", "metadata"]
    assert (start["name"], start["triggers"]) == ("work", ["branch:to:work"])
    assert list(end) == ["id", "name", "error", "result", "interrupts"]
    assert end["id"] == start["id"]
    assert end["result"] == played.data("updates")[0]["work"]
    debug = [data for data in played.data("debug") if data["type"] != "checkpoint"]
    assert [data["type"] for data in debug] == ["task", "task_result"]
    assert [data["payload"] for data in debug] == [start, end]
    assert [data["step"] for data in debug] == [1, 1]


async def test_a_checkpoint_names_itself_and_its_parent(played: Played) -> None:
    entry, first, last = played.data("checkpoints")
    assert entry["parent_config"] is None
    assert first["parent_config"] == entry["config"]
    assert [c["next"] for c in (entry, first, last)] == [["__start__"], ["work"], []]
    assert [c["metadata"]["step"] for c in (entry, first, last)] == [-1, 0, 1]
    assert list(first["tasks"][0]) == ["id", "name", "interrupts", "state"]
    assert "checkpoint" not in first
    shown = [d["payload"] for d in played.data("debug") if d["type"] == "checkpoint"][1]
    configurable = first["config"]["configurable"]
    assert shown["checkpoint"] == {
        "checkpoint_id": configurable["checkpoint_id"],
        "thread_id": configurable["thread_id"],
        "checkpoint_ns": "",
    }
    assert (
        shown["parent_checkpoint"]["checkpoint_id"]
        == (entry["config"]["configurable"]["checkpoint_id"])
    )


async def test_a_node_without_writes_updates_with_null() -> None:
    played = await Stage().play(None, "agent", command={"goto": {"node": "agent", "input": {}}})
    task = events.Task("id", "quiet", 1, (), (), "quiet:id")
    event = events.TaskFinished((), "at", task, {}, False)
    assert frames(event, ["updates"]) == [("updates", {"quiet": None})]
    assert played.error is None


async def test_the_order_within_a_superstep(played: Played) -> None:
    order = names(
        played, "values", "updates", "custom", "tasks", "checkpoints", "debug", "messages"
    )
    start = order.index("custom")
    assert order[start + 1 :] == [
        "messages/metadata",
        "messages/complete",
        "messages/metadata",
        "messages/complete",
        "updates",
        "tasks",
        "debug",
        "values",
        "checkpoints",
        "debug",
    ]


async def test_an_interrupt_is_one_more_values_and_updates_frame() -> None:
    played = await Stage().script({"interrupt": {"q": 1}})
    update, values = played.data("updates")[-1], played.data("values")[-1]
    assert update == {"__interrupt__": values["__interrupt__"]}
    (item,) = values["__interrupt__"]
    assert item == {"value": {"q": 1}, "id": item["id"], "response_schema": None}
    assert interrupt_items([{"id": item["id"], "value": {"q": 1}}]) == [item]
    assert list(values)[:-1] == ["messages", "script", "log", "data"]


async def test_events_are_langchain_events(played: Played) -> None:
    shown = played.data("events")
    kinds = [(data["event"], data["name"]) for data in shown]
    assert kinds == [
        ("on_chain_start", "probe"),
        ("on_chain_start", "work"),
        ("on_chat_model_start", "ProbeModel"),
        ("on_chat_model_stream", "ProbeModel"),
        ("on_chat_model_stream", "ProbeModel"),
        ("on_chat_model_end", "ProbeModel"),
        ("on_chain_start", "route"),
        ("on_chain_end", "route"),
        ("on_chain_stream", "work"),
        ("on_chain_end", "work"),
        ("on_chain_end", "probe"),
    ]
    root, node, model = shown[0], shown[1], shown[2]
    assert root["parent_ids"] == []
    assert node["parent_ids"] == [root["run_id"]]
    assert model["parent_ids"] == [root["run_id"], node["run_id"]]
    assert node["tags"] == ["graph:step:1"]
    assert shown[5]["data"]["output"]["content"] == "a b"
    assert shown[7]["data"]["output"] == "__end__"
    assert "input" not in shown[-1]["data"], "the root's end shows its output only"


async def test_tags_are_in_a_models_metadata_where_a_messages_mode_sees_it() -> None:
    script = ({"say": "a"}, {"subgraph": [{"say": "b"}]})
    played = await Stage().script(*script, config={"tags": ["t"]})

    def tagged(*modes: str, subgraphs: bool = False) -> list[bool]:
        frames = played.frames(*modes, subgraphs=subgraphs)
        shown = [data for name, data in frames if name == "events"]
        return ["tags" in data["metadata"] for data in shown if data["event"].endswith("model_end")]

    assert tagged("events") == [False, False]
    assert tagged("events", "messages-tuple") == [True, False]
    assert tagged("events", "messages", subgraphs=True) == [True, True]


async def test_events_name_the_checkpoint_a_run_was_told_to_start_from() -> None:
    stage = Stage()
    await stage.script()
    asked = {"checkpoint_id": stage.lineage()[-1].id, "checkpoint_ns": ""}
    script = ({"say": "a"}, {"subgraph": [{"say": "b"}]})
    config = {"configurable": asked}
    watched = await stage.script(*script, checkpoint=asked, config=config, traced=True)
    assert all(asked.items() <= data["metadata"].items() for data in watched.data("events"))
    other = await stage.script(*script, checkpoint=asked, config=config)
    messages = [data[1] for name, data in other.frames("messages-tuple") if name == "messages"]
    assert messages[0]["checkpoint_id"] == asked["checkpoint_id"]
    assert messages[0]["checkpoint_ns"] == messages[0]["langgraph_checkpoint_ns"]


async def test_a_command_is_shown_as_the_input_of_the_graph() -> None:
    played = await Stage().play(command={"goto": "work"})
    assert played.data("events")[0]["data"]["input"] == {
        "graph": None,
        "update": None,
        "resume": None,
        "goto": ["work"],
    }


async def test_replaying_the_stored_log_gives_the_same_frames() -> None:
    stage = Stage()
    played = await stage.script(*SCRIPT, {"subgraph": [{"say": "x"}]}, {"interrupt": 1})
    stored = events.unpack(events.pack(played.log))
    for subgraphs in (False, True):
        again = [f for event in stored for f in frames(event, MODES, subgraphs)]
        assert again == played.frames(*MODES, subgraphs=subgraphs)


async def test_every_frame_is_json(played: Played) -> None:
    def plain(value: Any) -> bool:
        return bool(orjson.loads(orjson.dumps(value)) == value)

    for name, data in played.frames(*MODES, subgraphs=True):
        assert plain(data), name
