"""Liars about a second run on a busy thread, and about runs without a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.table.endings import error_into_nothing, instead_of
from tests.liars.table.runs import CREATING, JSON_HEADERS, put
from tests.liars.wire import Answer, Asked

if TYPE_CHECKING:
    from collections.abc import Callable

STATELESS = ("create_stateless_run", "stream_stateless_run", "wait_stateless_run")
WAIT = ("wait_stateless_run",)


def reversed_log(state: dict[str, Any]) -> None:
    """A log in the wrong order."""
    state["values"]["log"] = state["values"].get("log", [])[::-1]


def only_interrupts(body: dict[str, Any]) -> None:
    """interrupt in place of rollback."""
    if body.get("multitask_strategy") == "rollback":
        body["multitask_strategy"] = "interrupt"


def not_yet(run: dict[str, Any]) -> None:
    """The other thread's run is held up."""
    run["status"] = "pending"


async def collides(asked: Asked, _honest: say.Honest) -> Answer | None:
    """Stateless runs with reject are refused."""
    if asked.json.get("multitask_strategy") == "reject":
        return Answer(409, list(JSON_HEADERS), b'{"detail":"busy"}')
    return None


def for_every_thread(status: str) -> Callable[[Asked, Answer], None]:
    """Every status of every thread."""
    return say.body(put(status=status))


LIARS = (
    Liar(
        "the strategy not shown",
        ("multitask.strategy-is-shown",),
        ("create_run",),
        answer=say.each_run(put(multitask_strategy="enqueue")),
    ),
    Liar(
        "the strategy ignored",
        (
            "multitask.reject-is-409",
            "multitask.reject-changes-nothing",
            "multitask.reject-beside-pending-is-409",
            "multitask.interrupt-supersedes",
            "multitask.rollback-supersedes",
            "multitask.pending-runs-are-superseded",
        ),
        CREATING,
        ask=say.without("multitask_strategy"),
        patience=4,
    ),
    Liar(
        "rollback that only interrupts where the client stays",
        ("multitask.strategies-hold-for-stream-and-wait",),
        ("stream_run", "wait_run"),
        ask=say.from_body(only_interrupts),
        patience=2,
    ),
    Liar(
        "a queue out of order",
        ("multitask.queue-runs-in-order",),
        ("get_thread_state",),
        answer=say.body(reversed_log),
    ),
    Liar(
        "several running runs of one thread",
        ("multitask.one-running-run-a-thread",),
        ("list_runs",),
        answer=say.each_run(instead_of("pending", "running")),
    ),
    Liar(
        "threads that wait for each other",
        ("multitask.threads-run-side-by-side",),
        ("get_run",),
        answer=say.each_run(not_yet),
    ),
    Liar(
        "stateless runs that run at once",
        ("stateless.stateless-creation-answers-the-run",),
        ("create_stateless_run",),
        answer=say.each_run(put(status="running")),
    ),
    Liar(
        "a failed stateless wait that answers {}",
        ("stateless.failed-stateless-wait-has-error",),
        WAIT,
        answer=say.body(error_into_nothing),
    ),
    Liar(
        "every stateless wait fails",
        ("stateless.stateless-wait-answers-values",),
        WAIT,
        answer=say.body(lambda _: {"__error__": {"error": "NotFound", "message": "no thread"}}),
    ),
    Liar(
        "a stateless stream without values",
        ("stateless.stateless-stream-is-a-stream",),
        ("stream_stateless_run",),
        events=say.dropping(lambda event: event.event == "values"),
    ),
    Liar(
        "stateless threads that stay",
        (
            "stateless.stateless-run-is-removed",
            "stateless.stateless-run-can-be-joined",
            "stateless.stateless-run-can-be-cancelled",
            "stateless.leaving-a-stateless-wait",
        ),
        STATELESS,
        ask=say.with_fields(on_completion="keep"),
        patience=2,
    ),
    Liar(
        "on_completion ignored",
        ("stateless.stateless-run-is-kept-on-demand",),
        STATELESS,
        ask=say.without("on_completion"),
        patience=2,
    ),
    Liar(
        "no location on stateless runs",
        ("stateless.stateless-answers-name-their-location",),
        STATELESS,
        answer=say.no_header("content-location"),
    ),
    Liar(
        "stateless resume taken",
        ("stateless.stateless-resume-is-400",),
        STATELESS,
        ask=say.without("command"),
    ),
    Liar(
        "stateless runs that collide",
        ("stateless.stateless-runs-never-collide",),
        STATELESS,
        instead=collides,
    ),
    Liar(
        "400 for ill-typed stateless bodies",
        ("stateless.ill-typed-stateless-bodies-are-422",),
        STATELESS,
        answer=say.status(400, when=[422]),
    ),
    Liar(
        "on_disconnect of a stateless wait ignored",
        ("stateless.leaving-a-stateless-wait",),
        WAIT,
        ask=say.without("on_disconnect"),
        patience=2,
    ),
    Liar(
        "a batch out of order",
        ("stateless.batch-answers-its-runs-in-order",),
        ("create_run_batch",),
        answer=say.body(lambda runs: runs[::-1]),
    ),
    Liar(
        "400 for a junk batch",
        ("stateless.junk-batch-is-422",),
        ("create_run_batch",),
        answer=say.status(400, when=[422]),
    ),
)
