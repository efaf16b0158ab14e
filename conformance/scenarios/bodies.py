"""Bodies that a server must refuse, and some it must not."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver

ILL_TYPED: dict[str, dict[str, Any]] = {
    "assistant-number": {"assistant_id": 7},
    "assistant-unknown-name": {"assistant_id": "no such graph"},
    "metadata-string": {"metadata": "blue"},
    "config-array": {"config": []},
    "tags-string": {"config": {"tags": "alpha"}},
    "recursion-fraction": {"config": {"recursion_limit": 2.5}},
    "context-string": {"context": "none"},
    "stream-mode-unknown": {"stream_mode": "telepathy"},
    "stream-mode-unknown-in-list": {"stream_mode": ["values", "telepathy"]},
    "stream-mode-number": {"stream_mode": 3},
    "subgraphs-string": {"stream_subgraphs": "yes"},
    "resumable-string": {"stream_resumable": "yes"},
    "strategy-unknown": {"multitask_strategy": "panic"},
    "if-not-exists-unknown": {"if_not_exists": "maybe"},
    "after-string": {"after_seconds": "soon"},
    "interrupt-before-name": {"interrupt_before": "work"},
    "interrupt-after-number": {"interrupt_after": 1},
    "durability-unknown": {"durability": "someday"},
    "webhook-number": {"webhook": 80},
    "checkpoint-string": {"checkpoint": "latest"},
    "command-array": {"command": []},
}
NULLS = ("metadata", "config", "stream_mode", "multitask_strategy", "webhook", "after_seconds")


@scenario(quick=True)
async def refused_bodies(d: Driver) -> None:
    """Missing and ill-typed fields, unknown enum values, nulls, on create, stream and wait."""
    thread = await d.thread()
    for name, fields in ILL_TYPED.items():
        await d.call("create_run", d.body(**fields), thread_id=thread, label=f"ill/{name}")
    for operation in ("stream_run", "wait_run"):
        for name in ("stream-mode-unknown", "strategy-unknown", "metadata-string"):
            label = f"ill/{operation}-{name}"
            await d.call(operation, d.body(**ILL_TYPED[name]), thread_id=thread, label=label)
        await d.call(
            operation,
            d.body(on_disconnect="sulk"),
            thread_id=thread,
            label=f"ill/{operation}-on-disconnect",
        )
    for operation in ("create_run", "stream_run", "wait_run"):
        nobody = {"input": d.input()}
        await d.call(operation, nobody, thread_id=thread, label=f"ill/{operation}-no-assistant")
    for name in NULLS:
        await d.call("create_run", d.body(**{name: None}), thread_id=thread, label=f"null/{name}")
    both = d.body(config={"configurable": {"a": 1}}, context={"b": 2})
    await d.call("create_run", both, thread_id=thread, label="both")
    await d.call("list_runs", thread_id=thread, label="after")


@scenario(quick=True)
async def accepted_bodies(d: Driver) -> None:
    """Null where null is allowed, every enum value, lists and strings of stream modes."""
    lawful: dict[str, dict[str, Any]] = {
        "null-input": {"input": None},
        "null-command": {"command": None, "input": d.input()},
        "one-mode": {"stream_mode": "updates"},
        "modes": {"stream_mode": ["values", "messages-tuple"]},
        "no-modes": {"stream_mode": []},
        "all-nodes": {"interrupt_before": "*"},
        "named-nodes": {"interrupt_after": ["somewhere"]},
    }
    for name, fields in lawful.items():
        thread = await d.thread()
        await d.call("create_run", d.body(**fields), thread_id=thread, label=f"accepted/{name}")


@scenario(quick=True)
async def broken_bodies(d: Driver) -> None:
    """What is no JSON, no object, or hardly text."""
    thread = await d.thread()
    deep = b'{"assistant_id":"x","input":' + b"[" * 20000 + b"]" * 20000 + b"}"
    name = d.target.assistant_id.encode()
    for label, content in {
        "cut": b'{"assistant_id": "pro',
        "words": b"run the probe, please",
        "empty": b"",
        "array": b"[]",
        "null": b"null",
        "text": b'"probe"',
        "number": b"7",
        "nan": b'{"assistant_id": NaN}',
        "not-utf8": b'{"assistant_id": "\xff\xfe"}',
        "lone-surrogate": b'{"assistant_id": "\\ud800"}',
        "deep": deep,
    }.items():
        paths: dict[str, dict[str, Any]] = {
            "create_run": {"thread_id": thread},
            "create_thread": {},
        }
        for operation, path in paths.items():
            if operation == "create_thread" and label in ("deep", "lone-surrogate"):
                continue
            await d.call(
                operation,
                content=content,
                headers={"content-type": "application/json"},
                label=f"broken/{operation}-{label}",
                **path,
            )
    await d.call("list_runs", thread_id=thread, label="after")
    # NUL and other odd text inside values is data: it is stored or refused, and does no harm
    odd = b'{"assistant_id":"' + name + b'","metadata":{"odd":"a\\u0000b \\u2028 \\ud83d\\ude00"}}'
    await d.call("create_run", content=odd, thread_id=thread, label="odd/nul")
    big = d.body(metadata={"big": "x" * 2_000_000})
    await d.call("create_run", big, thread_id=thread, label="odd/big")
    await d.call("get_thread", thread_id=thread, label="alive")


BAD_IDS = (
    "nonsense",
    "12345678-1234-1234-1234-12345678901",
    "zzzzzzzz-0000-4000-8000-000000000000",
)


@scenario(quick=True)
async def bad_ids(d: Driver) -> None:
    """Ids that are no UUIDs, and UUIDs that nobody has, wherever an id goes."""
    thread = await d.thread()
    nobody = str(uuid.uuid4())
    plain = ("get_run", "delete_run", "join_run", "join_run_stream", "cancel_run")
    for bad in BAD_IDS:
        for operation in plain:
            await d.call(
                operation, thread_id=thread, run_id=bad, label=f"bad/run-{operation}-{bad}"
            )
            await d.call(
                operation, thread_id=bad, run_id=nobody, label=f"bad/thread-{operation}-{bad}"
            )
        for operation in ("get_thread", "delete_thread", "get_thread_state", "list_runs"):
            await d.call(operation, thread_id=bad, label=f"bad/{operation}-{bad}")
        await d.call("create_run", d.body(), thread_id=bad, label=f"bad/create_run-{bad}")
        await d.call("get_assistant", assistant_id=bad, label=f"bad/get_assistant-{bad}")
    for operation in ("get_thread", "delete_thread", "get_thread_state", "get_thread_history"):
        await d.call(operation, thread_id=nobody, label=f"nobody/{operation}")
    await d.call("patch_thread", {"metadata": {}}, thread_id=nobody, label="nobody/patch_thread")
    await d.call("get_assistant", assistant_id=nobody, label="nobody/get_assistant")
    await d.call("cancel_run", thread_id=nobody, run_id=nobody, label="nobody/cancel_run")
    for operation in ("stream_run", "wait_run"):
        for bad in BAD_IDS[:1]:
            await d.call(operation, d.body(), thread_id=bad, label=f"lenient/{operation}-{bad}")
    for where, ids in (("run", (thread, nobody)), ("thread", (nobody, nobody))):
        await d.call("join_run", thread_id=ids[0], run_id=ids[1], label=f"join/{where}")
        await d.call("join_run_stream", thread_id=ids[0], run_id=ids[1], label=f"stream/{where}")


@scenario(quick=True)
async def wrong_routes(d: Driver) -> None:
    """Paths that are none, and methods a path does not have."""
    await d.raw("GET", "/no/such/path", label="path/get")
    await d.raw("POST", "/threads/not/there/at/all", {}, label="path/post")
    await d.raw("PUT", "/threads", {}, label="method/put")
    await d.raw("DELETE", "/threads/search", label="method/delete")
    await d.raw("GET", "/runs/batch", label="method/get")
