"""Streams of runs: ids, joins, resumption, clients that leave; the thread's own stream."""

from __future__ import annotations

import itertools

from conformance import expect
from conformance.answers import run_of, stream_of
from conformance.errors import shown
from conformance.recording import Recording, StreamRecord, decoded
from conformance.registry import check
from conformance.streams import grammar


@check("STR-ID-01", scenario="stream_resumed")
def resumable_events_have_ids(r: Recording) -> None:
    """Every one."""
    for frame in stream_of(r["live"]).events:
        expect.ensure(frame.id, f"an id on the {frame.event} event", frame.id, r["live"])


@check("STR-ID-02", scenario="stream_burst")
def ids_are_unique(r: Recording) -> None:
    """Sixty events in one instant."""
    stream = stream_of(r["stream"])
    expect.ensure(any(f.id for f in stream.events), "events with ids", "none", r["stream"])
    repeated = grammar.repeated_ids(stream)
    count = f"{len(repeated)} ids stand on several events, {', '.join(repeated[:3])} among them"
    expect.ensure(not repeated, "an id of its own for each event", count, r["stream"])


@check("STR-JOIN-01", scenario="stream_joined")
def joined_streams_are_alike(r: Recording) -> None:
    """Both see what happened after they came, and end."""
    streams = [stream_of(exchange) for exchange in r.each("joined")]
    told = [[(frame.event, frame.data) for frame in stream.events] for stream in streams]
    custom = streams[0].datas("custom")
    expect.equal(custom, ["late"], "custom values", r["joined/0"])
    expect.equal(told[1], told[0], "the events of the other client", r["joined/1"])
    expect.equal(run_of(r["run"])["status"], "success", "status", r["run"])


@check("STR-JOIN-05", scenario="stream_joined")
def joined_streams_filter_by_mode(r: Recording) -> None:
    """Custom events of the graph and of its subgraph, nothing else."""
    stream = stream_of(r["filtered"])
    names = [grammar.base(frame.event) for frame in stream.events]
    expect.equal(set(names) - {"metadata"}, {"custom"}, "event names", r["filtered"])
    found = [decoded(f.data) for f in stream.events if grammar.base(f.event) == "custom"]
    expect.equal(found, ["late", "inner"], "custom values", r["filtered"])


@check("STR-JOIN-08", scenario="stream_joined")
def joins_ignore_what_they_do_not_know(r: Recording) -> None:
    """The same events as without."""
    wanted = [(frame.event, frame.data) for frame in stream_of(r["filtered"]).events]
    found = [(frame.event, frame.data) for frame in stream_of(r["asked-more"]).events]
    expect.equal(found, wanted, "the events of the other client", r["asked-more"])


@check("STR-JOIN-02", scenario="stream_resumed")
def replay_is_the_live_stream(r: Recording) -> None:
    """The same events with the same ids, from the first to the last."""
    wanted = _told(stream_of(r["live"]))
    found = _told(stream_of(r["replay"]))
    expect.equal(found, wanted, "the live events", r["replay"])


@check("STR-JOIN-02", scenario="stream_replayed")
def replay_has_every_mode(r: Recording) -> None:
    """Six modes and a subgraph, event by event."""
    wanted = _told(stream_of(r["live"]))
    found = _told(stream_of(r["replay"]))
    for index, (one, other) in enumerate(itertools.zip_longest(wanted, found)):
        expect.ensure(one == other, f"event {index} {shown(one)}", other, r["replay"])


@check("STR-JOIN-03", scenario="stream_resumed")
def resume_behind_every_event(r: Recording) -> None:
    """The rest, without loss or repetition."""
    wanted = _told(stream_of(r["live"]))
    for n, exchange in enumerate(r.each("behind")):
        found = _told(stream_of(exchange))
        expect.equal(found, wanted[n + 1 :], f"the events behind the {n + 1}.", exchange)


