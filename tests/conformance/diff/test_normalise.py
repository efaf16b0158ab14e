"""The normal form: ids and times lose their values, and keep what they refer to."""

from __future__ import annotations

import json
import string
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.diff.normalise import Normaliser
from conformance.recording import StreamRecord
from conformance.streams.reader import Frame
from tests.conformance.making import ASSISTANT, EARLY, LATE, RUN_ID, THREAD, exchange, run

IDS = st.lists(st.uuids(version=4), min_size=1, max_size=6, unique=True)
KEYS = st.sampled_from(("run_id", "thread_id", "assistant_id", "checkpoint_id", "name", "id"))
WORDS = st.text(string.ascii_lowercase + " ", max_size=8)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Any, list[uuid.UUID]]:
    """A JSON value full of ids, and the ids in it."""
    ids = draw(IDS)
    leaf = st.one_of(
        st.sampled_from([str(found) for found in ids]),
        st.sampled_from([f"nest:{found}" for found in ids]),
        WORDS,
        st.integers(0, 9),
        st.none(),
    )
    value = draw(
        st.recursive(
            leaf,
            lambda inner: st.one_of(
                st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)
            ),
            max_leaves=12,
        )
    )
    return value, ids


def renamed(value: Any, names: dict[str, str]) -> Any:
    """The value with every id replaced by another."""
    if isinstance(value, str):
        for old, new in names.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, list):
        return [renamed(inner, names) for inner in value]
    if isinstance(value, dict):
        return {key: renamed(inner, names) for key, inner in value.items()}
    return value


@settings(deadline=None)
@given(bodies())
def test_other_ids_in_the_same_places_give_the_same(found: tuple[Any, list[uuid.UUID]]) -> None:
    value, ids = found
    names = {str(old): str(uuid.uuid4()) for old in ids}
    assert Normaliser().value(value) == Normaliser().value(renamed(value, names))


@settings(deadline=None)
@given(bodies())
def test_no_id_is_left(found: tuple[Any, list[uuid.UUID]]) -> None:
    value, ids = found
    shown = str(Normaliser().value(value))
    assert not any(str(one) in shown for one in ids)


@settings(deadline=None)
@given(st.uuids(version=4), st.uuids(version=4))
def test_one_id_twice_is_not_two_ids(one: uuid.UUID, other: uuid.UUID) -> None:
    twice = Normaliser().value([str(one), str(one)])
    two = Normaliser().value([str(one), str(other)])
    assert (twice == two) == (one == other)


@settings(deadline=None)
@given(bodies())
def test_the_normal_form_of_the_normal_form_is_itself(found: tuple[Any, list[uuid.UUID]]) -> None:
    once = Normaliser().value(found[0])
    assert Normaliser().value(once) == once


