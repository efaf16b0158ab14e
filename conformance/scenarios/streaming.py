"""Streams of runs: every mode, every way to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.onward import newest_run, together
from conformance.registry import scenario
from conformance.streams.grammar import MODES

if TYPE_CHECKING:
    from conformance.driver import Driver

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
