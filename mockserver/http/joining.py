"""Answers in one write. uvicorn sends the head by itself: a system call and a packet more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

_CONTINUE = b"HTTP/1.1 100 "
_SIZED = b"\r\ncontent-length: "  # uvicorn writes names in lower case


class JoiningTransport:
    """What one answer is written to: the head of a sized body waits for the body's first bytes.

    The head of a stream goes out at once: what follows may come late. An answer to HEAD, whose head
    nothing follows, must not be written here.
    """

    __slots__ = ("_begun", "_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._begun = False
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send bytes of the answer, with the head if it waits."""
        if self._begun:
            if self._head:
                data, self._head = self._head + data, b""
        elif not data.startswith(_CONTINUE):
            self._begun = True
            if _SIZED in data:
                self._head = data
                return
        self._transport.write(data)

    def is_closing(self) -> bool:
        """Whether the connection is closed or about to be."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Close the connection once everything written is sent."""
        if self._head:
            self.write(b"")
        self._transport.close()
