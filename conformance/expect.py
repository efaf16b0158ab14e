"""The words checks are written in: each raises a Violation with what was expected and what came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.errors import Violation, shown
from conformance.recording import NO_JSON, Exchange, StreamRecord

if TYPE_CHECKING:
    from collections.abc import Collection


def ensure(condition: object, expected: str, actual: Any, exchange: Exchange | None = None) -> None:
    """Raises a Violation unless the condition holds."""
    if not condition:
        raise Violation(expected, actual, exchange)


def status(exchange: Exchange, *wanted: int) -> None:
    """The answer has one of these statuses."""
    names = " or ".join(str(code) for code in wanted)
    if exchange.status is None:
        raise Violation(f"status {names}", exchange.error or "no answer", exchange)
    if exchange.status not in wanted:
        text = exchange.body[:200].decode("utf-8", "replace")
        got = f"status {exchange.status}" + (f", body {text}" if text else "")
        raise Violation(f"status {names}", got, exchange)


def body(exchange: Exchange, *wanted: int) -> Any:
    """The JSON of an answer with one of these statuses (200 where none is named)."""
    status(exchange, *(wanted or (200,)))
    if exchange.json is NO_JSON:
        raise Violation("a JSON body", shown(exchange.body, 200), exchange)
    return exchange.json


def mapping(exchange: Exchange, *wanted: int) -> dict[str, Any]:
    """The JSON object of an answer with one of these statuses (200 where none is named)."""
    value = body(exchange, *wanted)
    if not isinstance(value, dict):
        raise Violation("a JSON object", value, exchange)
    return value


def array(exchange: Exchange, *wanted: int) -> list[Any]:
    """The JSON array of an answer with one of these statuses (200 where none is named)."""
    value = body(exchange, *wanted)
    if not isinstance(value, list):
        raise Violation("a JSON array", value, exchange)
    return value


def member(exchange: Exchange, name: str, *wanted: int) -> Any:
    """A key's value in the JSON object of an answer."""
    value = mapping(exchange, *wanted)
    if name not in value:
        raise Violation(f"the key `{name}`", f"keys {', '.join(value)}", exchange)
    return value[name]


def equal(actual: Any, wanted: Any, what: str, exchange: Exchange | None = None) -> None:
    """Two JSON values are equal, types included."""
    if actual != wanted or type(actual) is not type(wanted):
        raise Violation(f"{what} {shown(wanted)}", actual, exchange)


def objects(value: Any, what: str, exchange: Exchange) -> list[dict[str, Any]]:
    """A list of objects."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Violation(f"{what} as a list of objects", value, exchange)
    return value


def values(exchange: Exchange) -> dict[str, Any]:
    """The `values` of a state or a thread; empty where they are null."""
    found = member(exchange, "values")
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Violation("values that are an object", found, exchange)
    return found


def stream(exchange: Exchange) -> StreamRecord:
    """The event stream of a 200 answer, however it ended."""
    status(exchange, 200)
    if exchange.stream is None:
        raise Violation("an event stream", exchange.content_type or "no content type", exchange)
    return exchange.stream


def one_of(actual: Any, wanted: Collection[Any], what: str, exchange: Exchange) -> None:
    """A value is one of these."""
    if not any(actual == value for value in wanted):
        raise Violation(f"{what} one of {', '.join(map(str, wanted))}", actual, exchange)


def contains(actual: Any, wanted: dict[str, Any], what: str, exchange: Exchange) -> None:
    """An object holds these keys with these values."""
    if not isinstance(actual, dict):
        raise Violation(f"{what} an object", actual, exchange)
    for name, value in wanted.items():
        if name not in actual or actual[name] != value:
            got = shown(actual.get(name, "absent")) if name in actual else "it is absent"
            raise Violation(f"{what} with `{name}` {shown(value)}", got, exchange)


def header(exchange: Exchange, name: str) -> str:
    """A header's value, or a Violation where the answer lacks it."""
    if name not in exchange.headers:
        raise Violation(
            f"the header {name}", f"headers {', '.join(sorted(exchange.headers))}", exchange
        )
    return exchange.headers[name]


def closed(exchange: Exchange) -> None:
    """The answer is an event stream that the server closed by itself."""
    if (ended := stream(exchange).ended) != "closed":
        raise Violation("the server to close the stream", f"it ended so: {ended}", exchange)
