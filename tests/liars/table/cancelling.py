"""Liars about cancelling, one by one and in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.table.endings import instead_of
from tests.liars.table.runs import JSON_HEADERS
from tests.liars.wire import Answer, Asked

if TYPE_CHECKING:
    from collections.abc import Callable

BULK = ("cancel_runs",)


async def pretends(asked: Asked, _honest: say.Honest) -> Answer | None:
    """Says that it cancels and does nothing."""
    if dict(asked.query).get("wait"):
        return Answer(200, list(JSON_HEADERS), b"{}")
    return Answer(202, [], b"")


async def cancels_the_whole_thread(asked: Asked, honest: say.Honest) -> Answer | None:
    """Cancels every run of the thread."""
    method, path = asked.method, asked.path
    thread = asked.values["thread_id"]
    asked.method, asked.path = "GET", f"/threads/{thread}/runs"
    runs = (await honest(asked)).json
    asked.method, asked.path = "POST", "/runs/cancel"
    asked.json = {"thread_id": thread, "run_ids": [run["run_id"] for run in runs]}
    await honest(asked)
    asked.method, asked.path, asked.body = method, path, b""
    return Answer(202, [], b"")


def forgets_the_log(state: dict[str, Any]) -> None:
    """A state without what finished supersteps appended."""
    if isinstance(state.get("values"), dict):
        state["values"]["log"] = []


def stays_busy() -> Callable[[Asked, Answer], None]:
    """A thread is busy for ever once a run of it was rolled back."""
    threads: set[str] = set()

    def answer(asked: Asked, given: Answer) -> None:
        thread = asked.values["thread_id"]
        if asked.operation == "cancel_run" and ("action", "rollback") in asked.query:
            threads.add(thread)
        elif asked.operation == "get_thread" and thread in threads:
            given.json = {**given.json, "status": "busy"}

    return answer


def takes_input_for_an_answer() -> Callable[[Asked], None]:
    """A new input on a thread whose run was cancelled continues that run."""
    threads: set[str] = set()

    def ask(asked: Asked) -> None:
        thread = asked.values["thread_id"]
        if asked.operation == "cancel_run":
            threads.add(thread)
        elif thread in threads:
            asked.json = {**asked.json, "input": None}

    return ask


def by_status(name: str) -> Callable[[dict[str, Any]], None]:
    """Takes another status than the one that was asked for."""
    return lambda body: body.update(status=name) if "status" in body else None


LIARS = (
    Liar(
        "200 with a body for a cancel",
        ("cancelling.cancel-is-202-without-a-body", "cancelling.pending-run-never-runs"),
        ("cancel_run",),
        answer=say.status(200, when=[202], body={}),
    ),
    Liar(
        "202 for a cancel that was waited for",
        ("cancelling.waiting-cancel-is-200",),
        ("cancel_run",),
        answer=say.status(202, when=[200]),
    ),
    Liar(
        "202 for finished runs",
        (
            "cancelling.finished-run-is-404",
            "cancelling.cancelled-run-is-404",
            "cancelling.nothing-to-cancel-is-404",
        ),
        ("cancel_run",),
        answer=say.status(202, when=[404]),
    ),
    Liar(
        "a cancel that does nothing",
        (
            "cancelling.cancel-is-202-without-a-body",
            "cancelling.cancel-is-final",
            "cancelling.pending-run-never-runs",
            "cancelling.rollback-deletes-a-pending-run",
            "cancelling.waiting-rollback-deletes-a-pending-run",
        ),
        ("cancel_run",),
        instead=pretends,
    ),
    Liar(
        "finished supersteps forgotten",
        ("cancelling.finished-supersteps-stay",),
        ("get_thread_state",),
        answer=say.body(forgets_the_log),
    ),
    Liar(
        "action ignored",
        (
            "cancelling.rollback-deletes-the-run",
            "cancelling.rollback-deletes-a-pending-run",
            "cancelling.waiting-rollback-deletes-a-pending-run",
            "cancelling.junk-action-is-422",
        ),
        ("cancel_run",),
        ask=say.without_query("action"),
        patience=3,
    ),
    Liar(
        "threads left busy by a rollback",
        ("cancelling.rollback-frees-the-thread", "cancelling.waiting-rollback-frees-the-thread"),
        ("cancel_run", "get_thread"),
        answer=stays_busy(),
        patience=3,
    ),
    Liar(
        "input taken for a resume",
        ("cancelling.input-after-a-cancel-is-fresh",),
        ("cancel_run", "wait_run"),
        ask=takes_input_for_an_answer(),
    ),
    Liar(
        "a cancel that hits the whole thread",
        ("cancelling.cancelling-a-pending-run-leaves-the-running-one",),
        ("cancel_run",),
        instead=cancels_the_whole_thread,
    ),
    Liar(
        "threads that are never busy",
        (
            "cancelling.thread-stays-busy-beside-a-cancel",
            "threads.thread-is-busy-while-it-has-work",
        ),
        ("get_thread",),
        answer=say.body(instead_of("busy", "idle")),
    ),
    Liar(
        "only the first runs of a bulk",
        ("cancelling.bulk-cancels-whom-it-names",),
        BULK,
        ask=say.from_body(lambda body: body.update(run_ids=body["run_ids"][:2])),
        patience=3,
    ),
    Liar(
        "204 for a bulk of nothing",
        ("cancelling.bulk-of-nothing-is-404", "cancelling.bulk-by-status-of-nothing-is-404"),
        BULK,
        answer=say.status(204, when=[404]),
    ),
    Liar(
        "400 for a junk bulk",
        ("cancelling.junk-bulk-is-422",),
        BULK,
        answer=say.status(400, when=[422]),
    ),
    Liar(
        "a bulk of pending runs that hits all",
        ("cancelling.bulk-by-pending",),
        BULK,
        ask=say.from_body(by_status("all")),
    ),
    Liar(
        "a bulk of all runs that hits only pending ones",
        ("cancelling.bulk-by-all-stops-the-work",),
        BULK,
        ask=say.from_body(by_status("pending")),
        patience=3,
    ),
    Liar(
        "the action of a bulk ignored",
        ("cancelling.bulk-rollback-deletes",),
        BULK,
        ask=say.without_query("action"),
        patience=3,
    ),
)
