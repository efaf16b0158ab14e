"""The stream grammar: what it accepts, and each fault by itself."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.streams import grammar
from conformance.streams.reader import Frame
from tests.conformance.making import METADATA, RUN_ID, frame, stream

VALUES = frame("values", {})
ERROR = frame("error", {"error": "ValueError", "message": "boom"})


def test_base_and_namespace() -> None:
    assert grammar.base("updates|nest:1") == "updates"
    assert grammar.namespace("updates|nest:1") == "nest:1"
    assert grammar.namespace("updates") is None
    assert grammar.base(None) == ""


@pytest.mark.parametrize(
    ("body", "modes"),
    [
        ({}, ("values",)),
        ({"stream_mode": []}, ("values",)),
        ({"stream_mode": "updates"}, ("updates",)),
        ({"stream_mode": ["custom", "tasks"]}, ("custom", "tasks")),
        (None, ("values",)),
    ],
)
def test_modes_asked_for(body: Any, modes: tuple[str, ...]) -> None:
    assert grammar.modes_of(body) == modes


def test_lawful_stream_has_no_faults() -> None:
    found = stream(METADATA, VALUES, Frame(comment="heartbeat"), ERROR)
    assert list(grammar.frame_faults(found)) == []
    assert list(grammar.metadata_faults(found)) == []
    assert list(grammar.error_faults(found)) == []
    assert list(grammar.name_faults(found, ("values",), subgraphs=False)) == []


@pytest.mark.parametrize(
    "broken",
    [
        Frame(data="{}"),
        Frame(event="values"),
        Frame(event="values", data="{'a'}"),
        Frame(event="values", data="{}", unknown=("what",)),
    ],
)
def test_frame_faults(broken: Frame) -> None:
    faults = list(grammar.frame_faults(stream(METADATA, broken)))
    assert [index for _, index in faults] == [1]


def test_cut_off_event_is_a_fault_only_where_the_server_closed() -> None:
    rest = Frame(event="values", data="{")
    assert list(grammar.frame_faults(stream(METADATA, unfinished=rest)))
    assert not list(grammar.frame_faults(stream(METADATA, unfinished=rest, ended="left")))


@pytest.mark.parametrize(
    ("name", "modes", "subgraphs", "lawful"),
    [
        ("updates", ("values",), False, False),
        ("messages", ("messages-tuple",), False, True),
        ("messages", ("messages",), False, False),
        ("messages/partial", ("messages",), False, True),
        ("messages/partial", ("messages", "messages-tuple"), False, False),
        ("values|nest:1", ("values",), True, True),
        ("values|nest:1", ("values",), False, False),
        ("feedback", ("values",), False, True),
        ("end", ("values",), False, True),
    ],
)
def test_names(name: str, modes: tuple[str, ...], subgraphs: bool, lawful: bool) -> None:
    faults = list(grammar.name_faults(stream(frame(name, {})), modes, subgraphs=subgraphs))
    assert (not faults) is lawful


@pytest.mark.parametrize(
    "frames",
    [
        (),
        (VALUES, METADATA),
        (frame("metadata", {"run_id": RUN_ID, "attempt": 2}),),
        (METADATA, METADATA),
        (frame("metadata", {"attempt": 1}),),
        (frame("metadata", {"run_id": RUN_ID}),),
        (frame("metadata", [1]),),
    ],
)
def test_metadata_faults(frames: tuple[Frame, ...]) -> None:
    assert list(grammar.metadata_faults(stream(*frames)))


def test_a_retry_counts_its_attempts() -> None:
    again = frame("metadata", {"run_id": RUN_ID, "attempt": 2})
    assert not list(grammar.metadata_faults(stream(METADATA, VALUES, again)))


@pytest.mark.parametrize(
    "frames",
    [
        (METADATA, ERROR, VALUES),
        (METADATA, frame("error", {"error": "ValueError"})),
        (METADATA, frame("error", "boom")),
    ],
)
def test_error_faults(frames: tuple[Frame, ...]) -> None:
    assert list(grammar.error_faults(stream(*frames)))


def test_repeated_ids() -> None:
    frames = [frame("custom", n, id=name) for n, name in enumerate(("1-0", "2-0", "1-0", "3-0"))]
    assert grammar.repeated_ids(stream(*frames, VALUES)) == ["1-0"]
