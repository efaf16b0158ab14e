"""What goes over the connection as one piece, and what does not wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from mockserver.http.joining import JoiningTransport

if TYPE_CHECKING:
    import asyncio

SIZED = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


class Wire:
    """A transport that keeps what is written to it."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.writes.append(data)

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Be closed."""
        self.closed = True


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ([SIZED, b"body"], [SIZED + b"body"]),
        ([SIZED, b"bo", b"dy"], [SIZED + b"bo", b"dy"]),
        ([SIZED, SIZED, SIZED], [SIZED + SIZED, SIZED]),
        ([SIZED, b""], [SIZED]),
        ([CHUNKED, b"4\r\nbody\r\n", b"0\r\n\r\n"], [CHUNKED, b"4\r\nbody\r\n", b"0\r\n\r\n"]),
        ([CHUNKED, SIZED], [CHUNKED, SIZED]),
        (
            [b"HTTP/1.1 100 Continue\r\n\r\n", SIZED, b"x"],
            [b"HTTP/1.1 100 Continue\r\n\r\n", SIZED + b"x"],
        ),
    ],
)
def test_the_head_of_a_sized_body_goes_with_it(written: list[bytes], sent: list[bytes]) -> None:
    wire = Wire()
    joining = JoiningTransport(cast("asyncio.Transport", wire))
    for data in written:
        joining.write(data)
    assert wire.writes == sent


def test_a_head_that_nothing_follows_is_sent_before_the_end() -> None:
    wire = Wire()
    joining = JoiningTransport(cast("asyncio.Transport", wire))
    joining.write(SIZED)
    assert wire.writes == []
    assert not joining.is_closing()
    joining.close()
    assert wire.writes == [SIZED]
    assert joining.is_closing()
