"""Protocol v2 over a WebSocket: commands and events both ways, subscriptions, bad messages."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from conformance.errors import StoppedError
from conformance.onward import together
from conformance.protocol import (
    CHANNELS,
    OVER,
    asks,
    comes_to,
    event_of,
    followed,
    new_thread,
    question_of,
    run_of,
)
from conformance.registry import scenario
from conformance.sockets import socket

if TYPE_CHECKING:
    from conformance.driver import Driver
    from conformance.sockets import LiveSocket

NEEDS = ("protocol", "socket")


@scenario(needs=(*NEEDS, "probe"), quick=True)
async def socket_runs(d: Driver) -> None:
    """A run told in full, to late sockets too; a question told by its lifecycle alone."""
    thread_id = new_thread(d)
    async with socket(d, thread_id, "all") as live:
        made = await live.ask(SUBSCRIBE, {"channels": list(CHANNELS)}, label="subscribed")
        own = _subscription(made)
        script = [{"say": "over it"}, {"subgraph": [{"say": "within"}]}, {"update": {"note": 1}}]
        started = await live.ask("run.start", d.body(script), label="started")
        run_of(started, "run.start")
        await live.until(OVER, d.pace.patience)
        await live.ask("agent.getTree", label="tree")
        d.note(through=len(live.frames))
        await followed(d, thread_id, "over-sse", OVER)
        await together(
            _late(d, thread_id, "late/all", {"channels": ["lifecycle", "values"]}),
            _late(d, thread_id, "late/root", {"channels": ["lifecycle"], **ROOT}),
        )
        since = next(iter(_numbers(live, "values")), 0)
        again = {"channels": ["values"], "since": since, "subscription_id": "my own"}
        await live.ask("subscription.reconnect", again, label="reconnected")
        d.note(reconnected=len(live.frames))
        await live.ask(SUBSCRIBE, {"channels": ["lifecycle"]}, label="narrowed")
        await live.ask("subscription.unsubscribe", {"subscription_id": "my own"}, label="named")
        gone = {"subscription_id": own}
        await live.ask("subscription.unsubscribe", gone, label="unsubscribed")
        d.note(narrowed=len(live.frames))
        await _question(d, live, thread_id)
        await live.ask("subscription.unsubscribe", gone, label="gone")


SUBSCRIBE = "subscription.subscribe"
ROOT: dict[str, Any] = {"namespaces": [[]], "depth": 0}


def _numbers(live: LiveSocket, method: str) -> list[Any]:
    """The numbers of the events of a method that came so far."""
    events = [event_of(frame) for frame in live.frames]
    return [event.get("seq") for event in events if event.get("method") == method]


def _subscription(answer: Any) -> str:
    """The id of a subscription. Raises StoppedError where there is none."""
    result = answer.get("result") if isinstance(answer, dict) else None
    found = result.get("subscription_id") if isinstance(result, dict) else None
    if not isinstance(found, str):
        raise StoppedError("subscription.subscribe told of no subscription to go on with")
    return found


async def _question(d: Driver, live: LiveSocket, thread_id: str) -> None:
    """A run that asks, and its answer over the socket."""
    script = [{"interrupt": {"really": "?"}}, {"update": {"note": {"$": "resume"}}}]
    await live.ask("run.start", d.body(script), label="asking")
    await live.until(comes_to("interrupted"), d.pace.patience)
    await d.thread_until(thread_id, "interrupted")
    asked = await followed(d, thread_id, "", asks, channels=["input"])
    answer = {"namespace": [], "interrupt_id": question_of(asked), "response": "yes"}
    place = len(live.frames)
    await live.ask("input.respond", answer, label="answered")
    await live.until(comes_to("completed"), d.pace.patience, after=place)
    await d.thread_until(thread_id, "idle")
    await d.call("get_thread_state", thread_id=thread_id, label="state")


async def _late(d: Driver, thread_id: str, label: str, subscription: dict[str, Any]) -> None:
    """A socket that comes when the run is over. Events come before its answer or after."""
    async with socket(d, thread_id, label) as live:
        await live.ask(SUBSCRIBE, subscription)
        with contextlib.suppress(StoppedError):  # a check judges what came
            await live.until(comes_to("completed"), d.pace.patience)


@scenario(needs=NEEDS, quick=True)
async def socket_refusals(d: Driver) -> None:
    """Messages that are no commands, commands that are refused, on one socket; then bytes."""
    thread_id = new_thread(d)
    async with socket(d, thread_id, "bad") as live:
        for label, (message, number) in MESSAGES.items():
            await live.ask_raw(message, number, label=f"message/{label}")
        for label, (method, params) in COMMANDS.items():
            await live.ask(method, params, label=label)
        await live.ask(SUBSCRIBE, {"channels": ["values"]}, label="after")
    async with socket(d, "none", "nowhere") as live:
        await live.end(d.pace.patience)
    async with socket(d, thread_id, "bytes") as live:
        with contextlib.suppress(StoppedError):  # a check judges that
            await live.ask_raw(b'{"id":9,"method":"nothing"}', 9, label="binary")


MESSAGES: dict[str, tuple[str, Any]] = {
    "cut-off": ("{", None),
    "empty": ("", None),
    "number": ("7", None),
    "array": ("[]", None),
    "subscription": ('{"channels":["values"]}', None),
    "id-text": ('{"id":"a","method":"agent.getTree"}', "a"),
    "method-null": ('{"id":3,"method":null}', 3),
}
COMMANDS: dict[str, tuple[str, dict[str, Any]]] = {
    "unknown_command/cancel": ("run.cancel", {}),
    "invalid_argument/channel": (SUBSCRIBE, {"channels": ["debug"]}),
    "invalid_argument/no-channel": (SUBSCRIBE, {}),
    "invalid_argument/no-assistant": ("run.start", {"input": {}}),
    "invalid_argument/no-name": ("subscription.unsubscribe", {}),
    "no_such_subscription/none": ("subscription.unsubscribe", {"subscription_id": "none"}),
    "no_such_run/tree": ("agent.getTree", {}),
    "no_such_run/reconnect": ("subscription.reconnect", {"channels": ["values"], "since": 0}),
    "unknown_error/nobody": ("run.start", {"assistant_id": "no such graph", "input": {}}),
}
