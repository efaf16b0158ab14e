"""Runs that end in every way, seen from every side: wait, run, thread, state, join."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.onward import newest_run, rows_of, together
from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver


async def looked_at(d: Driver, name: str, thread: str) -> None:
    """The thread, its runs, its state and its history, after a wait has been answered."""
    listed = await d.call("list_runs", thread_id=thread, label=f"{name}/runs")
    await d.call("get_thread", thread_id=thread, label=f"{name}/thread")
    await d.call("get_thread_state", thread_id=thread, label=f"{name}/state")
    await d.call("search_thread_history", {"limit": 50}, thread_id=thread, label=f"{name}/history")
    run = newest_run(listed)
    await d.call("join_run", thread_id=thread, run_id=run, label=f"{name}/join")


@scenario(quick=True)
async def waited(d: Driver) -> None:
    """A plain run that a client waits for, on any assistant."""
    thread = await d.thread()
    d.note(thread=thread)
    await d.call("get_thread", thread_id=thread, label="plain/fresh")
    await d.wait(thread, label="plain/wait")
    await looked_at(d, "plain", thread)


@scenario(needs={"probe"}, quick=True)
async def endings(d: Driver) -> None:
    """Success, failure, a question, too many supersteps."""
    scripts: dict[str, list[Any]] = {
        "ok": [{"update": {"note": "done", "data": {"n": 1}}}, {"say": "All is well."}],
        "failed": [
            {"update": {"note": "kept"}},
            {"node": "check"},
            {"update": {"note": "lost"}},
            {"fail": {"error": "ValueError", "message": "as the script says"}},
        ],
        "asked": [{"update": {"note": "lost"}}, {"interrupt": {"question": "may I?"}}],
        "deep": [step for _ in range(6) for step in ({"node": "check"}, {"update": {"note": 1}})],
    }

    async def one(name: str, script: list[Any]) -> None:
        thread = await d.thread()
        config = {"config": {"recursion_limit": 3}} if name == "deep" else {}
        await d.wait(thread, script, label=f"{name}/wait", **config)
        await looked_at(d, name, thread)

    await together(*(one(name, script) for name, script in scripts.items()))


@scenario(needs={"probe"})
async def joined(d: Driver) -> None:
    """A run under way that several clients join; one of them leaves early."""
    thread = await d.thread()
    hold = d.pace.hold
    run = await d.create(thread, [{"sleep": 4 * hold}, {"update": {"note": "joined"}}])
    await d.until(thread, run, "running")

    async def leaves() -> None:
        async with d.opened("join_run", thread_id=thread, run_id=run, label="left"):
            await asyncio.sleep(hold)

    await together(
        leaves(),
        *(d.call("join_run", thread_id=thread, run_id=run, label=f"joined/{n}") for n in range(3)),
    )
    await d.call("get_run", thread_id=thread, run_id=run, label="after")


@scenario(needs={"probe"})
async def left_alone(d: Driver) -> None:
    """Clients that leave a wait or a join, with and without the wish to cancel."""
    hold = d.pace.hold
    script = [{"sleep": 4 * hold}, {"update": {"note": "survived"}}]

    async def waits(name: str, **fields: str) -> None:
        thread = await d.thread()
        body = d.body(script, **fields)
        async with d.opened("wait_run", body, thread_id=thread, label=f"{name}/wait"):
            run = await only_run(d, thread)
            await d.until(thread, run, "running")
            await asyncio.sleep(hold / 2)
        await d.settle(thread, run, label=f"{name}/run")
        await d.call("get_thread_state", thread_id=thread, label=f"{name}/state")

    async def joins(name: str, **query: int) -> None:
        thread = await d.thread()
        run = await d.create(thread, script)
        await d.until(thread, run, "running")
        async with d.opened(
            "join_run", thread_id=thread, run_id=run, query=query, label=f"{name}/join"
        ):
            await asyncio.sleep(hold / 2)
        await d.settle(thread, run, label=f"{name}/run")

    await together(
        waits("wait-continue"),
        waits("wait-cancel", on_disconnect="cancel"),
        joins("join-continue"),
        joins("join-cancel", cancel_on_disconnect=1),
    )


async def only_run(d: Driver, thread: str) -> str:
    """The id of a thread's one run, as soon as it is listed."""
    deadline = d.now() + d.pace.patience
    while d.now() < deadline:
        listed = await d.call("list_runs", thread_id=thread)
        if rows_of(listed):
            break
        await asyncio.sleep(d.pace.poll)
    return newest_run(listed)


@scenario(needs={"probe"}, limit=60)
async def long_wait(d: Driver) -> None:
    """A wait that takes longer than the usual patience of proxies with silence."""
    thread = await d.thread()
    await d.wait(thread, [{"sleep": 6.2}, {"update": {"note": "at last"}}], label="wait")
