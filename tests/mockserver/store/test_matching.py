from __future__ import annotations

from typing import Any

import pytest

from mockserver.store.matching import contains


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"a": 1, "b": 2}, {}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": {"x": 1, "y": [1]}}, {"a": {"y": [1]}}),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": None}, {"a": None}),
    ],
)
def test_what_is_contained(value: Any, wanted: Any) -> None:
    assert contains(value, wanted)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": "1"}),
        ({"a": True}, {"a": 1}),
        ({"a": 0}, {"a": False}),
        ({"a": [1, 2]}, {"a": [1]}),
        ({"a": [True]}, {"a": [1]}),
        ({"a": [{"b": 2, "c": 3}]}, {"a": [{"b": 2}]}),
        ({"a": 1}, {"a": {}}),
        ({}, {"a": None}),
    ],
)
def test_what_is_not(value: Any, wanted: Any) -> None:
    assert not contains(value, wanted)
