"""JSON-RPC 2.0 as scenarios send it and checks read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.errors import StoppedError, Violation, shown
from conformance.recording import NO_JSON

if TYPE_CHECKING:
    from conformance.recording import Exchange

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602


def call(method: str, params: Any = None, call_id: Any = "call") -> dict[str, Any]:
    """A call; without `params` where there are none."""
    found = {"jsonrpc": "2.0", "id": call_id, "method": method}
    return found if params is None else {**found, "params": params}


def result(exchange: Exchange) -> dict[str, Any]:
    """The result that a call was answered with. Raises Violation where it was none."""
    found = answer(expect.mapping(exchange), exchange)
    if not isinstance(found.get("result"), dict):
        raise Violation("an answer with a `result`", found, exchange)
    return dict(found["result"])


def refused(exchange: Exchange, *codes: int) -> dict[str, Any]:
    """The error object that a call was answered with, its code one of these."""
    return error(answer(expect.mapping(exchange), exchange), exchange, *codes)


def error(found: dict[str, Any], exchange: Exchange, *codes: int) -> dict[str, Any]:
    """The error object in an answer, its code one of these. Raises Violation."""
    told = found.get("error")
    names = " or ".join(map(str, codes))
    if not isinstance(told, dict) or told.get("code") not in codes:
        raise Violation(f"error {names}", found, exchange)
    expect.ensure(isinstance(told.get("message"), str), "a string `message`", told, exchange)
    return told


def answer(found: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """An answer to the call of an exchange: its version, its id, one of result and error."""
    if found.get("jsonrpc") != "2.0":
        raise Violation('an answer with jsonrpc "2.0"', found, exchange)
    if isinstance(exchange.sent, dict) and "id" in exchange.sent:
        expect.equal(found.get("id"), exchange.sent["id"], "id", exchange)
    if ("result" in found) is ("error" in found):
        raise Violation("either a `result` or an `error`", sorted(found), exchange)
    return found


def found(exchange: Exchange) -> dict[str, Any]:
    """What a scenario goes on with: the object that a call gave, empty where it gave none."""
    value = exchange.json.get("result") if isinstance(exchange.json, dict) else None
    return value if isinstance(value, dict) else {}


def given(exchange: Exchange, name: str) -> str:
    """A text in the result of a call. Raises StoppedError where there is none."""
    value = found(exchange).get(name)
    if isinstance(value, str) and value:
        return value
    got = exchange.error or shown(exchange.json if exchange.json is not NO_JSON else b"", 120)
    raise StoppedError(f"{exchange.title} had no result with `{name}` to go on with: {got}")
