"""Runs that are waited for, joined, created; every step kind; multitask; the fields of a run."""

from __future__ import annotations

from conformance.diff.sequence import Json, Sequence, step
from conformance.diff.steps import (
    T,
    body,
    create,
    looks,
    on_run,
    on_thread,
    running,
    settled,
    thread,
    wait,
)

_FAIL: Json = {"fail": {"error": "ValueError", "message": "boom"}}
SCRIPTS: dict[str, list[Json]] = {
    "say": [{"say": "Hello there, friend."}],
    "say-empty": [{"say": ""}],
    "say-reference": [{"say": {"$": "input.name"}}],
    "tool": [{"tool": {"name": "search", "args": {"q": "x"}, "result": {"n": [1, 2]}}}],
    "tool-bare": [{"tool": {"name": "search"}}],
    "update": [{"update": {"note": {"a": [1]}, "data": {"k": 1}, "log": "one"}}],
    "update-messages": [{"update": {"messages": [{"role": "user", "content": "hi", "id": "m1"}]}}],
    "custom": [{"custom": {"progress": 0.5}}, {"custom": None}],
    "sleep": [{"sleep": 0.05}, {"say": "slept"}],
    "fail": [{"say": "before"}, {"fail": {"error": "ValueError", "message": "boom"}}],
    "fail-key": [{"fail": {"error": "KeyError", "message": "gone"}}],
    "fail-timeout": [{"fail": {"error": "TimeoutError", "message": "slow"}}],
    "nodes": [
        {"say": "one"},
        {"node": "check"},
        {"say": "two"},
        {"node": "work"},
        {"say": "three"},
    ],
    "parallel": [{"parallel": {"left": [{"say": "l"}], "right": [{"update": {"data": {"r": 1}}}]}}],
    "parallel-conflict": [
        {"parallel": {"left": [{"update": {"note": 1}}], "right": [{"update": {"note": 2}}]}}
    ],
    # the generator has no failing neighbours: how far the others come is a matter of luck
    **{
        f"neighbour-{name}": [{"parallel": {"left": left, "right": right}}, {"say": "after"}]
        for name, (left, right) in {
            "fails-at-once": ([_FAIL], []),
            "fails-second": ([{"update": {"data": {"a": 1}}}], [_FAIL]),
            "asks": ([_FAIL], [{"interrupt": 1}]),
            "fails-too": ([_FAIL], [_FAIL]),
            "sleeps": ([{"sleep": 0.5}], [_FAIL]),
        }.items()
    },
    "parallel-fails": [
        {
            "parallel": {
                "left": [{"sleep": 0.5}, {"update": {"note": 1}}],
                "right": [{"fail": {"error": "KeyError", "message": "x"}}],
            }
        }
    ],
    "subgraph": [{"subgraph": [{"say": "inside"}, {"update": {"note": "n"}}]}, {"say": "outside"}],
    "subgraph-fails": [{"subgraph": [{"fail": {"error": "TypeError", "message": "inner"}}]}],
    "interrupt": [{"say": "first"}, {"node": "check"}, {"interrupt": {"question": "ok?"}}],
    "interrupt-null": [{"interrupt": None}],
    "interrupt-subgraph": [{"subgraph": [{"interrupt": "inner?"}]}],
    "interrupt-both": [{"parallel": {"left": [{"interrupt": "l"}], "right": [{"interrupt": "r"}]}}],
    "lost-reference": [{"say": {"$": "state.nothing"}}],
    "no-script": [{"shout": "x"}],
    "empty": [],
}


