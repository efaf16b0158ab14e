"""Whatever a server answers, a check passes, fails or has nothing to judge; it never breaks.

Real recordings are spoilt: one answer after the other is replaced by something odd.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance.errors import NotExercisedError, Violation
from conformance.recording import Exchange, Recording, StreamRecord
from conformance.registry import checks
from conformance.streams.reader import Frame
from tests.conformance.served import recordings

Spoil = Callable[[Exchange], Exchange]


def with_body(body: bytes) -> Spoil:
    return lambda found: replace(found, body=body, stream=None)


def without_answer(found: Exchange) -> Exchange:
    return replace(found, status=None, body=b"", headers={}, stream=None, error="ReadError")


def broken(found: Exchange) -> Exchange:
    return replace(found, status=500, body=b"Internal Server Error", headers={}, stream=None)


def with_frames(*frames: Frame) -> Spoil:
    return lambda found: replace(found, stream=StreamRecord(frames)) if found.stream else found


def with_data(data: str | None) -> Spoil:
    def spoil(found: Exchange) -> Exchange:
        if found.stream is None:
            return found
        frames = tuple(replace(frame, data=data) for frame in found.stream.frames)
        return replace(found, stream=StreamRecord(frames))

    return spoil


SPOILS: dict[str, Spoil] = {
    "null": with_body(b"null"),
    "object": with_body(b"{}"),
    "array": with_body(b"[]"),
    "text": with_body(b'"odd"'),
    "number": with_body(b"7"),
    "array-of-null": with_body(b"[null, 7, {}, []]"),
    "no-json": with_body(b"<html>"),
    "nulls": with_body(
        b'{"run_id":null,"thread_id":null,"status":null,"metadata":null,"values":null,"next":null,'
        b'"tasks":null,"checkpoint":null,"interrupts":null,"kwargs":null,"config":null,"nodes":null,'
        b'"edges":null,"paths":null,"__interrupt__":null,"__error__":null,"parent_checkpoint":null,'
        b'"created_at":null,"updated_at":null,"assistant_id":null,"multitask_strategy":null}'
    ),
    "sevens": with_body(
        b'{"run_id":7,"thread_id":7,"status":7,"metadata":7,"values":7,"next":7,"tasks":7,'
        b'"checkpoint":7,"interrupts":7,"kwargs":7,"config":7,"nodes":7,"edges":7,"paths":7,'
        b'"__interrupt__":7,"__error__":7,"parent_checkpoint":7,"created_at":7,"updated_at":7,'
        b'"assistant_id":7,"multitask_strategy":7,"state":7,"version":7,"extracted":7}'
    ),
    "lists": with_body(
        b'[{"run_id":[],"thread_id":[],"status":[],"metadata":[],"values":[],"next":{},"tasks":[7],'
        b'"checkpoint":[],"interrupts":[7],"kwargs":[],"config":[],"created_at":[],"updated_at":[],'
        b'"parent_checkpoint":[],"assistant_id":[],"multitask_strategy":[],"extracted":[]}]'
    ),
    "nested-lists": with_body(
        b'{"values":{"log":7,"data":7},"next":[7],"tasks":[{"interrupts":7,"state":7}],"metadata":{},'
        b'"nodes":[7],"edges":[7],"paths":{"/a":7},"__interrupt__":[7],"interrupts":{"a":[7]},'
        b'"checkpoint":{"checkpoint_id":7},"created_at":"x","parent_checkpoint":{},"kwargs":{}}'
    ),
    "no-answer": without_answer,
    "500": broken,
    "no-frames": with_frames(),
    "odd-frames": with_frames(Frame(), Frame(event="values"), Frame(event="error|", data="7")),
    "data-null": with_data("null"),
    "data-none": with_data(None),
    "data-number": with_data("7"),
    "data-array": with_data("[7, null]"),
    "data-object": with_data('{"a": 7}'),
    "data-nested": with_data('[{"id": 7, "content": null}, {}]'),
}


def spoilt(recording: Recording, spoil: Spoil) -> Iterator[Recording]:
    """The recording with each exchange that a check may look at spoilt, one at a time; then all."""
    for index, found in enumerate(recording.exchanges):
        if found.label:
            changed = list(recording.exchanges)
            changed[index] = spoil(found)
            yield replace(recording, exchanges=tuple(changed))
    yield replace(recording, exchanges=tuple(spoil(found) for found in recording.exchanges))


@pytest.mark.parametrize("name", SPOILS)
def test_no_answer_breaks_a_check(name: str) -> None:
    _, seen = recordings()
    for found in checks().values():
        if found.scenario is None or found.judge is None:
            continue
        for recording in spoilt(seen[found.scenario], SPOILS[name]):
            judged(found.judge, recording)


@pytest.mark.parametrize("name", SPOILS)
def test_no_answer_breaks_a_universal_check(name: str) -> None:
    _, seen = recordings()
    small = [seen[name] for name in ("one_run", "waited", "streamed", "listing", "stateless")]
    for found in checks().values():
        if found.universal is None:
            continue
        for recording in small:
            for changed in spoilt(recording, SPOILS[name]):
                judged(found.universal, [changed])


def judged(judge: Callable[[Any], Any], recording: Any) -> None:
    with contextlib.suppress(Violation, NotExercisedError):
        judge(recording)


def test_missing_notes_and_labels_are_not_exercised() -> None:
    for found in checks().values():
        if found.judge is not None:
            with pytest.raises((NotExercisedError, Violation)):
                found.judge(Recording(str(found.scenario)))
