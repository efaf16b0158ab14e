"""Routes of runs on threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.http.call import Call, Empty, Reply, Streamed
from mockserver.routes.answers import delayed_json, located, sse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mockserver.engine.jobs import Job
    from mockserver.http.call import Answer, Handler


def _path(thread_id: str, run_id: str) -> str:
    return f"/threads/{thread_id}/runs/{run_id}"


def _submit(call: Call) -> Job:
    runs = call.engine.runs
    request_id = call.headers.get("x-request-id")
    order = runs.draft(call.body, call.path["thread_id"], request_id, call.passed_on())
    return runs.submit(order)


async def create_run(call: Call) -> Reply:
    """A run in the background."""
    job = _submit(call)
    body, row = job.run.encoded, job.row
    await call.engine.runs.admitted(job)
    path = _path(call.path["thread_id"], job.run.run_id)
    return Reply(body, headers=(("Content-Location", path),), value=row)


async def stream_run(call: Call) -> Streamed:
    """A run, and its events from the first on."""
    runs, job = call.engine.runs, _submit(call)
    leaves = call.body.get("on_disconnect") == "cancel"
    chunks = call.engine.following.stream(job, cancel_on_disconnect=leaves)
    await runs.admitted(job)
    return sse(chunks, located(_path(call.path["thread_id"], job.run.run_id), "stream"))


async def wait_run(call: Call) -> Streamed:
    """A run, and its end."""
    runs, job = call.engine.runs, _submit(call)
    leaves = call.body.get("on_disconnect") == "cancel"
    chunks = call.engine.following.wait(job, cancel_on_disconnect=leaves)
    await runs.admitted(job)
    return delayed_json(chunks, located(_path(call.path["thread_id"], job.run.run_id), "join"))


async def list_runs(call: Call) -> Reply:
    """A page of a thread's runs."""
    query = call.query
    page = call.engine.runs.list(
        call.path["thread_id"],
        limit=query.get("limit", 10),
        offset=query.get("offset", 0),
        status=query.get("status"),
    )
    select = query.get("select")
    if select:
        return Reply(
            [{key: row[key] for key in row if key in select} for row in (r.view() for r in page)]
        )
    return Reply(b"[" + b",".join([run.encoded for run in page]) + b"]")


async def get_run(call: Call) -> Reply:
    """One run."""
    return Reply(call.engine.runs.get(call.path["thread_id"], call.path["run_id"]).encoded)


async def delete_run(call: Call) -> Empty:
    """Delete a run; an active one is ended first."""
    await call.engine.runs.delete(call.path["thread_id"], call.path["run_id"])
    return Empty()


async def join_run(call: Call) -> Streamed:
    """The end of a run that exists."""
    thread_id, run_id = call.path["thread_id"], call.path["run_id"]
    chunks = call.engine.following.join(
        thread_id, run_id, cancel_on_disconnect=bool(call.query.get("cancel_on_disconnect"))
    )
    return delayed_json(chunks, located(_path(thread_id, run_id), "join"))


async def join_run_stream(call: Call) -> Streamed:
    """The events of a run that exists."""
    thread_id, run_id = call.path["thread_id"], call.path["run_id"]
    chunks = call.engine.following.join_stream(
        thread_id,
        run_id,
        last_event_id=call.headers.get("last-event-id"),
        modes=call.query.get("stream_mode") or (),
        cancel_on_disconnect=bool(call.query.get("cancel_on_disconnect")),
    )
    return sse(chunks, located(_path(thread_id, run_id), "stream"))


async def cancel_run(call: Call) -> Answer:
    """End an active run; the answer comes when it has ended, whether the caller waits or not."""
    thread_id, run_id = call.path["thread_id"], call.path["run_id"]
    await call.engine.runs.cancel(
        thread_id, run_id, rollback=call.query.get("action") == "rollback"
    )
    if call.query.get("wait"):
        return delayed_json(_nothing(), located(_path(thread_id, run_id), "join"))
    return Empty(202)


async def _nothing() -> AsyncIterator[bytes]:
    """An empty object, sent as any answer that was waited for."""
    yield b"{}"


HANDLERS: dict[str, Handler] = {
    "create_run": create_run,
    "stream_run": stream_run,
    "wait_run": wait_run,
    "list_runs": list_runs,
    "get_run": get_run,
    "delete_run": delete_run,
    "join_run": join_run,
    "join_run_stream": join_run_stream,
    "cancel_run": cancel_run,
}
