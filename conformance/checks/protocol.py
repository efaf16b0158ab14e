"""Protocol v2: runs started by commands, and their events, numbered and replayed."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from conformance import answers, expect
from conformance.envelopes import (
    below,
    events_of,
    of_method,
    of_run,
    result_of,
    seen,
    words_of,
)
from conformance.errors import Violation
from conformance.protocol import data_of, turned
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Recording


@check("PROTO-START-01", "PROTO-ANSWER-01", scenario="protocol_runs")
def run_start_makes_a_run(r: Recording) -> None:
    """A success with the id of a run, which there then is."""
    for exchange in r.each("started"):
        run_id = result_of(exchange).get("run_id")
        expect.ensure(isinstance(run_id, str), "a text `run_id`", run_id, exchange)
    run = answers.run_of(r["at-once"])
    expect.equal(run["run_id"], r.note("runs")[0], "run_id", r["at-once"])
    expect.equal(run["thread_id"], r.note("thread"), "thread_id", r["at-once"])


@check("PROTO-START-02", scenario="protocol_runs")
def run_start_makes_the_thread(r: Recording) -> None:
    """404 before, a thread after."""
    expect.status(r["before"], 404)
    expect.equal(answers.thread_of(r["thread"])["thread_id"], r.note("thread"), "id", r["thread"])


@check("PROTO-START-03", scenario="protocol_runs")
def run_start_keeps_metadata(r: Recording) -> None:
    """What the command gave is on the run."""
    sent = r["started/second"].sent["params"]["metadata"]
    expect.contains(answers.run_of(r["marked"])["metadata"], sent, "metadata", r["marked"])


@check("PROTO-STREAM-01", scenario="protocol_runs")
def a_subscriber_may_come_first(r: Recording) -> None:
    """Who came before the thread was there sees its runs; the stream stays open between them."""
    live = events_of(r["live"])
    for run_id in r.note("runs"):
        of_run(live, run_id, r["live"])
    stream = expect.stream(r["live"])
    expect.ensure(stream.ended == "left", "an open stream", f"it was {stream.ended}", r["live"])


@check("PROTO-EVENT-01", scenario="protocol_runs")
def events_are_whole(r: Recording) -> None:
    """Type, event_id, seq, method and params; the frame is named and numbered alike."""
    for label in ("live", "replayed", "since"):
        events = events_of(r[label])
        for frame, event in zip(expect.stream(r[label]).events, events, strict=True):
            expect.equal(frame.event, event["method"], "the frame's name", r[label])
            expect.equal(frame.id, str(event["seq"]), "the frame's id", r[label])


@check("PROTO-EVENT-02", scenario="protocol_runs")
def numbers_grow(r: Recording) -> None:
    """Each seq is greater than the one before, in the second run too; no event_id comes twice."""
    events = events_of(r["live"])
    of_run(events, r.note("second"), r["live"])
    for before, after in pairwise(event["seq"] for event in events):
        expect.ensure(after > before, f"a seq greater than {before}", after, r["live"])
    ids = [event["event_id"] for event in events]
    twice = sorted({found for found in ids if ids.count(found) > 1})
    expect.ensure(not twice, "an event_id of its own for each event", twice, r["live"])


@check("PROTO-EVENT-03", scenario="protocol_runs")
def times_are_milliseconds(r: Recording) -> None:
    """No event is older than its run."""
    run = answers.run_of(r["at-once"])
    try:
        created = datetime.fromisoformat(str(run["created_at"])).timestamp() * 1000
    except ValueError:
        raise Violation("a time `created_at`", run["created_at"], r["at-once"]) from None
    events = of_run(events_of(r["live"]), run["run_id"], r["live"])
    for event in events:
        moment = event["params"]["timestamp"]
        late = int(created) <= moment < created + 3_600_000
        expect.ensure(late, f"epoch milliseconds from {created:.0f} on", moment, r["live"])


@check("PROTO-LIFE-01", scenario="protocol_runs")
def runs_begin_and_complete(r: Recording) -> None:
    """`running` is a run's first event, `completed` its last; both carry its id."""
    events = events_of(r["live"])
    for run_id in r.note("runs"):
        own = of_run(events, run_id, r["live"])
        expect.equal(words_of(own), ["running", "completed"], "root turns", r["live"])
        expect.ensure(turned(own[-1], "completed"), "`completed` last", own[-1], r["live"])
        ids = [event["event_id"] for event in (own[0], own[-1])]
        known = all(found.startswith(f"synth:{run_id}:") for found in ids)
        expect.ensure(known, f"event_ids `synth:{run_id}:…`", ids, r["live"])


