"""How refusals and faults reach the caller: always JSON, always `{"detail": "<string>"}`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import orjson
from connexion.middleware.abstract import ROUTING_CONTEXT
from starlette.exceptions import HTTPException

from mockserver.engine.errors import (
    ConflictError,
    EngineError,
    InvalidError,
    NotFoundError,
    RefusedError,
)
from mockserver.http.writing import send_bytes

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.http.call import Headers
    from mockserver.http.requests import Requests

log = logging.getLogger("runcontract.mock")

STATUSES: dict[type[EngineError], int] = {
    NotFoundError: 404,
    ConflictError: 409,
    InvalidError: 422,
    RefusedError: 400,
}


class HttpError(Exception):
    """An answer that ends a request early. `detail` is for the caller."""

    def __init__(self, status: int, detail: str, headers: Headers = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


class BrokenContractError(Exception):
    """The mock was about to break its own contract: an answer the document does not allow."""


def status_of(error: EngineError) -> int:
    """The HTTP status of an engine's refusal, by its nearest known class."""
    return next((STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES), 400)


def told(error: EngineError) -> str:
    """The text of an engine's refusal where there is no status line: its status, and why."""
    return f"{status_of(error)}: {error}"


def error_body(detail: str) -> bytes:
    """The one error shape, encoded; text that JSON cannot carry is escaped."""
    return orjson.dumps({"detail": detail.encode("utf-8", "backslashreplace").decode()})


class ErrorAnswers:
    """The middleware that turns whatever an operation raises into an answer.

    Refusals answer quietly. Anything else is a fault of the mock: 500, and a traceback on the log.
    """

    def __init__(self, app: ASGIApp, *, requests: Requests) -> None:
        self.app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what the inner application raises."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - nothing but an answer leaves here
            status, detail, headers = _told(error, f"{scope['method']} {scope['path']}")
            routed = scope.get("extensions", {}).get(ROUTING_CONTEXT, {})
            self._requests.count(scope["method"], routed.get("operation_id"), status)
            body = error_body(detail) if detail else b""
            await send_bytes(scope, send, status, body, headers)


def _told(error: Exception, where: str) -> tuple[int, str, Headers]:
    """What the caller is told of an exception: status, detail, headers. Faults are logged."""
    if isinstance(error, HttpError):
        return error.status, error.detail, error.headers
    if isinstance(error, EngineError):
        return status_of(error), str(error), ()
    if isinstance(error, HTTPException):  # from connexion's own routes, an unknown path above all
        return error.status_code, error.detail, tuple((error.headers or {}).items())
    if isinstance(error, BrokenContractError):
        log.error("500 on %s: %s", where, error)
    else:
        log.error("500 on %s: a fault of the mock, please report it", where, exc_info=error)
    return 500, f"{type(error).__name__}: {error}", ()
