"""Runs that are stopped: by id, by list, by status, with and without waiting."""

from __future__ import annotations

from conformance.diff.sequence import Json, Sequence, step
from conformance.diff.steps import (
    T,
    body,
    create,
    each,
    looks,
    on_run,
    on_thread,
    running,
    settled,
    thread,
    wait,
)

_SLOW = [{"update": {"log": "kept"}}, {"node": "check"}, {"sleep": 8}, {"say": "late"}]
_LATER: dict[str, Json] = {"after_seconds": 30}


def sequences() -> list[Sequence]:
    """Cancelled while running, while pending, when it is too late."""
    return [*_running(), *_pending(), *_bulk(), *_streams()]


def _running() -> list[Sequence]:
    return [
        *(
            Sequence(
                f"cancelling/running-{action}-{wait_}",
                (
                    thread(),
                    create(_SLOW),
                    running(),
                    # the step before the sleep has to be over on both
                    on_run("cancel_run", query={"action": action, "wait": wait_}, pause=0.4),
                    on_run("get_run", pause=0.6),
                    on_run("cancel_run"),
                    *looks(),
                ),
            )
            for action in ("interrupt", "rollback")
            for wait_ in ("true", "false")
        ),
        Sequence(
            "cancelling/then-go-on",
            (
                thread(),
                create(_SLOW),
                running(),
                on_run("cancel_run", query={"wait": "true"}, pause=0.4),
                wait([{"say": "again"}]),
                *looks(),
            ),
        ),
        Sequence(
            "cancelling/finished",
            (
                thread(),
                create([]),
                settled(),
                on_run("cancel_run"),
                on_run("cancel_run", query={"wait": "true"}),
            ),
        ),
        Sequence(
            "cancelling/unknown",
            (
                thread(),
                step("cancel_run", thread_id=T, run_id="<<uuid:1>>"),
                step("cancel_run", thread_id="<<uuid:2>>", run_id="<<uuid:1>>"),
                step("cancel_run", thread_id=T, run_id="nope"),
                step("cancel_run", thread_id="nope", run_id="nope"),
            ),
        ),
        Sequence(
            "cancelling/junk-action",
            (
                thread(),
                create([], **_LATER),
                on_run("cancel_run", query={"action": "bogus", "wait": "bogus"}),
                on_run("get_run"),
            ),
        ),
    ]


def _pending() -> list[Sequence]:
    return [
        Sequence(
            f"cancelling/pending-{action}-{wait_}",
            (
                thread(),
                create([], **_LATER),
                on_run("cancel_run", query={"action": action, "wait": wait_}),
                on_run("get_run"),
                *looks(),
            ),
        )
        for action in ("interrupt", "rollback")
        for wait_ in ("true", "false")
    ]


def _bulk() -> list[Sequence]:
    both = ["<<r.run_id>>", "<<s.run_id>>"]
    return [
        Sequence(
            "cancelling/some",
            (
                thread(),
                create([], **_LATER),
                create([], label="s", **_LATER),
                step("cancel_runs", {"thread_id": T, "run_ids": both}),
                on_run("get_run"),
                on_run("get_run", "s"),
                step("cancel_runs", {"thread_id": T, "run_ids": both}),
            ),
        ),
        Sequence(
            "cancelling/some-wrong",
            (
                thread(),
                *each(
                    "cancel_runs",
                    (
                        {},
                        {"thread_id": T},
                        {"run_ids": []},
                        {"thread_id": T, "run_ids": []},
                        {"thread_id": T, "run_ids": ["<<uuid:1>>"]},
                        {"thread_id": "nope", "run_ids": ["<<uuid:1>>"]},
                        {"thread_id": T, "run_ids": ["nope"]},
                        {"status": "bogus"},
                        {"status": "success"},
                        {"status": "all", "thread_id": T},
                        None,
                        [],
                    ),
                ),
            ),
        ),
        Sequence(
            "cancelling/by-status",
            (
                thread(),
                create([], **_LATER),
                step("cancel_runs", {"status": "pending"}),
                on_run("get_run"),
                step("cancel_runs", {"status": "all"}),
                on_thread("get_thread"),
            ),
            alone=True,
        ),
        Sequence(
            "cancelling/by-status-rollback",
            (
                thread(),
                create([], **_LATER),
                step("cancel_runs", {"status": "pending"}, query={"action": "rollback"}),
                on_run("get_run"),
            ),
            alone=True,
        ),
        Sequence(
            "cancelling/by-status-running",
            (
                thread(),
                create([{"sleep": 2}, {"say": "x"}]),
                running(),
                step("cancel_runs", {"status": "running"}, pause=0.3),
                on_run("get_run"),
                on_run("get_run", pause=3),
                on_thread("get_thread"),
            ),
            alone=True,
        ),
        Sequence(
            "cancelling/delete-running",
            (
                thread(),
                create([{"sleep": 2}, {"say": "x"}]),
                running(),
                on_run("delete_run", pause=0.3),
                on_run("get_run"),
                on_thread("get_thread", pause=2.5),
                on_thread("get_thread_state"),
            ),
        ),
        Sequence(
            "cancelling/delete-pending",
            (
                thread(),
                create([], **_LATER),
                on_run("delete_run"),
                on_thread("get_thread"),
                on_thread("list_runs"),
            ),
        ),
        Sequence(
            "cancelling/delete-busy-thread",
            (
                thread(),
                create(_SLOW),
                running(),
                on_thread("delete_thread"),
                on_thread("get_thread"),
                on_run("get_run"),
            ),
        ),
    ]


def _streams() -> list[Sequence]:
    first = "<<l.0.run_id>>"
    return [
        *(
            Sequence(
                f"cancelling/followed-{operation}-{action}",
                (
                    thread(),
                    step(
                        operation, body(_SLOW, stream_mode=["values"]), thread_id=T, background=True
                    ),
                    on_thread("list_runs", label="l", until=("0.status", ("running",))),
                    step(
                        "cancel_run", thread_id=T, run_id=first, query={"action": action}, pause=0.4
                    ),
                    step("get_run", thread_id=T, run_id=first, pause=0.8),
                    *looks(),
                ),
            )
            for operation in ("stream_run", "wait_run")
            for action in ("interrupt", "rollback")
        ),
        Sequence(
            "cancelling/update-while-busy",
            (
                thread(),
                create([{"sleep": 2}]),
                running(),
                on_thread("update_thread_state", {"values": {"note": 1}}),
                on_thread("get_thread_state"),
                on_run("join_run"),
                on_thread("update_thread_state", {"values": {"note": 1}}),
            ),
        ),
    ]
