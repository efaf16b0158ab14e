"""The domain events of a run: one log from which every stream mode is projected.

Events of a subgraph carry its namespace, e.g. `("nest:<task id>",)`; the root's is `()`. An event
holds references to what it shares with others (a task, a trace, a state), so a live log is cheap;
`pack` freezes a finished log into one compressed blob and `unpack` gives equal events back.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from mockserver.store.packing import Packer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Namespace = tuple[str, ...]
ROOT: Namespace = ()


@dataclass(frozen=True, slots=True)
class Task:
    """A node's turn in a superstep. `address`: its checkpoint namespace, `path`: why it runs."""

    id: str
    name: str
    step: int
    triggers: tuple[str, ...]
    path: tuple[Any, ...]
    address: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What stream mode `events` calls a run: a graph, a node, a router or a model at work."""

    run_id: str
    name: str
    tags: tuple[str, ...]
    metadata: dict[str, Any]
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speech:
    """One AI message while it is streamed. `ends` are the character offsets its tokens end at."""

    trace: Trace
    message_id: str
    text: str
    ends: tuple[int, ...]
    heard: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run, in the graph or subgraph `namespace`."""

    namespace: Namespace


@dataclass(frozen=True, slots=True)
class Started(Event):
    """An attempt at the run began."""

    run_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """The run failed: class name and the text callers may see."""

    error: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckpointReached(Event):
    """The state at a superstep boundary, shown when the next superstep is prepared.

    `config` and `parent_config` are `configurable` objects; `tasks` are those to run next as shown
    in stream mode `checkpoints`.
    """

    at: str
    step: int
    config: dict[str, Any]
    parent_config: dict[str, Any] | None
    values: dict[str, Any]
    metadata: dict[str, Any]
    tasks: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ValuesChanged(Event):
    """The whole state, after the input, a superstep, or at the start of a resumed run."""

    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskStarted(Event):
    """A task of the superstep begins; `input` is what its node gets."""

    at: str
    task: Task
    input: Any
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskFinished(Event):
    """A node returned `result`. `replayed`: it had finished in an earlier run of this superstep."""

    at: str
    task: Task
    result: dict[str, Any]
    replayed: bool


@dataclass(frozen=True, slots=True)
class TaskFailed(Event):
    """A node raised."""

    at: str
    task: Task
    error: str
    message: str


@dataclass(frozen=True, slots=True)
class TaskInterrupted(Event):
    """A node asked a person: `interrupts` are `{"id", "value"}`, `values` the state then."""

    at: str
    task: Task
    interrupts: tuple[dict[str, Any], ...]
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Paused(Event):
    """The run stopped before or after a node, as it was told to."""


@dataclass(frozen=True, slots=True)
class Custom(Event):
    """A node sent a value of its own."""

    value: Any


@dataclass(frozen=True, slots=True)
class MessageWritten(Event):
    """A whole message that was not streamed. `inner`: it was, but inside a subgraph."""

    message: dict[str, Any]
    metadata: dict[str, Any]
    inner: bool


@dataclass(frozen=True, slots=True)
class SpeechStarted(Event):
    """The chat model was called."""

    speech: Speech


@dataclass(frozen=True, slots=True)
class TokenSpoken(Event):
    """The token number `index` of a speech."""

    speech: Speech
    index: int


@dataclass(frozen=True, slots=True)
class SpeechEnded(Event):
    """The chat model's message is whole."""

    speech: Speech


@dataclass(frozen=True, slots=True)
class ChainStarted(Event):
    """A graph, node or router began (stream mode `events`)."""

    trace: Trace
    input: Any


@dataclass(frozen=True, slots=True)
class ChainStreamed(Event):
    """A node returned what it writes (stream mode `events`)."""

    trace: Trace
    chunk: Any


@dataclass(frozen=True, slots=True)
class ChainEnded(Event):
    """A graph, node or router ended (stream mode `events`); `input` is not shown for the root."""

    trace: Trace
    output: Any
    input: Any


_EVENTS: tuple[type[Event], ...] = (
    Started,
    Failed,
    CheckpointReached,
    ValuesChanged,
    TaskStarted,
    TaskFinished,
    TaskFailed,
    TaskInterrupted,
    Paused,
    Custom,
    MessageWritten,
    SpeechStarted,
    TokenSpoken,
    SpeechEnded,
    ChainStarted,
    ChainStreamed,
    ChainEnded,
)
_SHARED: tuple[type[Any], ...] = (Task, Trace, Speech)
_KIND: tuple[type[Any], ...] = (*_EVENTS, *_SHARED)
_CODE: dict[type[Any], int] = {kind: code for code, kind in enumerate(_KIND)}
_VALUES: dict[type[Any], Callable[[Any], Any]] = {
    kind: attrgetter(*(item.name for item in fields(kind)), "__class__") for kind in _KIND
}
# the positions in a row that hold something shared
_PLACES = tuple(
    tuple(i for i, item in enumerate(fields(kind)) if item.type in ("Task", "Trace", "Speech"))
    for kind in _KIND
)
_PACKER = Packer()


def pack(log: Iterable[Event], graph_id: str = "") -> bytes:
    """One blob of a log. What its events share, and what a graph's logs share, is stored once."""
    seen: dict[int, tuple[Any, ...]] = {}
    rows = [_row(event, seen) for event in log]
    return _PACKER.pack(pickle.dumps(rows, pickle.HIGHEST_PROTOCOL), graph_id)


# Functions of the module, not of their callers: one that calls itself would be a ring with its own
# cell, and keep all it has seen until the collector comes.
def _row(value: Any, seen: dict[int, tuple[Any, ...]]) -> tuple[Any, ...]:
    kind = type(value)
    code = _CODE[kind]
    # ends with the class, so that a class of one field gives a tuple too
    values: tuple[Any, ...] = _VALUES[kind](value)
    places = _PLACES[code]
    if not places:
        return (*values[:-1], code)
    mutable = list(values)
    mutable[-1] = code
    for place in places:
        shared = values[place]
        known = seen.get(id(shared))
        if known is None:
            known = seen[id(shared)] = _row(shared, seen)
        mutable[place] = known
    return tuple(mutable)


def unpack(blob: bytes) -> list[Event]:
    """The events of a blob made by `pack` in this process's version."""
    seen: dict[int, Any] = {}
    rows: list[tuple[Any, ...]] = pickle.loads(_PACKER.unpack(blob))
    return [_event(row, seen) for row in rows]


def _event(row: tuple[Any, ...], seen: dict[int, Any]) -> Any:
    known = seen.get(id(row))
    if known is not None:
        return known
    *values, code = row
    for place in _PLACES[code]:
        values[place] = _event(values[place], seen)
    made = seen[id(row)] = _KIND[code](*values)
    return made
