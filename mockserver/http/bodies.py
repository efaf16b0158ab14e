"""Request bodies: read whole within a limit, parsed as JSON whatever their type says, judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mockserver.http.errors import HttpError
from mockserver.http.integers import Integers, compile_integers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import jsonschema_rs
    from starlette.types import Receive

    from mockserver.http.schemas import Pointer, Schemas


_ENCODABLE = 254  # levels that orjson encodes; a test holds it to that
_PATIENCE = 8  # times the limit: so much is read and dropped before the connection is cut instead


async def read(receive: Receive, limit: int) -> bytes:
    """The whole request body. Raises HttpError 413 past `limit` bytes, 499 when the client left."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and message["type"] == "http.request":
        if len(body) > limit:
            raise too_large(limit)
        return body
    parts, size = [body], len(body)
    while message["type"] == "http.request" and message.get("more_body", False):
        message = await receive()
        size += len(message.get("body", b""))
        if size <= limit:
            parts.append(message.get("body", b""))
        elif size > limit * _PATIENCE:
            break
    if message["type"] == "http.disconnect":
        raise HttpError(499, "the client left before its request was complete")
    if size > limit:
        # Said only after the body is in: a client that is still sending would see a reset instead.
        raise too_large(limit)
    return b"".join(parts)


def too_large(limit: int) -> HttpError:
    """The refusal of a body past the limit; the connection is given up with it."""
    detail = f"The request body is larger than {limit} bytes"
    return HttpError(413, detail, (("connection", "close"),))


def parse(body: bytes, deepest: int) -> Any:
    """A body as JSON. Raises HttpError 422 where it is none, or nests too deep to be sent back."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HttpError(422, f"The request body is not valid JSON: {error}") from None
    # Brackets bound the depth: only a body that could be too deep is looked at closely.
    if body.count(b"[") + body.count(b"{") > deepest and _deeper(value, deepest):
        raise HttpError(422, f"The request body nests deeper than {deepest} levels")
    return value


def _deeper(value: Any, deepest: int) -> bool:
    """Whether arrays and objects nest deeper than allowed.

    The encoder gives up at a depth of its own, so it is asked with the rest of that depth around.
    """
    for _ in range(_ENCODABLE - deepest):
        value = [value]
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return True
    return False


class Body:
    """What an operation's document says of its body."""

    def __init__(
        self, validator: jsonschema_rs.Validator | None, integers: Integers, *, required: bool
    ) -> None:
        self._validator = validator
        self._integers = integers or None
        self._required = required

    def value(self, body: bytes, deepest: int) -> Any:
        """The body parsed and judged; None where it is empty and may be. Raises HttpError 422."""
        if not body and not self._required:
            return None
        value = parse(body, deepest)
        validator = self._validator
        if validator is not None and not validator.is_valid(value):
            for error in validator.iter_errors(value):
                raise HttpError(422, str(error))
        if self._integers is not None:
            value = self._integers.whole(value)
        return value


def compile_body(schemas: Schemas, operation: Mapping[str, Any], pointer: Pointer) -> Body | None:
    """The body of an operation object; None where it takes none, and what comes is ignored."""
    if "requestBody" not in operation:
        return None
    declared, pointer = schemas.resolve(operation["requestBody"], (*pointer, "requestBody"))
    media = next(iter(declared["content"]))
    place = (*pointer, "content", media, "schema")
    return Body(
        schemas.validator(place, formats=False),
        compile_integers(schemas, place),
        required=declared.get("required", False),
    )
