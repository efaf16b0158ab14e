"""What is refused, and how: bodies, parameters, ids, bytes."""

from __future__ import annotations

from typing import Any

from conformance.diff.sequence import Sequence, step
from conformance.diff.steps import T, body, each, on_thread, thread, wait

_FIELDS: dict[str, tuple[Any, ...]] = {
    "assistant_id": (None, 5, "", "bogus", "<<uuid:1>>"),
    "input": (5, "text", [], False),
    "command": (
        {"goto": 5},
        {"update": 5},
        {"goto": [{"node": "x"}]},
        {"goto": ["a", {"node": "x", "input": {}}]},
        5,
        [],
    ),
    "metadata": (None, 5, [], {"a": {"b": None}}),
    "config": (
        None,
        5,
        {"tags": "x"},
        {"recursion_limit": 2.5},
        {"recursion_limit": "5"},
        {"recursion_limit": 0},
        {"configurable": None},
        {"bogus": 1},
    ),
    "context": (None, 5, []),
    "stream_mode": (None, "bogus", ["values", "bogus"], 5, "tools", "lifecycle"),
    "stream_subgraphs": (None, "true", 1),
    "stream_resumable": (None, "true", 1),
    "interrupt_before": (None, "work", 5, [5], ["bogus"]),
    "interrupt_after": (None, "check", {}),
    "multitask_strategy": (None, "bogus", 5),
    "if_not_exists": (None, "bogus"),
    "durability": (None, "bogus"),
    "checkpoint": (None, 5, {}, {"checkpoint_id": "nope"}, {"checkpoint_id": 5}),
    "checkpoint_id": (5, "nope"),
    "checkpoint_during": (None, "x", False),
    "after_seconds": (None, "x"),
    "webhook": (None, 5, "", "/relative", "ftp://example.com/x"),
    "feedback_keys": (None, "x"),
    "on_disconnect": (None, "bogus"),
    "on_completion": ("bogus", "keep"),
    "bogus": (1,),
}
_BYTES = (
    b"",
    b"{",
    b"nul",
    b"null",
    b"[]",
    b'"x"',
    b"\xff\xfe",
    b'{"assistant_id": NaN}',
    b'{"a":1}x',
)


def sequences() -> list[Sequence]:
    """Each field of a run ill-typed; each kind of id; bodies that are no JSON."""
    fields = [
        Sequence(
            f"badinput/{operation}-{name}",
            (
                thread(),
                *(step(operation, {**body([]), name: value}, thread_id=T) for value in values),
            ),
        )
        for operation in ("create_run", "wait_run", "stream_run")
        for name, values in _FIELDS.items()
    ]
    where = (
        "get_thread",
        "delete_thread",
        "get_thread_state",
        "list_runs",
        "get_thread_history",
        "get_thread_storage",
    )
    return [
        *fields,
        Sequence(
            "badinput/thread-ids",
            tuple(
                step(name, thread_id=bad) for name in where for bad in ("nope", "<<uuid:1>>", "5")
            ),
        ),
        Sequence(
            "badinput/thread-ids-posted",
            tuple(
                step(name, {}, thread_id=bad)
                for name in (
                    "patch_thread",
                    "update_thread_state",
                    "search_thread_history",
                    "get_thread_state_checkpoint",
                )
                for bad in ("nope", "<<uuid:1>>")
            ),
        ),
        Sequence(
            "badinput/run-ids",
            (
                thread(),
                *(
                    step(name, thread_id=whose, run_id=bad)
                    for name in ("get_run", "delete_run", "join_run", "join_run_stream")
                    for whose, bad in (
                        (T, "nope"),
                        (T, "<<uuid:1>>"),
                        ("<<uuid:2>>", "<<uuid:1>>"),
                        ("nope", "nope"),
                    )
                ),
            ),
        ),
        Sequence(
            "badinput/unknown-thread",
            tuple(
                step(name, body([]), thread_id=bad)
                for name in ("create_run", "wait_run", "stream_run")
                for bad in ("<<uuid:1>>", "nope")
            ),
        ),
        *(
            Sequence(
                f"badinput/bytes-{name}",
                (
                    thread(),
                    *(
                        step(
                            name, content=raw, **({"thread_id": T} if "thread_id" in needs else {})
                        )
                        for raw in _BYTES
                    ),
                ),
            )
            for name, needs in {
                "create_thread": "",
                "search_threads": "",
                "create_run": "thread_id",
                "update_thread_state": "thread_id",
                "wait_stateless_run": "",
                "create_assistant": "",
            }.items()
        ),
        Sequence(
            "badinput/both-settings",
            (thread(), wait([], context={"a": 1}, config={"configurable": {"b": 1}})),
        ),
        Sequence(
            "badinput/odd-uuid",
            (
                thread(metadata={}),
                step("GET /threads/<<t.thread_id>>/"),
                step("get_thread", thread_id="{<<t.thread_id>>}"),
                step("get_thread", thread_id="urn:uuid:<<t.thread_id>>"),
            ),
        ),
        Sequence(
            "badinput/threads",
            each(
                "create_thread",
                (
                    {"thread_id": "nope"},
                    {"thread_id": ""},
                    {"thread_id": 5},
                    {"metadata": 5},
                    {"metadata": None},
                    {"if_exists": "bogus"},
                    {"ttl": 5},
                    {"ttl": {"strategy": "bogus"}},
                    {"supersteps": 5},
                    {"supersteps": [{}]},
                    [],
                    None,
                ),
            ),
        ),
        Sequence(
            "badinput/states",
            (
                thread(),
                wait([]),
                *each(
                    "search_thread_history",
                    (
                        {"limit": 0},
                        {"limit": 1001},
                        {"limit": "x"},
                        {"before": 5},
                        {"metadata": 5},
                        {"checkpoint": 5},
                    ),
                    thread_id=T,
                ),
                *(
                    on_thread("get_thread_history", query=given)
                    for given in ({"limit": "x"}, {"limit": 0}, {"limit": -1}, {"before": "nope"})
                ),
                on_thread("get_thread_state", query={"subgraphs": "junk"}),
            ),
        ),
    ]
