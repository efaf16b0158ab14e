"""Hand-made recordings, so that checks can be tested without a server."""

from __future__ import annotations

from typing import Any

import orjson

from conformance.recording import Exchange, Recording, StreamRecord
from conformance.streams.reader import Frame

THREAD = "01a1f7f4-30d0-7000-8000-000000000001"
RUN_ID = "01a1f7f4-30d5-7000-8000-000000000002"
ASSISTANT = "fe096781-5601-53d2-b2f6-0d3403f7e9ca"
EARLY = "2026-11-20T07:55:38.069630+00:00"
LATE = "2026-11-20T07:55:39.069630+00:00"
WHERE = f"/threads/{THREAD}/runs/{RUN_ID}"
SSE = {
    "content-type": "text/event-stream; charset=utf-8",
    "content-location": WHERE,
    "location": f"{WHERE}/stream",
}
JSON = {"content-type": "application/json"}


def run(status: str = "pending", **fields: Any) -> dict[str, Any]:
    """A Run as a server shows it."""
    found = {
        "run_id": RUN_ID,
        "thread_id": THREAD,
        "assistant_id": ASSISTANT,
        "created_at": EARLY,
        "updated_at": EARLY,
        "status": status,
        "metadata": {},
        "kwargs": {},
        "multitask_strategy": "enqueue",
    }
    return {**found, **fields}


def exchange(
    operation: str | None = "get_run",
    status: int | None = 200,
    body: Any = None,
    *,
    at: float = 0.0,
    **fields: Any,
) -> Exchange:
    """An exchange that began at a time and took a tenth of a second."""
    fields.setdefault("method", "GET")
    fields.setdefault("path", WHERE)
    fields.setdefault("headers", JSON)
    content = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
    return Exchange(
        operation=operation,
        status=status,
        body=content,
        started=at,
        answered=at + 0.05,
        finished=at + 0.1,
        **fields,
    )


def frame(event: str | None, data: Any = None, **fields: Any) -> Frame:
    """An event with JSON data."""
    return Frame(event=event, data=orjson.dumps(data).decode(), **fields)


def stream(*frames: Frame, ended: str = "closed", **fields: Any) -> StreamRecord:
    """A stream that began as a run's stream does."""
    return StreamRecord(tuple(frames), ended=ended, **fields)


METADATA = frame("metadata", {"run_id": RUN_ID, "attempt": 1})


def streamed(
    *frames: Frame,
    operation: str = "stream_run",
    sent: dict[str, Any] | None = None,
    ended: str = "closed",
    **fields: Any,
) -> Exchange:
    """The exchange of a run's stream."""
    fields.setdefault("headers", SSE)
    return exchange(
        operation,
        stream=stream(*frames, ended=ended),
        method="POST",
        request_body=orjson.dumps(sent or {"assistant_id": "probe"}),
        **fields,
    )


def recording(*exchanges: Exchange, scenario: str = "by_hand", **fields: Any) -> Recording:
    """A recording of these exchanges."""
    return Recording(scenario, exchanges, **fields)
