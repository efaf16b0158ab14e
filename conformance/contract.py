"""Answers against the document: status, media type, headers, body, events.

Own validators (jsonschema-rs) compiled from our OpenAPI document, each on first use.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jsonschema_rs

from conformance.errors import shown
from conformance.recording import NO_JSON, decoded
from spec.document import document, operations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.recording import Exchange, StreamRecord

_BASE = "contract:"
_SSE = "text/event-stream"
_MOST = 3


def faults(exchange: Exchange) -> Iterator[str]:
    """What in an answer the document does not allow for its operation; nothing where all is well.

    An exchange without operation, or without an answer, has no faults here.
    """
    if exchange.operation is None or exchange.status is None:
        return
    responses = operations()[exchange.operation].spec["responses"]
    pointer = f"/paths/{_escaped(operations()[exchange.operation].path)}"
    pointer += f"/{operations()[exchange.operation].method}/responses/{exchange.status}"
    found = responses.get(str(exchange.status))
    if found is None:
        yield f"status {exchange.status}, where the document has {', '.join(sorted(responses))}"
        return
    response, pointer = _resolved(found, pointer)
    yield from _header_faults(exchange, response)
    content = response.get("content")
    if not content:
        if exchange.body:
            yield f"a body with status {exchange.status}: {shown(exchange.body, 80)}"
        return
    if exchange.content_type not in content:
        kind = exchange.content_type or "no media type"
        yield f"{kind}, where the document has {', '.join(content)}"
        return
    schema = f"{pointer}/content/{_escaped(exchange.content_type)}/schema"
    if "schema" not in content[exchange.content_type]:
        return
    if exchange.content_type == _SSE:
        if exchange.stream is not None:
            yield from _event_faults(exchange.stream, schema)
    elif exchange.content_type == "application/json":
        yield from _body_faults(exchange, schema)


def schema_faults(name: str, value: Any) -> Iterator[str]:
    """What keeps a value from being what a named schema of the document describes."""
    yield from _schema_faults(f"/components/schemas/{name}", value)


def _header_faults(exchange: Exchange, response: Mapping[str, Any]) -> Iterator[str]:
    for name, header in response.get("headers", {}).items():
        if _resolved(header, "")[0].get("required") and name.lower() not in exchange.headers:
            yield f"no header {name}"


def _body_faults(exchange: Exchange, schema: str) -> Iterator[str]:
    if not exchange.complete:
        return
    if exchange.json is NO_JSON:
        yield f"a body that is no JSON: {shown(exchange.body, 80)}"
        return
    yield from _schema_faults(schema, exchange.json)


def _event_faults(stream: StreamRecord, schema: str) -> Iterator[str]:
    branches = _branches(schema)
    told: set[str] = set()
    for frame in stream.events:
        name = frame.event or ""
        data = decoded(frame.data)
        matching = [content for pattern, content in branches if pattern.search(name)]
        if not matching:
            fault: str | None = f"an event {name!r}, which the document does not know"
        else:
            each = [next(_schema_faults(content, data), None) for content in matching]
            fault = None if None in each else f"an event {name!r} with data that has {each[0]}"
        if fault is not None and name not in told:
            told.add(name)
            yield fault


def _schema_faults(schema: str, value: Any) -> Iterator[str]:
    if value is NO_JSON:
        yield "no JSON"
        return
    validator = _validator(schema)
    if validator.is_valid(value):
        return
    for count, error in enumerate(validator.iter_errors(value)):
        if count == _MOST:
            yield "and more"
            return
        where = "/".join(str(part) for part in error.instance_path) or "the body"
        yield f"at {where}: {error.message[:200]}"


@functools.cache
def _validator(pointer: str) -> Any:
    registry = _registry()
    return jsonschema_rs.validator_for(
        {"$ref": f"{_BASE}#{quote(pointer, safe='/~')}"}, registry=registry, validate_formats=True
    )


@functools.cache
def _registry() -> Any:
    return jsonschema_rs.Registry([(_BASE, document())])


@functools.cache
def _branches(pointer: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The kinds of event a stream's schema allows: a pattern of the name, a pointer to the data."""
    schema, pointer = _resolved(_at(pointer), pointer)
    found: list[tuple[re.Pattern[str], str]] = []
    if "oneOf" in schema:
        for index in range(len(schema["oneOf"])):
            found += _branches(f"{pointer}/oneOf/{index}")
        return tuple(found)
    properties = schema.get("properties", {})
    name, _ = _resolved(properties.get("event", {}), "")
    pattern = name.get("pattern")
    if pattern is None:
        known = name.get("enum", [name["const"]] if "const" in name else [])
        pattern = f"^({'|'.join(map(re.escape, known))})$" if known else ""
    if "contentSchema" in properties.get("data", {}):
        found.append((re.compile(pattern), f"{pointer}/properties/data/contentSchema"))
    return tuple(found)


def _resolved(value: Mapping[str, Any], pointer: str) -> tuple[Mapping[str, Any], str]:
    """A value with its reference followed, and the pointer to where it stands."""
    while "$ref" in value:
        pointer = value["$ref"].removeprefix("#")
        value = _at(pointer)
    return value, pointer


def _at(pointer: str) -> Any:
    found: Any = document()
    for part in pointer.removeprefix("/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        found = found[int(key)] if isinstance(found, list) else found[key]
    return found


def _escaped(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1")
