"""Answers that several routes give: streams and joins with the headers clients follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.http.call import Streamed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mockserver.http.call import Headers

UNBUFFERED: Headers = (
    ("Cache-Control", "no-store"),
    ("Connection", "keep-alive"),
    ("X-Accel-Buffering", "no"),
)


def located(run_path: str, last: str) -> Headers:
    """Where the run is, and where to come back to after a lost connection."""
    return (("Location", f"{run_path}/{last}"), ("Content-Location", run_path))


def sse(chunks: AsyncIterator[bytes], headers: Headers = ()) -> Streamed:
    """A stream of server-sent events."""
    return Streamed(chunks, "text/event-stream; charset=utf-8", headers=UNBUFFERED + headers)


def delayed_json(chunks: AsyncIterator[bytes], headers: Headers) -> Streamed:
    """One JSON value that may be long in coming, newlines before it."""
    return Streamed(chunks, "application/json", headers=headers)
