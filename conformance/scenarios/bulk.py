"""Cancelling many runs with one request."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver


@scenario(needs={"probe"})
async def bulk_by_ids(d: Driver) -> None:
    """A running, a pending, a finished and an unknown run named; a bystander not named."""
    thread = await d.thread()
    finished = await d.create(thread, [])
    await d.settle(thread, finished)
    running = await d.create(thread, [{"sleep": 30}])
    await d.until(thread, running, "running")
    pending = await d.create(thread, [])
    bystander = await d.create(thread, [{"update": {"note": "bystander"}}])
    body = {"thread_id": thread, "run_ids": [finished, running, pending, str(uuid.uuid4())]}
    await d.call("cancel_runs", body, label="cancel")
    names = {"finished": finished, "running": running, "pending": pending, "bystander": bystander}
    for name, run in names.items():
        await d.settle(thread, run, label=name)


@scenario(needs={"probe"})
async def bulk_rollback(d: Driver) -> None:
    """A running and a pending run, rolled back by their ids."""
    thread = await d.thread()
    running = await d.create(thread, [{"sleep": 30}])
    await d.until(thread, running, "running")
    pending = await d.create(thread, [])
    body = {"thread_id": thread, "run_ids": [running, pending]}
    await d.call("cancel_runs", body, query={"action": "rollback"}, label="cancel")
    deadline = d.now() + d.pace.patience / 2
    for run in (running, pending):
        while d.now() < deadline:
            if (await d.call("get_run", thread_id=thread, run_id=run)).status == 404:
                break
            await asyncio.sleep(d.pace.poll)
    await d.call("list_runs", thread_id=thread, label="runs")


@scenario(quick=True)
async def bulk_in_vain(d: Driver) -> None:
    """Selections that select nothing, and bodies that are none."""
    thread = await d.thread()
    run = await d.create(thread)
    await d.settle(thread, run)
    delayed = await d.create(thread, after_seconds=60)
    nobody = str(uuid.uuid4())
    for name, ids in {"finished": [run], "unknown": [nobody], "none": []}.items():
        body = {"thread_id": thread, "run_ids": ids}
        await d.call("cancel_runs", body, label=f"nothing/{name}")
    elsewhere = {"thread_id": nobody, "run_ids": [delayed]}
    await d.call("cancel_runs", elsewhere, label="nothing/elsewhere")
    junk: dict[str, Any] = {
        "empty": {},
        "thread-alone": {"thread_id": thread},
        "ids-alone": {"run_ids": [delayed]},
        "all-three": {"status": "pending", "thread_id": thread, "run_ids": [delayed]},
        "status-unknown": {"status": "done"},
        "status-upper": {"status": "PENDING"},
        "ids-string": {"thread_id": thread, "run_ids": delayed},
        "bad-thread": {"thread_id": "nonsense", "run_ids": [delayed]},
        "bad-run": {"thread_id": thread, "run_ids": ["nonsense"]},
        "array": [],
    }
    for name, body in junk.items():
        await d.call("cancel_runs", body, label=f"junk/{name}")
    await d.call("get_run", thread_id=thread, run_id=delayed, label="untouched")


@scenario(needs={"probe", "parallel", "quiet"}, exclusive=True)
async def bulk_by_status(d: Driver) -> None:
    """Every pending run of the server, then every active one; nothing else runs meanwhile."""
    work = 3 * d.pace.hold + 2 * d.pace.pickup
    threads = [await d.thread() for _ in range(2)]
    script = [{"sleep": work}, {"update": {"note": "late"}}]
    running = [await d.create(thread, script) for thread in threads]
    for thread, run in zip(threads, running, strict=True):
        await d.until(thread, run, "running")
    pending = [await d.create(thread, []) for thread in threads]
    await d.call("cancel_runs", {"status": "pending"}, label="pending/cancel")
    for n, thread in enumerate(threads):
        await d.call("get_run", thread_id=thread, run_id=pending[n], label=f"pending/pending-{n}")
        await d.call("get_run", thread_id=thread, run_id=running[n], label=f"pending/running-{n}")
    await d.call("cancel_runs", {"status": "all"}, label="all/cancel")
    for n, thread in enumerate(threads):
        await d.until(thread, running[n], "interrupted")
    await asyncio.sleep(work + d.pace.hold)
    for n, thread in enumerate(threads):
        await d.call("get_run", thread_id=thread, run_id=running[n], label=f"all/run-{n}")
        await d.call("get_thread_state", thread_id=thread, label=f"all/state-{n}")
    await d.call("cancel_runs", {"status": "running"}, label="nothing/status")