@check("PROTO-LIFE-02", scenario="protocol_runs")
def what_is_told_is_final(r: Recording) -> None:
    """Who hears that a run completed finds it a success and its thread idle."""
    events = events_of(r["live"])
    of_run(events, r.note("runs")[0], r["live"])
    expect.equal(answers.run_of(r["at-once"])["status"], "success", "status", r["at-once"])
    expect.equal(answers.thread_of(r["thread"])["status"], "idle", "status", r["thread"])


@check("PROTO-REPLAY-01", scenario="protocol_runs")
def replays_are_the_same(r: Recording) -> None:
    """Whoever comes later is sent the same events: number, id, method, namespace and data."""
    live, again = events_of(r["live"]), events_of(r["replayed"])
    expect.equal(len(again), len(live), "number of events", r["replayed"])
    for before, after in zip(live, again, strict=True):
        expect.ensure(seen(before) == seen(after), f"{seen(before)}", seen(after), r["replayed"])


@check("PROTO-REPLAY-02", scenario="protocol_runs")
def since_leaves_out(r: Recording) -> None:
    """Only events with a greater seq, and all of those."""
    since = r["since"].sent["since"]
    wanted = [seen(event) for event in events_of(r["live"]) if event["seq"] > since]
    found = [seen(event) for event in events_of(r["since"])]
    got = [one[0] for one in found]
    expect.ensure(found == wanted, f"{[one[0] for one in wanted]} as live", got, r["since"])


@check("PROTO-VALUES-01", scenario="protocol_channels")
def last_values_are_the_state(r: Recording) -> None:
    """The root's last values hold what the thread's state holds."""
    told = [e for e in of_method(events_of(r["whole"]), "values") if not e["params"]["namespace"]]
    expect.ensure(told, "values of the graph", "none", r["whole"])
    state, last = expect.values(r["state"]), data_of(told[-1])
    for name in ("log", "note", "script"):
        expect.equal(last.get(name), state.get(name), name, r["whole"])
    ids = [message.get("id") for message in _messages(last.get("messages"))]
    wanted = [message.get("id") for message in _messages(state.get("messages"))]
    expect.equal(ids, wanted, "ids of messages", r["whole"])


