"""Answers put on the wire: JSON in one piece, streams piece by piece, each piece at once."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from mockserver.http.call import Headers, Streamed

log = logging.getLogger("runcontract.mock")

RawHeaders = list[tuple[bytes, bytes]]

JSON_TYPE = "application/json"
JSON = (b"content-type", JSON_TYPE.encode())
VARY = (b"vary", b"Origin")
_LENGTHS = tuple((b"content-length", str(n).encode()) for n in range(4096))


def raw(headers: Headers) -> RawHeaders:
    """Header pairs as the server wants them: names in lower case, bytes."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def content_type(media_type: str) -> tuple[bytes, bytes]:
    """The content-type header of a media type."""
    return (b"content-type", media_type.encode("latin-1"))


def length(body: bytes) -> tuple[bytes, bytes]:
    """The content-length header of a body."""
    size = len(body)
    return _LENGTHS[size] if size < 4096 else (b"content-length", str(size).encode())


async def send_bytes(
    scope: Scope,
    send: Send,
    status: int,
    body: bytes,
    headers: Headers = (),
    kind: tuple[bytes, bytes] = JSON,
) -> None:
    """Send a whole answer. A HEAD request gets its headers alone, an empty body no content type."""
    lines: RawHeaders = [kind, length(body), VARY] if body else [length(body), VARY]
    if headers:
        lines += raw(headers)
    await send({"type": "http.response.start", "status": status, "headers": lines})
    if scope["method"] == "HEAD":
        body = b""
    await send({"type": "http.response.body", "body": body})


async def send_empty(send: Send, status: int, headers: Headers = ()) -> None:
    """Send an answer without a body; only a 204 may lack a content length."""
    lines: RawHeaders = [VARY] if status == 204 else [_LENGTHS[0], VARY]
    await send({"type": "http.response.start", "status": status, "headers": lines + raw(headers)})
    await send({"type": "http.response.body", "body": b""})


async def gone(receive: Receive) -> None:
    """Return once the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_stream(scope: Scope, receive: Receive, send: Send, answer: Streamed) -> None:
    """Send each chunk as it comes; close the iterator when it ends, fails, or the client leaves.

    A failure after the headers cannot become a status any more: it is logged and the connection is
    cut, which a client can tell from a clean end.
    """
    lines: RawHeaders = [content_type(answer.media_type), VARY]
    chunks = answer.chunks
    try:
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": lines + raw(answer.headers),
            }
        )
        if scope["method"] != "HEAD":
            await _pump(receive, send, chunks, scope)
            return
    finally:
        await _close(chunks)
    await send({"type": "http.response.body", "body": b""})


async def _pump(receive: Receive, send: Send, chunks: AsyncIterator[bytes], scope: Scope) -> None:
    """Chunks to the wire until they end or the client goes, whichever is first."""
    mine = asyncio.current_task()
    assert mine is not None
    left = False
    pumping = True

    def leave(watched: asyncio.Task[None]) -> None:
        nonlocal left
        if pumping and not watched.cancelled():
            left = True
            mine.cancel()  # wakes the pump wherever it waits

    watch = asyncio.create_task(gone(receive))
    watch.add_done_callback(leave)
    try:
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except asyncio.CancelledError:
        if not left:
            raise
        mine.uncancel()
    except Exception:
        log.exception("the stream of %s %s broke off", scope["method"], scope["path"])
    finally:
        pumping = False
        watch.cancel()


async def _close(chunks: AsyncIterator[bytes]) -> None:
    close: Any = getattr(chunks, "aclose", None)
    if close is not None:
        await close()
