"""What must hold for every event stream in every recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.universal import exchanges
from conformance.errors import Violation
from conformance.recording import Exchange, Recording, StreamRecord, decoded
from conformance.registry import universal
from conformance.streams import grammar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CREATING_STREAMS = ("stream_run", "stream_stateless_run")


RUN_STREAMS = (*CREATING_STREAMS, "join_run_stream")


def streams(
    recordings: Sequence[Recording], *names: str
) -> Iterator[tuple[Exchange, StreamRecord]]:
    """Every event stream of these operations."""
    for exchange in exchanges(recordings):
        if exchange.operation in names and exchange.stream is not None:
            yield exchange, exchange.stream


def _judged(
    recordings: Sequence[Recording],
    names: Sequence[str],
    expected: str,
    find: Callable[[Exchange, StreamRecord], Iterator[grammar.Fault]],
) -> int:
    judged = 0
    for exchange, stream in streams(recordings, *names):
        judged += 1
        if (fault := next(find(exchange, stream), None)) is not None:
            raise Violation(expected, f"{fault[0]} (event {fault[1]})", exchange, fault[1])
    return judged


@universal("STR-FRAME-01")
def frames_are_well_formed(recordings: Sequence[Recording]) -> int:
    """In every stream: a name, JSON, no other fields, nothing cut off."""
    return _judged(
        recordings,
        (*RUN_STREAMS, "stream_thread"),
        "events with a name and JSON data",
        lambda _, stream: grammar.frame_faults(stream),
    )


@universal("STR-META-01")
def streams_begin_with_metadata(recordings: Sequence[Recording]) -> int:
    """In every stream of a run from its start; the id is that of Content-Location."""

    def find(exchange: Exchange, stream: StreamRecord) -> Iterator[grammar.Fault]:
        yield from grammar.metadata_faults(stream)
        location = exchange.headers.get("content-location", "")
        data = decoded(stream.events[0].data) if stream.events else None
        run_id = data.get("run_id") if isinstance(data, dict) else None
        if location and not location.endswith(str(run_id)):
            yield f"run_id {run_id!r} where Content-Location is {location}", 0

    return _judged(recordings, CREATING_STREAMS, "metadata as the first event", find)


@universal("STR-MODE-01")
def streams_hold_what_was_asked_for(recordings: Sequence[Recording]) -> int:
    """In every stream of a run from its start."""

    def find(exchange: Exchange, stream: StreamRecord) -> Iterator[grammar.Fault]:
        body = exchange.sent if isinstance(exchange.sent, dict) else {}
        subgraphs = bool(body.get("stream_subgraphs"))
        return grammar.name_faults(stream, grammar.modes_of(body), subgraphs=subgraphs)

    return _judged(recordings, CREATING_STREAMS, "only events of the modes asked for", find)


@universal("STR-END-03")
def errors_end_their_streams(recordings: Sequence[Recording]) -> int:
    """In every stream an error has class and message and is the last event."""
    return _judged(
        recordings,
        RUN_STREAMS,
        "an error with `error` and `message`, and nothing behind it",
        lambda _, stream: grammar.error_faults(stream),
    )


@universal("STR-END-05")
def streams_have_no_end_event(recordings: Sequence[Recording]) -> int:
    """The close says it."""

    def find(_: Exchange, stream: StreamRecord) -> Iterator[grammar.Fault]:
        names = [frame.event for frame in stream.events]
        if "end" in names:
            yield "an event `end`", names.index("end")

    return _judged(recordings, RUN_STREAMS, "no `end` event", find)


@universal("STR-END-01")
def streams_of_runs_close(recordings: Sequence[Recording]) -> int:
    """Every one that was read to its end was closed by the server."""

    def find(_: Exchange, stream: StreamRecord) -> Iterator[grammar.Fault]:
        if stream.ended == "timeout":
            yield "it stayed open", len(stream.events)

    return _judged(recordings, RUN_STREAMS, "the server to close the stream", find)