def _messages(found: object) -> list[dict[str, object]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


@check("PROTO-CHANNEL-01", scenario="protocol_channels")
def only_channels_asked_for(r: Recording) -> None:
    """All events of the channels and no others, numbered as for everybody."""
    whole = events_of(r["whole"])
    for exchange in r.each("channels"):
        methods = set(exchange.sent["channels"])
        wanted = [seen(event) for event in of_method(whole, *methods)]
        found = [seen(event) for event in events_of(exchange)]
        got = [(one[0], one[2]) for one in found]
        expect.ensure(found == wanted, f"{[(o[0], o[2]) for o in wanted]}", got, exchange)


@check("PROTO-CHANNEL-02", scenario="protocol_channels")
def messages_are_content_blocks(r: Recording) -> None:
    """Start, block, deltas, block's end, end; the deltas are the text."""
    whole = of_method(events_of(r["whole"]), "messages")
    for node, text in (("", "one two three"), ("nest", "inside")):
        own = below(whole, node) if node else [e for e in whole if not e["params"]["namespace"]]
        told = [data_of(event) for event in own]
        words = [data.get("event") for data in told]
        deltas = [data.get("delta") for data in told if data.get("event") == "content-block-delta"]
        wanted = [
            *("message-start", "content-block-start"),
            *["content-block-delta"] * max(1, len(deltas)),
            *("content-block-finish", "message-finish"),
        ]
        expect.equal(words, wanted, "events", r["whole"])
        expect.contains(told[0], {"role": "ai"}, "message-start", r["whole"])
        expect.ensure(isinstance(told[0].get("id"), str), "a text `id`", told[0], r["whole"])
        joined = "".join(str(delta.get("text")) for delta in deltas if isinstance(delta, dict))
        expect.equal(joined, text, "the deltas' text", r["whole"])
        block = told[-2].get("content")
        expect.contains(block, {"type": "text", "text": text}, "content", r["whole"])


@check("PROTO-NS-01", scenario="protocol_channels")
def subgraphs_have_a_namespace(r: Recording) -> None:
    """One segment `nest:<call>`, and a lifecycle of its own within that of the root."""
    events = events_of(r["whole"])
    nested = below(events, "nest")
    namespaces = {tuple(event["params"]["namespace"]) for event in nested}
    expect.ensure(len(namespaces) == 1, "one namespace", sorted(namespaces), r["whole"])
    only = next(iter(namespaces))
    called = len(only) == 1 and only[0].partition(":")[2]
    expect.ensure(called, "one segment `nest:<call>`", only, r["whole"])
    expect.equal(words_of(events, node="nest"), ["started", "completed"], "turns", r["whole"])
    expect.equal(words_of(events), ["running", "completed"], "turns of the root", r["whole"])


@check("PROTO-NS-02", scenario="protocol_channels")
def namespaces_are_prefixes(r: Recording) -> None:
    """A node stands for each of its calls, a call for itself; several are added up."""
    wanted = [seen(event) for event in below(events_of(r["whole"]), "nest")]
    for exchange in r.each("within"):
        found = [seen(event) for event in events_of(exchange)]
        got = [(one[0], one[3]) for one in found]
        expect.ensure(found == wanted, f"{[(o[0], o[3]) for o in wanted]}", got, exchange)
    expect.equal(events_of(r["nowhere"]), [], "events", r["nowhere"])


@check("PROTO-NS-03", scenario="protocol_channels")
def depth_bounds_namespaces(r: Recording) -> None:
    """0 is the named namespace alone, 1 one segment more, none any."""
    whole = events_of(r["whole"])
    for name, most in (("root", 0), ("one", 1), ("none", 9)):
        exchange = r[f"depth/{name}"]
        wanted = [seen(event) for event in whole if len(event["params"]["namespace"]) <= most]
        found = [seen(event) for event in events_of(exchange)]
        got = [(one[0], one[3]) for one in found]
        expect.ensure(found == wanted, f"{[(o[0], o[3]) for o in wanted]}", got, exchange)


@check("PROTO-NS-04", scenario="protocol_channels")
def ill_typed_options_count_as_absent(r: Recording) -> None:
    """Namespaces, depth and since that are none: everything is sent."""
    wanted = [seen(event) for event in events_of(r["whole"])]
    for exchange in r.each("ill"):
        found = [seen(event) for event in events_of(exchange)]
        got = [one[0] for one in found]
        expect.ensure(found == wanted, f"{[one[0] for one in wanted]}", got, exchange)


@check("PROTO-LIFE-03", scenario="protocol_ends")
def failures_are_told(r: Recording) -> None:
    """`failed` with the error's text; the run is an error."""
    own = of_run(events_of(r["failed"]), r.note("failed"), r["failed"])
    expect.equal(words_of(own), ["running", "failed"], "turns", r["failed"])
    text = data_of(next(event for event in own if turned(event, "failed"))).get("error")
    told = isinstance(text, str) and "it cannot be" in text
    expect.ensure(told, "the text of the error", text, r["failed"])
    answers.ended(r["failed-run"], "error")


@check("PROTO-LIFE-04", scenario="protocol_ends")
def cancels_are_told(r: Recording) -> None:
    """`interrupted`; the run after it begins and completes on the same stream."""
    events = events_of(r["cancelled"])
    for name, wanted in (("cancelled", "interrupted"), ("after", "completed")):
        own = of_run(events, r.note(name), r["cancelled"])
        expect.equal(words_of(own), ["running", wanted], "turns", r["cancelled"])
        if not turned(own[-1], wanted):
            raise Violation(f"`{wanted}` last", own[-1], r["cancelled"])
