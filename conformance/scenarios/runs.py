"""Background runs on a thread: create, get, list, delete."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

from conformance.onward import id_of, newest_run, together
from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver


@scenario(quick=True)
async def one_run(d: Driver) -> None:
    """One run from its creation to its deletion, looked at all the way."""
    thread = await d.thread()
    other = await d.thread()
    d.note(thread=thread)
    run = await d.create(
        thread,
        label="created",
        metadata={"colour": "blue", "nested": {"deep": [1, 2]}},
        config={"tags": ["alpha"], "recursion_limit": 25, "configurable": {"flavour": "mint"}},
        stream_mode="values",
    )
    d.note(run=run, input=d.input())
    await d.call("get_run", thread_id=thread, run_id=run, label="got")
    await d.settle(thread, run, label="settled")
    await d.call("list_runs", thread_id=thread, label="listed")
    await d.call("get_run", thread_id=other, run_id=run, label="elsewhere")
    await d.call("get_run", thread_id=thread, run_id=str(uuid.uuid4()), label="unknown")
    await d.call("delete_run", thread_id=other, run_id=run, label="deleted-elsewhere")
    await d.call("delete_run", thread_id=thread, run_id=run, label="deleted")
    await d.call("get_run", thread_id=thread, run_id=run, label="got-deleted")
    await d.call("list_runs", thread_id=thread, label="listed-deleted")
    await d.call("delete_run", thread_id=thread, run_id=run, label="deleted-again")
    await d.call("delete_run", thread_id=thread, run_id=str(uuid.uuid4()), label="deleted-unknown")


@scenario(quick=True)
async def named_assistants(d: Driver) -> None:
    """Runs of an assistant by id, by graph name, and of unknown ones."""
    thread = await d.thread()
    d.note(assistant=d.target.assistant_id)
    await d.create(thread, label="by-id", assistant_id=d.target.assistant_id)
    if d.target.graph_id:
        await d.create(thread, label="by-name", assistant_id=d.target.graph_id)
    fresh = await d.thread()
    nobody = d.body(assistant_id=str(uuid.uuid4()))
    for operation in ("create_run", "stream_run", "wait_run"):
        await d.call(operation, nobody, thread_id=fresh, label=f"nobody/{operation}")
    await d.call("list_runs", thread_id=fresh, label="after-nobody")


@scenario(quick=True)
async def missing_threads(d: Driver) -> None:
    """Runs on a thread that does not exist, with and without leave to create it."""
    for operation in ("create_run", "stream_run", "wait_run"):
        found = await d.call(
            operation, d.body(), thread_id=str(uuid.uuid4()), label=f"refused/{operation}"
        )
        if found.status == 200:
            d.keep(found.path.split("/")[2])
    await d.call(
        "create_run",
        d.body(if_not_exists="reject"),
        thread_id=str(uuid.uuid4()),
        label="refused/reject",
    )
    wanted = str(uuid.uuid4())
    d.note(wanted=wanted)
    d.keep(wanted)
    made = await d.call(
        "create_run", d.body(if_not_exists="create"), thread_id=wanted, label="made"
    )
    await d.call("get_thread", thread_id=wanted, label="made-thread")
    await d.settle(wanted, id_of(made, "run_id"))


@scenario(quick=True)
async def twins(d: Driver) -> None:
    """Equal creations, sent at once, with ids of the client's in the body."""
    thread = await d.thread()
    claimed = str(uuid.uuid4())
    d.note(claimed=claimed)
    body = d.body(run_id=claimed, surprise={"unknown": True})
    headers = {"idempotency-key": "one-and-the-same"}
    await together(
        *(
            d.call("create_run", body, thread_id=thread, headers=headers, label=f"twin/{n}")
            for n in range(2)
        )
    )


@scenario()
async def merged_metadata(d: Driver) -> None:
    """Metadata of assistant, thread, configuration and request, overlapping."""
    assistant = await d.call(
        "create_assistant",
        {
            "graph_id": d.target.graph_id,
            "metadata": {"from": "assistant", "a": 1, "at": "a", "ac": "a", "ar": "a"},
        },
    )
    assistant_id = id_of(assistant, "assistant_id")
    d.keep_assistant(assistant_id)
    thread = await d.thread(metadata={"from": "thread", "t": 2, "at": "t", "tc": "t"})
    await d.create(
        thread,
        label="created",
        assistant_id=assistant_id,
        config={"metadata": {"from": "config", "c": 3, "ac": "c", "tc": "c"}},
        metadata={"from": "request", "r": 4, "ar": "r"},
    )


@scenario()
async def listing(d: Driver) -> None:
    """Twelve runs of one thread in several statuses, listed in every way."""
    thread = await d.thread()
    made = [await d.create(thread, metadata={"n": n}) for n in range(12)]
    d.note(made=made)
    await d.settle(thread, made[-1])
    await d.call("list_runs", thread_id=thread, label="default")
    await d.call("list_runs", thread_id=thread, query={"limit": 100}, label="all")
    for offset in range(0, 15, 5):
        await d.call(
            "list_runs",
            thread_id=thread,
            query={"limit": 5, "offset": offset},
            label=f"page/{offset}",
        )
    for status in ("pending", "running", "success", "error", "timeout", "interrupted"):
        await d.call(
            "list_runs",
            thread_id=thread,
            query={"status": status, "limit": 100},
            label=f"status/{status}",
        )
    await d.call("list_runs", thread_id=thread, query={"status": "done"}, label="junk-status")
    await d.call(
        "list_runs",
        thread_id=thread,
        query=[("select", "run_id"), ("select", "status")],
        label="selected",
    )
    await d.call("list_runs", thread_id=thread, query={"select": "wings"}, label="junk-select")
    await d.call("list_runs", thread_id=thread, query={"limit": "ten"}, label="junk-page/limit")
    await d.call("list_runs", thread_id=thread, query={"offset": "x"}, label="junk-page/offset")
    await d.call("list_runs", thread_id=str(uuid.uuid4()), label="nowhere")


@scenario(needs={"probe"})
async def deleting_work(d: Driver) -> None:
    """Deleting the second of two finished runs, then a running and a pending one."""

    async def finished() -> None:
        thread = await d.thread()
        await d.wait(thread, [{"update": {"note": "first"}}], label="first")
        await d.call("get_thread_state", thread_id=thread, label="state-before")
        await d.wait(thread, [{"update": {"note": "second"}}], label="second")
        listed = await d.call("list_runs", thread_id=thread)
        newest = newest_run(listed)
        d.note(deleted=newest)
        await d.call("delete_run", thread_id=thread, run_id=newest, label="deleted")
        await d.call("get_thread_state", thread_id=thread, label="state-after")
        await d.call("search_thread_history", {"limit": 100}, thread_id=thread, label="history")

    async def running() -> None:
        thread = await d.thread()
        hold = d.pace.hold
        run = await d.create(thread, [{"sleep": 4 * hold}, {"update": {"note": "late"}}])
        await d.until(thread, run, "running")
        await d.call("delete_run", thread_id=thread, run_id=run, label="deleted-running")
        await asyncio.sleep(5 * hold)
        await d.call("get_thread_state", thread_id=thread, label="state-running")
        await d.call("get_thread", thread_id=thread, label="thread-running")

    async def pending() -> None:
        thread = await d.thread()
        run = await d.create(thread, after_seconds=60)
        await d.call("delete_run", thread_id=thread, run_id=run, label="deleted-pending")
        await d.thread_until(thread, "idle", label="thread-pending")

    await together(finished(), running(), pending())
