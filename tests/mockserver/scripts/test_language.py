from __future__ import annotations

from typing import Any

import pytest

from mockserver.scripts import language
from mockserver.scripts.language import ScriptError
from spec import data

NODES = ("work", "check")
GOOD: list[Any] = [
    [],
    [{"say": "hello"}, {"say": {"$": "input.text"}, "pace": 0.5, "id": "m1"}],
    [{"tool": {"name": "t", "args": {"a": 1}, "result": [1], "id": "c"}}],
    [{"update": {"note": None, "data": {}, "messages": [], "log": "x"}}],
    [{"custom": None}, {"sleep": 0}, {"interrupt": {"any": [1]}}],
    [{"fail": {"error": "KeyError", "message": ""}}],
    [{"node": "check"}, {"parallel": {"left": [], "right": [{"say": "r"}]}}],
    [{"subgraph": [{"custom": 1}]}],
]


@pytest.mark.parametrize("script", GOOD)
def test_what_the_schema_allows_is_a_script(script: Any) -> None:
    language.check(script, NODES)


@pytest.mark.parametrize(
    "script",
    [[{1, 2}], [{1: "say"}], [{"node": "chek"}], [{"update": {"k": 1}}]],
)
def test_the_quick_look_takes_nothing_the_close_one_refuses(script: Any) -> None:
    with pytest.raises(ScriptError):
        language.check(script, NODES)


def test_a_python_functions_step_may_hold_any_value() -> None:
    language.check([{"custom": {1, 2}}], keys=None)


@pytest.mark.parametrize(
    ("script", "path", "text"),
    [
        ("x", (), "script: expected a list of steps, got a string"),
        ([1], (0,), "step 0: expected an object, got a number"),
        ([{"say": "a"}, {}], (1,), "step 1: expected exactly one of"),
        ([{"say": "a", "custom": 1}], (0,), "got ['say', 'custom']"),
        ([{"sya": "a"}], (0,), "did you mean 'say'?"),
        ([{"say": 5}], (0, "say"), "step 0 (say): say:"),
        ([{"say": "a", "pace": -1}], (0, "pace"), "step 0 (say): pace:"),
        ([{"say": "a", "color": 1}], (0,), "'color' was unexpected"),
        ([{"sleep": "1"}], (0, "sleep"), "step 0 (sleep)"),
        ([{"fail": {"error": "OSError", "message": "m"}}], (0, "fail", "error"), "OSError"),
        ([{"update": {"notes": 1}}], (0, "update", "notes"), "did you mean 'note'?"),
        ([{"node": "chek"}], (0, "node"), "did you mean 'check'?"),
        (
            [{"subgraph": [{"say": "a"}, {"node": "work"}]}],
            (0, "subgraph", 1),
            "step 0, subgraph step 1: expected exactly one of",
        ),
        (
            [{"parallel": {"left": [{"say": 1}], "right": []}}],
            (0, "parallel", "left", 0, "say"),
            "step 0, left step 0 (say)",
        ),
        ([{"parallel": {"left": []}}], (0, "parallel"), '"right" is a required property'),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    script: Any, path: tuple[str | int, ...], text: str
) -> None:
    with pytest.raises(ScriptError) as caught:
        language.check(script, NODES)
    assert text in str(caught.value)
    assert caught.value.path == path


def test_callers_see_a_script_error_as_a_value_error() -> None:
    assert ScriptError.__name__ == "ValueError"
    assert issubclass(ScriptError, ValueError)


def test_every_verb_of_the_schema_is_known() -> None:
    verbs = {*language.ACTIONS, *language.BOUNDARIES}
    defined = set(data.script_schema()["$defs"])
    assert verbs == defined - {"script", "actions", "action", "reference", "text"}


def test_without_a_list_of_keys_an_update_may_write_any() -> None:
    language.check([{"update": {"topic": 1}}], keys=None)


ROOTS = {
    "resume": {"ok": True},
    "input": {"a": [{"b": "deep"}]},
    "state": {"messages": [{"content": "first"}, {"content": "last"}], "n": 0},
}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"$": "resume"}, {"ok": True}),
        ({"$": "resume.ok"}, True),
        ({"$": "input.a.0.b"}, "deep"),
        ({"$": "state.messages.-1.content"}, "last"),
        ({"$": "state.n"}, 0),
        ([1, {"x": {"$": "input.a.0.b"}}], [1, {"x": "deep"}]),
        ({"$": "input.a.0.b", "more": 1}, {"$": "input.a.0.b", "more": 1}),
        ("plain", "plain"),
    ],
)
def test_references_are_replaced_wherever_they_stand(value: Any, found: Any) -> None:
    assert language.resolve(value, ROOTS) == found


