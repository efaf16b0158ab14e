"""The server process: a socket, uvicorn on it, a line when it listens, an end without waiting."""

from __future__ import annotations

import gc
import socket
import sys
from typing import TYPE_CHECKING, Any

import uvicorn

from mockserver.engine.reserve import give_back
from mockserver.http.protocol import Protocol

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

    from starlette.types import ASGIApp

    from mockserver.engine import Engine

_CROWD = 100  # connections at once that take memory worth giving back
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


class MockHttpServer(uvicorn.Server):
    """uvicorn's server: says when it listens, ends runs and streams before it waits for anybody."""

    def __init__(self, config: uvicorn.Config, engine: Engine, url: str) -> None:
        super().__init__(config)
        self._engine = engine
        self._url = url
        self._answered = 0
        self._crowd = 0  # the most connections since memory was given back

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
        """What uvicorn does ten times a second; once a second, tidy up if it is quiet."""
        if counter % 10 == 0:
            answered, self._answered = self._answered, self.server_state.total_requests
            self._tidy(quiet=answered == self._answered and not self.server_state.tasks)
        return await super().on_tick(counter)

    def _tidy(self, *, quiet: bool) -> None:
        """Look for garbage; after a crowd has gone, give back the memory it took."""
        here = len(self.server_state.connections)
        self._crowd = max(self._crowd, here)
        if quiet and gc.get_count()[1] > _YOUNG_COLLECTIONS:
            gc.collect(1)
        if quiet and self._crowd >= _CROWD and here < self._crowd / 4:
            self._crowd = here
            give_back()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Ask for the end. Both signals mean a clean one; a second one forces it."""
        self.force_exit = self.should_exit
        self.should_exit = True


def _websocket(*args: Any, **options: Any) -> asyncio.Protocol:
    """The WebSocket protocol, loaded when the first client asks for one."""
    from mockserver.http.websocket import WebSocketProtocol

    return WebSocketProtocol(*args, **options)


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
