from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from mockserver.engine import coercion, messages
from mockserver.engine.coercion import MessageFormError


def human(text: str, identity: str) -> dict[str, Any]:
    return {**coercion.coerce(text), "id": identity}


WIRE: dict[str, Any] = {"additional_kwargs": {}, "response_metadata": {}, "name": None, "id": None}


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("hi", {**WIRE, "type": "human", "content": "hi"}),
        (["user", "hi"], {**WIRE, "type": "human", "content": "hi"}),
        ({"role": "user", "content": "hi"}, {**WIRE, "type": "human", "content": "hi"}),
        ({"type": "human", "content": None}, {**WIRE, "type": "human", "content": ""}),
        ({"role": "system", "content": "s"}, {**WIRE, "type": "system", "content": "s"}),
        (
            {"role": "developer", "content": "d"},
            {
                **WIRE,
                "type": "system",
                "content": "d",
                "additional_kwargs": {"__openai_role__": "developer"},
            },
        ),
        (
            {"role": "user", "content": "x", "id": 7, "name": "n", "extra": 1},
            {
                **WIRE,
                "type": "human",
                "content": "x",
                "id": "7",
                "name": "n",
                "additional_kwargs": {"extra": 1},
            },
        ),
        (
            {"role": "tool", "content": {"a": 1}, "tool_call_id": "c", "artifact": [1]},
            {
                **WIRE,
                "type": "tool",
                "content": "{'a': 1}",
                "tool_call_id": "c",
                "artifact": [1],
                "status": "success",
            },
        ),
        (
            {"lc": 1, "type": "constructor", "id": [], "kwargs": {"type": "human", "content": "k"}},
            {**WIRE, "type": "human", "content": "k"},
        ),
        (
            {"role": "function", "name": "f", "content": "z"},
            {**WIRE, "type": "function", "name": "f", "content": "z"},
        ),
    ],
)
def test_what_callers_write_takes_the_wire_form(written: Any, form: dict[str, Any]) -> None:
    assert coercion.coerce(written) == form


def test_an_ai_message_has_its_tool_calls_in_one_form() -> None:
    call = {"name": "t", "args": {"a": 1}, "id": "c"}
    function = {"id": "c", "type": "function", "function": {"name": "t", "arguments": '{"a":1}'}}
    broken = {"id": "d", "function": {"name": "u", "arguments": "{"}}
    message = coercion.coerce(
        {"role": "assistant", "content": "", "tool_calls": [call, function, broken]}
    )
    assert message["type"] == "ai"
    assert message["tool_calls"] == [{**call, "type": "tool_call"}] * 2
    assert message["invalid_tool_calls"] == [
        {"name": "u", "args": "{", "id": "d", "error": None, "type": "invalid_tool_call"}
    ]
    assert message["usage_metadata"] is None


@pytest.mark.parametrize(
    ("written", "error"),
    [
        (5, NotImplementedError),
        (None, NotImplementedError),
        (["user"], NotImplementedError),
        ([1, 2], NotImplementedError),
        ({"role": "user"}, ValueError),
        ({"content": "x"}, ValueError),
        ({"role": "bogus", "content": "x"}, ValueError),
        ({"role": ["user"], "content": "x"}, ValueError),
        ({"role": "tool", "content": "x"}, KeyError),
        ({"role": "user", "content": 5}, MessageFormError),
        ({"role": "user", "content": [5]}, MessageFormError),
        ({"role": "user", "content": "x", "name": 5}, MessageFormError),
        ({"role": "user", "content": "x", "additional_kwargs": 5}, MessageFormError),
        ({"role": "ai", "content": "x", "tool_calls": 5}, MessageFormError),
        ({"role": "ai", "content": "x", "tool_calls": [{"name": 1}]}, MessageFormError),
        ({"role": "function", "content": "x"}, MessageFormError),
        ({"lc": 1, "type": "constructor", "kwargs": 5}, ValueError),
    ],
)
def test_what_is_no_message_is_refused(written: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        coercion.coerce(written)


def test_messages_written_without_an_id_get_one() -> None:
    numbers = count()
    made = coercion.coerce_all(["a", {"role": "user", "content": "b", "id": "own"}], lambda: "n")
    assert [message["id"] for message in made] == ["n", "own"]
    single = coercion.coerce_all("solo", lambda: f"n{next(numbers)}")
    assert [(message["id"], message["content"]) for message in single] == [("n0", "solo")]
    with pytest.raises(ValueError, match="null"):
        coercion.coerce_all(None, lambda: "n")


def test_new_messages_are_appended_and_known_ones_replaced() -> None:
    old = [human("a", "1"), human("b", "2")]
    merged = messages.merge(old, [human("B", "2"), human("c", "3")])
    assert [(m["id"], m["content"]) for m in merged] == [("1", "a"), ("2", "B"), ("3", "c")]
    assert [m["content"] for m in old] == ["a", "b"], "the old list is not touched"


def remove(identity: str) -> dict[str, Any]:
    return coercion.coerce({"role": "remove", "content": "", "id": identity})


def test_remove_messages_remove() -> None:
    old = [human("a", "1"), human("b", "2")]
    assert messages.merge(old, [remove("1")]) == old[1:]
    assert messages.merge(old, [remove("1"), human("again", "1")])[0]["content"] == "again"
    with pytest.raises(ValueError, match="there is none of that id"):
        messages.merge(old, [remove("9")])


def test_remove_all_drops_what_is_before_it() -> None:
    old = [human("a", "1")]
    new = [human("b", "2"), remove(messages.REMOVE_ALL), human("c", "3")]
    assert messages.merge(old, new) == new[2:]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a", "a"),
        ([{"type": "text", "text": "a"}, "b", {"type": "image_url"}, {"type": "text"}], "ab"),
        (None, ""),
        ([], ""),
    ],
)
def test_the_text_of_a_content(content: Any, text: str) -> None:
    assert messages.text_of(content) == text
