"""CORS: any origin may call from a browser, errors and streams included."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY"
# `location` is how a browser client finds its way back to a stream.
EXPOSED = "content-location, location, x-pagination-total, x-pagination-next"

_SIMPLE = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
]
_PREFLIGHT_VARY = (
    b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers, "
    b"Access-Control-Request-Private-Network"
)


class Cors:
    """The outermost middleware: answers preflights, marks every answer to a browser as readable."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or mark what the inner application answers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        for name, _ in scope["headers"]:
            if name == b"origin":
                break
        else:
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            headers = dict(scope["headers"])
            if b"access-control-request-method" in headers:
                await _preflight(headers, send)
                return

        async def readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_SIMPLE]
            await send(message)

        await self.app(scope, receive, readable)


async def _preflight(headers: dict[bytes, bytes], send: Send) -> None:
    """Allow what is asked for, a request from a public page to this private network too.

    A method that no server knows is refused.
    """
    known = headers[b"access-control-request-method"].decode("latin-1") in METHODS.split(", ")
    status, body = (200, b"OK") if known else (400, b"Disallowed CORS method")
    answer = [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", METHODS.encode()),
        (b"access-control-max-age", b"600"),
        (b"vary", _PREFLIGHT_VARY),
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    requested = headers.get(b"access-control-request-headers")
    if requested:
        answer.append((b"access-control-allow-headers", requested))
    if headers.get(b"access-control-request-private-network") == b"true":
        answer.append((b"access-control-allow-private-network", b"true"))
    await send({"type": "http.response.start", "status": status, "headers": answer})
    await send({"type": "http.response.body", "body": body})
