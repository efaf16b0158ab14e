"""Who is asking: the step before all others that asks for a key, or for somebody's name.

The server's own paths answer everybody. Everything else, unknown paths included, is refused to
those who are not known, before it is looked at.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from mockserver.http import docs
from mockserver.http.errors import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.engine import Engine
    from mockserver.engine.identity import Identity

    Gate = Callable[[Mapping[bytes, bytes]], Engine]

ENGINE = "runcontract.engine"  # where the scope holds the engine as the caller sees it
OPEN = frozenset(("/", "/ok", "/info", "/metrics", "/docs", "/openapi.json"))
_OPEN_BELOW = ("/_mock/", docs.PATH.partition("{")[0])
_BEARER = b"bearer "


class Auth:
    """The middleware that lets through whom its gate lets through."""

    def __init__(self, app: ASGIApp, *, gate: Gate) -> None:
        self.app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go on with the engine of the caller. Raises HttpError 401 or 403."""
        kind = scope["type"]
        if kind in ("http", "websocket") and not _is_open(scope["path"]):
            try:
                scope[ENGINE] = self._gate(dict(scope["headers"]))
            except HttpError:
                if kind == "http":
                    raise
                await receive()  # the opening
                await send({"type": "websocket.close"})  # not accepted: the client sees a 403
                return
        await self.app(scope, receive, send)


def _is_open(path: str) -> bool:
    return path in OPEN or path.startswith(_OPEN_BELOW)


def api_key(engine: Engine, key: str) -> Gate:
    """Everybody who sends the key as `x-api-key`; 403 to all others, as hosted servers do it."""
    wanted = key.encode()

    def gate(headers: Mapping[bytes, bytes]) -> Engine:
        given = headers.get(b"x-api-key")
        if given is None:
            raise HttpError(403, "This server asks for an API key: send it as x-api-key")
        if not hmac.compare_digest(given, wanted):
            raise HttpError(403, "This is not the API key of this server")
        return engine

    return gate


def users(engine: Engine, table: Mapping[str, Identity]) -> Gate:
    """Those whose secret is in the table, as `x-api-key` or bearer token; 401 to all others."""
    seen = {identity.name: engine.seen_by(identity) for identity in table.values()}
    views = {secret.encode(): seen[identity.name] for secret, identity in table.items()}

    def gate(headers: Mapping[bytes, bytes]) -> Engine:
        given = headers.get(b"x-api-key")
        if given is None:
            authorization = headers.get(b"authorization", b"")
            if authorization[: len(_BEARER)].lower() == _BEARER:
                given = authorization[len(_BEARER) :].strip()
        view = None if given is None else views.get(given)
        if view is None:
            raise HttpError(
                401,
                "Unauthorized: this server knows its users by x-api-key or bearer token",
                (("WWW-Authenticate", "Bearer"),),
            )
        return view

    return gate
