"""Streams of runs: headers, modes, order, ends."""

from __future__ import annotations

from conformance import expect
from conformance.answers import final_values, newest_of, stream_of
from conformance.recording import Recording, decoded
from conformance.registry import check
from conformance.scenarios.streaming import TEXTS
from spec.lifecycle import lifecycle


@check("STR-HEAD-01", scenario="streamed")
def stream_is_an_event_stream(r: Recording) -> None:
    """Content-Type, and no cache."""
    found = r["default/stream"]
    stream_of(found)
    expect.equal(found.content_type, "text/event-stream", "media type", found)
    control = expect.header(found, "cache-control")
    lawful = "no-store" in control or "no-cache" in control
    expect.ensure(lawful, "Cache-Control no-store or no-cache", control, found)


@check("STR-HEAD-02", scenario="streamed")
def stream_names_its_location(r: Recording) -> None:
    """Content-Location is the run, Location its stream."""
    found, run = r["default/stream"], newest_of(r["default/runs"])
    where = f"/threads/{r.note('thread-default')}/runs/{run['run_id']}"
    expect.equal(expect.header(found, "content-location"), where, "Content-Location", found)
    expect.equal(expect.header(found, "location"), f"{where}/stream", "Location", found)


@check("STR-META-01", scenario="streamed")
def one_run_id_everywhere(r: Recording) -> None:
    """The metadata event, the header and the stored run name the same run."""
    found, run = r["default/stream"], newest_of(r["default/runs"])
    first = stream_of(found).datas("metadata")
    expect.ensure(first, "a metadata event", "none", found)
    expect.contains(first[0], {"run_id": run["run_id"], "attempt": 1}, "metadata", found)
    where = expect.header(found, "content-location")
    expect.ensure(where.endswith(run["run_id"]), f"…{run['run_id']}", where, found)
    kwargs = run.get("kwargs")
    config = kwargs.get("config") if isinstance(kwargs, dict) else None
    configurable = config.get("configurable") if isinstance(config, dict) else None
    if isinstance(configurable, dict) and "run_id" in configurable:
        wanted = {"run_id": run["run_id"]}
        expect.contains(configurable, wanted, "configurable", r["default/runs"])


@check("STR-MODE-02", scenario="streamed")
def last_values_are_the_state(r: Recording) -> None:
    """What the state shows afterwards."""
    found = final_values(r["default/stream"])
    expect.equal(expect.member(r["default/state"], "values"), found, "state", r["default/state"])


@check("STR-MODE-10", scenario="streamed")
def string_and_list_are_the_same(r: Recording) -> None:
    """And the default is values."""
    wanted = [frame.event for frame in stream_of(r["list/stream"]).events]
    for name in ("default", "string"):
        found = [frame.event for frame in stream_of(r[f"{name}/stream"]).events]
        expect.equal(found, wanted, "event names", r[f"{name}/stream"])


@check("STR-END-02", scenario="streamed")
def everything_is_final_when_the_stream_closes(r: Recording) -> None:
    """The first look after the close sees a terminal run and a thread at rest."""
    for name in ("default", "string", "list"):
        run = newest_of(r[f"{name}/runs"])
        expect.one_of(run["status"], lifecycle().run_terminal, "status", r[f"{name}/runs"])
        status = expect.member(r[f"{name}/thread"], "status")
        expect.ensure(status != "busy", "a thread at rest", status, r[f"{name}/thread"])


@check("STR-JOIN-04", scenario="streamed")
def stream_of_a_finished_run_closes(r: Recording) -> None:
    """With and without Last-Event-ID."""
    for exchange in r.each("rejoined"):
        stream_of(exchange)


@check("STR-TEXT-01", scenario="texts")
def text_survives(r: Recording) -> None:
    """In custom events, in values, in the state."""
    stream = stream_of(r["stream"])
    expect.equal(stream.datas("custom"), list(TEXTS), "custom values", r["stream"])
    wanted = {str(n): text for n, text in enumerate(TEXTS)}
    expect.contains(final_values(r["stream"]).get("data"), wanted, "values", r["stream"])
    expect.contains(expect.values(r["state"]).get("data"), wanted, "state", r["state"])


