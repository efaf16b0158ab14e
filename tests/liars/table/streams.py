"""Liars about event streams: heads, modes, order, ends, joins, replays."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from conformance.streams.grammar import MODES
from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.wire import Answer, Asked, Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

STREAM = ("stream_run",)
JOIN = ("join_run_stream",)
THREAD = ("stream_thread",)


def base(event: Event) -> str:
    """The event's name without a namespace."""
    return (event.event or "").partition("|")[0]


def drop_nth(name: str, n: int) -> say.Rewrite:
    """Leaves out the n-th event of that name, counted from 0."""

    async def rewrite(_asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
        seen = itertools.count()
        async for event in events:
            if event.event != name or next(seen) != n:
                yield event

    return rewrite


def without_last(name: str) -> say.Rewrite:
    """Leaves out the last event of that name."""

    def made(events: list[Event]) -> Iterable[Event]:
        last = max((n for n, event in enumerate(events) if event.event == name), default=-1)
        return [event for n, event in enumerate(events) if n != last]

    return say.at_the_end(made)


async def metadata_last(_asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """The metadata event comes after the next one."""
    held: list[Event] = []
    async for event in events:
        if event.event == "metadata" and not held:
            held.append(event)
            continue
        yield event
        while held:
            yield held.pop()


async def never_closing(_asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """The stream stays open when the run is over."""
    async for event in events:
        yield event
    while True:
        yield Event(comment="heartbeat")
        await asyncio.sleep(0.5)


async def silent(_asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """No comments."""
    async for event in events:
        if event.comment is None:
            yield event


def until(last: Callable[[Event], bool]) -> say.Rewrite:
    """The stream ends with the first event that fits."""

    async def rewrite(_asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
        async for event in events:
            yield event
            if last(event):
                return

    return rewrite


def only_the_first_client() -> say.Rewrite:
    """Custom events go to whoever joined a run first."""
    clients: Counter[str] = Counter()

    async def rewrite(asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
        run = asked.values["run_id"]
        number, clients[run] = clients[run], clients[run] + 1
        async for event in events:
            if number == 0 or event.event != "custom":
                yield event

    return rewrite


def exact_names(asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """A filter by mode compares whole event names, so that namespaces fall through."""
    is_filtered = any(name == "stream_mode" for name, _ in asked.query)
    return say.dropping(lambda event: is_filtered and "|" in (event.event or ""))(asked, events)


def without_first_replayed(asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """A replay lacks its first event."""
    lost = "last-event-id" in dict(asked.headers)
    return drop_nth("metadata", 0 if lost else -1)(asked, events)


def replays_all(asked: Asked) -> None:
    """Whatever was received already comes again."""
    if "last-event-id" in dict(asked.headers):
        asked.headers = [(n, "-1" if n == "last-event-id" else v) for n, v in asked.headers]


def same_id(event: Event) -> Event:
    """All events share one id."""
    event.id = event.id and "1700000000000-0"
    return event


def no_id(event: Event) -> Event:
    """No event has an id."""
    event.id = None
    return event


def ascii_only(event: Event) -> Event:
    """Text outside ASCII is lost."""
    event.data = json.dumps(event.json, ensure_ascii=False).encode("ascii", "replace").decode()
    return event


def representation(event: Event) -> Event:
    """Data as Python prints it."""
    event.data = repr(event.json)
    return event


def deltas(messages: Any) -> Any:
    """Partial messages hold only the newest word."""
    messages[0]["content"] = str(messages[0]["content"]).rpartition(" ")[2]
    return messages


def without_ids(data: Any) -> Any:
    """Interrupts without ids."""
    for item in data.get("__interrupt__") or () if isinstance(data, dict) else ():
        item.pop("id", None)
    return data


def without_type(pair: Any) -> Any:
    """Messages with a role in place of a type."""
    if isinstance(pair, list):
        pair[0]["role"] = pair[0].pop("type", None)
    return pair


def another_run_in_config(run: dict[str, Any]) -> None:
    """The config was made for another run."""
    run["kwargs"]["config"]["configurable"]["run_id"] = "another"


async def knows_its_parameters(asked: Asked, _honest: say.Honest) -> Answer | None:
    """A parameter that is not documented is refused."""
    unknown = {name for name, _ in asked.query} - {"stream_mode", "cancel_on_disconnect"}
    if not unknown:
        return None
    return Answer(422, [("content-type", "application/json")], b'{"detail": "what is this?"}')


def one_mode(body: dict[str, Any]) -> None:
    """Only the first of several modes."""
    if isinstance(body.get("stream_mode"), list) and len(body["stream_mode"]) > 1:
        body["stream_mode"] = body["stream_mode"][:1]


def another_default(body: dict[str, Any]) -> None:
    """The default mode is updates."""
    body.setdefault("stream_mode", "updates")


def updates_too(body: dict[str, Any]) -> None:
    """updates come along unasked."""
    mode = body.get("stream_mode", "values")
    body["stream_mode"] = [*(mode if isinstance(mode, list) else [mode]), "updates"]


def partial_form(body: dict[str, Any]) -> None:
    """Of both messages modes the partial form comes."""
    if isinstance(body.get("stream_mode"), list) and "messages" in body["stream_mode"]:
        body["stream_mode"] = ["messages"]


def failing(seen: list[Event]) -> list[Event]:
    """Every stream ends with an error."""
    if any(event.event == "error" for event in seen):
        return []
    return [Event("error", '{"error":"CancelledError","message":""}')]


def with_data(event: Event, change: Callable[[Any], Any]) -> Event:
    """The event with its data mapped."""
    event.json = change(event.json)
    return event


def drops_unknown_modes(body: dict[str, Any]) -> None:
    """Takes a mode it does not know, and sends nothing of it."""
    if isinstance(body.get("stream_mode"), str) and body["stream_mode"] not in MODES:
        body["stream_mode"] = "values"


def without_subgraphs_replayed(asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """A replay lacks what happened in subgraphs."""
    lost = "last-event-id" in dict(asked.headers)
    return say.dropping(lambda event: lost and "|" in (event.event or ""))(asked, events)


def is_run_done(event: Event) -> bool:
    """Whether a thread's stream tells the end of a run."""
    return "run_done" in (event.data or "")


LIARS = (
    Liar(
        "modes taken and not sent",
        ("streaming.modes-are-refused-or-work",),
        STREAM,
        ask=say.from_body(drops_unknown_modes),
    ),
    Liar(
        "replays without subgraphs",
        ("streaming.replay-has-every-mode",),
        JOIN,
        events=without_subgraphs_replayed,
    ),
    Liar(
        "a stream that may be cached",
        ("streaming.stream-is-an-event-stream",),
        STREAM,
        answer=say.header("cache-control", "max-age=3600"),
    ),
    Liar(
        "no Location on a stream",
        ("streaming.stream-names-its-location",),
        STREAM,
        answer=say.no_header("location"),
    ),
    Liar(
        "another run id in the config",
        ("streaming.one-run-id-everywhere",),
        ("list_runs",),
        answer=say.each_run(another_run_in_config),
    ),
    Liar(
        "another run id in the metadata",
        ("streaming.one-run-id-everywhere", "universal.streams-begin-with-metadata"),
        STREAM,
        events=say.named("metadata", lambda data: {**data, "run_id": "another"}),
    ),
    Liar(
        "the last values left out",
        ("streaming.last-values-are-the-state", "streaming.values-after-every-superstep"),
        STREAM,
        events=without_last("values"),
    ),
    Liar(
        "another default mode",
        ("streaming.string-and-list-are-the-same",),
        STREAM,
        ask=say.from_body(another_default),
    ),
    Liar(
        "streams of finished runs that stay open",
        ("streaming.stream-of-a-finished-run-closes",),
        JOIN,
        events=never_closing,
        patience=1,
    ),
    Liar(
        "streams that stay open",
        ("universal.streams-of-runs-close",),
        STREAM,
        events=never_closing,
        drives=("stream_burst",),
        patience=1,
    ),
    Liar(
        "updates without their nodes",
        ("streaming.updates-name-their-nodes",),
        STREAM,
        events=say.named("updates", lambda data: list(data.values())),
    ),
    Liar(
        "a lost token",
        ("streaming.message-chunks-add-up",),
        STREAM,
        events=drop_nth("messages", 1),
    ),
    Liar(
        "partial messages that are deltas",
        ("streaming.partial-messages-grow",),
        STREAM,
        events=say.named("messages/partial", deltas),
    ),
    Liar(
        "custom values in an envelope",
        ("streaming.custom-values-come-as-written",),
        STREAM,
        events=say.named("custom", lambda data: {"value": data}),
    ),
    Liar(
        "tasks that never end",
        ("streaming.tasks-start-and-end",),
        STREAM,
        events=say.dropping(lambda event: base(event) == "tasks" and "result" in event.json),
    ),
    Liar(
        "checkpoints without what is next",
        ("streaming.checkpoints-lead-to-the-end",),
        STREAM,
        events=say.named("checkpoints", lambda data: {**data, "next": None}),
    ),
    Liar(
        "debug events of one type",
        ("streaming.debug-events-have-their-shape",),
        STREAM,
        events=say.named("debug", lambda data: {**data, "type": "task"}),
    ),
    Liar(
        "events without the model's chunks",
        ("streaming.events-mode-sends-events",),
        STREAM,
        events=say.dropping(
            lambda event: event.event == "events" and event.json["event"] == "on_chat_model_stream"
        ),
    ),
    Liar(
        "only the first of several modes",
        ("streaming.modes-together-are-the-modes-alone",),
        STREAM,
        ask=say.from_body(one_mode),
    ),
    Liar(
        "stream_subgraphs ignored",
        ("streaming.subgraph-events-have-a-namespace",),
        STREAM,
        ask=say.without("stream_subgraphs"),
    ),
    Liar(
        "the partial form wins",
        ("streaming.tuple-form-wins", "universal.streams-hold-what-was-asked-for"),
        STREAM,
        ask=say.from_body(partial_form),
    ),
    Liar(
        "chunks of no type that clients know",
        ("streaming.messages-have-types",),
        STREAM,
        events=say.named("messages", without_type),
    ),
    Liar(
        "joins that refuse what they do not know",
        ("streaming.joins-ignore-what-they-do-not-know",),
        JOIN,
        instead=knows_its_parameters,
    ),
    Liar(
        "joined streams without the question",
        ("streaming.joined-stream-shows-the-question",),
        JOIN,
        events=say.dropping(lambda event: "__interrupt__" in (event.data or "")),
    ),
    Liar("text lost", ("streaming.text-survives",), STREAM, events=say.each_event(ascii_only)),
    Liar(
        "a buffered stream",
        ("streaming.tokens-come-one-by-one",),
        STREAM,
        events=say.at_the_end(lambda events: events),
    ),
    Liar("no heartbeat", ("streaming.silence-is-kept-alive",), STREAM, events=silent),
    Liar(
        "failures passed over",
        ("streaming.failure-is-the-last-event",),
        STREAM,
        events=say.dropping(lambda event: event.event == "error"),
    ),
    Liar(
        "an error at every end",
        (
            "streaming.no-error-without-a-failure",
            "streaming.plain-streams-have-no-error",
            "multitask.watchers-of-a-superseded-run-see-an-end",
        ),
        STREAM,
        events=say.followed_by(failing),
    ),
    Liar(
        "interrupts without ids",
        ("streaming.interrupt-is-in-the-stream",),
        STREAM,
        events=say.each_event(lambda event: with_data(event, without_ids)),
    ),
    Liar(
        "resumable events without ids",
        ("streaming.resumable-events-have-ids",),
        STREAM,
        events=say.each_event(no_id),
    ),
    Liar(
        "events that share an id",
        ("streaming.ids-are-unique",),
        STREAM,
        events=say.each_event(same_id),
    ),
    Liar(
        "events for one client only",
        ("streaming.joined-streams-are-alike",),
        JOIN,
        events=only_the_first_client(),
    ),
    Liar(
        "the mode of a join ignored",
        ("streaming.joined-streams-filter-by-mode",),
        JOIN,
        ask=say.without_query("stream_mode"),
    ),
    Liar(
        "the mode of a join compared with whole names",
        ("streaming.joined-streams-filter-by-mode",),
        JOIN,
        events=exact_names,
    ),
    Liar(
        "a replay without its first event",
        ("streaming.replay-is-the-live-stream",),
        JOIN,
        events=without_first_replayed,
    ),
    Liar(
        "everything again on resume",
        ("streaming.resume-behind-every-event",),
        JOIN,
        ask=replays_all,
    ),
    Liar(
        "a replay that does not go on",
        ("streaming.replay-goes-on-live",),
        JOIN,
        events=until(lambda event: event.data == '"early"'),
    ),
    Liar(
        "whoever leaves a stream cancels",
        ("streaming.leaving-a-stream-does-not-cancel",),
        STREAM,
        ask=say.with_fields(on_disconnect="cancel"),
    ),
    Liar(
        "on_disconnect of a stream ignored",
        ("streaming.leaving-a-stream-cancels-on-demand",),
        STREAM,
        ask=say.without("on_disconnect"),
    ),
    Liar(
        "whoever leaves a joined stream cancels",
        ("streaming.leaving-a-joined-stream-does-not-cancel",),
        JOIN,
        ask=say.with_query(cancel_on_disconnect="1"),
    ),
    Liar(
        "a thread's stream without ids",
        ("streaming.thread-stream-tells-every-run",),
        THREAD,
        events=say.each_event(no_id),
    ),
    Liar(
        "a thread's stream that ends with its run",
        ("streaming.thread-stream-stays-open",),
        THREAD,
        events=until(is_run_done),
        patience=2,
    ),
    Liar(
        "the modes of a thread's stream ignored",
        ("streaming.thread-stream-has-modes",),
        THREAD,
        ask=say.without_query("stream_modes"),
        patience=2,
    ),
    Liar(
        "state updates kept from a thread's stream",
        ("streaming.thread-stream-tells-state-updates",),
        THREAD,
        events=say.dropping(lambda event: event.event == "state_update"),
        patience=2,
    ),
    Liar(
        "data as Python prints it",
        ("universal.frames-are-well-formed",),
        STREAM,
        events=say.each_event(representation),
        drives=("stream_burst",),
    ),
    Liar(
        "metadata that comes second",
        ("universal.streams-begin-with-metadata",),
        STREAM,
        events=metadata_last,
        drives=("stream_burst",),
    ),
    Liar(
        "a mode that nobody asked for",
        ("universal.streams-hold-what-was-asked-for",),
        STREAM,
        ask=say.from_body(updates_too),
        drives=("stream_burst",),
    ),
    Liar(
        "events behind an error",
        ("universal.errors-end-their-streams",),
        STREAM,
        events=say.followed_by(lambda _: [Event("values", "{}")]),
        drives=("stream_endings",),
    ),
    Liar(
        "an end event",
        ("universal.streams-have-no-end-event",),
        STREAM,
        events=say.followed_by(lambda _: [Event("end", "null")]),
        drives=("stream_burst",),
    ),
)
