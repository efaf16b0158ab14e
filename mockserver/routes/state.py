"""Thread state and history: show, look up, list, update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.http.call import Reply

if TYPE_CHECKING:
    from mockserver.http.call import Answer, Call, Handler


async def get_thread_state(call: Call) -> Answer:
    """GET /threads/{thread_id}/state."""
    subgraphs = bool(call.query.get("subgraphs"))
    return Reply(call.engine.states.thread_state(call.path["thread_id"], subgraphs=subgraphs))


async def get_thread_state_at(call: Call) -> Answer:
    """GET /threads/{thread_id}/state/{checkpoint_id}."""
    address = {"checkpoint_id": call.path["checkpoint_id"]}
    subgraphs = bool(call.query.get("subgraphs"))
    state = call.engine.states.state_at(call.path["thread_id"], address, subgraphs=subgraphs)
    return Reply(state)


async def get_thread_state_checkpoint(call: Call) -> Answer:
    """POST /threads/{thread_id}/state/checkpoint."""
    subgraphs = bool(call.body.get("subgraphs"))
    address = call.body["checkpoint"]
    state = call.engine.states.state_at(call.path["thread_id"], address, subgraphs=subgraphs)
    return Reply(state)


async def update_thread_state(call: Call) -> Answer:
    """POST /threads/{thread_id}/state."""
    body = call.body
    address = dict(body.get("checkpoint") or {})
    if body.get("checkpoint_id"):
        address.setdefault("checkpoint_id", body["checkpoint_id"])
    made = call.engine.states.update(
        call.path["thread_id"], body.get("values"), body.get("as_node"), address, call.passed_on()
    )
    reply = {"checkpoint": made, "configurable": made, "checkpoint_id": made["checkpoint_id"]}
    return Reply(reply)


async def get_thread_history(call: Call) -> Answer:
    """GET /threads/{thread_id}/history."""
    query = call.query
    states = call.engine.states.history(
        call.path["thread_id"], limit=query.get("limit", 1), before=query.get("before")
    )
    return Reply(states)


async def search_thread_history(call: Call) -> Answer:
    """POST /threads/{thread_id}/history."""
    body = call.body
    states = call.engine.states.history(
        call.path["thread_id"],
        limit=body.get("limit", 1),
        before=_before(body.get("before")),
        metadata=body.get("metadata"),
        address=body.get("checkpoint"),
    )
    return Reply(states)


def _before(given: Any) -> str | None:
    """The checkpoint id in any of the forms clients send: bare, in a checkpoint, in a config."""
    if isinstance(given, dict):
        inner = given.get("configurable")
        given = (inner if isinstance(inner, dict) else given).get("checkpoint_id")
    return given if isinstance(given, str) else None


HANDLERS: dict[str, Handler] = {
    "get_thread_state": get_thread_state,
    "get_thread_state_at": get_thread_state_at,
    "get_thread_state_checkpoint": get_thread_state_checkpoint,
    "update_thread_state": update_thread_state,
    "get_thread_history": get_thread_history,
    "search_thread_history": search_thread_history,
}
