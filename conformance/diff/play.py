"""Plays a sequence on two servers in lock-step: a step begins when both have answered the last."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance.diff.comparison import Difference, compare
from conformance.diff.normalise import Answer, Normaliser
from conformance.diff.sequence import UnresolvedError, at, filled
from conformance.driver import Driver, path_of
from conformance.recording import NO_JSON, Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from conformance.diff.sequence import Sequence, Step
    from conformance.target import Target

_PATIENCE = 60.0
_POLL = 0.1


@dataclass(frozen=True, slots=True)
class Pair:
    """What both servers answered to one step; no exchange where a reference led nowhere."""

    place: int
    step: Step
    a: Exchange | str
    b: Exchange | str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """A sequence, its answers side by side, and everything each server was asked."""

    sequence: Sequence
    pairs: tuple[Pair, ...]
    exchanges: tuple[tuple[Exchange, ...], tuple[Exchange, ...]]


@dataclass(slots=True)
class _Side:
    """One server while a sequence is played on it."""

    driver: Driver
    answers: dict[str, Any]
    background: dict[int, asyncio.Task[Exchange | str]] = field(default_factory=dict)

    async def take(self, place: int, step: Step) -> Exchange | str | None:
        """The answer to a step, the reference it lacked, or None for one in the background."""
        if step.pause:
            await asyncio.sleep(step.pause)
        if step.background:
            self.background[place] = asyncio.create_task(self.send(step))
            return None
        return await self.send(step)

    async def send(self, step: Step) -> Exchange | str:
        """The answer to a step, or the reference it lacked."""
        try:
            request = _request(step, self.answers)
        except UnresolvedError as lost:
            return f"nothing at <<{lost}>>"
        if step.leave is not None or step.quiet:
            exchange = await self._watch(step, request)
        else:
            exchange = await self.driver.raw(**request, patience=_PATIENCE)
            if step.until is not None:
                exchange = await self._until(step, request, exchange)
        if step.label:
            self.answers[step.label] = None if exchange.json is NO_JSON else exchange.json
        return exchange

    async def _until(self, step: Step, request: dict[str, Any], seen: Exchange) -> Exchange:
        assert step.until is not None
        path, wanted = step.until
        deadline = self.driver.now() + _PATIENCE
        while self.driver.now() < deadline and seen.status == 200:
            try:
                if at(seen.json, path.split(".")) in wanted:
                    break
            except UnresolvedError:
                pass
            await asyncio.sleep(_POLL)
            seen = await self.driver.raw(**request, patience=_PATIENCE)
        return seen

    async def _watch(self, step: Step, request: dict[str, Any]) -> Exchange:
        async with self.driver.open(**request) as live:
            deadline = self.driver.now() + _PATIENCE / 3
            await live.head(_PATIENCE / 3)
            came = changed = 0.0
            while self.driver.now() < deadline and not live.ended:
                events = sum(not frame.is_comment for frame in live.frames)
                if step.leave is not None and events >= step.leave:
                    break
                if events != came or not changed:
                    came, changed = events, self.driver.now()
                if step.quiet and self.driver.now() - changed > step.quiet:
                    break
                await asyncio.sleep(_POLL / 2)
        return _cut(live.exchange, step.leave)


def _cut(exchange: Exchange, most: int | None) -> Exchange:
    """The exchange with the first so many events: how many more had come is a matter of luck."""
    if exchange.stream is None or not most:
        return exchange
    return replace(exchange, stream=replace(exchange.stream, frames=exchange.stream.events[:most]))


def _request(step: Step, answers: dict[str, Any]) -> dict[str, Any]:
    path = {name: quote(str(value), "") for name, value in filled(step.path, answers).items()}
    if " " in step.operation:
        method, _, where = str(filled(step.operation, answers)).partition(" ")
        operation = None
    else:
        method, where = path_of(step.operation, path)
        operation = step.operation
    body = filled(step.body, answers) if step.body is not NO_JSON else NO_JSON
    query = filled(step.query, answers) or None
    return {
        "method": method,
        "path": where,
        "operation": operation,
        "label": step.label,
        "body": body,
        "query": query,
        "headers": filled(step.headers, answers) or None,
        "content": step.content,
    }


async def play(
    sequence: Sequence,
    targets: tuple[Target, Target],
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient],
    literal: frozenset[str] = frozenset(),
) -> Played:
    """Both servers through the whole sequence; every answer compared; what it made is removed."""
    shared = {"tag": uuid.uuid4().hex[:12]} | {f"uuid:{n}": str(uuid.uuid4()) for n in range(1, 5)}
    sides = [
        _Side(Driver(target, client, sequence.name, shared=True), dict(shared))
        for target, client in zip(targets, clients, strict=True)
    ]
    taken: dict[int, list[Exchange | str]] = {}
    try:
        for place, step in enumerate(sequence.steps):
            both = await asyncio.gather(*(side.take(place, step) for side in sides))
            if both[0] is not None and both[1] is not None:
                taken[place] = [both[0], both[1]]
        for place in sides[0].background:
            taken[place] = list(await asyncio.gather(*(s.background[place] for s in sides)))
    finally:
        for side in sides:
            for task in side.background.values():
                task.cancel()
            _remember(side)
        await asyncio.gather(*(side.driver.clean() for side in sides))
    literal = literal.union(shared.values())
    said = frozenset(_texts([step.body for step in sequence.steps]))
    names = [Normaliser(target.url, literal, said) for target in targets]
    pairs = tuple(
        _pair(place, sequence.steps[place], taken[place], names) for place in sorted(taken)
    )
    return Played(
        sequence,
        pairs,
        (sides[0].driver.recording().exchanges, sides[1].driver.recording().exchanges),
    )


def _texts(value: Any) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _pair(place: int, step: Step, both: list[Exchange | str], names: list[Normaliser]) -> Pair:
    a, b = both
    found: list[Difference] = []
    if isinstance(a, str) or isinstance(b, str):
        if a != b and (isinstance(a, str) != isinstance(b, str)):
            found = [
                Difference("request", "gone", *(x if isinstance(x, str) else "sent" for x in both))
            ]
    else:
        forms: list[Answer] = [name.answer(x, place) for name, x in zip(names, (a, b), strict=True)]
        found = compare(*forms)
    return Pair(place, step, a, b, tuple(found))


def _remember(side: _Side) -> None:
    """Lets the driver remove what the sequence created."""
    for exchange in side.driver.recording().exchanges:
        made = exchange.json
        if exchange.operation == "send_thread_command":  # the thread may be of its making
            side.driver.keep(exchange.path.split("/")[2])
        if exchange.operation == "post_a2a":
            told = exchange.stream.datas("message")[:1] if exchange.stream else [made]
            for context in filter(None, map(_context, told)):
                side.driver.keep(context)
        if exchange.status != 200 or not isinstance(made, dict) or exchange.method != "POST":
            continue
        if exchange.operation in ("create_thread", "copy_thread"):
            side.driver.keep(str(made.get("thread_id")))
        elif exchange.operation == "create_assistant":
            side.driver.keep_assistant(str(made.get("assistant_id")))


def _context(answer: Any) -> str:
    """The context of the task in an answer of A2A: a thread that a message made."""
    for name in ("result", "task"):
        answer = answer.get(name, answer) if isinstance(answer, dict) else {}
    return str(answer.get("contextId", "")) if isinstance(answer, dict) else ""


def shown(value: Any, limit: int = 160) -> str:
    """A value of a normalised answer, as a report shows it."""
    if value is NO_JSON:
        return "–"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