def sequences() -> list[Sequence]:
    """One sequence a script, then the ways to run."""
    played = [
        Sequence(f"runs/wait-{name}", (thread(), wait(script), *looks()))
        for name, script in SCRIPTS.items()
    ]
    return [
        *played,
        Sequence("runs/create", (thread(), create([{"say": "hi"}]), settled(), *looks())),
        Sequence(
            "runs/join",
            (
                thread(),
                create([{"sleep": 0.3}, {"update": {"note": 1}}]),
                on_run("join_run"),
                on_run("join_run"),
                *looks(),
            ),
        ),
        Sequence(
            "runs/join-failed",
            (
                thread(),
                create([{"fail": {"error": "RuntimeError", "message": "no"}}]),
                settled(),
                on_run("join_run"),
            ),
        ),
        Sequence(
            "runs/fields",
            (
                thread(metadata={"sequence": "<<tag>>", "tm": 1, "shared": "T"}),
                create(
                    [{"say": "hi"}],
                    metadata={"rm": 1, "run_id": "dropped"},
                    config={
                        "tags": ["x"],
                        "recursion_limit": 30,
                        "configurable": {"k": "v"},
                        "metadata": {"cm": 1, "shared": "CM"},
                    },
                    stream_mode=["values", "updates"],
                    durability="sync",
                    interrupt_after=["check"],
                ),
                settled(),
                *looks(),
            ),
        ),
        Sequence(
            "runs/context",
            (thread(), create([{"say": "hi"}], context={"k": "v"}), settled(), *looks()),
        ),
        Sequence("runs/negative-delay", (thread(), create([], after_seconds=-5), settled())),
        Sequence(
            "runs/delayed",
            (thread(), create([], after_seconds=1.5), on_thread("get_thread"), settled()),
        ),
        Sequence(
            "runs/create-thread-with-run",
            (
                step(
                    "wait_run",
                    {
                        "assistant_id": "probe",
                        "input": {"script": [{"say": "new"}]},
                        "if_not_exists": "create",
                        "metadata": {"sequence": "<<tag>>"},
                    },
                    thread_id="<<uuid:1>>",
                ),
                step("get_thread", thread_id="<<uuid:1>>"),
                step("get_thread_state", thread_id="<<uuid:1>>"),
                step("delete_thread", thread_id="<<uuid:1>>"),
            ),
        ),
        Sequence(
            "runs/agent",
            (
                thread(),
                step(
                    "wait_run",
                    {
                        "assistant_id": "agent",
                        "input": {"messages": [{"role": "user", "content": "hello you"}]},
                    },
                    thread_id=T,
                ),
                *looks(),
            ),
        ),
        Sequence(
            "runs/twice",
            (thread(), wait([{"say": "a"}]), wait([{"update": {"note": 2}}]), *looks()),
        ),
        Sequence(
            "runs/recursion-limit",
            (
                thread(),
                wait(
                    [{"node": "check"}, {"node": "work"}, {"node": "check"}],
                    config={"recursion_limit": 2},
                ),
                *looks(),
            ),
        ),
        Sequence(
            "runs/recursion-limit-nested",
            (
                thread(),
                wait([{"subgraph": [{"say": "x"}]}], config={"recursion_limit": 1}),
                on_thread("search_thread_history", {"limit": 50}),
            ),
        ),
        Sequence(
            "runs/empty-input",
            (thread(), wait(input=None), *looks()),
        ),
        Sequence("runs/no-input", (thread(), wait(), *looks())),
        Sequence("runs/scalar-input", (thread(), wait(input=5), *looks())),
        Sequence("runs/unknown-keys", (thread(), wait(input={"bogus": 1}), *looks())),
        Sequence(
            "runs/null-after-success", (thread(), wait([{"say": "x"}]), wait(input=None), *looks())
        ),
        *_lists(),
        *_multitask(),
    ]


def _lists() -> list[Sequence]:
    made = (
        thread(),
        wait([{"say": "a"}]),
        wait([{"fail": {"error": "ValueError", "message": "x"}}]),
    )
    queries = {
        "limit": {"limit": 1},
        "offset": {"offset": 1, "limit": 5},
        "zero": {"limit": 0},
        "status": {"status": "error"},
        "no-status": {"status": "pending"},
        "select": [("select", "run_id"), ("select", "status")],
        "bad-select": {"select": "bogus"},
        "bad-limit": {"limit": "x"},
        "bad-status": {"status": "bogus"},
        "negative": {"limit": -1},
    }
    return [
        Sequence(
            "runs/list", (*made, *(on_thread("list_runs", query=q) for q in queries.values()))
        ),
        Sequence(
            "runs/delete",
            (
                thread(),
                create([{"say": "a"}]),
                settled(),
                on_thread("get_thread"),
                on_run("delete_run"),
                on_run("delete_run"),
                on_run("get_run"),
                on_run("join_run"),
                on_run("join_run_stream"),
                on_run("cancel_run"),
                *looks(),
            ),
        ),
    ]


def _multitask() -> list[Sequence]:
    slow = [{"update": {"log": "kept"}}, {"node": "check"}, {"sleep": 3}, {"say": "late"}]
    found = [
        Sequence(
            f"runs/multitask-{strategy}",
            (
                thread(),
                wait([{"update": {"log": "seed"}}]),
                create(slow, label="first"),
                running("first"),
                # the first step has to be over on both
                step(
                    "create_run",
                    body([{"say": "second"}], multitask_strategy=strategy),
                    thread_id=T,
                    label="r",
                    pause=0.5,
                ),
                on_run("get_run", "first", query={}, until=("status", ("success", "interrupted"))),
                settled("r"),
                *looks(),
            ),
        )
        for strategy in ("enqueue", "interrupt", "rollback")
    ]
    return [
        *found,
        Sequence(
            "runs/multitask-reject",
            (
                thread(),
                create([{"sleep": 2}]),
                create([], label="no", multitask_strategy="reject"),
                step(
                    "wait_run",
                    {"assistant_id": "probe", "input": {}, "multitask_strategy": "reject"},
                    thread_id=T,
                ),
                step(
                    "stream_run",
                    {"assistant_id": "probe", "input": {}, "multitask_strategy": "reject"},
                    thread_id=T,
                ),
                settled(),
                create([], label="yes", multitask_strategy="reject"),
                settled("yes"),
            ),
        ),
    ]
