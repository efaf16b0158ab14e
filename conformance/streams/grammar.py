"""The grammar of a run's event stream: what each event must look like, and which may come.

Pure functions from a stream to the faults in it; a fault is a sentence and the index of the event.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from conformance.recording import NO_JSON, StreamRecord, decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Fault = tuple[str, int]

# The event names of each stream mode, without namespace.
NAMES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "values": frozenset({"values"}),
        "updates": frozenset({"updates"}),
        "messages": frozenset({"messages/metadata", "messages/partial", "messages/complete"}),
        "messages-tuple": frozenset({"messages"}),
        "custom": frozenset({"custom"}),
        "tasks": frozenset({"tasks"}),
        "checkpoints": frozenset({"checkpoints"}),
        "debug": frozenset({"debug"}),
        "events": frozenset({"events"}),
    }
)
MODES = tuple(NAMES)
ALWAYS = frozenset({"metadata", "error", "feedback"})


def base(name: str | None) -> str:
    """An event's name without its namespace: `updates` of `updates|nest:1f…`."""
    return (name or "").partition("|")[0]


def namespace(name: str | None) -> str | None:
    """The namespace in an event's name, None where it has none."""
    _, bar, rest = (name or "").partition("|")
    return rest if bar else None


def modes_of(body: Any) -> tuple[str, ...]:
    """The stream modes that a run's creation body asks for; `values` where it names none."""
    asked = body.get("stream_mode") if isinstance(body, dict) else None
    if isinstance(asked, str):
        return (asked,)
    return tuple(str(mode) for mode in asked) if isinstance(asked, list) and asked else ("values",)


def allowed(modes: Iterable[str]) -> frozenset[str]:
    """The event names that may come when these modes were asked for."""
    modes = set(modes)
    names = set(ALWAYS)
    for mode in modes:
        names |= NAMES.get(mode, frozenset())
    if {"messages", "messages-tuple"} <= modes:  # the tuple form wins
        names -= NAMES["messages"]
    return frozenset(names)


def frame_faults(stream: StreamRecord) -> Iterator[Fault]:
    """Events without name or JSON, with fields that do not belong there, or cut off at the end."""
    for index, frame in enumerate(stream.events):
        if not frame.event:
            yield "an event without a name", index
        if frame.data is None:
            yield f"event {frame.event!r} without data", index
        elif decoded(frame.data) is NO_JSON:
            yield f"event {frame.event!r} whose data is no JSON: {frame.data[:80]!r}", index
        if frame.unknown:
            yield f"event {frame.event!r} with the unknown field {frame.unknown[0]!r}", index
    if stream.unfinished is not None and stream.ended == "closed":
        yield "an event cut off by the end of the stream", len(stream.events)


def name_faults(stream: StreamRecord, modes: Sequence[str], *, subgraphs: bool) -> Iterator[Fault]:
    """Events that nobody asked for."""
    names = allowed(modes)
    for index, frame in enumerate(stream.events):
        if frame.event == "end":  # a requirement of its own
            continue
        if base(frame.event) not in names:
            yield f"event {frame.event!r} where the modes are {', '.join(modes)}", index
        elif namespace(frame.event) is not None and not subgraphs:
            yield f"event {frame.event!r} with a namespace that nobody asked for", index


def metadata_faults(stream: StreamRecord) -> Iterator[Fault]:
    """A stream whose first event is no `metadata`, or whose attempts do not count up from one."""
    if not stream.events:
        yield "no event at all", 0
        return
    if stream.events[0].event != "metadata":
        yield f"first the event {stream.events[0].event!r}", 0
    attempt = 0
    for index, frame in enumerate(stream.events):
        if frame.event != "metadata":
            continue
        data = decoded(frame.data)
        if not isinstance(data, dict) or not isinstance(data.get("run_id"), str):
            yield f"a metadata event without run_id: {frame.data!r}", index
            continue
        if "attempt" in data:
            if data["attempt"] != attempt + 1:
                yield f"attempt {data['attempt']!r} after attempt {attempt}", index
            attempt = data["attempt"] if isinstance(data["attempt"], int) else attempt + 1
        elif attempt or "status" not in data:
            yield f"a metadata event without attempt: {frame.data!r}", index


def error_faults(stream: StreamRecord) -> Iterator[Fault]:
    """`error` events of the wrong shape, or with an event behind them."""
    for index, frame in enumerate(stream.events):
        if base(frame.event) != "error":
            continue
        data = decoded(frame.data)
        if not isinstance(data, dict) or not all(
            isinstance(data.get(key), str) for key in ("error", "message")
        ):
            yield f"an error event without `error` and `message`: {frame.data!r}", index
        behind = [later.event for later in stream.events[index + 1 :] if later.event != "end"]
        if behind:
            yield f"event {behind[0]!r} behind the error", index


def repeated_ids(stream: StreamRecord) -> list[str]:
    """The ids that more than one event has, in order."""
    ids = [frame.id for frame in stream.events if frame.id is not None]
    return [value for value in dict.fromkeys(ids) if ids.count(value) > 1]
