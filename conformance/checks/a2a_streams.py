"""A2A: tasks as they are streamed."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.answers import stream_of
from conformance.checks.a2a import BAD_PART, TASK_NOT_FOUND, data_in, state_of, texts_in
from conformance.errors import Violation
from conformance.jsonrpc import INVALID_PARAMS, answer, error
from conformance.registry import check
from conformance.scenarios.a2a import SAID

if TYPE_CHECKING:
    from conformance.recording import Exchange, Recording

_REFUSED = {"no-part": BAD_PART, "no-task": TASK_NOT_FOUND}


def _answers(exchange: Exchange) -> list[dict[str, Any]]:
    """The answers in a stream that the server closed."""
    told = stream_of(exchange).datas("message")
    return [answer(found, exchange) for found in expect.objects(told, "events", exchange)]


def _updates(exchange: Exchange) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The task a stream begins with, and what it tells of it."""
    told = [found.get("result") for found in _answers(exchange)]
    if not told or not all(isinstance(found, dict) for found in told):
        raise Violation("results that are objects", told, exchange)
    first, *rest = [dict(found) for found in told if isinstance(found, dict)]
    task = first.get("task", first)
    if not isinstance(task, dict):
        raise Violation("a task first of all", first, exchange)
    return task, rest


def _kinds(updates: list[dict[str, Any]]) -> list[Any]:
    return [found.get("kind") for found in updates]


def _artifact(updates: list[dict[str, Any]], exchange: Exchange) -> dict[str, Any]:
    found = [update.get("artifact") for update in updates if "artifact" in update]
    if len(found) != 1 or not isinstance(found[0], dict):
        raise Violation("one artifact", found, exchange)
    return found[0]


def _last(updates: list[dict[str, Any]], state: str, exchange: Exchange) -> None:
    expect.ensure(updates, "updates", updates, exchange)
    expect.contains(updates[-1], {"final": True}, "the last event", exchange)
    expect.equal(state_of(updates[-1]), state, "last state", exchange)
    early = [update for update in updates[:-1] if update.get("final")]
    expect.ensure(not early, "one event that is final", early, exchange)


@check("A2A-STREAM-01", scenario="a2a_streamed")
def stream_tells_a_task(r: Recording) -> None:
    """Task, working, artifact, completed, end."""
    exchange = r["streamed/said"]
    task, updates = _updates(exchange)
    expect.equal(state_of(task), "submitted", "first state", exchange)
    working = [state_of(update) for update in updates[:-2]]
    expect.ensure(working, "at least one update before the artifact", _kinds(updates), exchange)
    expect.equal(set(working), {"working"}, "states before the artifact", exchange)
    ends = ["artifact-update", "status-update"]
    expect.equal(_kinds(updates)[-2:], ends, "last events", exchange)
    _last(updates, "completed", exchange)


@check("A2A-STREAM-02", scenario="a2a_streamed")
def updates_name_their_task(r: Recording) -> None:
    """And each answer its call."""
    for exchange in r.each("streamed"):
        task, updates = _updates(exchange)
        place = {"taskId": task.get("id"), "contextId": task.get("contextId")}
        for update in updates:
            expect.contains(update, place, "an update", exchange)


@check("A2A-STREAM-03", scenario="a2a_streamed")
def text_grows(r: Recording) -> None:
    """Each text begins with the one before; the artifact has the last."""
    exchange = r["streamed/said"]
    _, updates = _updates(exchange)
    told = [update["status"].get("message") for update in updates if state_of(update) == "working"]
    texts = ["".join(texts_in(found)) for found in told if isinstance(found, dict)]
    for before, after in itertools.pairwise(texts):
        expect.ensure(after.startswith(before), f"a text that begins {before!r}", after, exchange)
    expect.equal(texts[-1:], [SAID], "the last text", exchange)
    expect.equal(texts_in(_artifact(updates, exchange)), [SAID], "the artifact", exchange)


@check("A2A-STREAM-04", scenario="a2a_streamed")
def stream_of_a_failed_run_fails(r: Recording) -> None:
    """The last status, and no artifact."""
    exchange = r["streamed/failed"]
    _, updates = _updates(exchange)
    _last(updates, "failed", exchange)
    expect.ensure("artifact-update" not in _kinds(updates), "none", _kinds(updates), exchange)


@check("A2A-STREAM-05", scenario="a2a_streamed")
def stream_of_a_question_asks(r: Recording) -> None:
    """The question, then the state."""
    exchange = r["streamed/asked"]
    _, updates = _updates(exchange)
    _last(updates, "input-required", exchange)
    asked = data_in(_artifact(updates, exchange))
    expect.ensure(len(asked) == 1, "one question", asked, exchange)
    expect.contains(asked[0], {"value": {"ask": "Go on?"}}, "data", exchange)


@check("A2A-STREAM-06", scenario="a2a_streamed")
def refusals_are_events(r: Recording) -> None:
    """One with an error, then the end."""
    for exchange in r.each("refused"):
        told = _answers(exchange)
        expect.equal(len(told), 1, "number of events", exchange)
        name = exchange.label.partition("/")[2]
        error(told[0], exchange, _REFUSED.get(name, INVALID_PARAMS))


@check("A2A-STREAM-07", scenario="a2a_streamed")
def streams_of_version_1_are_spelt_out(r: Recording) -> None:
    """`task`, and the states."""
    exchange = r["streamed/new"]
    first = _answers(exchange)[:1]
    expect.ensure(first and isinstance(first[0].get("result"), dict), "a result", first, exchange)
    expect.ensure("task" in first[0]["result"], "a result with `task`", first, exchange)
    task, updates = _updates(exchange)
    expect.equal(state_of(task), "TASK_STATE_SUBMITTED", "first state", exchange)
    _last(updates, "TASK_STATE_COMPLETED", exchange)