@check("STR-LIVE-01", scenario="stream_tokens")
def tokens_come_one_by_one(r: Recording) -> None:
    """Six tokens spread over at least half the time they take to make."""
    exchange = r["stream"]
    times = [frame.time for frame in stream_of(exchange).named("messages")]
    expect.ensure(len(times) >= r.note("tokens"), "six chunks", len(times), exchange)
    spread = times[r.note("tokens") - 1] - times[0]
    least = (r.note("tokens") - 1) * r.note("pace") / 2
    expect.ensure(spread >= least, f"at least {least:.2f} s", f"{spread:.2f} s", exchange)


@check("STR-BEAT-01", scenario="stream_silence")
def silence_is_kept_alive(r: Recording) -> None:
    """At least one comment in six seconds and a bit."""
    comments = len(stream_of(r["stream"]).comments)
    expect.ensure(comments >= 1, "a comment within 6 s", comments, r["stream"])


@check("STR-END-03", scenario="stream_endings")
def failure_is_the_last_event(r: Recording) -> None:
    """One error event, and the stored run agrees."""
    exchange = r["failed/stream"]
    stream = stream_of(exchange)
    expect.equal([f.event for f in stream.events].count("error"), 1, "error events", exchange)
    expect.equal(stream.events[-1].event, "error", "last event", exchange)
    wanted = {"error": "ValueError", "message": "as the script says"}
    expect.contains(decoded(stream.events[-1].data), wanted, "error", exchange)
    run = newest_of(r["failed/runs"])
    expect.equal(run["status"], "error", "stored status", r["failed/runs"])


@check("STR-END-04", scenario="stream_endings")
def no_error_without_a_failure(r: Recording) -> None:
    """Success, a question, a cancel."""
    for name, status in (("ok", "success"), ("asked", "success"), ("cancelled", "interrupted")):
        exchange = r[f"{name}/stream"]
        errors = stream_of(exchange).named("error")
        expect.ensure(not errors, "no error event", [frame.data for frame in errors], exchange)
        run = newest_of(r[f"{name}/runs"])
        expect.equal(run["status"], status, "stored status", r[f"{name}/runs"])


@check("STR-END-04", scenario="streamed")
def plain_streams_have_no_error(r: Recording) -> None:
    """Nothing went wrong."""
    for name in ("default", "string", "list"):
        errors = stream_of(r[f"{name}/stream"]).datas("error")
        expect.equal(errors, [], "error events", r[f"{name}/stream"])


@check("STR-END-02", scenario="stream_endings")
def failures_are_final_when_the_stream_closes(r: Recording) -> None:
    """Failed, asking and cancelled runs too."""
    for name in ("failed", "asked", "cancelled"):
        run = newest_of(r[f"{name}/runs"])
        expect.one_of(run["status"], lifecycle().run_terminal, "status", r[f"{name}/runs"])
        status = expect.member(r[f"{name}/thread"], "status")
        expect.ensure(status != "busy", "a thread at rest", status, r[f"{name}/thread"])


@check("STR-INT-01", scenario="stream_endings")
def interrupt_is_in_the_stream(r: Recording) -> None:
    """With id and value, the same in values and updates."""
    exchange = r["asked/stream"]
    seen = [
        item
        for data in stream_of(exchange).datas("values", "updates")
        if isinstance(data, dict)
        for item in data.get("__interrupt__") or ()
    ]
    expect.ensure(seen, "an `__interrupt__` in values or updates", "none", exchange)
    for item in seen:
        lawful = isinstance(item, dict) and isinstance(item.get("id"), str)
        expect.ensure(lawful, "an interrupt with an id", item, exchange)
        expect.equal(item.get("value"), {"question": "may I?"}, "interrupt value", exchange)
    ids = {item["id"] for item in seen}
    expect.equal(len(ids), 1, "number of interrupt ids", exchange)
