"""WebSockets as they come over a connection: uvicorn's, with refusals of our shape.

Loaded when the first client asks for a WebSocket.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State
from websockets.server import ServerProtocol

from mockserver.http.errors import error_body

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from websockets.http11 import Response

_INVALID_DATA = 1007


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket: a refused opening is JSON, and nothing a client sends is a fault."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.conn.reject = refusal  # type: ignore[method-assign]
        self._early = bytearray()  # what came before the opening was answered

    def data_received(self, data: bytes) -> None:
        """Read on, once the opening was answered."""
        if self.handshake_initiated and not self.handshake_complete:
            self._early += data
            self.transport.pause_reading()
            return
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self._unreadable()

    async def send(self, message: MutableMapping[str, Any]) -> None:  # type: ignore[override]
        """What the application says; after it has accepted, what came early is read.

        Raises OSError where the connection has ended, be it for what the client sent.
        """
        if self.handshake_complete and self.close_sent:
            raise ClientDisconnected
        await super().send(message)  # type: ignore[arg-type]
        if self._early and self.conn.state is State.OPEN:
            early, self._early = bytes(self._early), bytearray()
            self.transport.resume_reading()
            self.data_received(early)

    def send_receive_event_to_app(self) -> None:
        """A message is whole; one that claims to be text and is none ends the connection."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError as error:
                self.frames = []
                self.conn.fail(_INVALID_DATA, f"{error.reason} at position {error.start}")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def _unreadable(self) -> None:
        """An opening that is good HTTP and yet no opening."""
        said = b"".join(self.conn.data_to_send())
        if not said:
            said = refusal(400, str(self.conn.handshake_exc)).serialize()
        self.handshake_complete = self.close_sent = True
        self.transport.write(said)
        self.transport.close()


def refusal(status: int, text: str) -> Response:
    """The answer to an opening that does not become a WebSocket, as JSON."""
    code = HTTPStatus(status)
    response = ServerProtocol.reject(_MAKER, code, "")
    response.body = error_body(text.partition("\n")[0] or code.phrase)
    del response.headers["Content-Length"], response.headers["Content-Type"]
    response.headers["Content-Length"] = str(len(response.body))
    response.headers["Content-Type"] = "application/json"
    return response


_MAKER = ServerProtocol()