@check("STR-INT-02", scenario="stream_asked")
def joined_stream_shows_the_question(r: Recording) -> None:
    """To who was there already and to who comes back."""
    for label in ("joined", "replay"):
        asked = [
            item.get("value")
            for data in stream_of(r[label]).datas("values", "updates")
            if isinstance(data, dict)
            for item in expect.objects(data.get("__interrupt__") or [], "interrupts", r[label])
        ]
        expect.ensure(asked, "an `__interrupt__` in values or updates", "none", r[label])
        for value in asked:
            expect.equal(value, {"question": "still there?"}, "interrupt value", r[label])


def _told(stream: StreamRecord) -> list[tuple[str | None, str | None, str | None]]:
    return [(frame.event, frame.data, frame.id) for frame in stream.events]


@check("STR-JOIN-07", scenario="stream_resumed_live")
def replay_goes_on_live(r: Recording) -> None:
    """What was, then what comes, as the first client saw it."""
    wanted = _told(stream_of(r["live"]))
    expect.equal(_told(stream_of(r["replay"])), wanted, "the live events", r["replay"])


@check("STR-LEAVE-01", scenario="stream_left")
def leaving_a_stream_does_not_cancel(r: Recording) -> None:
    """The run goes on to its end."""
    expect.equal(run_of(r["continue/run"])["status"], "success", "status", r["continue/run"])
    values = expect.member(r["continue/state"], "values")
    expect.contains(values, {"note": "survived"}, "state values", r["continue/state"])


@check("STR-LEAVE-01", scenario="stream_left")
def leaving_a_stream_cancels_on_demand(r: Recording) -> None:
    """The run is interrupted and writes nothing more."""
    expect.equal(run_of(r["cancel/run"])["status"], "interrupted", "status", r["cancel/run"])
    values = expect.values(r["cancel/state"])
    expect.ensure("note" not in values, "no write after the cancel", values, r["cancel/state"])


@check("STR-LEAVE-02", scenario="stream_left")
def leaving_a_joined_stream_does_not_cancel(r: Recording) -> None:
    """Unless it was asked for."""
    found = run_of(r["join-continue/run"])["status"]
    expect.equal(found, "success", "status", r["join-continue/run"])
    found = run_of(r["join-cancel/run"])["status"]
    expect.equal(found, "interrupted", "status", r["join-cancel/run"])


@check("STR-THREAD-01", scenario="thread_stream")
def thread_stream_tells_every_run(r: Recording) -> None:
    """Two runs: start, events of their modes, run_done; each event with an id."""
    exchange = r["runs"]
    stream = expect.stream(exchange)
    for frame in stream.events:
        expect.ensure(frame.id, f"an id on the {frame.event} event", frame.id, exchange)
    told = [data for data in stream.datas("metadata") if isinstance(data, dict)]
    started = [data.get("run_id") for data in told if "attempt" in data]
    done = [data.get("run_id") for data in told if data.get("status") == "run_done"]
    expect.equal(len(started), 2, "runs that started", exchange)
    expect.equal(done, started, "runs that are done", exchange)
    names = {grammar.base(frame.event) for frame in stream.events}
    expect.ensure({"values", "updates"} <= names, "values and updates events", names, exchange)


@check("STR-THREAD-01", scenario="thread_stream")
def thread_stream_stays_open(r: Recording) -> None:
    """It was the client that left."""
    expect.equal(expect.stream(r["runs"]).ended, "left", "end of the stream", r["runs"])


@check("STR-THREAD-02", scenario="thread_stream")
def thread_stream_has_modes(r: Recording) -> None:
    """lifecycle sends only starts and ends; junk is 422."""
    exchange = r["lifecycle"]
    names = {frame.event for frame in expect.stream(exchange).events}
    expect.equal(names, {"metadata"}, "event names", exchange)
    expect.status(r["junk"], 422)


@check("STR-THREAD-03", scenario="thread_stream")
def thread_stream_tells_state_updates(r: Recording) -> None:
    """An event with the state."""
    exchange = r["updates"]
    stream = expect.stream(exchange)
    found = stream.datas("state_update")
    names = [frame.event for frame in stream.events]
    expect.ensure(found, "a state_update event", names, exchange)
    expect.ensure(
        isinstance(found[0], dict) and isinstance(found[0].get("state"), dict),
        "data with the state",
        found[0],
        exchange,
    )
