"""JSON-RPC as scenarios send it and checks read it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from conformance import jsonrpc
from conformance.errors import StoppedError, Violation
from tests.conformance.making import exchange

OK = {"jsonrpc": "2.0", "id": "call", "result": {"a": "b"}}
FAILED = {"jsonrpc": "2.0", "id": "call", "error": {"code": -32602, "message": "no"}}


def answered(body: Any, status: int = 200, call_id: Any = "call") -> Any:
    sent = orjson.dumps(jsonrpc.call("ping", None, call_id))
    return exchange("post_mcp", status, body, request_body=sent)


def test_a_result_is_read() -> None:
    assert jsonrpc.result(answered(OK)) == {"a": "b"}
    assert jsonrpc.found(answered(OK)) == {"a": "b"}
    assert jsonrpc.given(answered(OK), "a") == "b"


def test_an_error_is_read() -> None:
    assert jsonrpc.refused(answered(FAILED), -32600, -32602)["message"] == "no"


@pytest.mark.parametrize(
    ("body", "status", "call_id"),
    [
        (OK, 500, "call"),
        (OK, 200, 0),
        (OK, 200, None),
        ({**OK, "jsonrpc": "1.0"}, 200, "call"),
        ({**OK, "result": []}, 200, "call"),
        ({**OK, "error": {}}, 200, "call"),
        (FAILED, 200, "call"),
        ([OK], 200, "call"),
    ],
)
def test_what_is_no_result(body: Any, status: int, call_id: Any) -> None:
    with pytest.raises(Violation):
        jsonrpc.result(answered(body, status, call_id))


@pytest.mark.parametrize(
    "error", [None, "no", {}, {"code": -32601, "message": "no"}, {"code": -32602}]
)
def test_what_is_no_such_error(error: Any) -> None:
    with pytest.raises(Violation):
        jsonrpc.refused(answered({**FAILED, "error": error}), -32602)


@pytest.mark.parametrize("body", [[], {}, {"result": 5}, {"result": {"a": 5}}, FAILED, b"<"])
def test_a_scenario_stops_where_nothing_is_given(body: Any) -> None:
    assert jsonrpc.found(answered(body)) in ({}, {"a": 5})
    with pytest.raises(StoppedError, match="no result with `a`"):
        jsonrpc.given(answered(body), "a")
