"""Routes of threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.http.call import Call, Empty, Reply, Streamed
from mockserver.routes.answers import sse

if TYPE_CHECKING:
    from mockserver.http.call import Answer, Handler


async def create_thread(call: Call) -> Reply:
    """A thread, or the one there is."""
    return Reply(call.engine.threads.create(call.body, call.passed_on()).encoded())


async def search_threads(call: Call) -> Reply:
    """A page of the threads that pass."""
    rows, more = call.engine.threads.search(call.body)
    offset = call.body.get("offset", 0)
    after = offset + len(rows)
    if not more:
        return Reply(rows, headers=(("X-Pagination-Total", str(after)),))
    # not the real total: one more than is on this page and before it, which says that more exist
    return Reply(
        rows,
        headers=(
            ("X-Pagination-Next", str(offset + call.body.get("limit", 10))),
            ("X-Pagination-Total", str(offset + call.body.get("limit", 10) + 1)),
        ),
    )


async def count_threads(call: Call) -> Reply:
    """How many threads pass."""
    return Reply(call.engine.threads.count(call.body))


async def prune_threads(call: Call) -> Reply:
    """Delete several threads."""
    pruned = await call.engine.threads.prune(
        call.body["thread_ids"], call.body.get("strategy", "delete")
    )
    return Reply({"pruned_count": pruned})


async def get_thread(call: Call) -> Reply:
    """One thread."""
    return Reply(call.engine.threads.get(call.path["thread_id"]).encoded())


async def patch_thread(call: Call) -> Answer:
    """Change metadata."""
    thread = call.engine.threads.patch(call.path["thread_id"], call.body)
    if call.headers.get("prefer") == "return=minimal":
        return Empty()
    return Reply(thread.encoded())


async def delete_thread(call: Call) -> Empty:
    """Delete a thread with all it has."""
    await call.engine.threads.delete(call.path["thread_id"])
    return Empty()


async def copy_thread(call: Call) -> Reply:
    """A thread with the same state and history."""
    return Reply(call.engine.threads.copy(call.path["thread_id"]).encoded())


async def get_thread_storage(call: Call) -> Reply:
    """What a thread takes to store."""
    call.engine.threads.get(call.path["thread_id"])
    return Reply(call.engine.states.storage(call.path["thread_id"]))


async def stream_thread(call: Call) -> Streamed:
    """The events of all runs of a thread, until the client goes."""
    return sse(
        call.engine.following.thread(
            call.path["thread_id"],
            call.query.get("stream_modes") or ("run_modes",),
            call.headers.get("last-event-id"),
        )
    )


HANDLERS: dict[str, Handler] = {
    "create_thread": create_thread,
    "search_threads": search_threads,
    "count_threads": count_threads,
    "prune_threads": prune_threads,
    "get_thread": get_thread,
    "patch_thread": patch_thread,
    "delete_thread": delete_thread,
    "copy_thread": copy_thread,
    "get_thread_storage": get_thread_storage,
    "stream_thread": stream_thread,
}
