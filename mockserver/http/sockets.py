"""The middleware that WebSockets take: found by the path of an operation, then its own handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.http.auth import ENGINE
from mockserver.http.call import SocketCall
from mockserver.http.routing import Trie
from mockserver.http.skeleton import operations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.engine import Engine
    from mockserver.http.call import SocketHandler


class Sockets:
    """Serves WebSockets on the paths of operations that have a socket handler; refuses others."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        document: Mapping[str, Any],
        engine: Engine,
        handlers: Mapping[str, SocketHandler],
    ) -> None:
        self.app = app
        self._engine = engine
        self._handlers = handlers
        self._trie = Trie()
        for path, method, operation in operations(document):
            if operation["operationId"] in handlers:
                self._trie.add(method, path, operation["operationId"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Accept a WebSocket and hand it on; whatever else it is goes on."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        await receive()  # the opening
        found = self._trie.find(scope["path"])
        if found is None:
            await send({"type": "websocket.close"})  # not accepted yet: the client sees a 403
            return
        await send({"type": "websocket.accept"})
        node, values = found
        (route,) = node.methods.values()
        path = dict(zip(route.names, values, strict=True))
        call = SocketCall(scope.get(ENGINE, self._engine), path)
        await self._handlers[route.operation_id](call, receive, send)
