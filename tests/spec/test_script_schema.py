from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from spec.data import script_schema

ACCEPTED: list[list[Any]] = [
    [],
    [{"say": "hello"}],
    [{"say": "", "pace": 0.5, "id": "m-1"}],
    [{"say": {"$": "resume"}}],
    [
        {
            "tool": {
                "name": "search",
                "args": {"q": {"$": "input.question"}},
                "result": [1],
                "id": "c",
            }
        }
    ],
    [{"tool": {"name": "search"}}],
    [{"update": {"note": None, "data": {"a": 1}, "log": ["x"]}}],
    [{"update": {}}],
    [{"custom": None}, {"custom": {"progress": 0.5}}],
    [{"sleep": 0}, {"sleep": 3600}],
    [{"interrupt": {"question": "Really?"}}],
    [{"fail": {"error": "ValueError", "message": ""}}],
    [{"node": "check"}, {"say": "a"}],
    [{"parallel": {"left": [{"say": "a"}], "right": []}}],
    [{"subgraph": [{"interrupt": 1}]}],
]
REFUSED: list[Any] = [
    {"say": "hello"},
    ["hello"],
    [{}],
    [{"shout": "hello"}],
    [{"say": "hello", "sleep": 1}],
    [{"say": 1}],
    [{"say": "a", "pace": -1}],
    [{"say": "a", "id": ""}],
    [{"say": {"$": "environment.PATH"}}],
    [{"say": {"$": "resume", "or": 1}}],
    [{"tool": {}}],
    [{"tool": {"name": "search", "arguments": {}}}],
    [{"update": []}],
    [{"sleep": -1}],
    [{"sleep": 3601}],
    [{"sleep": "1"}],
    [{"fail": {"error": "SystemExit", "message": "x"}}],
    [{"fail": {"error": "ValueError"}}],
    [{"node": ""}],
    [{"node": "two words"}],
    [{"parallel": {"left": []}}],
    [{"parallel": {"left": [{"node": "check"}], "right": []}}],
    [{"subgraph": [{"subgraph": []}]}],
]


def valid(script: Any) -> bool:
    return jsonschema_rs.Draft202012Validator(script_schema()).is_valid(script)


def test_is_a_valid_schema() -> None:
    jsonschema_rs.meta.validate(script_schema())


@pytest.mark.parametrize("script", ACCEPTED, ids=str)
def test_accepted(script: list[Any]) -> None:
    assert valid(script)


@pytest.mark.parametrize("script", REFUSED, ids=str)
def test_refused(script: Any) -> None:
    assert not valid(script)


def test_every_verb_is_accepted_somewhere() -> None:
    definitions = script_schema()["$defs"]
    verbs = set(definitions) - {"script", "actions", "action", "reference", "text"}
    assert verbs == {next(iter(step)) for script in ACCEPTED for step in script}
