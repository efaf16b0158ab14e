"""Requests as they go over the wire, against our own document."""

from __future__ import annotations

import json

import pytest

from conformance.fuzz.wire import Sent, Wire
from spec.document import document

THREAD = "01a1f7f4-30d0-7c11-8a52-3f0f6f0a9b01"
STREAM = f"http://127.0.0.1:1/threads/{THREAD}/runs/{THREAD}/stream"
JSON = {"Content-Type": ["application/json; charset=utf-8"]}
WIRE = Wire(document())


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?cancel_on_disconnect=true",
        "?cancel_on_disconnect=%C3%A9&cancel_on_disconnect=false",
        "?cancel_on_disconnect=0&cancel_on_disconnect=x",
        "?stream_mode=values&stream_mode=%00",
        "?stream_mode=",
        "?unknown=1",
    ],
)
def test_a_query_that_may_be_read_as_documented_conforms(query: str) -> None:
    assert WIRE.conforms("join_run_stream", Sent(STREAM + query))


@pytest.mark.parametrize(
    "query",
    ["?cancel_on_disconnect=maybe", "?cancel_on_disconnect=null", "?cancel_on_disconnect=2"],
)
def test_a_query_of_another_form_does_not(query: str) -> None:
    assert not WIRE.conforms("join_run_stream", Sent(STREAM + query))


@pytest.mark.parametrize(
    ("operation", "uri", "conforming"),
    [
        ("list_runs", f"/threads/{THREAD}/runs?limit=3&select=run_id&select=status", True),
        ("list_runs", f"/threads/{THREAD}/runs?limit=x&limit=1000", True),
        ("list_runs", f"/threads/{THREAD}/runs?limit=1001", False),
        ("list_runs", f"/threads/{THREAD}/runs?limit=1.5", False),
        ("list_runs", f"/threads/{THREAD}/runs?limit={'9' * 5000}", False),
        ("list_runs", f"/threads/{THREAD}/runs?select=run_id&select=colour", False),
        ("list_runs", f"/threads/{THREAD.upper()}/runs", True),
        ("list_runs", f"/threads/{THREAD.replace('-', '')}/runs", True),
        ("list_runs", "/threads/none/runs", False),
        ("list_runs", f"/threads/{THREAD}/runs/{THREAD}", False),
        ("list_runs", "/threads//runs", False),
        ("stream_thread", f"/threads/{THREAD}/stream?stream_modes=lifecycle,state_update", True),
        ("stream_thread", f"/threads/{THREAD}/stream?stream_modes=lifecycle,else", False),
        ("get_store_item", "/store/items?namespace=a.b&key=", True),
        ("get_store_item", "/store/items?namespace=a.b", False),
        ("no_such_operation", "/ok", False),
    ],
)
def test_paths_and_parameters_count(operation: str, uri: str, conforming: bool) -> None:
    assert WIRE.conforms(operation, Sent(uri)) is conforming


@pytest.mark.parametrize(
    ("value", "conforming"), [("0-1", True), ("-", True), ("-1", False), ("x", False)]
)
def test_headers_count(value: str, conforming: bool) -> None:
    sent = Sent(f"/threads/{THREAD}/stream", {"last-event-id": [value]})
    assert WIRE.conforms("stream_thread", sent) is conforming


@pytest.mark.parametrize(
    ("body", "conforming"),
    [
        ({"assistant_id": "agent"}, True),
        ({"assistant_id": "agent", "checkpoint_id": THREAD}, True),
        ({"assistant_id": "agent", "checkpoint_id": THREAD.replace("-", "").upper()}, True),
        ({"assistant_id": "agent", "checkpoint_id": ""}, True),
        ({"assistant_id": "agent", "checkpoint_id": THREAD[1:]}, False),
        ({}, False),
        ([], False),
        ({"assistant_id": "agent", "durability": "never"}, False),
    ],
)
def test_the_body_counts(body: object, conforming: bool) -> None:
    sent = Sent(f"/threads/{THREAD}/runs", JSON, json.dumps(body).encode())
    assert WIRE.conforms("create_run", sent) is conforming


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"assistant_id": NaN}'])
def test_a_body_that_is_none_does_not_conform(body: bytes) -> None:
    assert not WIRE.conforms("create_run", Sent(f"/threads/{THREAD}/runs", JSON, body))


def test_a_body_of_another_kind_does_not_conform() -> None:
    body = b'{"assistant_id": "agent"}'
    plain = {"Content-Type": ["text/plain"]}
    assert WIRE.conforms("create_run", Sent(f"/threads/{THREAD}/runs", JSON, body))
    assert not WIRE.conforms("create_run", Sent(f"/threads/{THREAD}/runs", plain, body))
