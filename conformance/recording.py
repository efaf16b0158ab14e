"""What a scenario saw: every exchange and every frame, as values that checks judge.

Times are seconds since the recording began.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from conformance.errors import NotExercisedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.streams.reader import Frame

EMPTY: Mapping[str, Any] = MappingProxyType({})
SOCKET = "WEBSOCKET"


@dataclass(frozen=True)
class StreamRecord:
    """An event stream as it came: the frames in order, what was cut off, and how it ended.

    `ended` is `closed` (the server closed the body), `left` (the scenario went away), `timeout`
    (the scenario's patience ran out) or `broken` (the connection broke).
    """

    frames: tuple[Frame, ...]
    unfinished: Frame | None = None
    ended: str = "closed"

    @cached_property
    def events(self) -> tuple[Frame, ...]:
        """The frames that are events: no comments."""
        return tuple(frame for frame in self.frames if not frame.is_comment)

    @cached_property
    def comments(self) -> tuple[Frame, ...]:
        """The comments (heartbeats)."""
        return tuple(frame for frame in self.frames if frame.is_comment)

    def named(self, *names: str) -> tuple[Frame, ...]:
        """The events with one of these names, in order."""
        return tuple(frame for frame in self.events if frame.event in names)

    def datas(self, *names: str) -> list[Any]:
        """The decoded data of the events with one of these names; undecodable ones are left out."""
        return [
            value for frame in self.named(*names) if (value := decoded(frame.data)) is not NO_JSON
        ]


class _NoJson:
    """The type of NO_JSON."""

    def __repr__(self) -> str:
        return "<no JSON>"


NO_JSON = _NoJson()


def decoded(data: str | bytes | None) -> Any:
    """The JSON value, or NO_JSON where it is none."""
    if data is None:
        return NO_JSON
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return NO_JSON


@dataclass(frozen=True)
class Exchange:
    """One request and what came back.

    `operation` is the operationId of the document, None for a request outside it. `status` is None
    where no answer came; `error` then says why. `first_byte` is when the first byte of the body
    came. `complete` is
    False where the scenario left, or gave up, before the body's end. Header names are lower case;
    of a repeated header the values are joined by commas.

    A WebSocket is one exchange too, of the method `WEBSOCKET` and no operation: `request_body` has
    what was sent, a line each, `stream` what came, each message the data of a frame. Its status is
    101 once it was open; `headers` then has the `close-code` where the server closed it.

    `second`: it was asked by the second user, who does not see what the first one has.
    """

    operation: str | None
    method: str
    path: str
    status: int | None
    label: str = ""
    request_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: StreamRecord | None = None
    started: float = 0.0
    answered: float = 0.0
    first_byte: float | None = None
    finished: float = 0.0
    error: str | None = None
    complete: bool = True
    second: bool = False

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or NO_JSON."""
        return decoded(self.body)

    @cached_property
    def sent(self) -> Any:
        """The request's body as JSON, or NO_JSON."""
        return decoded(self.request_body)

    @property
    def content_type(self) -> str:
        """The media type without parameters, lower case; empty where there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def over_socket(self) -> bool:
        """Whether it is a WebSocket."""
        return self.method == SOCKET

    @property
    def title(self) -> str:
        """`POST /threads/…/runs → 200`."""
        return f"{self.method} {self.path} → {self.status or self.error}"


@dataclass(frozen=True)
class Recording:
    """Everything one scenario saw.

    `notes` are values the scenario kept for the checks (ids, what it asked for). `stopped` says why
    it could not go on: an answer lacked what the next step needs; checks of later steps are then
    not exercised. `fault` is the traceback of a fault in the scenario itself.
    """

    scenario: str
    exchanges: tuple[Exchange, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
    stopped: str | None = None
    fault: str | None = None
    duration: float = 0.0

    @cached_property
    def _labelled(self) -> Mapping[str, Exchange]:
        return {exchange.label: exchange for exchange in self.exchanges if exchange.label}

    def __getitem__(self, label: str) -> Exchange:
        """The exchange with this label; raises NotExercisedError where there is none."""
        if label not in self._labelled:
            raise NotExercisedError(self.stopped or f"the scenario made no request {label!r}")
        return self._labelled[label]

    def has(self, label: str) -> bool:
        """Whether the scenario made the request with this label."""
        return label in self._labelled

    def each(self, prefix: str) -> Iterator[Exchange]:
        """The exchanges whose label is the prefix or begins with `prefix/`, in order.

        Raises NotExercisedError where there is none.
        """
        found = [
            exchange
            for exchange in self.exchanges
            if exchange.label == prefix or exchange.label.startswith(f"{prefix}/")
        ]
        if not found:
            raise NotExercisedError(self.stopped or f"the scenario made no request {prefix!r}")
        return iter(found)

    def note(self, name: str) -> Any:
        """A value the scenario kept; raises NotExercisedError where it did not get there."""
        if name not in self.notes:
            raise NotExercisedError(self.stopped or f"the scenario noted no {name!r}")
        return self.notes[name]

    def of(self, *operations: str) -> list[Exchange]:
        """The exchanges of these operations, in order."""
        return [exchange for exchange in self.exchanges if exchange.operation in operations]
