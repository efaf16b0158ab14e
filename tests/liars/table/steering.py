"""Liars about pauses, commands, checkpoints, state and history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.table.runs import CREATING, put

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.liars.wire import Answer, Asked

STATE = ("get_thread_state",)
UPDATE = ("update_thread_state",)
HISTORY = ("search_thread_history",)


def starts_over(body: dict[str, Any]) -> None:
    """A run without input starts over."""
    if body.get("input") is None and not body.get("command"):
        body["input"] = {"script": []}


def repeats_the_input() -> Callable[[Asked], None]:
    """A run without input plays the thread's first input again."""
    inputs: dict[str, Any] = {}

    def ask(asked: Asked) -> None:
        thread, body = asked.values["thread_id"], asked.json
        if body.get("input") is None:
            asked.json = {**body, "input": inputs.get(thread)}
        else:
            inputs.setdefault(thread, body["input"])

    return ask


def truthy_answers(body: dict[str, Any]) -> None:
    """An answer that counts as false is no answer."""
    command = body.get("command") or {}
    if "resume" in command and not command["resume"]:
        body["command"] = None
        body["input"] = None


def one_answer(body: dict[str, Any]) -> None:
    """Of several answers only the first arrives."""
    command = body.get("command") or {}
    if isinstance(command.get("resume"), dict) and len(command["resume"]) > 1:
        first = next(iter(command["resume"]))
        command["resume"] = {first: command["resume"][first]}


def input_wins(body: dict[str, Any]) -> None:
    """A command beside an input is dropped."""
    if body.get("input") is not None and body.get("command"):
        del body["command"]


def missing_where_empty(_asked: Asked, given: Answer) -> None:
    """404 where there is nothing yet."""
    found = given.json
    is_empty = found == [] or (isinstance(found, dict) and found.get("values") == {})
    if given.status == 200 and is_empty:
        given.status, given.json = 404, {"detail": "no state"}


async def present_state(asked: Asked, honest: say.Honest) -> Answer | None:
    """The state at a checkpoint is the present one."""
    asked.method, asked.path = "GET", f"/threads/{asked.values['thread_id']}/state"
    asked.query, asked.body = [], b""
    return await honest(asked)


LIARS = (
    Liar(
        "interrupt_before and interrupt_after ignored",
        ("steering.run-pauses-before-or-after-nodes",),
        CREATING,
        ask=say.without("interrupt_before", "interrupt_after"),
    ),
    Liar(
        "runs without input start over",
        ("steering.paused-run-goes-on-without-input",),
        ("wait_run",),
        ask=say.from_body(starts_over),
    ),
    Liar(
        "commands ignored",
        (
            "steering.resume-answers-the-question",
            "steering.two-questions-by-their-ids",
            "steering.commands-go-and-update",
            "steering.command-wins-over-input",
        ),
        CREATING,
        ask=say.without("command"),
    ),
    Liar(
        "no answer that counts as false",
        ("steering.resume-answers-the-question",),
        CREATING,
        ask=say.from_body(truthy_answers),
    ),
    Liar(
        "one answer at a time",
        ("steering.two-questions-by-their-ids",),
        CREATING,
        ask=say.from_body(one_answer),
    ),
    Liar(
        "the input wins over the command",
        ("steering.command-wins-over-input",),
        CREATING,
        ask=say.from_body(input_wins),
    ),
    Liar(
        "checkpoints of requests ignored",
        ("steering.run-continues-from-a-checkpoint", "steering.input-branches-from-a-checkpoint"),
        CREATING,
        ask=say.without("checkpoint", "checkpoint_id"),
    ),
    Liar(
        "failed runs start over",
        ("steering.failed-node-runs-again",),
        ("wait_run", "stream_run"),
        ask=repeats_the_input(),
    ),
    Liar(
        "durability ignored",
        ("steering.durability-decides-what-is-kept",),
        CREATING,
        ask=say.without("durability"),
    ),
    Liar(
        "after_seconds ignored",
        ("steering.delayed-run-waits",),
        CREATING,
        ask=say.without("after_seconds"),
    ),
    Liar(
        "a finished state with something next",
        ("states.state-after-a-run",),
        STATE,
        answer=say.body(put(next=["work"])),
    ),
    Liar(
        "404 for an empty state",
        ("states.state-of-an-empty-thread",),
        STATE,
        answer=missing_where_empty,
    ),
    Liar(
        "404 for an empty history",
        ("states.history-of-an-empty-thread",),
        HISTORY,
        answer=missing_where_empty,
    ),
    Liar(
        "the oldest state first",
        ("states.history-is-newest-first",),
        HISTORY,
        answer=say.body(lambda found: found[::-1]),
    ),
    Liar(
        "one state less by GET",
        ("states.history-by-get-is-the-same",),
        ("get_thread_history",),
        answer=say.body(lambda found: found[1:]),
    ),
    Liar(
        "a history that is never cut",
        ("states.history-is-cut",),
        HISTORY,
        ask=say.with_fields(limit=100),
    ),
    Liar(
        "before ignored",
        ("states.history-is-cut",),
        ("get_thread_history",),
        ask=say.without_query("before"),
    ),
    Liar(
        "the present state for an earlier one",
        ("states.state-at-a-checkpoint",),
        ("get_thread_state_at", "get_thread_state_checkpoint"),
        instead=present_state,
    ),
    Liar(
        "states without tasks",
        ("states.unfinished-tasks-are-shown",),
        STATE,
        answer=say.body(put(tasks=[])),
    ),
    Liar(
        "subgraphs of a state ignored",
        ("states.subgraph-states-on-demand",),
        STATE,
        ask=say.without_query("subgraphs"),
    ),
    Liar(
        "updates that write nothing",
        ("states.update-writes-as-a-node",),
        UPDATE,
        ask=say.without("values"),
    ),
    Liar(
        "updates during a run taken",
        ("states.update-during-a-run-is-409",),
        UPDATE,
        answer=say.status(200, when=[409], body={"checkpoint": {}}),
    ),
    Liar(
        "updates of nothing taken",
        ("states.update-in-vain",),
        UPDATE,
        answer=say.status(200, when=[400, 404], body={"checkpoint": {}}),
    ),
    Liar(
        "updates always of the present state",
        ("states.update-forks",),
        UPDATE,
        ask=say.without("checkpoint", "checkpoint_id"),
    ),
)
