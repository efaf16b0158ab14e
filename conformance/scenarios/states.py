"""State, checkpoints, history, updates from outside."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from conformance.onward import checkpoint_before, rows_of, together
from conformance.registry import scenario
from conformance.scenarios.steering import TWO_STEPS

if TYPE_CHECKING:
    from conformance.driver import Driver


@scenario(quick=True)
async def states(d: Driver) -> None:
    """A thread before and after two runs, its history in every cut, on any assistant."""
    thread = await d.thread()
    d.note(thread=thread)
    await d.call("get_thread_state", thread_id=thread, label="empty/state")
    await d.call("search_thread_history", {"limit": 10}, thread_id=thread, label="empty/history")
    for _ in range(2):
        await d.wait(thread)
    await d.call("get_thread_state", thread_id=thread, label="state")
    history = await d.call("search_thread_history", {"limit": 100}, thread_id=thread, label="whole")
    await d.call("get_thread_history", thread_id=thread, query={"limit": 100}, label="whole-get")
    await d.call("search_thread_history", {"limit": 2}, thread_id=thread, label="two")
    found = [
        state["checkpoint"]["checkpoint_id"]
        for state in rows_of(history)
        if isinstance(state.get("checkpoint"), dict) and "checkpoint_id" in state["checkpoint"]
    ]
    if len(found) < 3:
        return
    middle = found[len(found) // 2]
    d.note(middle=len(found) // 2)
    await d.call(
        "get_thread_history",
        thread_id=thread,
        query={"limit": 100, "before": middle},
        label="before",
    )
    wrapped = {"limit": 100, "before": {"configurable": {"checkpoint_id": middle}}}
    await d.call("search_thread_history", wrapped, thread_id=thread, label="before-post")
    await d.call("get_thread_state_at", thread_id=thread, checkpoint_id=middle, label="at/path")
    body = {"checkpoint": {"checkpoint_id": middle, "checkpoint_ns": "", "thread_id": thread}}
    await d.call("get_thread_state_checkpoint", body, thread_id=thread, label="at/body")


@scenario(needs={"probe"})
async def state_updates(d: Driver) -> None:
    """Updates as a node, of an earlier checkpoint, during a run, and in vain."""

    async def written() -> None:
        thread = await d.thread()
        await d.wait(thread, TWO_STEPS)
        history = await d.call("search_thread_history", {"limit": 20}, thread_id=thread)
        body: dict[str, Any] = {"values": {"note": "told", "log": ["told"]}, "as_node": "check"}
        await d.call("update_thread_state", body, thread_id=thread, label="updated")
        await d.call("get_thread_state", thread_id=thread, label="updated-state")
        await d.call("get_thread", thread_id=thread, label="updated-thread")
        unknown = {**body, "as_node": "nobody"}
        await d.call("update_thread_state", unknown, thread_id=thread, label="unknown-node")
        nobody = str(uuid.uuid4())
        await d.call("update_thread_state", body, thread_id=nobody, label="unknown-thread")
        early = checkpoint_before(history, "check")
        d.note(early=early["checkpoint_id"])
        anchor = {"values": None, "as_node": "__copy__", "checkpoint": early}
        await d.call("update_thread_state", anchor, thread_id=thread, label="anchored")
        await d.call("get_thread_state", thread_id=thread, label="anchored-state")
        fork = {"values": {"note": "forked"}, "checkpoint": early, "as_node": "work"}
        await d.call("update_thread_state", fork, thread_id=thread, label="forked")
        await d.call("get_thread_state", thread_id=thread, label="forked-state")
        await d.wait(thread, input=None, label="forked-run")

    async def busy() -> None:
        thread = await d.thread()
        await d.wait(thread, [{"update": {"note": "seed"}}])
        run = await d.create(thread, [{"sleep": 2 * d.pace.hold}])
        await d.until(thread, run, "running")
        body = {"values": {"note": "intruder"}, "as_node": "work"}
        await d.call("update_thread_state", body, thread_id=thread, label="busy")
        await d.settle(thread, run)
        await d.call("get_thread_state", thread_id=thread, label="busy-state")

    await together(written(), busy())


@scenario(needs={"probe"})
async def nested(d: Driver) -> None:
    """A question asked inside a subgraph."""
    thread = await d.thread()
    await d.wait(thread, [{"subgraph": [{"interrupt": {"question": "within?"}}]}], label="asked")
    await d.call("get_thread_state", thread_id=thread, label="plain")
    await d.call("get_thread_state", thread_id=thread, query={"subgraphs": "true"}, label="deep")
