from __future__ import annotations

from typing import Any

import pytest

from mockserver.scripts import matching
from mockserver.scripts.matching import Occasion


def asked(text: Any, turn: int = 1, *, resumed: bool = False, **more: Any) -> Occasion:
    return Occasion({"messages": [{"role": "user", "content": text}], **more}, turn, resumed)


@pytest.mark.parametrize(
    ("when", "occasion"),
    [
        ({}, Occasion(None, 1)),
        ({"last_message": {"equals": "hi"}}, asked("hi")),
        ({"last_message": {"contains": "fun"}}, asked("a refund please")),
        ({"last_message": {"matches": "^a.*d$"}}, asked("a b c d")),
        ({"last_message": {"contains": "a", "matches": "b$"}}, asked("ab")),
        ({"last_message": {"equals": "hi"}}, asked([{"type": "text", "text": "hi"}])),
        ({"last_message": {"equals": "hi"}}, Occasion({"messages": "hi"}, 1)),
        ({"last_message": {"equals": "hi"}}, Occasion({"messages": [["user", "hi"]]}, 1)),
        ({"input": {"kind": "a"}}, asked("x", kind="a")),
        ({"input": {"list.1.k": [1]}}, asked("x", list=[0, {"k": [1]}])),
        ({"input": {"kind": {"contains": "b"}}}, asked("x", kind="abc")),
        ({"input": {"kind": {"deep": 1}}}, asked("x", kind={"deep": 1})),
        ({"turn": 3}, asked("x", 3)),
        ({"resumed": True}, asked("x", resumed=True)),
        ({"resumed": False}, asked("x")),
    ],
)
def test_a_matcher_fits(when: dict[str, Any], occasion: Occasion) -> None:
    assert matching.misses(when, occasion) == []


@pytest.mark.parametrize(
    ("when", "occasion", "text"),
    [
        (
            {"last_message": {"equals": "hi"}},
            asked("ho"),
            "last_message: expected a text that equals 'hi', got 'ho'",
        ),
        (
            {"last_message": {"contains": "x"}},
            Occasion({}, 1),
            "last_message: expected a text that contains 'x', got no text",
        ),
        ({"last_message": {"contains": "x"}}, Occasion({"messages": [5]}, 1), "got no text"),
        ({"last_message": {"contains": "x"}}, Occasion({"messages": []}, 1), "got no text"),
        ({"input": {"kind": "a"}}, asked("x", kind="b"), 'input.kind: expected "a", got "b"'),
        ({"input": {"kind": "a"}}, asked("x"), 'input.kind: expected "a", got nothing'),
        ({"input": {"a.b": 1}}, asked("x", a=5), "input.a.b: expected 1, got nothing"),
        ({"input": {"kind": {"matches": "b"}}}, asked("x", kind=7), "got no text"),
        ({"turn": 2}, asked("x", 1), "turn: expected 2, got 1"),
        ({"resumed": True}, asked("x"), "resumed: expected true, got false"),
        ({}, asked("x", resumed=True), "resumed: expected false, got true"),
    ],
)
def test_a_matcher_says_what_differs(when: dict[str, Any], occasion: Occasion, text: str) -> None:
    (miss,) = matching.misses(when, occasion)
    assert text in str(miss)


def test_the_closest_turn_is_the_one_with_fewest_differences() -> None:
    turns: list[dict[str, Any]] = [
        {"last_message": {"equals": "a"}, "turn": 2, "input": {"k": 1}},
        {"last_message": {"equals": "b"}, "turn": 1},
        {"turn": 9, "input": {"k": 2}},
    ]
    text = matching.explain(turns, asked("c"))
    assert text == (
        "turn 2 of 3 came closest; last_message: expected a text that equals 'b', got 'c'"
    )


def test_an_agent_without_turns_is_told_so() -> None:
    assert matching.explain([], asked("c")) == "the agent has no turns and no default"
