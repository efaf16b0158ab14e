"""Liars about waiting, joining, and how runs end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.table.runs import put, without_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.liars.wire import Answer, Asked

TERMINAL = ("success", "error", "interrupted", "timeout")


async def answers_the_run(asked: Asked, honest: say.Honest) -> Answer | None:
    """Answers a wait with the Run."""
    answer = await honest(asked)
    asked.method, asked.path, asked.body = "GET", f"/threads/{asked.values['thread_id']}/runs", b""
    answer.json = (await honest(asked)).json[0]
    return answer


async def does_not_wait(asked: Asked, honest: say.Honest) -> Answer | None:
    """Answers a wait at once."""
    asked.path = asked.path.removesuffix("/wait")
    answer = await honest(asked)
    answer.body = b"{}"
    return answer


def quiet(_asked: Asked, given: Answer) -> None:
    """Sends nothing until the end."""
    given.body = given.body.lstrip()


def instead_of(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    """Shows one status as another."""
    return lambda row: put(status=new)(row) if row.get("status") == old else None


def late(run: dict[str, Any]) -> None:
    """Shows a finished run as running."""
    if run.get("status") in TERMINAL:
        run["status"] = "running"


def flips_to_success() -> Callable[[dict[str, Any]], None]:
    """A cancelled run turns into a success once it was seen."""
    seen: set[str] = set()

    def change(run: dict[str, Any]) -> None:
        if run["status"] != "interrupted":
            return
        if run["run_id"] in seen:
            run["status"] = "success"
        seen.add(run["run_id"])

    return change


def error_into_nothing(found: dict[str, Any]) -> dict[str, Any]:
    """Says nothing of the failure."""
    return {} if "__error__" in found else found


LIARS = (
    Liar(
        "webhooks ignored",
        (
            "webhooks.webhook-tells-the-end",
            "webhooks.webhook-tells-failure-and-cancel",
            "webhooks.junk-webhooks-are-422",
            "webhooks.deaf-ears-change-nothing",
        ),
        ("create_run",),
        ask=say.without("webhook"),
        patience=2,
    ),
    Liar(
        "a Run for a wait",
        ("endings.wait-answers-values", "endings.wait-answers-what-the-run-wrote"),
        ("wait_run",),
        instead=answers_the_run,
    ),
    Liar(
        "a value lost in a wait",
        ("endings.wait-answers-what-the-run-wrote",),
        ("wait_run",),
        answer=say.body(without_keys("note")),
    ),
    Liar(
        "a failed wait that answers {}",
        (
            "endings.failed-wait-has-error",
            "endings.too-deep-a-run-is-error",
        ),
        ("wait_run",),
        answer=say.body(error_into_nothing),
    ),
    Liar(
        "no interrupt in a wait",
        ("endings.asking-wait-has-interrupt",),
        ("wait_run",),
        answer=say.body(without_keys("__interrupt__")),
    ),
    Liar(
        "no location on a wait",
        ("endings.wait-names-its-location",),
        ("wait_run",),
        answer=say.no_header("location"),
    ),
    Liar(
        "a wait that does not wait",
        ("endings.run-is-over-when-wait-answers",),
        ("wait_run",),
        ask=say.with_fields(after_seconds=2),
        instead=does_not_wait,
    ),
    Liar("a silent wait", ("endings.long-wait-is-kept-alive",), ("wait_run",), answer=quiet),
    Liar(
        "whoever leaves a wait cancels",
        ("endings.leaving-a-wait-does-not-cancel",),
        ("wait_run",),
        ask=say.with_fields(on_disconnect="cancel"),
    ),
    Liar(
        "on_disconnect of a wait ignored",
        ("endings.leaving-a-wait-cancels-on-demand",),
        ("wait_run",),
        ask=say.without("on_disconnect"),
    ),
    Liar(
        "nothing in a join",
        (
            "endings.every-joiner-gets-the-values",
            "endings.join-of-a-finished-run-answers-values",
            "endings.join-of-a-failed-run-has-error",
            "endings.join-of-an-asking-run-has-interrupt",
        ),
        ("join_run",),
        answer=say.body(lambda _: {}),
    ),
    Liar(
        "whoever leaves a join cancels",
        (
            "endings.leaving-a-join-does-not-cancel",
            "endings.leaving-one-join-does-not-disturb-the-others",
        ),
        ("join_run",),
        ask=say.with_query(cancel_on_disconnect="1"),
    ),
    Liar(
        "cancel_on_disconnect of a join ignored",
        ("endings.leaving-a-join-cancels-on-demand",),
        ("join_run",),
        ask=say.without_query("cancel_on_disconnect"),
    ),
    Liar(
        "an asking run that is interrupted",
        ("endings.asking-run-is-success",),
        ("list_runs",),
        answer=say.each_run(instead_of("success", "interrupted")),
    ),
    Liar(
        "every stored run a success",
        (
            "endings.failed-run-is-error",
            "endings.too-deep-a-run-is-error",
            "streaming.failure-is-the-last-event",
        ),
        ("list_runs",),
        answer=say.each_run(instead_of("error", "success")),
    ),
    Liar(
        "rows that follow late",
        (
            "endings.run-is-over-when-wait-answers",
            "streaming.everything-is-final-when-the-stream-closes",
            "streaming.failures-are-final-when-the-stream-closes",
        ),
        ("list_runs",),
        answer=say.each_run(late),
    ),
    Liar(
        "cancelled runs that turn into successes",
        ("cancelling.cancel-is-final", "universal.runs-move-as-the-lifecycle-allows"),
        ("get_run",),
        answer=say.each_run(flips_to_success()),
    ),
    Liar(
        "runs cancelled in bulk that turn into successes",
        (
            "cancelling.bulk-by-all-stops-the-work",
            "universal.runs-cancelled-in-bulk-move-as-the-lifecycle-allows",
        ),
        ("get_run",),
        answer=say.each_run(flips_to_success()),
    ),
)