@settings(deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_times_shifted_together_give_the_same(seconds: int, shift: int) -> None:
    start = datetime.fromtimestamp(seconds, UTC)

    def told(moved: timedelta) -> list[Any]:
        normaliser = Normaliser()
        moments = [start + moved, start + moved + timedelta(seconds=1)]
        return [
            normaliser.answer(exchange(body=run(updated_at=stamp(moment)))).body
            for moment in moments
        ]

    assert told(timedelta()) == told(timedelta(microseconds=shift))


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def test_an_id_keeps_its_name_in_later_answers() -> None:
    normaliser = Normaliser()
    first = normaliser.answer(exchange(body=run(), path="/x"), 0)
    later = normaliser.answer(exchange(body={"name": RUN_ID, "text": f"of {THREAD}"}, path="/x"), 3)
    assert first.body["run_id"] == "<run:0.1>"
    assert later.body == {"name": "<run:0.1>", "text": "of <thread:0.1>"}


def test_an_id_too_many_shifts_none_in_later_answers() -> None:
    one, other = Normaliser(), Normaliser()
    extra = {"thread_id": str(uuid.uuid4())}
    one.answer(exchange(body={}, path="/x"), 0)
    other.answer(exchange(body=extra, path="/x"), 0)
    body = {"thread_id": THREAD}
    assert one.answer(exchange(body=body, path="/x"), 1) == other.answer(
        exchange(body=body, path="/x"), 1
    )


def test_ids_of_both_servers_graphs_stay_as_they_are() -> None:
    assert Normaliser(literal=[ASSISTANT]).value({"assistant_id": ASSISTANT}) == {
        "assistant_id": ASSISTANT
    }


def test_whether_a_time_moved_is_kept() -> None:
    normaliser = Normaliser()
    told = [
        normaliser.answer(exchange(body=run(updated_at=when))).body["updated_at"]
        for when in (EARLY, EARLY, LATE, EARLY)
    ]
    assert told == ["<time>", "<time =before>", "<time >before>", "<time <before>"]


def test_a_time_before_the_creation_is_told() -> None:
    body = run(created_at=LATE, updated_at=EARLY)
    assert Normaliser().value(body)["updated_at"] == "<time <created_at>"


@pytest.mark.parametrize("odd", ["2026-11-20T07:55:38Z", "2026-11-20T07:55:38.069+00:00"])
def test_a_time_of_another_form_is_told(odd: str) -> None:
    shown = Normaliser().value(run(created_at=odd, updated_at=odd))
    assert shown["updated_at"] == "<time of another form>"


def test_hosts_versions_and_wording_are_dropped() -> None:
    normaliser = Normaliser("http://127.0.0.1:5", said=["boom"])
    assert normaliser.value(
        {
            "detail": "anything",
            "langgraph_api_url": "http://x",
            "langgraph_version": "1",
            "where": "http://127.0.0.1:5/threads",
            "error": {"error": "GraphRecursionError", "message": "too deep"},
            "own": {"error": "ValueError", "message": "boom"},
            "key": {"error": "KeyError", "message": "'boom'"},
            "unsaid": {"error": "ValueError", "message": "must be positive"},
            "tasks": [{"error": "ValueError('boom')"}, {"error": "ValueError('no')"}],
        }
    ) == {
        "detail": "<text>",
        "where": "<url>/threads",
        "error": {"error": "GraphRecursionError", "message": "<text>"},
        "own": {"error": "ValueError", "message": "boom"},
        "key": {"error": "KeyError", "message": "'boom'"},
        "unsaid": {"error": "ValueError", "message": "<text>"},
        "tasks": [{"error": "ValueError('boom')"}, {"error": "ValueError(<text>)"}],
    }


def test_numbers_that_are_times_or_sizes_are_dropped_and_others_stay() -> None:
    value = {"at": 1795161338068, "bytes": 17, "n": 17, "on": True}
    told = {"at": "<ms>", "bytes": "<size>", "n": 17, "on": True}
    assert Normaliser().value(value) == told


def test_only_headers_that_matter_are_kept() -> None:
    headers = {
        "content-type": "application/json",
        "date": "now",
        "allow": "POST, GET",
        "location": f"/threads/{THREAD}/runs/{RUN_ID}/join",
    }
    assert Normaliser().answer(exchange(headers=headers, path="/x")).headers == {
        "content-type": "application/json",
        "allow": "GET, POST",
        "location": "/threads/<thread:0.1>/runs/<run:0.1>/join",
    }


def frame(event: str, data: str, number: str | None = None) -> Frame:
    return Frame(event=event, data=data, id=number)


def test_each_mode_is_read_on_its_own_and_in_order() -> None:
    values, updates = frame("values", '{"a":1}'), frame("updates", '{"n":2}')
    more = frame("values", '{"a":2}')
    one = StreamRecord((values, updates, more))
    other = StreamRecord((updates, values, more))
    swapped = StreamRecord((more, updates, values))
    read = [Normaliser().events(stream) for stream in (one, other, swapped)]
    assert read[0] == read[1]
    assert read[0] != read[2]


def test_whether_events_have_ids_and_how_a_stream_ended_are_kept() -> None:
    told = Normaliser().events(StreamRecord((frame("values", "{}", "17-0"),), ended="broken"))
    assert told == {"values": [{"data": {}, "id": "<event id>"}], "<end>": ["broken"]}


def test_tasks_of_one_superstep_are_read_one_by_one() -> None:
    def told(*order: str) -> dict[str, list[Any]]:
        frames = tuple(
            frame("messages", f'[{{"content":"{node}"}},{{"langgraph_node":"{node}"}}]')
            for node in order
        )
        return Normaliser().events(StreamRecord(frames))

    assert told("left", "right", "left") == told("left", "left", "right")
    assert told("work", "check") != told("check", "work")


def test_the_wording_of_json_rpc_is_dropped_and_its_code_stays() -> None:
    def told(**error: Any) -> Any:
        return Normaliser().value({"jsonrpc": "2.0", "id": 1, "error": error})["error"]

    assert told(code=-32602, message="no") == {"code": -32602, "message": "<text>"}
    assert told(code=-32602, message="no") != told(code=-32603, message="no")
    refused = exchange(status=400, body={"error": "Accept must name a media type"})
    assert Normaliser().answer(refused).body == {"error": "<text>"}


def test_tools_are_a_set() -> None:
    tools = [{"name": "b", "title": "B"}, {"name": "a", "title": "A"}]
    assert Normaliser().value({"tools": tools}) == Normaliser().value({"tools": tools[::-1]})


def test_what_a_task_says_of_its_end_is_wording_but_for_the_error() -> None:
    def told(text: str, state: str = "failed") -> Any:
        message = {"parts": [{"kind": "text", "text": text}]}
        return Normaliser().value({"status": {"state": state, "message": message}})

    assert told("It is done", "completed") == told("Completed", "completed")
    assert told("Failed with: ValueError") == told("Error: ValueError")
    assert told("Error: ValueError") != told("Error: KeyError")
    assert told("one", "working") != told("two", "working")


def test_messages_of_tasks_side_by_side_are_read_task_by_task() -> None:
    def told(*nodes: str) -> Any:
        frames = []
        for node in nodes:
            metadata = json.dumps({f"m-{node}": {"metadata": {"langgraph_node": node}}})
            partial = json.dumps([{"id": f"m-{node}", "content": node}])
            frames += [frame("messages/metadata", metadata), frame("messages/partial", partial)]
        return Normaliser().events(StreamRecord(tuple(frames)))

    assert told("left", "right") == told("right", "left")
    assert told("work", "check") != told("check", "work")


def test_events_of_the_protocol_are_known_by_their_place_or_by_what_they_say() -> None:
    events = [
        {"type": "event", "event_id": f"1795184589762-{n}", "seq": n, "run_id": RUN_ID}
        for n in (1, 2)
    ]
    synthetic = {"type": "event", "event_id": f"synth:{RUN_ID}:lc||running", "seq": 3}
    found = [Normaliser().value(event) for event in (*events, synthetic)]
    assert [one["event_id"] for one in found] == [
        *["<event id>"] * 2,
        "synth:<id:0.1>:lc||running",
    ]
    assert [one["seq"] for one in found] == [1, 2, 3]
    assert "run_id" not in found[0]


def test_of_what_a_thread_takes_to_store_the_keys_of_the_state_are_compared() -> None:
    def told(**channels: Any) -> Any:
        measured = {name: {"bytes": 1, "versions": count} for name, count in channels.items()}
        return Normaliser().value({"channel_values": {"count": 3, "by_channel": measured}})

    assert told(messages=1) == told(messages=2, __start__=1, **{"branch:to:work": 1})
    assert told(messages=1) != told(messages=1, note=1)
