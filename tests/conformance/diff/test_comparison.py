"""What counts as a difference, and under which name."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.diff.comparison import Difference, compare
from conformance.diff.normalise import Answer
from conformance.recording import NO_JSON


def answer(body: Any = NO_JSON, status: int = 200, **fields: Any) -> Answer:
    return Answer(status, fields.pop("headers", {}), body, **fields)


@pytest.mark.parametrize(
    ("a", "b", "field", "kind"),
    [
        ({"x": 1}, {"x": 2}, "body.x", "value"),
        ({"x": 1}, {"x": "1"}, "body.x", "type"),
        ({"x": 1}, {"x": True}, "body.x", "type"),
        ({"x": None}, {"x": {}}, "body.x", "type"),
        ({"x": 1}, {}, "body.x", "gone"),
        ({}, {"x": 1}, "body.x", "new"),
        ([1], [1, 2], "body[]", "length"),
        ([{"x": 1}], [{"x": 2}], "body[].x", "value"),
        ({"x": {"y": [[1]]}}, {"x": {"y": [[2]]}}, "body.x.y[][]", "value"),
        ("<empty>", {}, "body", "type"),
    ],
)
def test_one_difference(a: Any, b: Any, field: str, kind: str) -> None:
    (found,) = compare(answer(a), answer(b))
    assert (found.field, found.kind) == (field, kind)


@pytest.mark.parametrize("body", [{"a": [1, {"b": None}]}, [], None, "text", 1, 1.0])
def test_equal_answers_do_not_differ(body: Any) -> None:
    assert compare(answer(body), answer(body)) == []
    assert compare(answer(1), answer(1.0)) == []


def test_where_the_status_differs_nothing_else_is_told() -> None:
    assert compare(answer({"x": 1}, 200), answer({}, 404)) == [
        Difference("status", "status", 200, 404)
    ]


def test_headers_are_compared() -> None:
    found = compare(answer(headers={"location": "/a"}), answer(headers={"allow": "GET"}))
    assert [(one.field, one.kind) for one in found] == [
        ("header.location", "gone"),
        ("header.allow", "new"),
    ]


def test_events_are_compared_mode_by_mode() -> None:
    a = answer(events={"values": [{"data": {"n": 1}}], "updates": []})
    b = answer(events={"values": [{"data": {"n": 2}}]})
    assert [(one.field, one.kind) for one in compare(a, b)] == [
        ("event values[].data.n", "value"),
        ("event updates", "gone"),
    ]


def test_a_stream_is_no_body() -> None:
    (found,) = compare(answer(events={}), answer({}))
    assert (found.a, found.b) == ("stream", "body")
