"""The step of the application that answers under `/_mock`, before the API's routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mockserver.control import clock
from mockserver.http import bodies
from mockserver.http.errors import HttpError
from mockserver.http.writing import send_bytes

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.engine import Engine

_PREFIX = "/_mock/"


class Control:
    """Hands requests under `/_mock` to their functions, all others on."""

    def __init__(self, app: ASGIApp, *, engine: Engine) -> None:
        self.app = app
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on. Raises HttpError."""
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIX):
            await self.app(scope, receive, send)
            return
        body = await self._answer(scope, receive)
        await send_bytes(scope, send, 200, orjson.dumps(body))

    async def _answer(self, scope: Scope, receive: Receive) -> Any:
        method, path = scope["method"], scope["path"]
        if path != "/_mock/clock":
            raise HttpError(404, f"There is no {path}; there is /_mock/clock")
        if method in ("GET", "HEAD"):
            return clock.show(self._engine)
        if method != "POST":
            raise HttpError(405, "Method Not Allowed", (("Allow", "GET, HEAD, POST"),))
        raw = await bodies.read(receive, self._engine.settings.max_body_bytes)
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise HttpError(422, f"The body is not JSON: {error}") from None
        return await clock.move(self._engine, body)
