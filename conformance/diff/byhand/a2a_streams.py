"""A2A while it happens: streamed messages, tasks that are running, cancelled, left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.diff.byhand.a2a import (
    ASKS,
    CONTEXT,
    FAILS,
    STREAMS,
    TASK,
    A,
    agent,
    call,
    looks,
    message,
    script,
    send,
    text,
)
from conformance.diff.sequence import Json, Sequence, Step, step

if TYPE_CHECKING:
    from collections.abc import Iterable

T = "<<t.thread_id>>"
THREAD = step("create_thread", {"metadata": {"sequence": "<<tag>>"}}, label="t")


def sequences() -> list[Sequence]:
    """Streams, cancelling, busy threads."""
    return [*_streams(), *_running()]


def _streams() -> list[Sequence]:
    played: dict[str, list[Json]] = {
        "say": [{"say": "Good day to you"}],
        "say-twice": [{"say": "One two"}, {"node": "check"}, {"say": "three"}],
        "tools": [{"tool": {"name": "look", "args": {"a": 1}, "result": "seen"}}, {"say": "ok"}],
        "silent": [{"update": {"note": 1}}],
        "whole": [{"update": {"messages": [{"type": "ai", "content": "Whole"}]}}],
        "fails": FAILS,
        "fails-late": [{"say": "a b"}, {"node": "check"}, *FAILS],
        "asks": ASKS,
        "asks-late": [{"say": "a b"}, *ASKS],
        "subgraph": [{"subgraph": [{"say": "in a nest"}]}],
        "custom": [{"custom": {"a": 1}}, {"say": "x"}],
        "human": [{"update": {"messages": [{"type": "human", "content": "I said", "id": "h"}]}}],
    }
    made = [
        Sequence(
            f"a2a/streamed-{name}",
            (
                agent(),
                THREAD,
                *(
                    call(method, message(script(*steps), contextId=T, messageId=method))
                    for method in STREAMS
                ),
                *_of_thread(),
            ),
        )
        for name, steps in played.items()
    ]
    answered = [
        agent(),
        send(script(*ASKS)),
        call(
            "message/stream",
            message(text("Yes"), contextId=CONTEXT, taskId=TASK, messageId="m2"),
        ),
        call("tasks/get", {"id": TASK}),
        *looks(),
    ]
    wrong: tuple[dict[str, Json], ...] = (
        {"messageId": None},
        {"role": ""},
        {"parts": []},
        {"parts": ["x"]},
        {"contextId": "nope"},
        {"taskId": "nope"},
    )
    return [
        *made,
        Sequence(
            "a2a/streamed-text",
            (agent("agent"), *(call(method, message(text())) for method in STREAMS)),
        ),
        Sequence("a2a/streamed-answer", tuple(answered)),
        Sequence(
            "a2a/streamed-wrong",
            (
                agent("agent"),
                *(
                    call(method, message(text(), **fields))
                    for method in STREAMS
                    for fields in wrong
                ),
                call("message/stream", {**message(text()), "configuration": {"historyLength": 11}}),
            ),
        ),
    ]


def _of_thread() -> Iterable[Step]:
    return (
        step("get_thread", thread_id=T),
        step("list_runs", thread_id=T, label="runs"),
        call("ListTasks", {"contextId": T}),
    )


def _running() -> list[Sequence]:
    slow = [{"say": "one"}, {"sleep": 3}, {"say": "two"}]
    task = f"{T}:<<runs.0.run_id>>"

    def begun(method: str = "message/send") -> tuple[Step, ...]:
        return (
            agent(),
            THREAD,
            call(
                method,
                message(script(*slow), contextId=T),
                label="m",
                background=True,
            ),
            step("list_runs", thread_id=T, until=("0.status", ("running",)), label="runs"),
        )

    return [
        Sequence(
            f"a2a/cancelled-{method.replace('/', '-')}",
            (
                *begun(method),
                call("tasks/get", {"id": task, "historyLength": 0}),
                call("ListTasks", {"contextId": T, "status": "TASK_STATE_WORKING"}),
                call("tasks/cancel", {"id": task}),
                call("tasks/get", {"id": task}),
                call("tasks/cancel", {"id": task}),
                *_of_thread(),
            ),
        )
        for method in ("message/send", *STREAMS)
    ] + [
        Sequence(
            "a2a/busy",
            (
                *begun(),
                send(script({"say": "after"}), label="n", contextId=T, messageId="m2"),
                send(text("Yes"), label="", contextId=T, taskId=task),
                *_of_thread(),
            ),
        ),
        Sequence(
            "a2a/left",
            (
                agent(),
                THREAD,
                call("message/stream", message(script(*slow), contextId=T), leave=2),
                step(
                    "list_runs",
                    thread_id=T,
                    until=("0.status", ("success", "interrupted", "error")),
                ),
                *_of_thread(),
            ),
        ),
        Sequence(
            "a2a/run-cancelled",
            (
                *begun(),
                step("cancel_run", thread_id=T, run_id="<<runs.0.run_id>>"),
                step(
                    "get_run",
                    thread_id=T,
                    run_id="<<runs.0.run_id>>",
                    until=("status", ("interrupted",)),
                ),
                call("tasks/get", {"id": task}),
                *_of_thread(),
            ),
        ),
        Sequence(
            "a2a/legacy-run",
            (
                agent(),
                THREAD,
                step(
                    "wait_run",
                    {"assistant_id": A, "input": {"script": [{"say": "by a run"}]}},
                    thread_id=T,
                ),
                step("list_runs", thread_id=T, label="runs"),
                call("tasks/get", {"id": task}),
                call("ListTasks", {"contextId": T}),
            ),
        ),
    ]
