"""Events as the bytes of a stream: frames, their ids, which of them a reader wants."""

from __future__ import annotations

import functools
import json
import re
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import orjson

from mockserver.engine.events import TokenSpoken
from mockserver.engine.projection import frames as project
from mockserver.engine.projection import shown
from mockserver.engine.spoken import Speeches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mockserver.engine.clock import Clock
    from mockserver.engine.events import Event
    from mockserver.store.rows import Run

_SEQUENCE_BITS = 20
MAX_FRAMES_A_CHUNK = 256
_EVENT_ID = re.compile(r"(\d{1,15})(?:-(\d{1,6}|\*))?")
_ALWAYS_KEPT = frozenset({"error"})  # no filter hides that a run failed


class EventIds:
    """Event ids of one server: `<epoch ms>-<n>`, unique and increasing; kept as one integer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def epoch_ms(self) -> int:
        """The time that ids are made of."""
        return self._clock.epoch_ms()

    def next(self) -> int:
        """An id greater than all before."""
        self._last = max(self._clock.epoch_ms() << _SEQUENCE_BITS, self._last + 1)
        return self._last


def event_id(value: int) -> str:
    """An event id as text."""
    return f"{value >> _SEQUENCE_BITS}-{value & (1 << _SEQUENCE_BITS) - 1}"


def after(text: str) -> int | None:
    """The id to replay after, from a Last-Event-ID; None when the text is not an event id.

    `-1`, `-` and the empty text come before every id; milliseconds alone before all ids of theirs.
    """
    if text in ("", "-", "-1"):
        return -1
    found = _EVENT_ID.fullmatch(text)
    if found is None:
        return None
    moment = int(found[1]) << _SEQUENCE_BITS
    if found[2] is None:
        return moment - 1
    return moment + ((1 << _SEQUENCE_BITS) - 1 if found[2] == "*" else int(found[2]))


Frame = tuple[str, bytes, int]
"""One event of a stream: its name, its bytes, its id; 0 for a frame without an id line.

A bare tuple, because one is made for every token a client is sent.
"""


@functools.lru_cache(maxsize=256)
def _head(name: str) -> bytes:
    return b"event: %b\r\ndata: " % name.encode()


def encode(name: str, data: Any) -> bytes:
    """A frame without id: the bytes of one server-sent event."""
    return _head(name) + orjson.dumps(data) + b"\r\n\r\n"


def tag(wire: bytes, value: int) -> bytes:
    """A frame without id, given one."""
    return b"%bid: %b\r\n\r\n" % (wire[:-2], event_id(value).encode())


def untagged(frame: Frame) -> Frame:
    """A frame with an id, without it: a run's own stream has ids only where it is resumable."""
    name, wire, _ = frame
    return (name, wire[: wire.rindex(b"id: ")] + b"\r\n", 0)


class Projection:
    """What a run's stream shows: its modes, whether subgraphs too, whether frames carry ids."""

    __slots__ = ("_shown", "_speeches", "modes", "resumable", "subgraphs")

    def __init__(self, modes: Sequence[str], *, subgraphs: bool, resumable: bool) -> None:
        self.modes = tuple(dict.fromkeys(modes))
        self.subgraphs = subgraphs
        self.resumable = resumable
        self._shown = shown(self.modes)
        # with mode `events` a token has a second frame, and is encoded as any other event
        apart = "messages-tuple" in self.modes and "events" not in self.modes
        self._speeches = Speeches(encode) if apart else None

    def _wires(self, event: Event) -> Sequence[tuple[str, bytes]]:
        """The names and bytes, without ids, of an event's frames."""
        kind = type(event)
        if kind not in self._shown:
            return ()
        if kind is TokenSpoken and self._speeches is not None:
            hidden = event.namespace and not self.subgraphs
            return () if hidden else (self._speeches.frame(cast("TokenSpoken", event)),)
        found = project(event, self.modes, self.subgraphs)
        return [(name, encode(name, data)) for name, data in found]

    def plain(self, event: Event) -> list[Frame]:
        """The frames, without ids, that one event of the run becomes."""
        return [(name, wire, 0) for name, wire in self._wires(event)]

    def numbered(self, event: Event, next_id: Callable[[], int]) -> list[Frame]:
        """The frames, with ids, that one event of the run becomes."""
        found = []
        for name, wire in self._wires(event):
            value = next_id()
            found.append((name, tag(wire, value), value))
        return found


def projection_of(run: Run) -> Projection:
    """What a stored run's stream shows."""
    kwargs = run.view()["kwargs"]
    return Projection(
        kwargs["stream_mode"], subgraphs=kwargs["subgraphs"], resumable=kwargs["resumable"]
    )


class ModeFilter:
    """Which events of a run's stream a client wants, by stream mode."""

    def __init__(self, modes: Iterable[str]) -> None:
        self._modes = frozenset(modes)
        self._messages = bool(self._modes & {"messages", "messages-tuple"})

    @classmethod
    def of(cls, given: Sequence[str]) -> ModeFilter | None:
        """From the query: names of modes, JSON arrays of them, comma lists; None: no filter."""
        given = [text for text in given if text]  # the Python client sends `stream_mode=` for none
        return cls([name for text in given for name in _names(text)]) if given else None

    def __call__(self, name: str) -> bool:
        """Whether events of this name pass."""
        base = name.partition("|")[0]
        if self._messages and base.startswith("messages"):
            return True
        return base in self._modes or base in _ALWAYS_KEPT


def _names(text: str) -> list[str]:
    if text.startswith("["):
        try:
            names = json.loads(text)
        except ValueError:
            return [text]
        return [name for name in names if isinstance(name, str)]
    return text.split(",")


def replay(
    events: Iterable[Event], ids: Sequence[int], projection: Projection, last: int
) -> Iterable[Frame]:
    """The frames of a finished resumable run that come after an id, as they were sent live."""
    numbers = iter(ids)
    for event in events:
        for frame in projection.numbered(event, lambda: next(numbers)):
            if frame[2] > last:
                yield frame


def chunks(frames: Iterable[Frame]) -> Iterable[bytes]:
    """Frames joined to pieces worth a write."""
    source = iter(frames)
    while page := list(islice(source, MAX_FRAMES_A_CHUNK)):
        yield b"".join([wire for _, wire, _ in page])
