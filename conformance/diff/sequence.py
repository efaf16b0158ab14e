"""A sequence of requests as data: it can be sent to any server, cut short and written down.

A string may hold references to earlier answers: `<<run.run_id>>` is what the JSON pointer-like path
`run_id` leads to in the answer of the step labelled `run`; list indexes are numbers. A string that
is nothing but a reference becomes the value itself. `<<tag>>` and `<<uuid:N>>` are new for each
time a sequence is played, and the same for both servers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from conformance.recording import NO_JSON

Json = Any
_REFERENCE = re.compile(r"<<([^<>]+)>>")
_EMPTY: Mapping[str, Any] = MappingProxyType({})


class UnresolvedError(Exception):
    """A reference leads nowhere in the answers so far. The message is the reference."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request.

    `operation` is an operationId, or `METHOD /path` for what the document does not have. `until`
    repeats the request until the value at a path is one of those named: only the last answer
    counts. A step in the `background` is not waited for until the sequence ends. `leave` closes an
    event stream after that many events, `quiet` when none came for so many seconds. `pause` waits
    so many seconds first.
    """

    operation: str
    body: Json = NO_JSON
    label: str = ""
    path: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    query: Mapping[str, Json] = field(default_factory=lambda: _EMPTY)
    headers: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    content: bytes | None = None
    until: tuple[str, tuple[Json, ...]] | None = None
    background: bool = False
    leave: int | None = None
    quiet: float = 0.0
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Sequence:
    """Steps that one client sends in order. One that reaches beyond its own threads is `alone`.

    `by_chance` are those that the generator made.
    """

    name: str
    steps: tuple[Step, ...]
    alone: bool = False
    by_chance: bool = False

    def only(self, places: list[int]) -> Sequence:
        """The sequence with only the steps at these places."""
        return replace(self, steps=tuple(self.steps[place] for place in places))


def step(operation: str, body: Json = NO_JSON, **given: Any) -> Step:
    """A step; what is no field of a step is a path parameter."""
    own = {"label", "query", "headers", "content", "until"}
    own |= {"background", "leave", "quiet", "pause"}
    path = {name: value for name, value in given.items() if name not in own}
    return Step(operation, body, path=path, **{k: v for k, v in given.items() if k in own})


def filled(value: Json, answers: Mapping[str, Json]) -> Json:
    """The value with every reference replaced. Raises UnresolvedError."""
    if isinstance(value, str):
        whole = _REFERENCE.fullmatch(value)
        if whole:
            return looked_up(whole[1], answers)
        return _REFERENCE.sub(lambda found: str(looked_up(found[1], answers)), value)
    if isinstance(value, Mapping):
        return {filled(key, answers): filled(inner, answers) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled(inner, answers) for inner in value]
    return value


def looked_up(reference: str, answers: Mapping[str, Json]) -> Json:
    """What a reference, without its brackets, leads to. Raises UnresolvedError."""
    label, *parts = reference.split(".")
    if label not in answers:
        raise UnresolvedError(reference)
    return at(answers[label], parts, reference)


def at(value: Json, parts: list[str], reference: str = "") -> Json:
    """What lies in a JSON value at the end of a path. Raises UnresolvedError."""
    for part in parts:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise UnresolvedError(reference or ".".join(parts)) from None
    return value
