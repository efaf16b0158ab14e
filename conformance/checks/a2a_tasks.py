"""A2A: contexts, histories, questions, and tasks that are looked up, listed and cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.answers import ended, runs_of, thread_of
from conformance.checks.a2a import (
    TASK_NOT_FOUND,
    artifacts_of,
    data_in,
    messages_of,
    state_of,
    task_of,
    texts_in,
)
from conformance.errors import Violation
from conformance.jsonrpc import INVALID_PARAMS, error, refused, result
from conformance.registry import check
from conformance.scenarios.a2a import SAID

if TYPE_CHECKING:
    from conformance.recording import Exchange, Recording

NOT_CANCELABLE = -32002
UNSUPPORTED = -32004
_OVER = ("completed", "failed", "canceled", "rejected")


def _texts(exchange: Exchange) -> list[str]:
    """All texts in the history of the task in an answer."""
    task = task_of(exchange)
    return [text for told in messages_of(task, exchange) for text in texts_in(told)]


def _said(*numbers: int) -> list[str]:
    return [text for number in numbers for text in (f"{number}", f"{SAID} {number}")]


@check("A2A-CTX-01", scenario="a2a_contexts")
def context_goes_on(r: Recording) -> None:
    """Three tasks of one context; the third knows what was said before."""
    found = [task_of(r[label], "completed") for label in ("first", "second", "third")]
    contexts = {task["contextId"] for task in found}
    expect.ensure(len(contexts) == 1, "one context", sorted(contexts), r["third"])
    expect.ensure(len({task["id"] for task in found}) == 3, "three tasks", found, r["third"])
    expect.equal(_texts(r["third"]), _said(1, 2, 3), "texts", r["third"])


@check("A2A-CTX-02", scenario="a2a_contexts")
def task_is_a_run_of_a_thread(r: Recording) -> None:
    """`<thread>:<run>`, the newest first, each of them a success."""
    context, tasks = r.note("context"), r.note("tasks")
    thread = thread_of(r["thread"])
    expect.equal(thread["thread_id"], context, "thread_id", r["thread"])
    runs = runs_of(r["runs"])
    names = [f"{run.get('thread_id')}:{run.get('run_id')}" for run in runs]
    expect.equal(names, tasks[::-1], "threads and runs", r["runs"])
    for run in runs:
        expect.equal(run.get("status"), "success", "status", r["runs"])


@check("A2A-GET-01", scenario="a2a_contexts")
def task_is_looked_up(r: Recording) -> None:
    """By its id and by its run's, with its state and its messages."""
    for label in ("got", "got-by-run"):
        task = task_of(r[label], "completed")
        expect.equal(task["contextId"], r.note("context"), "contextId", r[label])
        expect.equal(_texts(r[label]), _said(1, 2, 3), "texts", r[label])


@check("A2A-HIST-01", scenario="a2a_contexts")
def history_is_bounded(r: Recording) -> None:
    """The last messages, none for 0; junk is -32602."""
    for length, wanted in ((0, []), (1, _said(3)[1:]), (2, _said(3)), (10, _said(1, 2, 3))):
        exchange = r[f"length/{length}"]
        expect.equal(_texts(exchange), wanted, "texts", exchange)
    for exchange in r.each("no-length"):
        refused(exchange, INVALID_PARAMS)


@check("A2A-HIST-02", scenario="a2a_contexts")
def history_has_a_scope(r: Recording) -> None:
    """The task's own messages, or the context's; another scope is -32602."""
    for label in ("scope/task", "scope/header"):
        expect.equal(_texts(r[label]), _said(2), "texts", r[label])
    whole = _texts(r["scope/context"])
    expect.equal(whole[:4], _said(1, 2), "texts", r["scope/context"])
    refused(r["no-scope"], INVALID_PARAMS)


@check("A2A-LIST-01", scenario="a2a_contexts")
def tasks_are_listed(r: Recording) -> None:
    """Newest first, in pages, by state, with their number."""
    newest = r.note("tasks")[::-1]
    wanted = {
        "all": newest,
        "page": newest[:2],
        "rest": newest[2:],
        "TASK_STATE_COMPLETED": newest,
        "TASK_STATE_FAILED": [],
    }
    for name, tasks in wanted.items():
        exchange = r[f"listed/{name}"]
        found = result(exchange)
        listed = expect.objects(found.get("tasks"), "tasks", exchange)
        expect.equal([task.get("id") for task in listed], tasks, "tasks", exchange)
        total = 0 if name == "TASK_STATE_FAILED" else 3
        expect.equal(found.get("totalSize"), total, "totalSize", exchange)


