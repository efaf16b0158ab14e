"""Protocol v2: questions and answers, runs of other origin, runs in a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance import answers, expect
from conformance.envelopes import events_of, of_method, of_run, refused, result_of, words_of
from conformance.protocol import data_of, turned
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Exchange, Recording


def _asked(events: list[dict[str, Any]], run_id: str, value: Any, exchange: Exchange) -> None:
    """A question with an id and a payload, before the run is told to be interrupted."""
    questions = of_method(events, "input.requested")
    expect.equal(len(questions), 1, "number of questions", exchange)
    asked = data_of(questions[0])
    expect.contains(asked, {"payload": value}, "a question", exchange)
    interrupt_id = asked.get("interrupt_id")
    expect.ensure(isinstance(interrupt_id, str), "an interrupt_id", asked, exchange)
    found = str(questions[0]["event_id"])
    known = found.startswith(f"synth:{run_id}:") and found.endswith(str(interrupt_id))
    expect.ensure(known, f"event_id synth:{run_id}:…{interrupt_id}", found, exchange)
    after = events[events.index(questions[0]) :]
    told = any(turned(event, "interrupted") for event in after)
    expect.ensure(told, "`interrupted` after the question", words_of(events), exchange)


@check("PROTO-INPUT-01", scenario="protocol_questions")
def questions_are_told(r: Recording) -> None:
    """On channel input, with id and payload; then the run is `interrupted`, and its thread."""
    events = of_run(events_of(r["asked"]), r.note("asked"), r["asked"])
    _asked(events, r.note("asked"), {"really": "?"}, r["asked"])
    expect.equal(words_of(events), ["running", "interrupted"], "turns", r["asked"])
    expect.equal(answers.thread_of(r["waiting"])["status"], "interrupted", "status", r["waiting"])


@check("PROTO-INPUT-02", scenario="protocol_questions")
def answers_go_on(r: Recording) -> None:
    """A success without a run id; another run completes, with the answer in the state."""
    expect.equal(result_of(r["answered"]), {}, "result", r["answered"])
    words = words_of(events_of(r["asked"]))
    expect.equal(words, ["running", "interrupted", "running", "completed"], "turns", r["asked"])
    values = expect.values(r["state/answered"])
    expect.equal(values.get("note"), {"yes": [1]}, "note", r["state/answered"])


@check("PROTO-INPUT-03", scenario="protocol_questions")
def answers_to_none_are_refused(r: Recording) -> None:
    """no_such_interrupt for an unknown question and for one that was answered."""
    for exchange in r.each("refused"):
        refused(exchange, "no_such_interrupt")
    expect.ensure(r.has("refused/used"), "an answer given twice", "none was sent")


@check("PROTO-INPUT-04", scenario="protocol_questions")
def input_is_the_answer(r: Recording) -> None:
    """The input of run.start on a thread that waits is what the question is answered."""
    result_of(r["answered-by-input"])
    values = expect.values(r["state/by-input"])
    expect.equal(values.get("note"), {"yes": [1]}, "note", r["state/by-input"])


@check("PROTO-INPUT-05", scenario="protocol_questions")
def several_are_answered_at_once(r: Recording) -> None:
    """Both questions, in one command; the run then completes."""
    expect.equal(result_of(r["answered-together"]), {}, "result", r["answered-together"])
    events = events_of(r["asked-twice"])
    payloads = [data_of(event).get("payload") for event in of_method(events, "input.requested")]
    expect.equal(sorted(map(str, payloads)), ["left", "right"], "questions", r["asked-twice"])
    last = words_of(events)[-1:]
    expect.equal(last, ["completed"], "the last turn", r["asked-twice"])


@check("PROTO-LEGACY-01", scenario="protocol_beside")
def other_runs_are_seen(r: Recording) -> None:
    """The lifecycle, values, updates with their node, custom data and questions of a legacy run."""
    exchange = r["others"]
    events = events_of(exchange)
    created = of_run(events, r.note("created"), exchange)
    expect.equal(words_of(created), ["running", "interrupted"], "turns", exchange)
    _asked(created, r.note("created"), {"really": "?"}, exchange)
    custom = [data_of(event).get("payload") for event in of_method(created, "custom")]
    expect.equal(custom, [{"c": 1}], "custom data", exchange)
    resumed = of_run(events, r.note("resumed"), exchange)
    expect.equal(words_of(resumed), ["running", "completed"], "turns", exchange)
    notes = [data_of(event).get("note") for event in of_method(resumed, "values")]
    expect.equal(notes[-1:], ["by other means"], "the last values' note", exchange)
    nodes = [event["params"].get("node") for event in of_method(resumed, "updates")]
    expect.equal(nodes, ["work"], "nodes of updates", exchange)


@check("PROTO-LEGACY-02", scenario="protocol_beside")
def joins_give_values(r: Recording) -> None:
    """A legacy join of the protocol's run answers its values."""
    state = expect.values(r["joined-state"])
    expect.equal(state.get("note"), 9, "note", r["joined-state"])
    found = expect.mapping(r["joined"])
    for name in ("note", "log"):
        expect.equal(found.get(name), state[name], name, r["joined"])


@check("PROTO-LEGACY-03", scenario="protocol_beside")
def the_protocols_runs_are_listed(r: Recording) -> None:
    """A success among the thread's runs like any other."""
    answers.ended(r["joined-run"], "success")
    listed = [run.get("run_id") for run in answers.runs_of(r["listed"])]
    expect.equal(listed, [r.note("joined")], "the thread's runs", r["listed"])


@check("PROTO-START-04", scenario="protocol_strategies")
def runs_are_queued(r: Recording) -> None:
    """Without a strategy a run waits for the one before it."""
    exchange = r["queued"]
    events = events_of(exchange)
    first, second = (of_run(events, run_id, exchange) for run_id in r.note("queue"))
    for own in (first, second):
        expect.equal(words_of(own), ["running", "completed"], "turns", exchange)
    expect.ensure(first[-1]["seq"] < second[0]["seq"], "one after the other", second[0], exchange)
    log = answers.log_of(r["state"])
    expect.equal(log, ["work", "first", "work", "second"], "log", r["state"])


@check("PROTO-START-05", scenario="protocol_strategies")
def reject_is_a_refusal(r: Recording) -> None:
    """unknown_error that tells of the 409."""
    refused(r["rejected"], "unknown_error")
    text = str(expect.member(r["rejected"], "message"))
    expect.ensure(text.startswith("409"), "a 409 in the text", text, r["rejected"])


@check("PROTO-START-06", scenario="protocol_strategies")
def interrupt_stops_the_run_before(r: Recording) -> None:
    """The run that was active is interrupted."""
    answers.ended(r["interrupted"], "interrupted")


@check("PROTO-START-07", scenario="protocol_strategies")
def runs_start_from_a_checkpoint(r: Recording) -> None:
    """What came after it is not in the new state."""
    r.note("forked")
    expect.equal(answers.log_of(r["forked"]), ["work", "first", "work", "fork"], "log", r["forked"])
