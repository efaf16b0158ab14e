"""Recordings: labels, notes, decoding."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from conformance.errors import NotExercisedError
from conformance.recording import NO_JSON, decoded
from conformance.streams.reader import Frame
from tests.conformance.making import METADATA, exchange, frame, recording, stream

FOUND = recording(
    exchange(label="one", body={"a": 1}),
    exchange(label="more/1", at=1),
    exchange(label="more/2", at=2),
    exchange("list_runs", at=3),
    notes=MappingProxyType({"n": 0}),
)


def test_labels_find_exchanges() -> None:
    assert FOUND["one"].json == {"a": 1}
    assert [found.label for found in FOUND.each("more")] == ["more/1", "more/2"]
    assert [found.label for found in FOUND.each("one")] == ["one"]
    assert FOUND.has("one")
    assert not FOUND.has("two")
    assert len(FOUND.of("get_run")) == 3


def test_what_is_missing_is_not_exercised() -> None:
    with pytest.raises(NotExercisedError, match="two"):
        FOUND["two"]
    with pytest.raises(NotExercisedError, match="mor"):
        FOUND.each("mor")
    with pytest.raises(NotExercisedError, match="wings"):
        FOUND.note("wings")
    assert FOUND.note("n") == 0


def test_the_reason_for_stopping_is_told() -> None:
    stopped = recording(stopped="no thread_id")
    with pytest.raises(NotExercisedError, match="no thread_id"):
        stopped["one"]


def test_no_json_is_told_from_null() -> None:
    assert decoded(b"null") is None
    assert decoded(b"") is NO_JSON
    assert decoded(None) is NO_JSON
    assert decoded("{") is NO_JSON
    assert decoded(b"\n\n{}") == {}


def test_content_type_is_without_parameters() -> None:
    headers = MappingProxyType({"content-type": "Text/Event-Stream; charset=utf-8"})
    assert exchange(headers=headers).content_type == "text/event-stream"
    assert exchange(headers=MappingProxyType({})).content_type == ""


def test_streams_tell_events_from_comments() -> None:
    found = stream(METADATA, Frame(comment="beat"), frame("custom", 1), Frame(event="custom"))
    assert len(found.events) == 3
    assert len(found.comments) == 1
    assert found.datas("custom") == [1]
    assert len(found.named("custom", "metadata")) == 3