@check("A2A-LIST-02", scenario="a2a_contexts")
def senseless_lists_of_tasks_are_errors(r: Recording) -> None:
    """-32602 for each of them."""
    for exchange in r.each("unlisted"):
        refused(exchange, INVALID_PARAMS)


@check("A2A-GET-02", "A2A-ASK-03", scenario="a2a_strangers")
def strange_tasks_are_not_found(r: Recording) -> None:
    """-32001, looked up, cancelled, and written to."""
    for exchange in r.each("missing"):
        refused(exchange, TASK_NOT_FOUND)


@check("A2A-CTX-03", scenario="a2a_strangers")
def context_that_is_none_is_an_error(r: Recording) -> None:
    """-32602."""
    for exchange in r.each("no-context"):
        refused(exchange, INVALID_PARAMS)


@check("A2A-CTX-03", scenario="a2a_strangers")
def context_that_is_none_is_an_error_of_a_stream(r: Recording) -> None:
    """-32602, in one event."""
    for exchange in r.each("no-context-streamed"):
        told = expect.stream(exchange).datas("message")
        expect.ensure(
            len(told) == 1 and isinstance(told[0], dict), "one event with an object", told, exchange
        )
        error(told[0], exchange, INVALID_PARAMS)


@check("A2A-ASK-01", scenario="a2a_questions")
def question_requires_input(r: Recording) -> None:
    """The state, and the question as data of the artifact."""
    for exchange in (r["asked/text"], r["asked/data"], r["asked/command"]):
        task = task_of(exchange, "input-required")
        asked = [data for found in artifacts_of(task, exchange) for data in data_in(found)]
        expect.ensure(len(asked) == 1, "one question", asked, exchange)
        expect.contains(asked[0], {"value": {"ask": "Go on?"}}, "data", exchange)
        expect.ensure(isinstance(asked[0].get("id"), str), "an id", asked[0], exchange)
    for exchange in r.each("asking"):
        task_of(exchange, "input-required")
    new = result(r["asked-new"]).get("task")
    state = state_of(new) if isinstance(new, dict) else new
    expect.equal(state, "TASK_STATE_INPUT_REQUIRED", "state", r["asked-new"])


@check("A2A-ASK-02", scenario="a2a_questions")
def question_is_answered(r: Recording) -> None:
    """The same task completes, with the answer, however it was told."""
    for name in ("text", "data", "command"):
        asked, exchange = task_of(r[f"asked/{name}"]), r[f"answered/{name}"]
        task = task_of(exchange, "completed")
        expect.equal(task["id"], asked["id"], "id", exchange)
        said = [text for found in artifacts_of(task, exchange) for text in texts_in(found)]
        expect.equal(said, ["Yes"], "texts of artifacts", exchange)
        task_of(r[f"done/{name}"], "completed")


@check("A2A-ASK-03", scenario="a2a_questions")
def message_to_an_ended_task_is_an_error(r: Recording) -> None:
    """-32004, completed, failed or cancelled."""
    for exchange in r.each("too-late"):
        refused(exchange, UNSUPPORTED)


@check("A2A-CANCEL-03", scenario="a2a_questions")
def ended_task_is_not_cancelled(r: Recording) -> None:
    """-32002, completed, failed or cancelled."""
    for exchange in r.each("not-cancelled"):
        refused(exchange, NOT_CANCELABLE)


@check("A2A-CANCEL-02", scenario="a2a_questions")
def question_is_cancelled(r: Recording) -> None:
    """The task is told and stays canceled, and the thread asks nothing."""
    task_of(r["cancelled"], "canceled")
    task_of(r["cancelled-later"], "canceled")
    thread = thread_of(r["cancelled-thread"])
    expect.equal(thread["status"], "idle", "status", r["cancelled-thread"])


@check("A2A-GET-03", scenario="a2a_cancelled")
def running_task_is_working(r: Recording) -> None:
    """Submitted or working."""
    exchange = r["while-running"]
    state: Any = state_of(task_of(exchange))
    expect.one_of(state, ("submitted", "working"), "state", exchange)


@check("A2A-CANCEL-01", scenario="a2a_cancelled")
def running_task_is_cancelled(r: Recording) -> None:
    """It is told and stays canceled; its run is interrupted."""
    task_of(r["cancelled"], "canceled")
    task_of(r["later"], "canceled")
    ended(r["run"], "interrupted")


@check("A2A-CANCEL-04", scenario="a2a_cancelled")
def who_waits_is_told_of_the_cancelling(r: Recording) -> None:
    """The task is canceled, or at least not completed."""
    state = state_of(task_of(r["waited"]))
    if state != "canceled":
        over = state in _OVER
        raise Violation("a task that is canceled", state if over else f"{state}", r["waited"])
