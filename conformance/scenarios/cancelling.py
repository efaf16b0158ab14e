"""Cancelling: running, pending, finished runs, by interrupt and by rollback, one by one."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from conformance.onward import together
from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver

LATE: list[Any] = [{"update": {"note": "late", "log": ["late"]}}]


def long_work(d: Driver, name: str = "first") -> list[Any]:
    """A superstep that is done, then one that takes long and would write."""
    done = [{"update": {"log": [name]}}, {"node": "check"}]
    return [*done, {"sleep": 4 * d.pace.hold}, *LATE]


async def under_way(d: Driver, thread: str, run: str) -> None:
    """Waits until the first superstep of `long_work` is in the state."""
    await d.until(thread, run, "running")
    deadline = d.now() + d.pace.patience
    while d.now() < deadline:
        state = await d.call("get_thread_state", thread_id=thread)
        if isinstance(state.json, dict) and state.json.get("next") == ["check"]:
            return
        await asyncio.sleep(d.pace.poll)


@scenario(needs={"probe"}, quick=True)
async def cancelled(d: Driver) -> None:
    """A running run, cancelled without waiting, again, and used again."""
    thread = await d.thread()
    run = await d.create(thread, long_work(d))
    where: dict[str, Any] = {"thread_id": thread, "run_id": run}
    await under_way(d, thread, run)
    await d.call("cancel_run", **where, label="cancel")
    await d.settle(thread, run, label="settled")
    await d.thread_until(thread, "interrupted", label="thread")
    await d.call("get_thread_state", thread_id=thread, label="state")
    await d.call("cancel_run", **where, label="again")
    await asyncio.sleep(5 * d.pace.hold)
    await d.call("get_run", **where, label="later")
    await d.call("get_thread_state", thread_id=thread, label="later-state")
    fresh = [{"update": {"note": "fresh", "log": ["fresh"]}}]
    await d.wait(thread, fresh, label="fresh")


@scenario(needs={"probe"}, quick=True)
async def cancelled_and_waited(d: Driver) -> None:
    """A running run, cancelled by a client that waits for its end."""
    thread = await d.thread()
    run = await d.create(thread, long_work(d))
    await under_way(d, thread, run)
    where: dict[str, Any] = {"thread_id": thread, "run_id": run}
    await d.call("cancel_run", **where, query={"wait": 1}, label="cancel")
    await d.call("get_run", **where, label="run")


@scenario()
async def cancelled_pending(d: Driver) -> None:
    """Runs that have not started: interrupted and rolled back, waiting and not."""

    async def one(name: str, **query: Any) -> None:
        thread = await d.thread()
        run = await d.create(thread, after_seconds=60)
        where: dict[str, Any] = {"thread_id": thread, "run_id": run}
        await d.call("cancel_run", **where, query=query, label=f"{name}/cancel")
        await d.call("get_run", **where, label=f"{name}/run")
        await d.call("get_thread_state", thread_id=thread, label=f"{name}/state")

    await together(
        one("interrupt"),
        one("interrupt-wait", wait=1),
        one("rollback", action="rollback"),
        one("rollback-wait", action="rollback", wait=1),
    )


@scenario(needs={"probe"})
async def rolled_back(d: Driver) -> None:
    """A running run after a finished one, cancelled with rollback, waiting and not."""

    async def one(name: str, **query: Any) -> None:
        thread = await d.thread()
        await d.wait(thread, [{"update": {"note": "seed", "log": ["seed"]}}])
        await d.call("get_thread_state", thread_id=thread, label=f"{name}/before")
        run = await d.create(thread, long_work(d))
        await under_way(d, thread, run)
        where: dict[str, Any] = {"thread_id": thread, "run_id": run}
        query["action"] = "rollback"
        await d.call("cancel_run", **where, query=query, label=f"{name}/cancel")
        await gone(d, thread, run, f"{name}/run")
        await d.thread_until(thread, "idle", label=f"{name}/thread")
        await d.call("get_thread_state", thread_id=thread, label=f"{name}/after")

    await together(one("leave"), one("wait", wait=1))


async def gone(d: Driver, thread: str, run: str, label: str) -> None:
    """Polls a run until it is 404, at most for the target's patience; the last answer."""
    deadline = d.now() + d.pace.patience / 2
    while d.now() < deadline:
        found = await d.call("get_run", thread_id=thread, run_id=run)
        if found.status == 404:
            break
        await asyncio.sleep(d.pace.poll)
    await d.call("get_run", thread_id=thread, run_id=run, label=label)


@scenario(quick=True)
async def cancelled_in_vain(d: Driver) -> None:
    """Finished runs, runs of other threads, junk actions."""
    thread, other = await d.thread(), await d.thread()
    run = await d.create(thread)
    await d.settle(thread, run)
    asked: dict[str, dict[str, Any]] = {
        "plain": {},
        "wait": {"wait": 1},
        "rollback": {"action": "rollback"},
    }
    for name, query in asked.items():
        await d.call(
            "cancel_run", thread_id=thread, run_id=run, query=query, label=f"finished/{name}"
        )
    await d.call("get_run", thread_id=thread, run_id=run, label="run")
    delayed = await d.create(other, after_seconds=60)
    await d.call("cancel_run", thread_id=thread, run_id=delayed, label="nothing/elsewhere")
    await d.call("cancel_run", thread_id=thread, run_id=str(uuid.uuid4()), label="nothing/unknown")
    await d.call("get_run", thread_id=other, run_id=delayed, label="untouched")
    junk = {"action": "explode"}
    await d.call("cancel_run", thread_id=other, run_id=delayed, query=junk, label="junk")


@scenario(needs={"probe"})
async def cancelled_beside(d: Driver) -> None:
    """A pending run is cancelled while another run of the thread is running."""
    thread = await d.thread()
    running = await d.create(thread, [{"sleep": 4 * d.pace.hold}, {"update": {"note": "kept"}}])
    await d.until(thread, running, "running")
    pending = await d.create(thread, [{"update": {"note": "never"}}])
    await d.call("cancel_run", thread_id=thread, run_id=pending, label="cancel")
    await d.call("get_run", thread_id=thread, run_id=pending, label="pending")
    await d.call("get_thread", thread_id=thread, label="thread")
    await d.call("get_run", thread_id=thread, run_id=running, label="running")
    await d.settle(thread, running, label="settled")
    await d.call("get_thread_state", thread_id=thread, label="state")
