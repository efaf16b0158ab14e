"""Runs without a thread of the client's."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from conformance.onward import id_of, rows_of, together
from conformance.registry import scenario
from conformance.scenarios.cancelling import gone

if TYPE_CHECKING:
    from conformance.driver import Driver


@scenario(quick=True)
async def stateless(d: Driver) -> None:
    """Created, waited for, streamed; removed and kept; on any assistant."""

    async def thread_of(made: Any, name: str, run: str, status: int) -> None:
        deadline = d.now() + d.pace.patience / 2
        while d.now() < deadline:
            found = await d.call("get_run", thread_id=made, run_id=run)
            run_status = found.json.get("status") if isinstance(found.json, dict) else None
            if found.status == status and run_status not in ("pending", "running"):
                break
            await asyncio.sleep(d.pace.poll)
        await d.call("get_run", thread_id=made, run_id=run, label=f"{name}/run")
        await d.call("get_thread", thread_id=made, label=f"{name}/thread")

    async def created(name: str, status: int, **fields: str) -> None:
        made = await d.call("create_stateless_run", d.body(**fields), label=f"{name}/created")
        thread, run = id_of(made, "thread_id"), id_of(made, "run_id")
        d.keep(thread)
        await thread_of(thread, name, run, status)

    async def waited(name: str, **fields: str) -> None:
        made = await d.call("wait_stateless_run", d.body(**fields), label=f"{name}/waited")
        parts = made.headers.get("content-location", "").split("/")
        if len(parts) == 5:
            d.keep(parts[2])
            await d.call("get_thread", thread_id=parts[2], label=f"{name}/thread")

    await together(
        created("removed", 404),
        created("kept", 200, on_completion="keep"),
        waited("waited"),
        waited("waited-kept", on_completion="keep"),
        d.call("stream_stateless_run", d.body(), label="streamed"),
    )


@scenario(quick=True)
async def stateless_refused(d: Driver) -> None:
    """Bodies that a stateless run must refuse, and a strategy that means nothing to it."""
    operations = ("create_stateless_run", "stream_stateless_run", "wait_stateless_run")
    ill: dict[str, dict[str, Any]] = {
        "assistant-number": {"assistant_id": 7},
        "metadata-string": {"metadata": "blue"},
        "stream-mode-unknown": {"stream_mode": "telepathy"},
        "on-completion-unknown": {"on_completion": "burn"},
        "config-array": {"config": []},
    }
    for operation in operations:
        for name, fields in ill.items():
            await d.call(operation, d.body(**fields), label=f"ill/{operation}-{name}")
        await d.call(operation, {"input": {}}, label=f"ill/{operation}-no-assistant")
        nobody = d.body(assistant_id=str(uuid.uuid4()))
        await d.call(operation, nobody, label=f"nobody/{operation}")
        resume = d.body(command={"resume": "yes"})
        await d.call(operation, resume, label=f"resume/{operation}")
    strategy = d.body(multitask_strategy="reject")
    for n in range(2):
        await d.call("create_stateless_run", strategy, label=f"strategy/{n}")


@scenario(needs={"probe"})
async def stateless_under_way(d: Driver) -> None:
    """Looked at, joined and cancelled under their threads; left by their clients."""
    hold = d.pace.hold
    work: list[Any] = [{"sleep": 3 * hold}, {"update": {"note": "done"}}]

    async def start(script: list[Any]) -> tuple[str, str]:
        made = await d.call("create_stateless_run", d.body(script))
        thread, run = id_of(made, "thread_id"), id_of(made, "run_id")
        d.keep(thread)
        await d.until(thread, run, "running")
        return thread, run

    async def joined() -> None:
        thread, run = await start(work)
        await d.call("join_run", thread_id=thread, run_id=run, label="joined")
        await gone(d, thread, run, "joined-run")

    async def cancelled() -> None:
        thread, run = await start([{"sleep": 30}])
        await d.call("cancel_run", thread_id=thread, run_id=run, label="cancel")
        await gone(d, thread, run, "cancelled-run")

    async def failed() -> None:
        failing = [{"fail": {"error": "ValueError", "message": "as the script says"}}]
        await d.call("wait_stateless_run", d.body(failing), label="failed")

    async def left(name: str, **fields: str) -> None:
        body = d.body(work, **fields)
        async with d.opened("wait_stateless_run", body, label=f"{name}/wait") as live:
            await live.head(d.pace.patience)
            parts = live.headers.get("content-location", "").split("/")
            if len(parts) != 5:
                return
            thread, run = parts[2], parts[4]
            d.keep(thread)
            await d.until(thread, run, "running")
        await asyncio.sleep(hold)
        await d.call("get_run", thread_id=thread, run_id=run, label=f"{name}/run")
        await gone(d, thread, run, f"{name}/gone")

    await together(
        joined(),
        cancelled(),
        failed(),
        left("continue"),
        left("cancelling", on_disconnect="cancel"),
    )


@scenario(quick=True)
async def batch(d: Driver) -> None:
    """Three runs at once, kept so that they can be looked at; batches that are none."""
    items = [d.body(metadata={"n": n}, on_completion="keep") for n in range(3)]
    made = await d.call("create_run_batch", items, label="made")
    for n, run in enumerate(rows_of(made)):
        thread_id, run_id = str(run.get("thread_id")), str(run.get("run_id"))
        d.keep(thread_id)
        await d.settle(thread_id, run_id, label=f"settled/{n}")
    for name, body in {
        "empty": [],
        "object": d.body(),
        "item": [7],
        "ill-item": [{"assistant_id": 7}],
    }.items():
        await d.call("create_run_batch", body, label=f"junk/{name}")
