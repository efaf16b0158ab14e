"""Streams that are left, joined, resumed; the thread's own stream."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.onward import field_of, together
from conformance.registry import scenario
from conformance.scenarios.streaming import SHOW, run_id_of

if TYPE_CHECKING:
    from conformance.driver import Driver


@scenario(needs={"probe"})
async def stream_left(d: Driver) -> None:
    """Clients that leave a stream, with and without the wish to cancel."""
    hold = d.pace.hold
    script = [{"custom": "here"}, {"sleep": 3 * hold}, {"update": {"note": "survived"}}]

    async def leaves(name: str, **fields: str) -> None:
        thread = await d.thread()
        body = d.body(script, stream_mode=["custom"], **fields)
        async with d.opened("stream_run", body, thread_id=thread, label=f"{name}/stream") as live:
            await live.until("custom", d.pace.patience)
            run = run_id_of(live.headers.get("content-location", ""))
        await d.settle(thread, run, label=f"{name}/run")
        await d.call("get_thread_state", thread_id=thread, label=f"{name}/state")

    async def joins(name: str, **query: int) -> None:
        thread = await d.thread()
        run = await d.create(thread, script, stream_mode=["custom"])
        await d.until(thread, run, "running")
        async with d.opened(
            "join_run_stream", thread_id=thread, run_id=run, query=query, label=f"{name}/join"
        ) as live:
            await live.head(d.pace.patience)
            await asyncio.sleep(hold / 2)
        await d.settle(thread, run, label=f"{name}/run")

    await together(
        leaves("continue"),
        leaves("cancel", on_disconnect="cancel"),
        joins("join-continue"),
        joins("join-cancel", cancel_on_disconnect=1),
    )


@scenario(needs={"probe"})
async def stream_joined(d: Driver) -> None:
    """A run under way whose stream two clients join, and one filters."""
    thread = await d.thread()
    hold = d.pace.hold
    script = [
        {"sleep": 3 * hold},
        {"custom": "late"},
        {"update": {"note": "joined"}},
        {"subgraph": [{"custom": "inner"}]},
    ]
    run = await d.create(
        thread, script, stream_mode=["values", "updates", "custom"], stream_subgraphs=True
    )
    await d.until(thread, run, "running")
    where: dict[str, Any] = {"thread_id": thread, "run_id": run}
    await together(
        *(d.call("join_run_stream", **where, label=f"joined/{n}") for n in range(2)),
        d.call("join_run_stream", **where, query={"stream_mode": "custom"}, label="filtered"),
        d.call(
            "join_run_stream",
            **where,
            query={"stream_mode": "custom", "namespace": "", "checkpoint_id": "", "wings": "2"},
            label="asked-more",
        ),
    )
    await d.call("get_run", **where, label="run")


@scenario(needs={"probe"})
async def stream_resumed(d: Driver) -> None:
    """A resumable stream, replayed from its start and from behind every event."""
    thread = await d.thread()
    # a pause before each event keeps their ids apart on servers that count milliseconds
    script: list[Any] = []
    for n in range(6):
        script += [{"custom": n}, {"sleep": 0.02}]
    script += [{"update": {"note": "end"}}]
    modes = ["custom", "updates"]
    live = await d.stream(thread, script, stream_mode=modes, stream_resumable=True, label="live")
    run = run_id_of(live.headers.get("content-location", ""))
    where: dict[str, Any] = {"thread_id": thread, "run_id": run}
    ids = [frame.id for frame in live.stream.events if frame.id] if live.stream else []

    async def behind(label: str, last: str) -> None:
        await d.call("join_run_stream", **where, headers={"last-event-id": last}, label=label)

    await behind("replay", "-1")
    await together(*(behind(f"behind/{n}", last) for n, last in enumerate(ids)))


@scenario(needs={"probe"})
async def stream_replayed(d: Driver) -> None:
    """A resumable stream in many modes, replayed as a whole."""
    thread = await d.thread()
    modes = ["values", "updates", "messages-tuple", "custom", "tasks", "checkpoints"]
    live = await d.stream(
        thread, SHOW, stream_mode=modes, stream_resumable=True, stream_subgraphs=True, label="live"
    )
    run = run_id_of(live.headers.get("content-location", ""))
    headers = {"last-event-id": "-1"}
    await d.call("join_run_stream", thread_id=thread, run_id=run, headers=headers, label="replay")


@scenario(needs={"probe"})
async def stream_resumed_live(d: Driver) -> None:
    """A resumable stream, replayed while the run is under way."""
    thread = await d.thread()
    script = [
        {"custom": "early"},
        {"sleep": 2 * d.pace.hold},
        {"custom": "late"},
        {"update": {"note": "end"}},
    ]
    body = d.body(script, stream_mode=["custom", "updates"], stream_resumable=True)
    async with d.opened("stream_run", body, thread_id=thread, label="live") as live:
        await live.until("custom", d.pace.patience)
        run = run_id_of(live.headers.get("content-location", ""))
        await d.call(
            "join_run_stream",
            thread_id=thread,
            run_id=run,
            headers={"last-event-id": "-1"},
            label="replay",
        )
        await live.finish(d.pace.patience)


@scenario(needs={"probe"})
async def stream_asked(d: Driver) -> None:
    """A run that asks while a client reads its joined stream; the stream replayed."""
    thread = await d.thread()
    script = [{"sleep": 3 * d.pace.hold}, {"interrupt": {"question": "still there?"}}]
    run = await d.create(thread, script, stream_mode=["values", "updates"], stream_resumable=True)
    await d.until(thread, run, "running")
    where: dict[str, Any] = {"thread_id": thread, "run_id": run}
    await d.call("join_run_stream", **where, label="joined")
    headers = {"last-event-id": "-1"}
    await d.call("join_run_stream", **where, headers=headers, label="replay")


@scenario(needs={"probe"}, quick=True)
async def stream_burst(d: Driver) -> None:
    """Many events in one instant, on a resumable stream."""
    thread = await d.thread()
    script = [{"custom": n} for n in range(60)]
    await d.stream(thread, script, stream_mode="custom", stream_resumable=True, label="stream")


@scenario()
async def thread_stream(d: Driver) -> None:
    """A thread's own stream over two runs, in each of its modes."""
    thread = await d.thread()
    watched: dict[str, Any] = {}
    async with (
        d.opened("stream_thread", thread_id=thread, label="runs") as runs,
        d.opened(
            "stream_thread",
            thread_id=thread,
            query={"stream_modes": "lifecycle"},
            label="lifecycle",
        ) as lifecycle,
    ):
        for live in (runs, lifecycle):
            await live.head(d.pace.patience)
        await asyncio.sleep(d.pace.poll * 2)
        for n in range(2):
            made = await d.wait(thread, label=f"wait/{n}", stream_mode=["values", "updates"])
            watched[str(n)] = made.status
            for live in (runs, lifecycle):
                await live.until(is_run_done, d.pace.patience, count=n + 1)
    d.note(runs=watched)
    await d.call(
        "stream_thread", thread_id=thread, query={"stream_modes": "everything"}, label="junk"
    )
    async with d.opened(
        "stream_thread",
        thread_id=thread,
        query={"stream_modes": "state_update"},
        label="updates",
    ) as live:
        await live.head(d.pace.patience)
        await asyncio.sleep(d.pace.poll * 2)
        state = await d.call("update_thread_state", {"values": None}, thread_id=thread)
        field_of(state, "checkpoint")
        await live.until(lambda frame: not frame.is_comment, d.pace.patience)


def is_run_done(frame: Any) -> bool:
    """Whether an event tells the end of a run on a thread's stream."""
    return frame.event == "metadata" and "run_done" in (frame.data or "")
