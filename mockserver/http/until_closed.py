"""Answers to clients of HTTP/1.0, which knows no chunks: the connection ends with the answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class UntilClosed:
    """An application whose answers without a length go out as they come; uvicorn would cut them up.

    Made for one request, with uvicorn's cycle of it.
    """

    def __init__(self, app: ASGIApp, cycle: RequestResponseCycle) -> None:
        self._app = app
        self._cycle = cycle
        self._ours = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        await self._app(scope, receive, partial(self._send, send))

    async def _send(self, send: Send, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*self._cycle.default_headers, *message["headers"]]
            self._ours = all(name != b"content-length" for name, _ in headers)
            if self._ours:
                await self._begin(message["status"], headers)
                return
        if not self._ours:
            await send(message)
            return
        await self._more(message.get("body", b""))
        if not message.get("more_body", False):
            self._end()

    async def _begin(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._cycle.response_started = True
        lines = [b"%b: %b\r\n" % pair for pair in headers if pair[0] != b"connection"]
        await self._more(b"".join((STATUS_LINE[status], *lines, b"connection: close\r\n\r\n")))

    async def _more(self, data: bytes) -> None:
        cycle = self._cycle
        if cycle.flow.write_paused and not cycle.disconnected:
            await cycle.flow.drain()
        if data and not cycle.disconnected:
            cycle.transport.write(data)

    def _end(self) -> None:
        cycle = self._cycle
        cycle.response_complete = True
        cycle.message_event.set()
        cycle.transport.close()
        cycle.on_response()