@pytest.mark.parametrize("value", ["a", None, 1.5, [], {}, ["a", 1], {"a": None, "b": True}])
def test_scalars_and_lists_and_objects_of_them_refer_to_nothing(value: Any) -> None:
    assert language.plain(value)
    assert language.resolve(value, {}) == value


@pytest.mark.parametrize("value", [{"$": "resume"}, {"$": 1, "a": 2}, [[]], {"a": {}}, [{}], (1,)])
def test_anything_else_may_refer(value: Any) -> None:
    assert not language.plain(value)


@pytest.mark.parametrize(
    ("path", "part"),
    [("input.z", "z"), ("state.messages.7", "7"), ("state.messages.x", "x"), ("state.n.a", "a")],
)
def test_a_reference_that_leads_nowhere_says_where(path: str, part: str) -> None:
    with pytest.raises(ScriptError, match=f"leads nowhere at '{part}'"):
        language.resolve({"$": path}, ROOTS)


@pytest.mark.parametrize("path", ["", "env.HOME", "input.", "input..a", 5, None])
def test_a_path_of_another_form_is_no_reference(path: Any) -> None:
    with pytest.raises(ScriptError, match="is no reference"):
        language.resolve({"$": path}, ROOTS)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


def test_a_value_may_nest_so_deep_and_no_deeper() -> None:
    deepest = nested(language.MAX_DEPTH - 1)
    assert language.bounded(deepest) is deepest
    with pytest.raises(ScriptError, match="nests deeper"):
        language.bounded(nested(language.MAX_DEPTH))


def test_a_value_that_doubles_itself_is_stopped() -> None:
    value: Any = []
    for _ in range(40):
        value = [value, value]
    with pytest.raises(ScriptError, match="more than"):
        language.bounded(value)


def test_text_is_kept_and_anything_else_is_compact_json() -> None:
    assert language.text_of("a b") == "a b"
    assert language.text_of({"a": [1, None]}) == '{"a":[1,null]}'
    assert language.text_of("é") == "é"


@pytest.mark.parametrize(
    ("name", "script", "steps", "rest"),
    [
        ("work", [], [], []),
        ("work", [{"say": "a"}, {"say": "b"}], [{"say": "a"}, {"say": "b"}], []),
        ("work", [{"say": "a"}, {"node": "x"}], [{"say": "a"}], [{"node": "x"}]),
        ("check", [{"node": "check"}, {"say": "a"}], [{"say": "a"}], []),
        ("work", [{"node": "a"}, {"node": "b"}], [], [{"node": "b"}]),
        ("work", [{"parallel": {}}, {"say": "a"}], [], [{"parallel": {}}, {"say": "a"}]),
        ("left", [{"parallel": {"left": [1], "right": [2]}}, 3], [1], [3]),
        ("right", [{"parallel": {"left": [1], "right": [2]}}, 3], [2], [3]),
        ("inner", [{"subgraph": [1]}, 2], [1], [2]),
        ("left", [{"say": "a"}], [{"say": "a"}], []),
    ],
)
def test_a_node_plays_its_share(
    name: str, script: list[Any], steps: list[Any], rest: list[Any]
) -> None:
    assert language.share(name, script) == (steps, rest)
