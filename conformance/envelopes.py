"""What protocol v2's answers hold, read with expectations: envelopes of commands, events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.errors import Violation
from conformance.protocol import data_of, turned
from conformance.recording import decoded

if TYPE_CHECKING:
    from conformance.recording import Exchange

Event = dict[str, Any]


def success(answer: Any, exchange: Exchange, command_id: Any) -> dict[str, Any]:
    """The result in the envelope of a command that was carried out."""
    expect.contains(answer, {"type": "success", "id": command_id}, "an envelope", exchange)
    expect.equal(answer["id"], command_id, "id", exchange)
    result = answer.get("result")
    if not isinstance(result, dict):
        raise Violation("an envelope with an object `result`", answer, exchange)
    meta = answer.get("meta")
    through = meta.get("applied_through_seq") if isinstance(meta, dict) else None
    if not isinstance(through, int) or isinstance(through, bool) or through < 0:
        raise Violation("`meta.applied_through_seq`, a whole number", answer, exchange)
    return result


def result_of(exchange: Exchange, status: int = 200) -> dict[str, Any]:
    """The result of a command that was carried out, its envelope whole."""
    sent = exchange.sent
    command_id = sent.get("id") if isinstance(sent, dict) else None
    return success(expect.body(exchange, status), exchange, command_id)


def refusal(answer: Any, exchange: Exchange, code: str, command_id: Any) -> None:
    """The envelope of a refusal: its code, the command's id as it was sent, a text."""
    wanted = {"type": "error", "id": command_id, "error": code}
    expect.contains(answer, wanted, "an envelope", exchange)
    text = answer.get("message")
    expect.ensure(isinstance(text, str) and text, "a `message` for a person", answer, exchange)


def refused(exchange: Exchange, code: str, *, status: int = 200) -> None:
    """The command was refused with this code."""
    sent = exchange.sent
    command_id = sent.get("id") if isinstance(sent, dict) else None
    refusal(expect.body(exchange, status), exchange, code, command_id)


def events_of(exchange: Exchange, start: int = 0, stop: int | None = None) -> list[Event]:
    """The events of a subscription, or those among the messages of a socket, each whole.

    `start` and `stop` count messages.
    """
    found: list[Event] = []
    over_socket = exchange.over_socket
    stream = exchange.stream if over_socket else expect.stream(exchange)
    frames = stream.events[start:stop] if stream is not None else ()
    for index, frame in enumerate(frames, start):
        event = decoded(frame.data)
        if over_socket and (not isinstance(event, dict) or event.get("type") != "event"):
            continue
        if (fault := _fault(event)) is not None:
            raise Violation("a whole event of the protocol", fault, exchange, index)
        found.append(event)
    return found


def _fault(event: Any) -> str | None:
    """What an event lacks; None for a whole one."""
    if not isinstance(event, dict) or event.get("type") != "event":
        return f"no object of the type `event`: {event!r:.120}"
    if not isinstance(event.get("event_id"), str) or not event["event_id"]:
        return f"an event without a text `event_id`: {event!r:.120}"
    if type(event.get("seq")) is not int or event["seq"] < 1:
        return f"seq {event.get('seq')!r}, which is no number from 1 on"
    if not isinstance(event.get("method"), str):
        return f"an event without a text `method`: {event!r:.120}"
    params = event.get("params")
    if not isinstance(params, dict) or not isinstance(params.get("data"), dict):
        return f"an event without `params` and an object `data` in it: {event!r:.120}"
    namespace = params.get("namespace")
    if not isinstance(namespace, list) or not all(isinstance(part, str) for part in namespace):
        return f"namespace {namespace!r}, which is no list of texts"
    if type(params.get("timestamp")) is not int:
        return f"timestamp {params.get('timestamp')!r}, which is no whole number"
    return None


def seen(event: Event) -> tuple[Any, ...]:
    """What of an event is the same whenever it is sent."""
    params = event["params"]
    return event["seq"], event["event_id"], event["method"], params["namespace"], params["data"]


def of_method(events: list[Event], *methods: str) -> list[Event]:
    """The events of these methods, in order."""
    return [event for event in events if event["method"] in methods]


def below(events: list[Event], node: str) -> list[Event]:
    """The events of a subgraph, by the node that calls it."""
    return [
        event
        for event in events
        if any(part.partition(":")[0] == node for part in event["params"]["namespace"])
    ]


def words_of(events: list[Event], *, node: str = "") -> list[str]:
    """The turns that the graph took, or a subgraph by its node, in order."""
    words = ("running", "started", "completed", "failed", "interrupted")
    return [str(data_of(event)["event"]) for event in events if turned(event, *words, node=node)]


def of_run(events: list[Event], run_id: str, exchange: Exchange) -> list[Event]:
    """The events from a run's root `running` to its next root turn.

    Violation where the run's beginning, known by its id in the event's, is not among them.
    """
    begun = [
        index
        for index, event in enumerate(events)
        if turned(event, "running") and event["event_id"].startswith(f"synth:{run_id}:")
    ]
    if not begun:
        seen_ids = [event["event_id"] for event in events if turned(event, "running")]
        raise Violation(f"`running` with an event_id `synth:{run_id}:…`", seen_ids, exchange)
    rest = events[begun[0] :]
    after = next((n for n, event in enumerate(rest) if n and turned(event, "running")), len(rest))
    return rest[:after]
