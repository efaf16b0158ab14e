"""A way to a server on which connections break, as on a bad network."""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 65536
# Frames have to be readable to be recognised.
COMPRESSION = b"sec-websocket-extensions:"


@contextmanager
def cutting(url: str, *signs: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A URL that leads to the server at `url`, and the signs that are left.

    A connection breaks right after it carried one of the signs from the server to the client; each
    sign breaks one connection.
    """
    place = urlsplit(url)
    assert place.hostname is not None
    target = (place.hostname, place.port or 80)
    left = list(signs)
    lock = threading.Lock()

    def is_cut(carried: bytes) -> bool:
        with lock:
            for sign in left:
                if sign in carried:
                    left.remove(sign)
                    return True
        return False

    class Way(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            client: socket.socket = self.request
            with suppress(OSError), socket.create_connection(target) as server:
                threading.Thread(target=_requests, args=(client, server), daemon=True).start()
                tail = b""
                while piece := server.recv(PIECE):
                    client.sendall(piece)
                    carried = tail + piece
                    if is_cut(carried):
                        break
                    tail = carried[-max(map(len, signs)) :]
            _shut(client)

    class Ways(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Ways(("127.0.0.1", 0), Way) as ways:
        threading.Thread(target=ways.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{ways.server_address[1]}", left
        finally:
            ways.shutdown()


def _requests(client: socket.socket, server: socket.socket) -> None:
    """Passes on what the client sends, until one of them closes."""
    with suppress(OSError):
        while piece := client.recv(PIECE):
            at = piece.lower().find(COMPRESSION)
            server.sendall(piece if at < 0 else piece[:at] + b"X-" + piece[at:])
    _shut(server)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
