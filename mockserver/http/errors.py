"""How refusals and faults reach the caller: always JSON, always `{"detail": "<string>"}`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import orjson
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


def error_body(detail: str) -> bytes:
    """The one error shape, encoded; text that JSON cannot carry is escaped."""
    return orjson.dumps({"detail": detail.encode("utf-8", "backslashreplace").decode()})


class ErrorAnswers:
    """The middleware that turns whatever an operation raises into an answer.

    Refusals answer quietly. Anything else is a fault of the mock: 500, and a traceback on the log.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what the inner application raises."""
        try:
            await self.app(scope, receive, send)
        except HttpError as error:
            body = error_body(error.detail) if error.detail else b""
            await send_bytes(scope, send, error.status, body, error.headers)
        except EngineError as error:
            await send_bytes(scope, send, status_of(error), error_body(str(error)))
        except HTTPException as error:  # from connexion's own routes, an unknown path above all
            headers = tuple((error.headers or {}).items())
            await send_bytes(scope, send, error.status_code, error_body(error.detail), headers)
        except BrokenContractError as error:
            where = f"{scope['method']} {scope['path']}"
            log.error("500 on %s: %s", where, error)  # noqa: TRY400 - the traceback says no more
            await send_bytes(scope, send, 500, error_body(str(error)))
        except Exception as error:
            if scope["type"] != "http":
                raise
            where = f"{scope['method']} {scope['path']}"
            log.exception("500 on %s: a fault of the mock, please report it", where)
            await send_bytes(scope, send, 500, error_body(f"{type(error).__name__}: {error}"))
