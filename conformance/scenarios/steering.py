"""Runs that are steered: paused, resumed, commanded, sent back to a checkpoint."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.onward import checkpoint_before, together
from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver

TWO_STEPS: list[Any] = [
    {"update": {"note": "one", "log": ["one"]}},
    {"node": "check"},
    {"update": {"note": "two", "log": ["two"]}},
]


@scenario(needs={"probe"})
async def paused(d: Driver) -> None:
    """Pauses before and after nodes, and at every node; each goes on without input."""

    async def one(name: str, **fields: Any) -> None:
        thread = await d.thread()
        await d.wait(thread, TWO_STEPS, label=f"{name}/first", **fields)
        await d.call("get_thread", thread_id=thread, label=f"{name}/thread")
        await d.call("get_thread_state", thread_id=thread, label=f"{name}/state")
        await d.wait(thread, input=None, label=f"{name}/second")
        await d.call("get_thread", thread_id=thread, label=f"{name}/thread-after")

    await together(
        one("before", interrupt_before=["check"]),
        one("after", interrupt_after=["work"]),
        one("every", interrupt_before="*"),
    )


@scenario(needs={"probe"}, quick=True)
async def resumed(d: Driver) -> None:
    """A question answered, with a value that counts as false too; two questions by their ids."""

    async def one(name: str, answer: Any) -> None:
        thread = await d.thread()
        script = [
            {"update": {"log": ["asked"]}},
            {"interrupt": {"question": "may I?"}},
            {"update": {"data": {"answer": {"$": "resume"}}}},
        ]
        await d.wait(thread, script, label=f"{name}/asked")
        await d.call("get_thread", thread_id=thread, label=f"{name}/thread")
        await d.wait(thread, command={"resume": answer}, label=f"{name}/answered")
        await d.call("get_thread", thread_id=thread, label=f"{name}/after")

    async def two() -> None:
        thread = await d.thread()
        sides = {
            side: [
                {"interrupt": {"side": side}},
                {"update": {"data": {side: {"$": "resume"}}}},
            ]
            for side in ("left", "right")
        }
        asked = await d.wait(thread, [{"parallel": sides}], label="two/asked")
        found = asked.json.get("__interrupt__") if isinstance(asked.json, dict) else None
        answers = {
            item["id"]: f"answer to {item['value'].get('side')}"
            for item in (found if isinstance(found, list) else ())
            if isinstance(item, dict) and isinstance(item.get("value"), dict)
            if isinstance(item.get("id"), str)
        }
        await d.wait(thread, command={"resume": answers}, label="two/answered")
        await d.call("get_thread", thread_id=thread, label="two/after")

    await together(one("yes", {"yes": [1]}), one("no", False), two())


@scenario(needs={"probe"})
async def commanded(d: Driver) -> None:
    """goto and update on a thread with a state, with an input beside that must not be used."""

    async def one(name: str, **fields: Any) -> None:
        thread = await d.thread()
        await d.wait(thread, [{"update": {"log": ["seed"]}}])
        await d.wait(thread, label=name, **fields)

    unused = {"script": [{"update": {"log": ["input"]}}]}
    await together(
        one("goto", command={"goto": "check"}),
        one("update", command={"update": {"note": "told"}}),
        one("both", command={"update": {"note": "told"}, "goto": "check"}),
        one("input", command={"goto": "check"}, input=unused),
    )


@scenario(needs={"probe"})
async def sent_back(d: Driver) -> None:
    """A run from an earlier checkpoint; a run without input after a failure."""

    async def fork() -> None:
        thread = await d.thread()
        await d.wait(thread, TWO_STEPS, label="whole")
        history = await d.call("search_thread_history", {"limit": 20}, thread_id=thread)
        found = str(checkpoint_before(history, "check")["checkpoint_id"])
        await d.wait(thread, input=None, checkpoint={"checkpoint_id": found}, label="replayed")
        await d.call(
            "search_thread_history", {"limit": 20}, thread_id=thread, label="replayed-history"
        )
        await d.call("list_runs", thread_id=thread, label="replayed-runs")
        other = {"script": [{"update": {"log": ["other"]}}]}
        await d.wait(thread, input=other, checkpoint_id=found, label="branched")

    async def again() -> None:
        thread = await d.thread()
        script = [*TWO_STEPS, {"fail": {"error": "RuntimeError", "message": "once more"}}]
        await d.wait(thread, script, label="failed")
        await d.stream(thread, input=None, stream_mode="tasks", label="retried")
        await d.call("get_thread_state", thread_id=thread, label="retried-state")

    await together(fork(), again())


@scenario(needs={"probe"})
async def durable(d: Driver) -> None:
    """The same two supersteps under each durability."""

    async def one(durability: str) -> None:
        thread = await d.thread()
        await d.wait(thread, TWO_STEPS, durability=durability, label=f"{durability}/wait")
        await d.call(
            "search_thread_history", {"limit": 50}, thread_id=thread, label=f"{durability}/history"
        )

    await together(one("sync"), one("async"), one("exit"))


@scenario(needs={"probe"})
async def delayed(d: Driver) -> None:
    """A run that may start only after a while."""
    thread = await d.thread()
    wait = max(1.0, 2 * d.pace.hold)
    d.note(delay=wait)
    run = await d.create(thread, [{"update": {"note": "ran"}}], after_seconds=wait, label="created")
    await asyncio.sleep(wait / 2)
    await d.call("get_run", thread_id=thread, run_id=run, label="early")
    await d.settle(thread, run, label="settled")
    await d.call("get_thread_state", thread_id=thread, label="state")
