"""Liars about protocol v2: commands, and the events of a thread."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.table.runs import JSON_HEADERS
from tests.liars.wire import Answer, Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.liars.wire import Asked

COMMAND = ("send_thread_command",)
EVENTS = ("stream_thread_events",)


def told(change: Callable[[dict[str, Any]], object]) -> say.Rewrite:
    """Changes each event of the protocol in place; leaves it out where `change` says False."""

    def changed(event: Event) -> Event | None:
        value = event.json
        if change(value) is False:
            return None
        event.json = value
        return event

    return say.each_event(changed)


def not_given(*names: str) -> Callable[[Asked], None]:
    """Ignores parameters of a command."""

    def changed(body: dict[str, Any]) -> dict[str, Any]:
        params = body.get("params")
        if isinstance(params, dict):
            params = {key: value for key, value in params.items() if key not in names}
            return {**body, "params": params}
        return body

    return say.from_body(changed)


def on_params(change: Callable[[dict[str, Any]], None]) -> Callable[[Asked], None]:
    """Changes a command's parameters in place."""

    def changed(body: dict[str, Any]) -> None:
        if isinstance(params := body.get("params"), dict):
            change(params)

    return say.from_body(changed)


def without_answers(params: dict[str, Any]) -> None:
    """Drops what a person answered."""
    if "response" in params:
        params["response"] = None


def starts_over(params: dict[str, Any]) -> None:
    """Takes an input for a script where it is none."""
    if isinstance(params.get("input"), dict) and "yes" in params["input"]:
        params["input"] = {"script": []}


def only_one(params: dict[str, Any]) -> None:
    """Uses the first of several answers."""
    if "responses" in params:
        params["responses"] = params["responses"][:1]


def no_run_id(answer: dict[str, Any]) -> None:
    """A success that does not say which run it made."""
    if answer.get("type") == "success":
        answer["result"] = {}


def renamed(answer: dict[str, Any]) -> None:
    """One word for each refusal."""
    if answer.get("type") == "error":
        answer["error"] = "refused"


def used_again(answer: dict[str, Any]) -> dict[str, Any]:
    """Takes an answer to any question."""
    if answer.get("error") != "no_such_interrupt":
        return answer
    meta = {"applied_through_seq": 0}
    return {"type": "success", "id": answer["id"], "result": {}, "meta": meta}


def root_turn(event: dict[str, Any], *words: str) -> bool:
    """Whether the event is one of these turns of the graph itself."""
    params = event["params"]
    return (
        event["method"] == "lifecycle"
        and not params["namespace"]
        and params["data"]["event"] in words
    )


