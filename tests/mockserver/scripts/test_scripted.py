from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.scripts import scripted
from mockserver.scripts.agents import Agents
from mockserver.scripts.scripted import AgentSpec, TurnSpec
from tests.mockserver.engine.stage import Played, Stage

if TYPE_CHECKING:
    from pathlib import Path


def stage(spec: AgentSpec) -> Stage:
    return Stage(Agents({spec.name: scripted.build(spec)}))


def said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def texts(played: Played) -> list[str]:
    return [message["content"] for message in played.values["messages"]]


ECHO = AgentSpec(
    "desk",
    (
        TurnSpec({"last_message": {"contains": "refund"}}, [{"say": "Which order?"}]),
        TurnSpec({"turn": 2}, [{"say": "The second time."}]),
    ),
    default=[{"say": {"$": "input.messages.0.content"}}],
)


async def test_the_first_turn_that_fits_is_played_else_the_default() -> None:
    desk = stage(ECHO)
    assert texts(await desk.play(said("a refund"), "desk"))[-1] == "Which order?"
    assert texts(await desk.play(said("and now"), "desk"))[-1] == "The second time."
    assert texts(await desk.play(said("hello"), "desk"))[-1] == "hello"
    played = await desk.play(said("refund again"), "desk")
    assert texts(played) == [
        "a refund",
        "Which order?",
        "and now",
        "The second time.",
        "hello",
        "hello",
        "refund again",
        "Which order?",
    ]


async def test_without_a_fit_the_run_fails_and_says_what_came_closest() -> None:
    spec = AgentSpec("strict", (TurnSpec({"last_message": {"equals": "yes"}}, []),))
    played = await stage(spec).play(said("no"), "strict")
    assert played.outcome.error is not None
    assert played.outcome.error.error == "NoTurnError"
    assert played.outcome.error.message == (
        "agent 'strict': no turn fits and there is no default; turn 1 of 1 came closest; "
        "last_message: expected a text that equals 'yes', got 'no'"
    )


async def test_what_the_agent_keeps_for_itself_is_shown_to_nobody() -> None:
    played = await stage(ECHO).play(said("hello"), "desk")
    modes = ("values", "updates", "tasks", "checkpoints", "debug", "events")
    for name, data in played.frames(*modes):
        assert "__script__" not in str(data), name
        assert "__occasion__" not in str(data), name
    assert list(played.values) == ["messages"]


async def test_state_keys_are_those_declared_and_written() -> None:
    spec = AgentSpec(
        "keys",
        default=[
            {"update": {"topic": "a", "seen": [1], "facts": {"x": 1}, "log": "l"}},
            {"update": {"topic": "b", "seen": 2, "facts": {"y": 2}}},
        ],
        state={"seen": "append", "facts": "merge", "unused": "last"},
    )
    desk = stage(spec)
    graph = desk.agents.graph("keys")
    assert graph.keys == {"messages", "topic", "seen", "facts", "log", "unused"}
    assert "__script__" not in graph.schemas()["state_schema"]["properties"]
    first = await desk.play({"unknown": 1}, "keys")
    assert first.values == {
        "messages": [],
        "topic": "b",
        "seen": [1, 2],
        "facts": {"x": 1, "y": 2},
        "log": ["l"],
    }
    second = await desk.play({}, "keys")
    assert second.values["seen"] == [1, 2, 1, 2]


async def test_steps_may_name_nodes_of_their_own() -> None:
    spec = AgentSpec(
        "nodes",
        default=[
            {"say": "a"},
            {"node": "research"},
            {"say": "b"},
            {"parallel": {"left": [{"update": {"log": "l"}}], "right": [{"update": {"log": "r"}}]}},
            {"subgraph": [{"say": "in"}, {"update": {"note": 1}}]},
            {"say": "end"},
        ],
    )
    desk = stage(spec)
    graph = desk.agents.graph("nodes")
    assert tuple(graph.nodes) == ("agent", "research", "left", "right", "nest")
    played = await desk.play({}, "nodes")
    assert [list(update) for update in played.data("updates")] == [
        ["agent"],
        ["research"],
        ["left"],
        ["right"],
        ["nest"],
        ["agent"],
    ]
    assert texts(played) == ["a", "b", "in", "end"]
    assert played.values["log"] == ["l", "r"]
    assert played.values["note"] == 1


async def test_an_interrupted_turn_goes_on_where_the_answer_is_wanted() -> None:
    spec = AgentSpec("asks", default=[{"interrupt": "sure?"}, {"say": {"$": "resume.word"}}])
    desk = stage(spec)
    asked = await desk.play(said("hi"), "asks")
    assert asked.outcome.next == ("agent",)
    assert texts(await desk.resume({"word": "yes"}, graph="asks"))[-1] == "yes"


async def test_a_turn_for_answers_replaces_the_steps_that_asked() -> None:
    spec = AgentSpec(
        "asks",
        (TurnSpec({"resumed": True, "last_message": {"equals": "b"}}, [{"say": {"$": "resume"}}]),),
        default=[{"say": "before"}, {"interrupt": "sure?"}, {"say": "after"}],
    )
    desk = stage(spec)
    await desk.play(said("b"), "asks")
    assert texts(await desk.resume("fine", graph="asks"))[-1:] == ["fine"]
    await desk.play(said("c"), "asks")
    assert texts(await desk.resume("fine", graph="asks"))[-2:] == ["before", "after"]


async def test_a_goto_without_input_plays_nothing() -> None:
    played = await stage(ECHO).play(graph="desk", command={"goto": "agent"})
    assert played.error is None
    assert texts(played) == []


CODE = """\
async def greet(scene):
    name = scene.input["messages"][-1]["content"]
    yield {"say": f"hello {name}, {len(scene.state['messages'])}"}
    answer = yield {"interrupt": "more?"}
    if answer:
        yield {"say": str(answer)}

async def breaks(scene):
    yield {"bogus": 1}

async def bounds(scene):
    yield {"node": "x"}

def plain(scene):
    return []
"""


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "code_of_an_agent.py").write_text(CODE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "code_of_an_agent", raising=False)


@pytest.mark.usefixtures("code")
async def test_a_python_function_yields_steps_and_gets_answers() -> None:
    desk = stage(AgentSpec("py", default="code_of_an_agent:greet"))
    asked = await desk.play(said("Ann"), "py")
    assert asked.outcome.next == ("agent",)
    assert texts(await desk.resume("sure", graph="py"))[-2:] == ["hello Ann, 1", "sure"]


@pytest.mark.usefixtures("code")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("breaks", "expected exactly one of"),
        ("bounds", "a node plays actions only"),
        ("plain", "is not an async generator function"),
    ],
)
async def test_a_python_function_that_yields_no_step_fails_the_run(name: str, text: str) -> None:
    played = await stage(AgentSpec("py", default=f"code_of_an_agent:{name}")).play({}, "py")
    assert played.outcome.error is not None
    assert played.outcome.error.error == "ValueError"
    assert text in played.outcome.error.message
