"""What a liar is: a name, the checks it must fail, and how it changes what passes through it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.liars.wire import Answer, Asked, Event

# Sends a request of the liar's own to the honest server.
Honest = Callable[[Asked], Awaitable[Answer]]
# Maps a message of a WebSocket, as ASGI has it, to those that take its place.
Meddle = Callable[[dict[str, Any]], Iterable[dict[str, Any]]]
# Maps the honest server's frames to those the client gets; what it keeps in locals is per stream.
Rewrite = Callable[[Asked, AsyncIterator[Event]], AsyncIterator[Event]]


@dataclass(frozen=True, slots=True)
class Liar:
    """A server that breaks one promise.

    `fails` names the checks that must catch it; only the scenarios they read are driven, and those
    in `drives`. The rest says how it lies, at the operations named (all where none is): `ask`
    changes a request before the honest server sees it, `instead` answers in its place (None: it
    does answer), `answer` changes a whole answer, `events` an event stream; `hears` changes what a
    WebSocket's client says, `says` what its server does. `patience` is how many seconds the suite
    gives whatever it waits for, where the liar keeps it waiting.
    """

    name: str
    fails: tuple[str, ...]
    operations: tuple[str, ...] = ()
    ask: Callable[[Asked], None] | None = None
    instead: Callable[[Asked, Honest], Awaitable[Answer | None]] | None = None
    answer: Callable[[Asked, Answer], None] | None = None
    events: Rewrite | None = None
    hears: Meddle | None = None
    says: Meddle | None = None
    drives: tuple[str, ...] = ()
    patience: float | None = None

    def speaks_of(self, operation: str | None) -> bool:
        """Whether it lies about this operation."""
        return not self.operations or operation in self.operations


# --- the words that liars are told in ------------------------------------------------------------


def without(*names: str) -> Callable[[Asked], None]:
    """Ignores fields of the request's body."""

    def ask(asked: Asked) -> None:
        if isinstance(body := asked.json, dict):
            asked.json = {key: value for key, value in body.items() if key not in names}

    return ask


def with_fields(**fields: Any) -> Callable[[Asked], None]:
    """Puts fields into the request's body, over what the client asked for."""

    def ask(asked: Asked) -> None:
        if isinstance(body := asked.json, dict):
            asked.json = {**body, **fields}

    return ask


def without_query(*names: str) -> Callable[[Asked], None]:
    """Ignores query parameters."""

    def ask(asked: Asked) -> None:
        asked.query = [(name, value) for name, value in asked.query if name not in names]

    return ask


def without_header(*names: str) -> Callable[[Asked], None]:
    """Ignores request headers."""

    def ask(asked: Asked) -> None:
        asked.headers = [(name, value) for name, value in asked.headers if name not in names]

    return ask


def from_body(
    change: Callable[[dict[str, Any]], dict[str, Any] | None],
) -> Callable[[Asked], None]:
    """Maps the request's body; a change in place may return None."""

    def ask(asked: Asked) -> None:
        if isinstance(body := asked.json, dict):
            changed = change(body)
            asked.json = body if changed is None else changed

    return ask


def with_query(**pairs: str) -> Callable[[Asked], None]:
    """Puts query parameters into the request, over what the client asked for."""

    def ask(asked: Asked) -> None:
        asked.query = [pair for pair in asked.query if pair[0] not in pairs] + list(pairs.items())

    return ask


def status(
    code: int, *, when: Iterable[int] = (), body: Any = None
) -> Callable[[Asked, Answer], None]:
    """Another status, and body where one is given; only where the true one is in `when`."""

    def answer(_asked: Asked, given: Answer) -> None:
        if not when or given.status in when:
            given.status = code
            if body is not None:
                given.json = body

    return answer


def no_header(*names: str) -> Callable[[Asked, Answer], None]:
    """Leaves response headers out."""

    def answer(_asked: Asked, given: Answer) -> None:
        given.headers = [(name, value) for name, value in given.headers if name not in names]

    return answer


def header(name: str, value: str | Callable[[str], str]) -> Callable[[Asked, Answer], None]:
    """Sets a response header, or maps the one there is."""

    def answer(_asked: Asked, given: Answer) -> None:
        old = dict(given.headers).get(name, "")
        new = value if isinstance(value, str) else value(old)
        given.headers = [*((n, v) for n, v in given.headers if n != name), (name, new)]

    return answer


def body(change: Callable[[Any], Any], *, when: int = 200) -> Callable[[Asked, Answer], None]:
    """Maps the JSON of an answer with that status; a change in place may return None."""

    def answer(_asked: Asked, given: Answer) -> None:
        if given.status == when and (value := given.json) is not None:
            changed = change(value)
            given.json = value if changed is None else changed

    return answer


def each_run(change: Callable[[dict[str, Any]], None]) -> Callable[[Asked, Answer], None]:
    """Changes, in place, every Run in an answer, be it one or a list."""

    def changed(value: Any) -> None:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and "run_id" in item:
                change(item)

    return body(changed)


def each_event(change: Callable[[Event], Event | list[Event] | None]) -> Rewrite:
    """Maps every event (no comment) to one, none or several."""

    async def rewrite(_asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
        async for event in events:
            if event.comment is not None:
                yield event
                continue
            for changed in _listed(change(event)):
                yield changed

    return rewrite


def named(name: str, change: Callable[[Any], Any]) -> Rewrite:
    """Maps the JSON of the events of that name, with or without a namespace."""

    def changed(event: Event) -> Event:
        if event.event is not None and event.event.partition("|")[0] == name:
            value = event.json
            new = change(value)
            event.json = value if new is None else new
        return event

    return each_event(changed)


def dropping(unwanted: Callable[[Event], bool]) -> Rewrite:
    """Leaves events out."""
    return each_event(lambda event: None if unwanted(event) else event)


def at_the_end(make: Callable[[list[Event]], Iterable[Event]]) -> Rewrite:
    """Holds the whole stream back and sends what `make` makes of it."""

    async def rewrite(_asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
        held = [event async for event in events]
        for event in make(held):
            yield event

    return rewrite


def followed_by(make: Callable[[list[Event]], Iterable[Event]]) -> Rewrite:
    """Sends the stream as it comes, then what `make` makes of it."""

    async def rewrite(_asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
        seen: list[Event] = []
        async for event in events:
            seen.append(event)
            yield event
        for event in make(seen):
            yield event

    return rewrite


def _listed(value: Event | list[Event] | None) -> Iterator[Event]:
    if isinstance(value, list):
        yield from value
    elif value is not None:
        yield value
