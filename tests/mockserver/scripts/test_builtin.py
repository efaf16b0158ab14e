from __future__ import annotations

from typing import Any

import pytest

from mockserver.engine.graph import END
from mockserver.scripts import builtin
from tests.mockserver.engine.stage import Stage

PROBE = builtin.probe()


@pytest.mark.parametrize(
    ("script", "target"),
    [
        ([], END),
        ([{"say": "a"}], "work"),
        ([{"node": "check"}], "check"),
        ([{"parallel": {}}], ["left", "right"]),
        ([{"subgraph": []}], "nest"),
        ([{"node": "nowhere"}], "work"),
        ([{"node": ["check"]}], "work"),
        ([5], "work"),
        ("text", "work"),
        (None, "work"),
    ],
)
def test_the_head_of_the_script_chooses_the_node(script: Any, target: str | list[str]) -> None:
    branch, entry = PROBE.nodes["check"].branch, PROBE.entry.branch
    assert branch is not None
    assert entry is not None
    assert branch.choose({"script": script}) == target
    assert entry.choose({"script": script}) == ("work" if target == END else target)


def test_the_probe_has_the_documented_channels_and_nodes() -> None:
    assert [channel.name for channel in PROBE.channels] == [
        "messages",
        "script",
        "log",
        "data",
        "note",
        "input",
    ]
    assert tuple(PROBE.nodes) == builtin.PROBE_NODES
    nest = PROBE.nodes["nest"].subgraph
    assert nest is not None
    assert nest.keys == {"messages", "script", "data", "note", "input"}


def test_a_drawing_opens_the_subgraph_on_demand() -> None:
    drawn = PROBE.drawing()
    assert [box["id"] for box in drawn["nodes"]] == ["__start__", *builtin.PROBE_NODES, "__end__"]
    assert {"source": "__start__", "target": "work", "conditional": True} in drawn["edges"]
    assert {"source": "__start__", "target": "__end__", "conditional": True} not in drawn["edges"]
    opened = PROBE.drawing(xray=True)
    assert "nest:inner" in [box["id"] for box in opened["nodes"]]
    assert not [edge for edge in opened["edges"] if "nest" in (edge["source"], edge["target"])]
    assert {"source": "nest:inner", "target": "__end__", "conditional": True} in opened["edges"]
    plain = builtin.agent().drawing()
    assert plain["edges"] == [
        {"source": "__start__", "target": "agent"},
        {"source": "agent", "target": "__end__"},
    ]


def test_subgraphs_are_listed_by_node() -> None:
    found = PROBE.subgraphs()
    assert list(found) == ["nest"]
    assert set(found["nest"]) == set(PROBE.schemas())
    assert PROBE.subgraphs("nest", recurse=True) == found
    assert PROBE.subgraphs("nowhere") == {}
    assert builtin.agent().subgraphs() == {}


def test_schemas_name_every_key() -> None:
    schemas = PROBE.schemas()
    assert list(schemas["input_schema"]["properties"]) == [c.name for c in PROBE.channels]
    assert (schemas["input_schema"]["title"], schemas["state_schema"]["title"]) == (
        "State",
        "probe_state",
    )
    messages = schemas["state_schema"]["properties"]["messages"]
    assert messages["items"] == {"$ref": "#/$defs/BaseMessage"}
    assert schemas["state_schema"]["$defs"]["BaseMessage"]["required"] == ["content", "type"]
    assert schemas["state_schema"]["properties"]["note"] == {"title": "Note", "default": None}


@pytest.mark.parametrize(
    ("messages", "answer"),
    [
        ([{"role": "user", "content": "hello you"}], "hello you"),
        ([["user", "a"], ["assistant", "b"], ["user", "c"]], "c"),
        ([["user", "a"], ["assistant", "b"]], "a"),
        ([{"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "image"}]}], "x"),
        ([["assistant", "b"]], ""),
        ([], ""),
    ],
)
async def test_the_agent_says_the_last_human_message_again(messages: Any, answer: str) -> None:
    played = await Stage().play({"messages": messages}, "agent")
    assert played.values["messages"][-1]["content"] == answer
    assert played.values["messages"][-1]["type"] == "ai"


async def test_a_node_plays_the_head_whatever_its_label() -> None:
    stage = Stage()
    await stage.script()
    played = await stage.play(
        command={"goto": {"node": "left", "input": {"script": [{"update": {"note": 5}}]}}}
    )
    assert played.values["note"] == 5
    assert played.values["log"] == ["work", "left"]


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("text", "script: expected a list of steps, got a string"),
        ([{"say": "a"}, {"bogus": 1}], "step 1: expected exactly one of"),
        ([{"update": {"nte": 1}}], "step 0 (update): unknown key 'nte'"),
        ([{"node": "nowhere"}], "step 0 (node): no node 'nowhere'"),
    ],
)
async def test_a_script_that_is_none_fails_the_run_with_step_and_reason(
    script: Any, text: str
) -> None:
    played = await Stage().play({"script": script})
    assert played.outcome.error is not None
    assert played.outcome.error.error == "ValueError"
    assert text in played.outcome.error.message


async def test_each_step_does_what_the_language_says() -> None:
    played = await Stage().play(
        {
            "input": {"name": "Ann"},
            "messages": "hi",
            "script": [
                {"say": {"$": "input.name"}, "id": "m1"},
                {"tool": {"name": "t", "args": {"q": {"$": "state.messages.0.content"}}}},
                {"update": {"note": {"$": "input"}, "data": {"a": 1}, "log": ["x", {"y": 1}]}},
                {"update": {"data": {"b": 2}, "messages": [["user", "u"]]}},
                {"custom": {"n": {"$": "input.name"}}},
                {"sleep": 0.001},
            ],
        }
    )
    assert played.error is None
    hi, said, call, answer, user = played.values["messages"]
    assert (hi["content"], said["content"], said["id"]) == ("hi", "Ann", "m1")
    assert call["tool_calls"][0]["args"] == {"q": "hi"}
    assert answer["tool_call_id"] == call["tool_calls"][0]["id"]
    assert (answer["name"], answer["content"], user["type"]) == ("t", "", "human")
    assert played.values["data"] == {"a": 1, "b": 2}
    assert played.values["note"] == {"name": "Ann"}
    assert played.values["log"] == ["work", "x", '{"y":1}']
    assert played.data("custom") == [{"n": "Ann"}]


@pytest.mark.parametrize(
    "name",
    [
        "ValueError",
        "TypeError",
        "KeyError",
        "AttributeError",
        "RuntimeError",
        "NotImplementedError",
        "TimeoutError",
    ],
)
async def test_fail_raises_the_class_it_names(name: str) -> None:
    played = await Stage().script(
        {"update": {"note": 1}}, {"fail": {"error": name, "message": "boom"}}
    )
    assert played.outcome.error is not None
    assert played.outcome.error.error == name
    assert played.outcome.error.repr == f"{name}('boom')"
    assert "note" not in played.values, "what the node did is lost"
    assert played.outcome.next == ("work",)
