"""HTTP as it comes over a connection: uvicorn's, with answers of our shape where it has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mockserver.http.errors import error_body
from mockserver.http.joining import JoiningTransport
from mockserver.http.until_closed import UntilClosed
from mockserver.http.writing import send_bytes

if TYPE_CHECKING:
    import asyncio

    from starlette.types import Receive, Scope, Send
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

MAX_HEAD_BYTES = 1024 * 1024  # of a request line and headers; more is somebody filling our memory


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP, with errors of our shape for what is not even HTTP.

    An offer to upgrade to anything but a WebSocket is passed over, as HTTP allows: the parser
    would skip the body.
    """

    _head_bytes: int | None = None  # read of a head that is not complete yet
    _refused = False
    _running: RequestResponseCycle | None = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        if cycle.scope["method"] != "HEAD":
            cycle.transport = cast("asyncio.Transport", JoiningTransport(self.transport))
        if cycle.scope["http_version"] == "1.0":
            app = UntilClosed(app, cycle)
        super()._start_asgi_task(cycle, app)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who answers; uvicorn knows only the request that came last."""
        running, last = self._running, self.cycle
        if running is not None and running is not last and not running.response_complete:
            running.disconnected = True
            running.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, until there is something to refuse."""
        self._unset_keepalive_if_required()
        while data and not self._refused:
            data = self._read(data)

    def _read(self, data: bytes) -> bytes:
        """Give bytes to the parser; what is to be read once more."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
                if early := data[upgrade.args[0] :]:
                    self.transport.get_protocol().data_received(early)  # type: ignore[attr-defined]
            elif self.parser.get_method() == b"CONNECT":
                self._refuse(400, "This is no proxy: it does not CONNECT")
            else:
                return self._without_offer() + data[upgrade.args[0] :]
        except httptools.HttpParserError:
            self._refuse(400, "Invalid HTTP request received.")
        else:
            if self._head_bytes is not None:
                self._head_bytes += len(data)
                if self._head_bytes > MAX_HEAD_BYTES:
                    self._refuse(431, f"The request's head is larger than {MAX_HEAD_BYTES} bytes")
        return b""

    def _without_offer(self) -> bytes:
        """The head of a request that offers to upgrade, as if it did not; for a new parser."""
        parser, self.parser = self.parser, httptools.HttpRequestParser(self)
        target = (parser.get_method(), self.url, parser.get_http_version().encode())
        lines = [b"%b %b HTTP/%b" % target]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join((*lines, b"", b""))

    def on_message_begin(self) -> None:
        """Begin to count the head."""
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._head_bytes = None
        if not self._passed_over():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Tell who answers that the request is whole."""
        if not self._passed_over():
            super().on_message_complete()

    def _should_upgrade(self) -> bool:
        if self.cycle is not None and not self.cycle.response_complete:
            return False  # what is being answered needs the connection as it is
        named = any(name == b"sec-websocket-key" for name, _ in self.headers)
        return named and self.parser.get_method() == b"GET" and super()._should_upgrade()

    def _passed_over(self) -> bool:
        return self.parser.should_upgrade() and not self._should_upgrade()

    def _refuse(self, status: int, detail: str) -> None:
        """Read no more. Requests that were whole before are answered, and no answer is broken."""
        self._refused = True
        cycle = self.cycle
        if cycle is None or (cycle.response_complete and not cycle.more_body):
            self._answer(status, detail)
        elif not cycle.more_body:
            cycle.keep_alive = False  # the last answer ends the connection
        elif self.pipeline:  # its turn has not come
            self.pipeline[0] = (cycle, cast("Any", _Refusal(status, detail)))
        elif cycle.response_started:
            self.transport.close()
        else:
            self._answer(status, detail)

    def _answer(self, status: int, detail: str) -> None:
        body = error_body(detail)
        self.transport.write(
            b"%bcontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
            % (STATUS_LINE[status], len(body), body)
        )
        self.transport.close()


class _Refusal:
    """The application for a request that cannot be read to its end."""

    def __init__(self, status: int, detail: str) -> None:
        self._status, self._detail = status, detail

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        close = (("connection", "close"),)
        await send_bytes(scope, send, self._status, error_body(self._detail), close)
