"""Streams of runs: every mode, every way to end."""

from __future__ import annotations

import asyncio
from typing import Any

from conformance.driver import Driver, field_of, newest_run, together
from conformance.registry import scenario

MODES = (
    "values",
    "updates",
    "messages",
    "messages-tuple",
    "custom",
    "tasks",
    "checkpoints",
    "debug",
    "events",
)
# Everything at once: tokens, a tool, custom events, supersteps, a fan-out, a subgraph.
SHOW: list[Any] = [
    {"say": "Streams are many small things.", "id": "ai-show"},
    {"custom": {"n": 1}},
    {"custom": [2, "two"]},
    {"tool": {"name": "weigh", "args": {"thing": "feather"}, "result": "light", "id": "call-1"}},
    {"update": {"note": "first"}},
    {"node": "check"},
    {"update": {"data": {"checked": True}}},
    {"parallel": {"left": [{"update": {"data": {"l": 1}}}], "right": [{"custom": "right"}]}},
    {"subgraph": [{"custom": "inner"}, {"update": {"data": {"inner": True}}}]},
    {"update": {"note": "last"}},
]


async def after(d: Driver, name: str, thread: str) -> None:
    """Run and thread, looked at as soon as the stream has closed."""
    await together(
        d.call("list_runs", thread_id=thread, label=f"{name}/runs"),
        d.call("get_thread", thread_id=thread, label=f"{name}/thread"),
        d.call("get_thread_state", thread_id=thread, label=f"{name}/state"),
    )


@scenario(quick=True)
async def streamed(d: Driver) -> None:
    """A plain run, streamed by default and by name, on any assistant."""
    asked: dict[str, dict[str, Any]] = {
        "default": {},
        "string": {"stream_mode": "values"},
        "list": {"stream_mode": ["values"]},
    }
    for name, fields in asked.items():
        thread = await d.thread()
        d.note(**{f"thread-{name}": thread})
        await d.stream(thread, label=f"{name}/stream", **fields)
        await after(d, name, thread)
    listed = await d.call("list_runs", thread_id=thread)
    run = newest_run(listed)
    await d.call("join_run_stream", thread_id=thread, run_id=run, label="rejoined/plain")
    headers = {"last-event-id": "-1"}
    await d.call(
        "join_run_stream", thread_id=thread, run_id=run, headers=headers, label="rejoined/-1"
    )


@scenario(needs={"probe"}, quick=True)
async def stream_modes(d: Driver) -> None:
    """One script in every mode alone, in all modes at once, with and without subgraphs."""

    async def one(name: str, modes: Any, **fields: Any) -> None:
        thread = await d.thread()
        await d.stream(thread, SHOW, stream_mode=modes, label=name, **fields)

    await together(
        *(one(f"mode/{mode}", mode) for mode in MODES),
        one("all", [mode for mode in MODES if mode != "messages"]),
        one("subgraphs", ["values", "updates", "custom", "tasks"], stream_subgraphs=True),
        one("both-messages", ["messages", "messages-tuple"]),
        one("claimed/tools", "tools"),
        one("claimed/lifecycle", "lifecycle"),
    )


@scenario(needs={"probe"}, quick=True)
async def stream_endings(d: Driver) -> None:
    """Streams of runs that succeed, fail, ask, and are cancelled."""

    async def one(name: str, script: list[Any]) -> None:
        thread = await d.thread()
        await d.stream(thread, script, stream_mode=["values", "updates"], label=f"{name}/stream")
        await after(d, name, thread)

    async def cancelled() -> None:
        thread = await d.thread()
        script = [{"custom": "here"}, {"sleep": 30}]
        body = d.body(script, stream_mode=["values", "custom"])
        async with d.opened("stream_run", body, thread_id=thread, label="cancelled/stream") as live:
            await live.until("custom", d.pace.patience)
            run = run_id_of(live.headers.get("content-location", ""))
            await d.call("cancel_run", thread_id=thread, run_id=run, label="cancelled/cancel")
            await live.finish(d.pace.patience)
        await after(d, "cancelled", thread)

    failing = {"fail": {"error": "ValueError", "message": "as the script says"}}
    await together(
        one("ok", [{"update": {"note": "done"}}]),
        one("failed", [{"update": {"note": "kept"}}, {"node": "check"}, failing]),
        one("asked", [{"interrupt": {"question": "may I?"}}]),
        cancelled(),
    )


def run_id_of(location: str) -> str:
    """The run id in a Content-Location."""
    return location.rpartition("/")[2]


@scenario(needs={"probe"})
async def stream_tokens(d: Driver) -> None:
    """Tokens that take their time."""
    thread = await d.thread()
    pace = max(0.1, d.pace.hold / 4)
    d.note(pace=pace, tokens=6)
    script = [{"say": "one two three four five six", "pace": pace, "id": "slow"}]
    await d.stream(thread, script, stream_mode="messages-tuple", label="stream")


@scenario(needs={"probe"}, limit=60)
async def stream_silence(d: Driver) -> None:
    """A run that is silent for longer than a heartbeat."""
    thread = await d.thread()
    await d.stream(thread, [{"sleep": 6.2}], stream_mode="values", label="stream")


TEXTS = (
    "naïve café — “quotes” and 'more'",
    "日本語のテキスト、한국어, العربية, עברית",
    "emoji 👩‍👩‍👧‍👦 and 🏳️‍🌈, math ∑∫√, a combining e\u0301",
    'JSON {"a": [1, "\\u0041"]} and a backslash \\ and a tab\tand\r\nlines\nand data: no event',
    "line separators \u2028 and \u2029 and a zero\u200bwidth",
)


@scenario(needs={"probe"}, quick=True)
async def texts(d: Driver) -> None:
    """Text of many scripts, through the stream and into the state."""
    thread = await d.thread()
    script: list[Any] = [{"update": {"data": {str(n): text for n, text in enumerate(TEXTS)}}}]
    script += [{"custom": text} for text in TEXTS]
    await d.stream(thread, script, stream_mode=["values", "custom"], label="stream")
    await d.call("get_thread_state", thread_id=thread, label="state")


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
