from __future__ import annotations

from typing import Any

import pytest

from mockserver.engine import channels
from mockserver.engine.failures import InvalidUpdateError

ALL = (
    channels.chat(),
    channels.newest("script"),
    channels.appended("log"),
    channels.merged("data"),
    channels.plain("note"),
    channels.private("__own__"),
)


def apply(values: dict[str, Any], *writes: tuple[str, Any]) -> dict[str, Any]:
    return channels.apply(ALL, values, list(writes))[0]


def test_reducers_have_a_value_before_any_write_and_plain_keys_have_none() -> None:
    assert channels.initial(ALL) == {"messages": [], "script": [], "log": [], "data": {}}


def test_each_channel_merges_in_its_way() -> None:
    values = apply(
        channels.initial(ALL),
        ("log", ["a"]),
        ("data", {"x": 1, "y": 1}),
        ("script", [1]),
        ("note", None),
        ("log", ["b"]),
        ("data", {"y": 2}),
        ("script", [2]),
    )
    assert values == {
        "messages": [],
        "script": [2],
        "log": ["a", "b"],
        "data": {"x": 1, "y": 2},
        "note": None,
    }
    assert list(values) == ["messages", "script", "log", "data", "note"], "in channel order"


def test_nothing_is_changed_in_place() -> None:
    before = {"log": ["a"], "data": {"x": 1}}
    after, touched = channels.apply(ALL, before, [("log", ["b"]), ("data", {"x": 2})])
    assert before == {"log": ["a"], "data": {"x": 1}}
    assert (after["log"], after["data"]) == (["a", "b"], {"x": 2})
    assert touched == {"log", "data"}


def test_two_writes_to_a_plain_key_are_one_too_many() -> None:
    with pytest.raises(InvalidUpdateError, match="'note' takes one value a superstep and got 2"):
        apply({}, ("note", 1), ("note", 2))


@pytest.mark.parametrize(("name", "value"), [("log", "text"), ("log", {}), ("data", [1])])
def test_a_write_of_the_wrong_type_is_a_type_error(name: str, value: Any) -> None:
    with pytest.raises(TypeError):
        apply(channels.initial(ALL), (name, value))


def test_writes_by_callers_are_normalised_and_unknown_keys_dropped() -> None:
    writes = channels.normalise(ALL, {"zzz": 1, "messages": "hi", "note": 2}, lambda: "id")
    assert [name for name, _ in writes] == ["messages", "note"]
    assert writes[0][1][0]["id"] == "id"
