from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from mockserver.engine.errors import NotFoundError
from mockserver.scripts import agents_file
from mockserver.scripts.agents import Agents, AgentsFileError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
agents:
  support:
    description: Helps
    state: {topic: last, seen: append}
    turns:
      - when: {last_message: {contains: refund}, turn: 1, resumed: false}
        steps:
          - say: Which order?
          - update: {topic: refund, seen: [1]}
    default: [{say: "since 2026-01-01"}]
  agent:
    default: []
"""


def write(folder: Path, text: str, name: str = "agents.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_agents_are_read_with_their_turns(tmp_path: Path) -> None:
    specs = agents_file.load(write(tmp_path, GOOD))
    assert list(specs) == ["support", "agent"]
    support = specs["support"]
    assert support.description == "Helps"
    assert support.state == {"topic": "last", "seen": "append"}
    assert [turn.when for turn in support.turns] == [
        {"last_message": {"contains": "refund"}, "turn": 1, "resumed": False}
    ]
    assert support.default == [{"say": "since 2026-01-01"}]


def test_a_json_file_is_read_too(tmp_path: Path) -> None:
    path = write(tmp_path, '{"agents": {"a": {"default": [{"say": "x"}]}}}', "agents.json")
    assert agents_file.load(path)["a"].default == [{"say": "x"}]


def test_a_date_stays_the_text_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, "agents: {a: {default: [{say: 2026-01-01}]}}")
    assert agents_file.load(path)["a"].default == [{"say": "2026-01-01"}]


def test_agents_of_the_file_stand_beside_the_built_in_ones_or_replace_them(tmp_path: Path) -> None:
    agents = Agents.load(write(tmp_path, GOOD))
    assert agents.names() == ("agent", "probe", "support")
    assert agents.graph("agent").entry.branch is not None, "the file's, not the built-in"
    assert Agents.load(None).graph("agent").entry.branch is None
    with pytest.raises(NotFoundError, match="agent, probe, support"):
        agents.graph("nope")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("agents: [", 1, "not YAML or JSON"),
        ("", 1, "expected an object, got null"),
        ("agent: {}", 1, "unknown key 'agent'; expected agents; did you mean 'agents'?"),
        ("agents: {}", 1, "expected an object of agents by name"),
        ("agents:\n  a b: {default: []}", 2, "an agent's name is 1 to 128"),
        ("agents:\n  a:\n    turn: []", 3, "did you mean 'turns'?"),
        ("agents:\n  a: {}", 2, "expected turns or a default"),
        ("agents:\n  a:\n    description: 5\n    default: []", 3, "expected a text"),
        ("agents:\n  a:\n    turns: {}", 3, "expected a list of turns, got an object"),
        ("agents:\n  a:\n    turns:\n      - when: {}", 4, "expected steps"),
        (
            "agents:\n  a:\n    turns:\n      - steps: []\n        when: {last_mesage: {}}",
            5,
            "did you mean 'last_message'?",
        ),
        (
            "agents:\n  a:\n    turns:\n      - steps: []\n        when:\n          turn: 0",
            6,
            "expected the number of a turn from 1, got 0",
        ),
        (
            "agents:\n  a:\n    turns:\n      - {steps: [], when: {resumed: 1}}",
            4,
            "expected true or false, got 1",
        ),
        (
            "agents:\n  a:\n    turns:\n      - {steps: [], when: {last_message: {contain: x}}}",
            4,
            "did you mean 'contains'?",
        ),
        (
            "agents:\n  a:\n    turns:\n      - {steps: [], when: {last_message: {matches: '('}}}",
            4,
            "not a regular expression",
        ),
        (
            "agents:\n  a:\n    turns:\n      - {steps: [], when: {input: {k: {equals: 1}}}}",
            4,
            "expected a text, got a number",
        ),
        (
            "agents:\n  a:\n    default:\n      - say: a\n      - sya: b",
            5,
            "step 1: expected exactly one of",
        ),
        (
            "agents:\n  a:\n    default:\n      - say: a\n        pace: -1",
            5,
            "step 0 (say): pace:",
        ),
        (
            "agents:\n  a:\n    default:\n      - subgraph:\n        - say: a\n        - say: 1",
            6,
            "step 0, subgraph step 1 (say)",
        ),
        ("agents:\n  a:\n    state: {k: lst}\n    default: []", 3, "did you mean 'last'?"),
        ("agents:\n  a:\n    state: {messages: last}\n    default: []", 3, "has its meaning"),
        ("agents:\n  a:\n    default: [{custom: {1: x}}]", 3, "expected a text as key, got 1"),
        ("agents:\n  a:\n    default: [{custom: .nan}]", 3, "expected a number, got nan"),
        ("agents:\n  a:\n    default: [{custom: !!binary aGk=}]", 3, "expected JSON, got bytes"),
        ("agents:\n  a:\n    default: no_such_module_here:f", 3, "No module named"),
        ("agents:\n  a:\n    default: justtext", 3, "not of the form module:function"),
        ("agents:\n  a:\n    default: json:nope", 3, "has no function 'nope'"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(AgentsFileError) as caught:
        agents_file.load(path)
    report = str(caught.value)
    assert report.startswith(f"{path}:{line}:"), report
    assert message in report


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AgentsFileError, match="cannot be read"):
        agents_file.load(tmp_path / "nothing.yaml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "agents.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AgentsFileError, match="cannot be read"):
        agents_file.load(path)


def test_a_function_beside_the_file_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    write(tmp_path, "async def turn(scene):\n    yield {'say': 'x'}\n", "beside_the_file.py")
    path = write(tmp_path, "agents: {a: {default: 'beside_the_file:turn'}}")
    assert agents_file.load(path)["a"].default == "beside_the_file:turn"
