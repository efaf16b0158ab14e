"""A second opinion on recorded answers, by openapi-core: another reader of the same document.

Slow (about a millisecond an answer), so only one answer of each operation and status is asked
about. Where the two disagree, one of them or the document is wrong, and somebody should look.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from spec.document import document, operations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.recording import Exchange

_BASE = "http://contract.invalid"
MOST = 24


@dataclass(frozen=True)
class _Request:
    """An exchange's request, as openapi-core's protocol wants it."""

    method: str
    path: str
    host_url: str = _BASE
    content_type: str = "application/json"
    body: bytes | None = None
    parameters: Any = None


@dataclass(frozen=True)
class _Response:
    """An exchange's response, as openapi-core's protocol wants it."""

    status_code: int
    content_type: str
    headers: httpx.Headers
    data: bytes | None


def sample(exchanges: Iterable[Exchange], most: int = MOST) -> Iterator[Exchange]:
    """The first whole JSON answer of each operation and status, at most so many."""
    seen: set[tuple[str, int]] = set()
    for exchange in exchanges:
        if exchange.operation is None or exchange.status is None or not exchange.complete:
            continue
        key = (exchange.operation, exchange.status)
        if len(seen) == most:
            return
        if key not in seen and exchange.content_type == "application/json":
            seen.add(key)
            yield exchange


def objection(exchange: Exchange) -> str | None:
    """What openapi-core has against an answer; None where it has nothing."""
    from openapi_core.exceptions import OpenAPIError

    assert exchange.operation is not None
    operation = operations()[exchange.operation]
    request = _Request(operation.method, urlsplit(exchange.path).path)
    response = _Response(
        exchange.status or 0,
        exchange.content_type,
        httpx.Headers(dict(exchange.headers)),
        exchange.body,
    )
    try:
        _contract().validate_response(request, response)
    except OpenAPIError as error:
        cause = error.__cause__
        details = [str(each.message) for each in getattr(cause, "schema_errors", ())]
        return "; ".join([type(error).__name__, str(cause or error)[:160], *details[:2]])
    return None


@functools.cache
def _contract() -> Any:
    from openapi_core import Config, OpenAPI

    described: Any = {**document(), "servers": [{"url": _BASE}]}
    return OpenAPI.from_dict(described, config=Config(spec_validator_cls=None))
