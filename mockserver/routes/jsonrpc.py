"""JSON-RPC 2.0: what the protocols that speak it have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.http import bodies
from mockserver.http.errors import HttpError

if TYPE_CHECKING:
    from mockserver.http.call import Call

VERSION = "2.0"
PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602


class RpcError(Exception):
    """A call that ends in an error object: `code` and a sentence for a person."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    def to_json(self) -> dict[str, Any]:
        """The error object; text that JSON cannot carry is escaped."""
        message = str(self).encode("utf-8", "backslashreplace").decode()
        return {"code": self.code, "message": message}


def message(call: Call) -> Any:
    """The message in a request's body. Raises RpcError where the body is no JSON."""
    try:
        return bodies.parse(call.body, call.engine.settings.max_body_depth)
    except HttpError as error:
        raise RpcError(PARSE_ERROR, error.detail) from None


def result(call_id: Any, value: Any) -> dict[str, Any]:
    """The answer to a call."""
    return {"jsonrpc": VERSION, "id": call_id, "result": value}


def failure(call_id: Any, error: RpcError) -> dict[str, Any]:
    """The answer to a call that failed."""
    return {"jsonrpc": VERSION, "id": call_id, "error": error.to_json()}
