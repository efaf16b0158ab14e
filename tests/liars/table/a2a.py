"""Liars about A2A."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.table.mcp import coded, results, without_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.liars.wire import Asked, Event

A2A = ("post_a2a",)
CARDS = ("get_a2a_card", "get_a2a_agent_card", "get_a2a_agent_json", "get_agent_card")


def renamed(old: str, new: str) -> Callable[[Asked], None]:
    """Calls a method by its other name."""

    def ask(asked: Asked) -> None:
        if isinstance(body := asked.json, dict) and body.get("method") == old:
            asked.json = {**body, "method": new}

    return ask


def to_messages(change: Callable[[dict[str, Any]], None]) -> Callable[[Asked], None]:
    """Changes the message of a call in place."""

    def changed(body: dict[str, Any]) -> None:
        params = body.get("params")
        if isinstance(params, dict) and isinstance(params.get("message"), dict):
            change(params["message"])

    return say.from_body(changed)


def to_params(change: Callable[[dict[str, Any]], None]) -> Callable[[Asked], None]:
    """Changes the parameters of a call in place."""

    def changed(body: dict[str, Any]) -> None:
        if isinstance(body.get("params"), dict):
            change(body["params"])

    return say.from_body(changed)


def last_text(message: dict[str, Any]) -> None:
    """Keeps the last of several texts."""
    parts = message.get("parts")
    texts = [p for p in parts if isinstance(p, dict) and "text" in p] if parts else []
    if len(texts) > 1:
        message["parts"] = texts[-1:]


def without_artifacts(task: dict[str, Any]) -> None:
    """Nothing comes of a task."""
    task.pop("artifacts", None)


def in_state(state: str, *, when: str = "") -> Callable[[dict[str, Any]], None]:
    """Tasks are in another state than they are."""

    def change(task: dict[str, Any]) -> None:
        status = task.get("status")
        if isinstance(status, dict) and when in ("", status.get("state")):
            status["state"] = state

    return change


def silent(task: dict[str, Any]) -> None:
    """Says nothing beside a status."""
    if isinstance(task.get("status"), dict):
        task["status"].pop("message", None)


def backwards(found: dict[str, Any]) -> None:
    """The oldest tasks first."""
    found["tasks"].reverse()


def updates(change: Callable[[dict[str, Any]], None]) -> say.Rewrite:
    """Changes the results of a stream in place."""

    def changed(event: Event) -> Event:
        found = event.json
        if isinstance(found, dict) and isinstance(found.get("result"), dict):
            change(found["result"])
            event.json = found
        return event

    return say.each_event(changed)


def nameless(update: dict[str, Any]) -> None:
    """An update of no task."""
    update.pop("taskId", None)


def token_by_token(update: dict[str, Any]) -> None:
    """Each status has the last letter alone."""
    for part in (update.get("status") or {}).get("message", {}).get("parts", ()):
        part["text"] = str(part.get("text"))[-1:]


def miscoded(event: Event) -> Event:
    """Another code in the errors of a stream."""
    found = event.json
    if isinstance(found, dict) and isinstance(found.get("error"), dict):
        found["error"]["code"] = -32603
        event.json = found
    return event


def of_an_artifact(event: Event) -> bool:
    """Whether an event tells of an artifact."""
    return "artifact-update" in (event.data or "")


LIARS = (
    Liar(
        "ids of agents' answers that are false lost",
        ("a2a.agents-answers-name-their-call",),
        A2A,
        answer=say.body(without_id),
    ),
    Liar(
        "one code for all errors of agents",
        (
            *("a2a.no-json-is-a-parse-error", "a2a.no-call-is-an-invalid-request"),
            *("a2a.unknown-methods-of-agents-are-errors", "a2a.agents-of-nobody-are-errors"),
            "a2a.senseless-parameters-of-agents-are-errors",
            *("a2a.incomplete-messages-are-refused", "a2a.strange-tasks-are-not-found"),
            *("a2a.context-that-is-none-is-an-error", "a2a.history-has-a-scope"),
            *("a2a.senseless-lists-of-tasks-are-errors", "a2a.ended-task-is-not-cancelled"),
            "a2a.message-to-an-ended-task-is-an-error",
        ),
        A2A,
        answer=coded(-32603),
    ),
    Liar(
        "one code for all errors in agents' streams",
        ("a2a.refusals-are-events", "a2a.context-that-is-none-is-an-error-of-a-stream"),
        A2A,
        events=say.each_event(miscoded),
    ),
    Liar(
        "200 where nothing is answered by agents",
        ("a2a.responses-are-accepted", "document.post-a2a"),
        A2A,
        answer=say.status(200, when=[202]),
    ),
    Liar(
        "406 for what is not acceptable",
        ("a2a.what-is-given-has-to-be-acceptable",),
        A2A,
        answer=say.status(406, when=[400]),
    ),
    Liar(
        "another card for older clients",
        ("a2a.card-is-the-same-everywhere",),
        ("get_a2a_agent_json",),
        answer=say.body(lambda card: {**card, "version": "0"}),
    ),
    Liar(
        "cards that lead elsewhere",
        ("a2a.card-says-where-the-agent-is",),
        CARDS,
        answer=say.body(lambda card: {**card, "url": "http://elsewhere"}),
    ),
    Liar(
        "404 for cards of nobody",
        (
            "a2a.cards-of-nobody-are-400",
            *(f"document.{name.replace('_', '-')}" for name in CARDS),
        ),
        CARDS,
        answer=say.status(404, when=[400]),
    ),
    Liar(
        "tasks that nothing comes of",
        (
            *("a2a.message-becomes-a-task", "a2a.data-reach-the-agent"),
            *("a2a.question-requires-input", "a2a.question-is-answered"),
        ),
        A2A,
        answer=results(without_artifacts),
    ),
    Liar(
        "version 1 of messages unknown",
        ("a2a.names-of-version-1-are-spelt-out",),
        A2A,
        ask=renamed("SendMessage", "message/send"),
    ),
    Liar(
        "version 1 of streams unknown",
        ("a2a.streams-of-version-1-are-spelt-out",),
        A2A,
        ask=renamed("SendStreamingMessage", "message/stream"),
    ),
    Liar(
        "failed tasks that say nothing",
        ("a2a.failed-run-is-a-failed-task",),
        A2A,
        answer=results(silent),
    ),
    Liar(
        "the last text of a message alone",
        ("a2a.every-text-reaches-the-agent",),
        A2A,
        ask=to_messages(last_text),
    ),
    Liar(
        "a context for each message",
        ("a2a.context-goes-on",),
        A2A,
        ask=to_messages(lambda told: told.pop("contextId", None)),
    ),
    Liar(
        "runs from the oldest on",
        ("a2a.task-is-a-run-of-a-thread",),
        ("list_runs",),
        answer=say.body(lambda runs: runs[::-1]),
        drives=("a2a_contexts",),
    ),
    Liar(
        "tasks that are looked up without messages",
        ("a2a.task-is-looked-up",),
        A2A,
        answer=results(lambda task: {**task, "history": []}, of="tasks/get"),
    ),
    Liar(
        "the length of a history ignored",
        ("a2a.history-is-bounded",),
        A2A,
        ask=to_params(lambda params: params.pop("historyLength", None)),
    ),
    Liar(
        "tasks listed from the oldest on",
        ("a2a.tasks-are-listed",),
        A2A,
        answer=results(backwards, of="ListTasks"),
    ),
    Liar(
        "cancelled tasks whose threads go on asking",
        ("a2a.question-is-cancelled",),
        ("get_thread",),
        answer=say.body(lambda thread: {**thread, "status": "interrupted"}),
    ),
    Liar(
        "tasks that look completed",
        ("a2a.running-task-is-working", "a2a.running-task-is-cancelled"),
        A2A,
        answer=results(in_state("completed"), of="tasks/get"),
    ),
    Liar(
        "cancelled tasks that complete for whoever waits",
        ("a2a.who-waits-is-told-of-the-cancelling",),
        A2A,
        answer=results(in_state("completed", when="canceled"), of="message/send"),
    ),
    Liar(
        "streams of tasks without artifacts",
        ("a2a.stream-tells-a-task", "a2a.stream-of-a-question-asks"),
        A2A,
        events=say.dropping(of_an_artifact),
    ),
    Liar(
        "updates of no task",
        ("a2a.updates-name-their-task",),
        A2A,
        events=updates(nameless),
    ),
    Liar("statuses letter by letter", ("a2a.text-grows",), A2A, events=updates(token_by_token)),
    Liar(
        "streams of failed tasks that complete",
        ("a2a.stream-of-a-failed-run-fails",),
        A2A,
        events=updates(in_state("completed", when="failed")),
    ),
)
