"""Routes of runs without a thread of the caller's, and of many runs at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine.ids import uuid_of
from mockserver.http.call import Call, Empty, Reply, Streamed
from mockserver.routes.answers import delayed_json, located, sse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.engine.creation import Draft
    from mockserver.http.call import Handler


def _draft(call: Call, body: Mapping[str, Any], request_id: str | None = None) -> Draft:
    request_id = call.headers.get("x-request-id") or request_id
    return call.engine.runs.draft(body, None, request_id, call.passed_on())


async def create_stateless_run(call: Call) -> Reply:
    """A run in the background."""
    run = call.engine.runs.submit(_draft(call, call.body)).run
    return Reply(run.encoded, headers=(("Content-Location", f"/runs/{run.run_id}"),))


async def stream_stateless_run(call: Call) -> Streamed:
    """A run, and its events from the first on."""
    runs = call.engine.runs
    job = runs.submit(_draft(call, call.body))
    leaves = call.body.get("on_disconnect") == "cancel"
    chunks = call.engine.following.stream(job, cancel_on_disconnect=leaves)
    return sse(chunks, located(f"/runs/{job.run.run_id}", "stream"))


async def wait_stateless_run(call: Call) -> Streamed:
    """A run, and its end."""
    runs = call.engine.runs
    job = runs.submit(_draft(call, call.body))
    leaves = call.body.get("on_disconnect") == "cancel"
    chunks = call.engine.following.wait(job, cancel_on_disconnect=leaves)
    path = f"/threads/{job.thread.thread_id}/runs/{job.run.run_id}"
    return delayed_json(chunks, located(path, "join"))


async def create_run_batch(call: Call) -> Reply:
    """Several runs, or none where one of them cannot be."""
    request_id = call.engine.ids.uuid4()
    orders = [_draft(call, body, request_id) for body in call.body]
    jobs = [call.engine.runs.submit(order) for order in orders]
    return Reply(b"[" + b",".join([job.run.encoded for job in jobs]) + b"]")


async def cancel_runs(call: Call) -> Empty:
    """End active runs by status, or some of one thread."""
    body, runs = call.body, call.engine.runs
    rollback = call.query.get("action") == "rollback"
    if "status" in body:
        await runs.cancel_status(body["status"], rollback=rollback)
    else:
        thread_id = uuid_of(body["thread_id"], "thread_id")
        run_ids = [uuid_of(text, "run id") for text in body["run_ids"]]
        await runs.cancel_some(thread_id, run_ids, rollback=rollback)
    return Empty()


HANDLERS: dict[str, Handler] = {
    "create_stateless_run": create_stateless_run,
    "stream_stateless_run": stream_stateless_run,
    "wait_stateless_run": wait_stateless_run,
    "create_run_batch": create_run_batch,
    "cancel_runs": cancel_runs,
}
