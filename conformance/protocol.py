"""Protocol v2 as scenarios speak it: commands, subscriptions, and what to wait for."""

from __future__ import annotations

import itertools
import uuid
from typing import TYPE_CHECKING, Any

from conformance.errors import StoppedError
from conformance.recording import NO_JSON, decoded

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Sequence

    from conformance.driver import Driver
    from conformance.live import LiveStream
    from conformance.recording import Exchange
    from conformance.streams.reader import Frame

Json = Any
CHANNELS = (
    *("values", "updates", "messages", "tools", "custom"),
    *("lifecycle", "input", "tasks", "checkpoints"),
)
ENDS = ("completed", "failed", "interrupted")
_numbers = itertools.count(1)


def envelope(method: str, params: Json = NO_JSON) -> dict[str, Json]:
    """A command with a number of its own."""
    made: dict[str, Json] = {"id": next(_numbers), "method": method}
    return made if params is NO_JSON else {**made, "params": params}


def new_thread(d: Driver) -> str:
    """The id of a thread that does not exist yet, removed at the end if it then does."""
    found = str(uuid.uuid4())
    d.keep(found)
    return found


async def command(
    d: Driver, thread_id: str, method: str, params: Json = NO_JSON, *, label: str = ""
) -> Exchange:
    """Sends one command; the answer, whatever it is."""
    return await d.call(
        "send_thread_command", envelope(method, params), thread_id=thread_id, label=label
    )


async def start(
    d: Driver,
    thread_id: str,
    script: Sequence[Json] | None = None,
    *,
    label: str = "",
    **params: Json,
) -> str:
    """Starts a run by `run.start` and returns its id. Raises StoppedError where there is none."""
    body = d.body(script, **params)
    exchange = await command(d, thread_id, "run.start", body, label=label)
    return run_of(exchange.json, exchange.title)


def run_of(answer: Json, title: str) -> str:
    """The run id in the envelope of an answer. Raises StoppedError where there is none."""
    result = answer.get("result") if isinstance(answer, dict) else None
    found = result.get("run_id") if isinstance(result, dict) else None
    if not isinstance(found, str) or not found:
        raise StoppedError(f"{title} told of no run to go on with")
    return found


def following(
    d: Driver, thread_id: str, label: str = "", *, channels: Sequence[str] = CHANNELS, **more: Json
) -> contextlib.AbstractAsyncContextManager[LiveStream]:
    """A subscription over server-sent events; at the block's end the client leaves."""
    body = {"channels": list(channels), **more}
    return d.opened("stream_thread_events", body, thread_id=thread_id, label=label)


async def followed(
    d: Driver,
    thread_id: str,
    label: str,
    until: Callable[[Frame], bool],
    *,
    count: int = 1,
    **subscription: Json,
) -> list[dict[str, Json]]:
    """What a subscriber is sent up to the count-th event that is awaited."""
    async with following(d, thread_id, label, **subscription) as live:
        await live.until(until, d.pace.patience, count=count)
        return [event for frame in live.frames if (event := event_of(frame))]


def event_of(frame: Frame) -> dict[str, Json]:
    """The protocol's event in a frame; empty where it holds none."""
    found = decoded(frame.data)
    return found if isinstance(found, dict) and isinstance(found.get("params"), dict) else {}


def data_of(event: dict[str, Json]) -> dict[str, Json]:
    """What an event says; empty where it says nothing."""
    found = event.get("params", {}).get("data")
    return found if isinstance(found, dict) else {}


def turned(event: dict[str, Json], *words: str, node: str = "") -> bool:
    """Whether an event says that the graph, or a subgraph by its node, came to one of these."""
    if event.get("method") != "lifecycle" or data_of(event).get("event") not in words:
        return False
    namespace = event["params"].get("namespace")
    if not node or not isinstance(namespace, list) or not namespace:
        return namespace == [] and not node
    return str(namespace[-1]).startswith(f"{node}:")


def comes_to(*words: str, node: str = "") -> Callable[[Frame], bool]:
    """Awaits a turn of the graph, or of a subgraph by its node."""
    return lambda frame: turned(event_of(frame), *words, node=node)


OVER = comes_to(*ENDS)


def asks(frame: Frame) -> bool:
    """Whether a frame asks a person."""
    return event_of(frame).get("method") == "input.requested"


def question_of(events: Sequence[dict[str, Json]]) -> str:
    """The id of the last question asked. Raises StoppedError where there is none."""
    for event in reversed(events):
        found = data_of(event).get("interrupt_id")
        if event.get("method") == "input.requested" and isinstance(found, str):
            return found
    raise StoppedError("no question was asked on the input channel to go on with")
