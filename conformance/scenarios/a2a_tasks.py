"""A2A: contexts and histories, questions, tasks that are looked up, listed and cancelled."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from conformance.jsonrpc import given
from conformance.onward import id_of, newest_run
from conformance.registry import scenario
from conformance.scenarios.a2a import FAILS, SAID, ask, message, script, text

if TYPE_CHECKING:
    from conformance.driver import Driver
    from conformance.recording import Exchange

ASKS = ({"interrupt": {"ask": "Go on?"}}, {"say": {"$": "resume"}})


async def sent(d: Driver, label: str, *parts: Any, **fields: Any) -> tuple[str, str]:
    """Sends a message; its context and its task. Raises StoppedError where there are none."""
    answer = await ask(d, label, "message/send", message(*parts, **fields))
    return given(answer, "contextId"), given(answer, "id")


async def looked_up(d: Driver, label: str, task: str, **fields: Any) -> Exchange:
    """Looks up a task."""
    return await ask(d, label, "tasks/get", {"id": task, **fields})


@scenario(needs={"a2a", "probe"}, quick=True)
async def a2a_contexts(d: Driver) -> None:
    """Three tasks in one context: their runs, histories of every length and scope, lists."""

    async def more(label: str, number: int) -> tuple[str, str]:
        said = text(f"{number}"), script({"say": f"{SAID} {number}"})
        return await sent(d, label, *said, contextId=context)

    said = text("1"), script({"say": f"{SAID} 1"})
    context, first = await sent(d, "first", *said)
    _, second = await more("second", 2)
    _, third = await more("third", 3)
    d.note(context=context, tasks=[first, second, third])
    await d.call("get_thread", thread_id=context, label="thread")
    runs = await d.call("list_runs", thread_id=context, label="runs")
    await looked_up(d, "got", third)
    await looked_up(d, "got-by-run", newest_run(runs), contextId=context)
    for length in (0, 1, 2, 10):
        await looked_up(d, f"length/{length}", third, historyLength=length)
    for junk in ("5", 2.5, -1, 11):
        await looked_up(d, f"no-length/{junk}", third, historyLength=junk)
    await looked_up(d, "scope/task", second, historyScope="task")
    await looked_up(d, "scope/context", second, historyScope="context")
    header = {"langgraph-a2a-history-scope": "task"}
    await ask(d, "scope/header", "tasks/get", {"id": second}, **header)
    await looked_up(d, "no-scope", second, historyScope="everything")
    await ask(d, "listed/all", "ListTasks", {"contextId": context})
    page = await ask(d, "listed/page", "ListTasks", {"contextId": context, "pageSize": 2})
    token = {"contextId": context, "pageToken": given(page, "nextPageToken")}
    await ask(d, "listed/rest", "ListTasks", token)
    for state in ("TASK_STATE_COMPLETED", "TASK_STATE_FAILED"):
        await ask(d, f"listed/{state}", "ListTasks", {"contextId": context, "status": state})
    senseless: dict[str, dict[str, Any]] = {
        "size": {"pageSize": 0},
        "size-text": {"pageSize": "5"},
        "token": {"pageToken": "next"},
        "state": {"status": "TASK_STATE_ASLEEP"},
        "time": {"statusTimestampAfter": "soon"},
        "length": {"historyLength": -1},
    }
    for name, params in senseless.items():
        await ask(d, f"unlisted/{name}", "ListTasks", {"contextId": context, **params})


@scenario(needs={"a2a", "probe"}, quick=True)
async def a2a_strangers(d: Driver) -> None:
    """Tasks that there are not, another assistant's, contexts that are none."""
    context, task = await sent(d, "", script({"say": SAID}))
    body = {"graph_id": d.target.graph_id, "name": f"other {d.tag}"}
    made = {**body, "metadata": {"runcontract": d.tag}}
    other = id_of(await d.call("create_assistant", made), "assistant_id")
    d.keep_assistant(other)
    strange = {
        "nobody": f"{uuid.uuid4()}:{uuid.uuid4()}",
        "run": f"{context}:{uuid.uuid4()}",
        "word": "nobody",
    }
    for name, who in strange.items():
        for method in ("tasks/get", "tasks/cancel", "GetTask"):
            await ask(d, f"missing/{name}-{method}", method, {"id": who})
        told = message(text("Hello"), taskId=who)
        await ask(d, f"missing/{name}-message", "message/send", told)
    for method in ("tasks/get", "tasks/cancel"):
        await ask(d, f"missing/other-{method}", method, {"id": task}, to=other)
    for name in ("nowhere", "12345"):
        told = message(text("Hello"), contextId=name)
        await ask(d, f"no-context/{name}", "message/send", told)
        await ask(d, f"no-context-streamed/{name}", "message/stream", told)


@scenario(needs={"a2a", "probe"}, quick=True)
async def a2a_questions(d: Driver) -> None:
    """Tasks that ask: answered by text, data and command, left, cancelled; messages too late."""
    answers: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
        "text": ((text("Yes"),), {}),
        "data": (({"kind": "data", "data": {"resume": "Yes"}},), {}),
        "command": ((text("ignored"),), {"command": {"resume": "Yes"}}),
    }
    for name, (parts, fields) in answers.items():
        context, task = await sent(d, f"asked/{name}", script(*ASKS))
        await looked_up(d, f"asking/{name}", task)
        place = {"contextId": context, "taskId": task}
        await ask(d, f"answered/{name}", "message/send", message(*parts, **place, **fields))
        await looked_up(d, f"done/{name}", task)
        if name == "text":
            late = message(text("Yes"), **place)
            await ask(d, "too-late/completed", "message/send", late)
            await ask(d, "not-cancelled/completed", "tasks/cancel", {"id": task})
    await ask(d, "asked-new", "SendMessage", message(script(*ASKS)))
    context, task = await sent(d, "asked/cancelled", script(*ASKS))
    await ask(d, "cancelled", "tasks/cancel", {"id": task})
    await looked_up(d, "cancelled-later", task)
    await d.call("get_thread", thread_id=context, label="cancelled-thread")
    late = message(text("Yes"), contextId=context, taskId=task)
    await ask(d, "too-late/cancelled", "message/send", late)
    await ask(d, "not-cancelled/cancelled", "tasks/cancel", {"id": task})
    context, task = await sent(d, "", script(*FAILS))
    late = message(text("Yes"), contextId=context, taskId=task)
    await ask(d, "too-late/failed", "message/send", late)
    await ask(d, "not-cancelled/failed", "tasks/cancel", {"id": task})


@scenario(needs={"a2a", "probe"})
async def a2a_cancelled(d: Driver) -> None:
    """A task cancelled while its run sleeps, one client waiting for it."""
    thread = await d.thread()
    slow = message(script({"sleep": 20 * d.pace.hold}), contextId=thread)
    waiting = asyncio.create_task(ask(d, "waited", "message/send", slow))
    try:
        run = await _begun(d, thread)
        task = f"{thread}:{run}"
        await looked_up(d, "while-running", task)
        await ask(d, "cancelled", "tasks/cancel", {"id": task})
        await waiting
    finally:
        waiting.cancel()
    await looked_up(d, "later", task)
    await d.call("get_run", thread_id=thread, run_id=run, label="run")


async def _begun(d: Driver, thread: str) -> str:
    """The run on a thread, once it is running."""
    deadline = d.now() + d.pace.patience
    while d.now() < deadline:
        seen = await d.call("list_runs", thread_id=thread)
        if isinstance(seen.json, list) and seen.json:
            break
        await asyncio.sleep(d.pace.poll)
    run = newest_run(seen)
    await d.until(thread, run, "running")
    return run
