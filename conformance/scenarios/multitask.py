"""A second run on a thread that is busy: every strategy, against running and pending runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.onward import id_of, rows_of, together
from conformance.registry import scenario
from conformance.scenarios.cancelling import gone, long_work, under_way
from conformance.scenarios.streaming import run_id_of

if TYPE_CHECKING:
    from conformance.driver import Driver

STRATEGIES = ("reject", "rollback", "interrupt", "enqueue")


@scenario(quick=True)
async def strategies_shown(d: Driver) -> None:
    """Runs on idle threads: the strategy is shown and does no harm."""
    thread = await d.thread()
    run = await d.create(thread, label="shown/default")
    await d.settle(thread, run)
    for strategy in STRATEGIES:
        thread = await d.thread()
        await d.create(thread, multitask_strategy=strategy, label=f"shown/{strategy}")


@scenario(needs={"probe"}, quick=True)
async def rejected(d: Driver) -> None:
    """reject against a running run, on create, stream and wait."""
    thread = await d.thread()
    first = await d.create(thread, [{"sleep": 3 * d.pace.hold}, {"update": {"note": "first"}}])
    await d.until(thread, first, "running")
    body = d.body([{"update": {"note": "second"}}], multitask_strategy="reject")
    for operation in ("create_run", "stream_run", "wait_run"):
        await d.call(operation, body, thread_id=thread, label=f"refused/{operation}")
    await d.call("list_runs", thread_id=thread, label="runs")
    await d.settle(thread, first, label="first")
    await d.call("get_thread_state", thread_id=thread, label="state")


@scenario(quick=True)
async def beside_pending(d: Driver) -> None:
    """Every strategy against a run that is pending for a minute."""

    async def one(strategy: str) -> None:
        thread = await d.thread()
        first = await d.create(thread, after_seconds=60)
        body = d.body(multitask_strategy=strategy)
        made = await d.call("create_run", body, thread_id=thread, label=f"{strategy}/second")
        await d.call("get_run", thread_id=thread, run_id=first, label=f"{strategy}/first")
        if made.status == 200:
            await d.settle(thread, id_of(made, "run_id"), label=f"{strategy}/settled")

    await together(one("reject"), one("interrupt"), one("rollback"))


@scenario(needs={"probe"}, quick=True)
async def enqueued(d: Driver) -> None:
    """Four runs of one thread and one of another, created at once."""
    thread, other = await d.thread(), await d.thread()
    beside = await d.create(other, [{"sleep": 2 * d.pace.hold}])
    names = ("a", "b", "c", "e")
    pause = d.pace.hold / 2
    runs = []
    for name in names:
        script = [{"sleep": pause}, {"update": {"log": [name]}}]
        runs.append(await d.create(thread, script, label=f"created/{name}"))
    d.note(runs=runs, names=list(names), beside=beside)
    deadline = d.now() + d.pace.patience + 4 * (pause + d.pace.pickup + 1)
    n = 0
    while d.now() < deadline:
        listed = await d.call("list_runs", thread_id=thread, label=f"seen/{n}")
        n += 1
        statuses = [run.get("status") for run in rows_of(listed)]
        if "pending" not in statuses and "running" not in statuses:
            break
        if n % 4 == 0:
            await d.call("get_run", thread_id=other, run_id=beside, label=f"beside/{n}")
        await asyncio.sleep(d.pace.poll)
    await d.call("get_thread_state", thread_id=thread, label="state")
    await d.call("search_thread_history", {"limit": 100}, thread_id=thread, label="history")


@scenario(needs={"probe"}, quick=True)
async def superseded(d: Driver) -> None:
    """interrupt and rollback against a running run, by a background run."""

    async def one(strategy: str) -> None:
        thread = await d.thread()
        await d.wait(thread, [{"update": {"log": ["seed"]}}])
        first = await d.create(thread, long_work(d))
        await under_way(d, thread, first)
        second = await d.create(
            thread,
            [{"update": {"log": ["second"]}}],
            multitask_strategy=strategy,
            label=f"{strategy}/second",
        )
        await d.call("get_run", thread_id=thread, run_id=first, label=f"{strategy}/first")
        await d.settle(thread, second, label=f"{strategy}/settled")
        await d.call("get_thread_state", thread_id=thread, label=f"{strategy}/state")
        await d.call("list_runs", thread_id=thread, label=f"{strategy}/runs")

    await together(one("interrupt"), one("rollback"))


@scenario(needs={"probe"})
async def superseded_watched(d: Driver) -> None:
    """interrupt and rollback against a run that a client watches, by a run that one waits for."""

    async def one(strategy: str, operation: str, second: str) -> None:
        thread = await d.thread()
        name = f"{operation}-{strategy}"
        script: list[Any] = [{"sleep": 30}]
        body = d.body(script, stream_mode="values")
        async with d.opened(operation, body, thread_id=thread, label=f"{name}/first") as live:
            await live.head(d.pace.patience)
            first = run_id_of(live.headers.get("content-location", ""))
            await d.until(thread, first, "running")
            await d.call(
                second,
                d.body([{"update": {"note": "second"}}], multitask_strategy=strategy),
                thread_id=thread,
                label=f"{name}/second",
            )
            await live.finish(d.pace.patience)
        if strategy == "rollback":
            await gone(d, thread, first, f"{name}/run")
        else:
            await d.settle(thread, first, label=f"{name}/run")

    await together(
        one("interrupt", "stream_run", "wait_run"),
        one("rollback", "stream_run", "stream_run"),
        one("interrupt", "wait_run", "stream_run"),
        one("rollback", "wait_run", "wait_run"),
    )