async def closing(_asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Ends the stream with the run."""
    async for event in events:
        yield event
        if event.comment is None and root_turn(event.json, "completed"):
            return


async def numbered_anew(_asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Numbers each run from 1."""
    before = 0
    async for event in events:
        if event.comment is None:
            value = event.json
            if root_turn(value, "running"):
                before = value["seq"] - 1
            value["seq"] -= before
            event.json, event.id = value, str(value["seq"])
        yield event


_connections = itertools.count()


async def named_anew(_asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Gives each subscriber event ids of his own."""
    own = next(_connections)
    async for event in events:
        if event.comment is None:
            value = event.json
            event.json = {**value, "event_id": f"{value['event_id']}/{own}"}
        yield event


def in_seconds(event: dict[str, Any]) -> None:
    """Times as others count them."""
    event["params"]["timestamp"] //= 1000


def as_text(event: dict[str, Any]) -> None:
    """A number as a text."""
    event["params"]["timestamp"] = str(event["params"]["timestamp"])


def unnamed(event: dict[str, Any]) -> None:
    """Turns without the run's id."""
    event["event_id"] = event["event_id"].replace("synth:", "")


def without_log(event: dict[str, Any]) -> None:
    """Values that lack a key."""
    if event["method"] == "values":
        event["params"]["data"].pop("log", None)


def without_error(event: dict[str, Any]) -> None:
    """A failure without its reason."""
    event["params"]["data"].pop("error", None)


def all_completed(event: dict[str, Any]) -> None:
    """Whatever ends has completed."""
    if root_turn(event, "interrupted"):
        event["params"]["data"]["event"] = "completed"


async def strict(asked: Asked, _honest: say.Honest) -> Answer | None:
    """Refuses options of the wrong form."""
    body = asked.json if isinstance(asked.json, dict) else {}
    namespaces = body.get("namespaces", [])
    right = isinstance(namespaces, list) and all(isinstance(one, list) for one in namespaces)
    since, depth = body.get("since", 0), body.get("depth", 0)
    right = right and all(isinstance(n, int) and n >= 0 for n in (since, depth))
    return None if right else Answer(400, JSON_HEADERS, b'{"detail":"no such form"}')


async def fewer_channels(asked: Asked, _honest: say.Honest) -> Answer | None:
    """Lacks a channel."""
    if isinstance(asked.json, dict) and asked.json.get("channels") == ["checkpoints"]:
        return Answer(400, JSON_HEADERS, b'{"detail":"no such channel"}')
    return None


async def missing_is_404(asked: Asked, _honest: say.Honest) -> Answer | None:
    """404 for what is no thread."""
    if asked.values["thread_id"] == "none":
        return Answer(404, JSON_HEADERS, b'{"detail":"no such thread"}')
    return None


COMMANDS = (
    Liar(
        "runs started that nobody hears of",
        ("protocol.run-start-makes-a-run",),
        COMMAND,
        answer=say.body(no_run_id),
    ),
    Liar(
        "threads that were always there",
        ("protocol.run-start-makes-the-thread", "protocol.refused-commands-leave-nothing"),
        ("get_thread",),
        answer=say.status(200, when=(404,), body={}),
    ),
    Liar(
        "commands' metadata dropped",
        ("protocol.run-start-keeps-metadata",),
        COMMAND,
        ask=not_given("metadata"),
    ),
    Liar(
        "strategies of commands ignored",
        ("protocol.reject-is-a-refusal", "protocol.interrupt-stops-the-run-before"),
        COMMAND,
        ask=not_given("multitaskStrategy"),
        patience=1.5,
    ),
    Liar(
        "runs that push others aside",
        ("protocol.runs-are-queued",),
        COMMAND,
        ask=on_params(lambda params: params.setdefault("multitaskStrategy", "interrupt")),
    ),
    Liar(
        "checkpoints of commands ignored",
        ("protocol.runs-start-from-a-checkpoint",),
        COMMAND,
        ask=not_given("config"),
    ),
    Liar("answers dropped", ("protocol.answers-go-on",), COMMAND, ask=on_params(without_answers)),
    Liar(
        "answers taken twice",
        ("protocol.answers-to-none-are-refused",),
        COMMAND,
        answer=say.body(used_again),
    ),
    Liar(
        "input that is no answer",
        ("protocol.input-is-the-answer",),
        COMMAND,
        ask=on_params(starts_over),
    ),
    Liar(
        "one answer of several",
        ("protocol.several-are-answered-at-once",),
        COMMAND,
        ask=on_params(only_one),
        patience=1.5,
    ),
    Liar(
        "joins that give an event",
        ("protocol.joins-give-values",),
        ("join_run",),
        answer=say.body(lambda values: {"type": "event", "params": {"data": values}}),
    ),
    Liar(
        "the protocol's runs hidden",
        ("protocol.the-protocols-runs-are-listed",),
        ("list_runs",),
        answer=say.body(lambda _: []),
    ),
    Liar(
        "runs that have not ended yet",
        ("protocol.what-is-told-is-final",),
        ("get_run",),
        answer=say.each_run(lambda run: run.update(status="running")),
        patience=1.5,
    ),
    Liar(
        "422 for commands",
        ("protocol.no-json-is-400", "protocol.no-command-is-400"),
        COMMAND,
        answer=say.status(422, when=(400,)),
    ),
    Liar(
        "one word for each refusal",
        (
            *("protocol.unknown-commands-are-told", "protocol.senseless-commands-are-told"),
            *("protocol.unknown-assistants-are-told", "protocol.what-is-not-there-is-told"),
        ),
        COMMAND,
        answer=say.body(renamed),
    ),
    Liar(
        "successes without meta",
        ("document.send-thread-command", "protocol.run-start-makes-a-run"),
        COMMAND,
        answer=say.body(lambda answer: {k: v for k, v in answer.items() if k != "meta"}),
    ),
)

STREAMS = (
    Liar(
        "streams that end with the run",
        ("protocol.a-subscriber-may-come-first",),
        EVENTS,
        events=closing,
    ),
    Liar("timestamps as text", ("protocol.events-are-whole",), EVENTS, events=told(as_text)),
    Liar(
        "events without an id",
        ("document.stream-thread-events",),
        EVENTS,
        events=told(lambda event: event.pop("event_id", None)),
        drives=("protocol_ends",),
    ),
    Liar("numbers that begin anew", ("protocol.numbers-grow",), EVENTS, events=numbered_anew),
    Liar("times in seconds", ("protocol.times-are-milliseconds",), EVENTS, events=told(in_seconds)),
    Liar(
        "turns without the run's id",
        ("protocol.runs-begin-and-complete",),
        EVENTS,
        events=told(unnamed),
    ),
    Liar(
        "event ids for each subscriber",
        ("protocol.replays-are-the-same",),
        EVENTS,
        events=named_anew,
    ),
    Liar("since ignored", ("protocol.since-leaves-out",), EVENTS, ask=say.without("since")),
    Liar(
        "values without the log",
        ("protocol.last-values-are-the-state",),
        EVENTS,
        events=told(without_log),
    ),
    Liar(
        "channels ignored",
        ("protocol.only-channels-asked-for",),
        EVENTS,
        ask=say.with_fields(channels=["values", "messages", "lifecycle", "input"]),
    ),
    Liar(
        "blocks that do not finish",
        ("protocol.messages-are-content-blocks",),
        EVENTS,
        events=told(lambda e: e["params"]["data"].get("event") != "content-block-finish"),
    ),
    Liar(
        "subgraphs that never start",
        ("protocol.subgraphs-have-a-namespace",),
        EVENTS,
        events=told(lambda e: e["params"]["data"].get("event") != "started"),
    ),
    Liar(
        "namespaces ignored",
        ("protocol.namespaces-are-prefixes",),
        EVENTS,
        ask=say.without("namespaces"),
    ),
    Liar("depth ignored", ("protocol.depth-bounds-namespaces",), EVENTS, ask=say.without("depth")),
    Liar(
        "options of the wrong form refused",
        ("protocol.ill-typed-options-count-as-absent",),
        EVENTS,
        instead=strict,
    ),
    Liar(
        "failures without a reason",
        ("protocol.failures-are-told",),
        EVENTS,
        events=told(without_error),
    ),
    Liar(
        "cancelled runs that complete",
        ("protocol.cancels-are-told", "protocol.questions-are-told"),
        EVENTS,
        events=told(all_completed),
    ),
    Liar(
        "updates of others hidden",
        ("protocol.other-runs-are-seen",),
        EVENTS,
        events=told(lambda event: event["method"] != "updates"),
    ),
    Liar(
        "422 for channels",
        ("protocol.bad-channels-are-400",),
        EVENTS,
        answer=say.status(422, when=(400,)),
    ),
    Liar(
        "a channel that is missing",
        ("protocol.every-channel-is-served",),
        EVENTS,
        instead=fewer_channels,
    ),
    Liar(
        "404 for what is no thread",
        ("protocol.no-thread-is-an-empty-stream",),
        EVENTS,
        instead=missing_is_404,
    ),
)

LIARS = (*COMMANDS, *STREAMS)
