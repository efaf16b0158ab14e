"""Protocol v2 over server-sent events: runs, channels, namespaces, replays, ends."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from conformance.errors import StoppedError
from conformance.onward import together
from conformance.protocol import (
    OVER,
    comes_to,
    event_of,
    followed,
    following,
    new_thread,
    start,
    turned,
)
from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver

PROTOCOL = ("protocol",)


@scenario(needs=PROTOCOL, quick=True)
async def protocol_runs(d: Driver) -> None:
    """Two runs of a thread that a command creates, watched from before; then by those who come."""
    thread_id = new_thread(d)
    d.note(thread=thread_id)
    await d.call("get_thread", thread_id=thread_id, label="before")
    async with following(d, thread_id, "live") as live:
        await live.head(d.pace.patience)
        first = await start(d, thread_id, label="started/first")
        d.note(runs=[first])
        await live.until(OVER, d.pace.patience)
        await d.call("get_run", thread_id=thread_id, run_id=first, label="at-once")
        await d.call("get_thread", thread_id=thread_id, label="thread")
        await asyncio.sleep(d.pace.hold)
        mark = {"mark": d.tag}
        second = await start(d, thread_id, label="started/second", metadata=mark)
        d.note(runs=[first, second], second=second)
        await live.until(OVER, d.pace.patience, count=2)
        seen = [event_of(frame) for frame in live.frames]
    middle = next(event.get("seq") for event in seen if turned(event, "completed", "failed"))
    await followed(d, thread_id, "replayed", OVER, count=2)
    await followed(d, thread_id, "since", OVER, since=middle)
    await d.settle(thread_id, second, label="marked")
    await d.call("get_thread_state", thread_id=thread_id, label="state")


RICH: list[dict[str, Any]] = [
    {"say": "one two three"},
    {"subgraph": [{"say": "inside"}]},
    {"node": "check"},
    {"update": {"note": 7}},
]
# what each subscription asks for beside the lifecycle, by which its end is known
CHOICES: dict[str, dict[str, Any]] = {
    "channels/values": {"channels": ["values", "lifecycle"]},
    "channels/messages": {"channels": ["messages", "lifecycle"]},
    "channels/lifecycle": {"channels": ["lifecycle"]},
    "channels/none-of-it": {"channels": ["custom:other", "input", "lifecycle"]},
    "depth/root": {"namespaces": [[]], "depth": 0},
    "depth/one": {"namespaces": [[]], "depth": 1},
    "depth/none": {"namespaces": [[]]},
    "ill/namespaces": {"namespaces": "nest"},
    "ill/segments": {"namespaces": [7]},
    "ill/depth": {"namespaces": [[]], "depth": "0"},
    "ill/since": {"since": "7"},
    "ill/negative": {"since": -1},
}


@scenario(needs=(*PROTOCOL, "probe"), quick=True)
async def protocol_channels(d: Driver) -> None:
    """One run that speaks, in a subgraph too, watched in many ways once it is over."""
    thread_id = new_thread(d)
    await start(d, thread_id, RICH, label="started")
    whole = await followed(d, thread_id, "whole", OVER)
    nested = [event for event in whole if turned(event, "completed", node="nest")]
    if not nested:
        raise StoppedError("no subgraph was told to have completed, to go on with")
    segment = nested[0]["params"]["namespace"]
    await d.call("get_thread_state", thread_id=thread_id, label="state")

    async def watch(label: str, subscription: dict[str, Any]) -> None:
        node = "nest" if label.startswith("within") else ""
        async with following(d, thread_id, label, **subscription) as live:
            # a check judges what came: one that ends too early is one of its findings
            with contextlib.suppress(StoppedError):
                await live.until(comes_to("completed", node=node), d.pace.patience)
            await asyncio.sleep(d.pace.hold)  # for what should not come

    within = {
        "within/node": {"namespaces": [["nest"]]},
        "within/call": {"namespaces": [segment]},
        "within/either": {"namespaces": [["other"], ["nest"]]},
    }
    await together(*(watch(label, choice) for label, choice in {**CHOICES, **within}.items()))
    async with following(d, thread_id, "nowhere", namespaces=[["other"]]):
        await asyncio.sleep(d.pace.hold)


@scenario(needs=(*PROTOCOL, "probe"), quick=True)
async def protocol_ends(d: Driver) -> None:
    """A run that fails, one that is cancelled, and one after it."""

    async def fails() -> None:
        thread_id = new_thread(d)
        script = [{"fail": {"error": "ValueError", "message": "it cannot be"}}]
        run_id = await start(d, thread_id, script)
        d.note(failed=run_id)
        await followed(d, thread_id, "failed", OVER)
        await d.settle(thread_id, run_id, label="failed-run")

    async def is_cancelled() -> None:
        thread_id = new_thread(d)
        async with following(d, thread_id, "cancelled") as live:
            run_id = await start(d, thread_id, [{"sleep": d.pace.patience}])
            d.note(cancelled=run_id)
            await live.until(comes_to("running"), d.pace.patience)
            query = {"wait": "true"}
            await d.call("cancel_run", thread_id=thread_id, run_id=run_id, query=query)
            await live.until(OVER, d.pace.patience)
            after = await start(d, thread_id, [{"update": {"note": "after"}}])
            d.note(after=after)
            await live.until(OVER, d.pace.patience, count=2)

    await together(fails(), is_cancelled())
