"""The server process: a socket, uvicorn on it, a line when it listens, an end without waiting."""

from __future__ import annotations

import gc
import socket
import sys
from typing import TYPE_CHECKING, Any, cast

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mockserver.http.errors import error_body
from mockserver.http.writing import send_bytes

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

    from starlette.types import ASGIApp, Receive, Scope, Send
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from mockserver.engine import Engine


MAX_HEAD_BYTES = 1024 * 1024  # of a request line and headers; more is somebody filling our memory
_YOUNG_COLLECTIONS = 10  # after so many the objects they left are looked at again


class BusyPortError(Exception):
    """The address cannot be listened on. The text says why and what to do."""


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 takes a free one. Raises BusyPortError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(2048)
    except (OSError, OverflowError) as error:
        sock.close()
        raise BusyPortError(
            f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}. "
            "Choose another with --port, or --port 0 for any free one."
        ) from error
    return sock


def address(sock: socket.socket) -> str:
    """The socket's own address as a URL."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


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


class MockHttpServer(uvicorn.Server):
    """uvicorn's server: says when it listens, ends runs and streams before it waits for anybody."""

    def __init__(self, config: uvicorn.Config, engine: Engine, url: str) -> None:
        super().__init__(config)
        self._engine = engine
        self._url = url
        self._answered = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start serving, then print the one line that says so."""
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(f"runcontract mock: listening on {self._url}\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the engine first: streams and joins end with it, so there is nothing to wait for."""
        try:
            await self._engine.stop()
        finally:
            await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """What uvicorn does ten times a second; once a second, look for garbage if it is quiet."""
        if counter % 10 == 0:
            answered, self._answered = self._answered, self.server_state.total_requests
            quiet = answered == self._answered and not self.server_state.tasks
            if quiet and gc.get_count()[1] > _YOUNG_COLLECTIONS:
                gc.collect(1)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Ask for the end. Both signals mean a clean one; a second one forces it."""
        self.force_exit = self.should_exit
        self.should_exit = True


def _websocket(*args: Any, **options: Any) -> asyncio.Protocol:
    """uvicorn's WebSocket protocol, loaded when the first client asks for one."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import (
        WebSocketsSansIOProtocol,
    )

    return WebSocketsSansIOProtocol(*args, **options)


def configuration(app: ASGIApp) -> uvicorn.Config:
    """How uvicorn serves the application: its fast parts, no access log, no long farewell."""
    return uvicorn.Config(
        app,
        http=Protocol,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        lifespan="on",
        ws=_websocket,  # type: ignore[arg-type]  # uvicorn only ever calls it
        proxy_headers=False,
        access_log=False,
        log_config=None,
        log_level="error",
        timeout_graceful_shutdown=3,  # for a busy machine: streams end before it begins
        timeout_keep_alive=75,
    )


def serve(app: ASGIApp, engine: Engine, sock: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM. Logs go to standard error."""
    server = MockHttpServer(configuration(app), engine, address(sock))
    # What has been made so far lives as long as the process: the collector need not look at it
    # again. Rows and logs are freed by counting, and a store only grows: what is young is looked
    # at while it is in the processor's cache, what is older when nobody waits.
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 200, 10)
    server.run(sockets=[sock])
