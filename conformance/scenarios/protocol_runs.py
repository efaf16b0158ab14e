"""Protocol v2: questions and answers, runs beside those created by other means, runs in a queue."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from conformance.errors import StoppedError
from conformance.onward import together
from conformance.protocol import (
    OVER,
    asks,
    comes_to,
    command,
    data_of,
    event_of,
    following,
    new_thread,
    start,
)
from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver

NEEDS = ("protocol", "probe")


@scenario(needs=NEEDS)
async def protocol_questions(d: Driver) -> None:
    """Questions answered by name, by a run's input and several at once; answers to none."""
    await together(_answered(d), _answered_by_input(d), _answered_together(d))


QUESTION: list[dict[str, Any]] = [
    {"interrupt": {"really": "?"}},
    {"update": {"note": {"$": "resume"}}},
]


async def _answered(d: Driver) -> None:
    thread_id = new_thread(d)
    async with following(d, thread_id, "asked") as live:
        run_id = await start(d, thread_id, QUESTION)
        d.note(asked=run_id)
        question = await live.until(asks, d.pace.patience)
        interrupt_id = data_of(event_of(question)).get("interrupt_id")
        await live.until(OVER, d.pace.patience)
        await d.thread_until(thread_id, "interrupted", label="waiting")
        answer = {"namespace": [], "interrupt_id": "none", "response": 1}
        await command(d, thread_id, "input.respond", answer, label="refused/unknown")
        answer |= {"interrupt_id": interrupt_id, "response": {"yes": [1]}}
        await command(d, thread_id, "input.respond", answer, label="answered")
        await live.until(comes_to("completed"), d.pace.patience)
        await command(d, thread_id, "input.respond", answer, label="refused/used")
    await d.call("get_thread_state", thread_id=thread_id, label="state/answered")


async def _answered_by_input(d: Driver) -> None:
    thread_id = new_thread(d)
    await start(d, thread_id, QUESTION)
    await d.thread_until(thread_id, "busy", "interrupted")
    await d.thread_until(thread_id, "interrupted")
    run_id = await start(d, thread_id, label="answered-by-input", input={"yes": [1]})
    await d.settle(thread_id, run_id)
    await d.call("get_thread_state", thread_id=thread_id, label="state/by-input")


async def _answered_together(d: Driver) -> None:
    thread_id = new_thread(d)
    sides = {side: [{"interrupt": side}] for side in ("left", "right")}
    async with following(d, thread_id, "asked-twice") as live:
        await start(d, thread_id, [{"parallel": sides}])
        await live.until(asks, d.pace.patience, count=2)
        await d.thread_until(thread_id, "interrupted")
        answers: list[dict[str, Any]] = [
            {"namespace": [], "interrupt_id": data_of(found).get("interrupt_id")}
            for frame in live.frames
            if (found := event_of(frame)).get("method") == "input.requested"
        ]
        responses = [{**answer, "response": n} for n, answer in enumerate(answers)]
        responded = {"responses": responses}
        await command(d, thread_id, "input.respond", responded, label="answered-together")
        await live.until(comes_to("completed"), d.pace.patience)


@scenario(needs=NEEDS)
async def protocol_beside(d: Driver) -> None:
    """Runs created by other means as a subscriber sees them; a run of the protocol joined."""
    await together(_created_otherwise(d), _joined(d))


async def _created_otherwise(d: Driver) -> None:
    thread_id = await d.thread()
    script = [{"say": "spoken"}, {"custom": {"c": 1}}, *QUESTION]
    async with following(d, thread_id, "others") as live:
        modes = ["values", "updates", "custom"]
        fields: dict[str, Any] = {"stream_mode": modes, "stream_resumable": True}
        created = await d.create(thread_id, script, label="created", **fields)
        await live.until(OVER, d.pace.patience)
        await d.thread_until(thread_id, "interrupted")
        command = {"resume": "by other means"}
        resumed = await d.create(thread_id, label="resumed", command=command, **fields)
        d.note(created=created, resumed=resumed)
        await live.until(comes_to("completed"), d.pace.patience)


async def _joined(d: Driver) -> None:
    thread_id = new_thread(d)
    run_id = await start(d, thread_id, [{"sleep": d.pace.hold}, {"update": {"note": 9}}])
    d.note(joined=run_id)
    await d.call("join_run", thread_id=thread_id, run_id=run_id, label="joined")
    await d.call("get_run", thread_id=thread_id, run_id=run_id, label="joined-run")
    await d.call("list_runs", thread_id=thread_id, label="listed")
    await d.call("get_thread_state", thread_id=thread_id, label="joined-state")


@scenario(needs=NEEDS)
async def protocol_strategies(d: Driver) -> None:
    """Runs started while another one is active; one that starts from an earlier checkpoint."""
    thread_id = new_thread(d)
    nap = [{"sleep": d.pace.hold}, {"update": {"log": "first"}}]
    async with following(d, thread_id, "queued") as live:
        first = await start(d, thread_id, nap)
        await live.until(comes_to("running"), d.pace.patience)
        second = await start(d, thread_id, [{"update": {"log": "second"}}], label="enqueued")
        d.note(queue=[first, second])
        await live.until(OVER, d.pace.patience, count=2)
    await d.call("get_thread_state", thread_id=thread_id, label="state")
    await d.call("search_thread_history", {"limit": 50}, thread_id=thread_id, label="history")
    forked = await _fork(d, thread_id)
    d.note(forked=forked)

    other = new_thread(d)
    busy = await start(d, other, [{"sleep": d.pace.patience}])
    await d.until(other, busy, "running")
    rejected = d.body([{"update": {"note": 1}}], multitaskStrategy="reject")
    await command(d, other, "run.start", rejected, label="rejected")
    late = await start(d, other, [{"update": {"note": 2}}], multitaskStrategy="interrupt")
    with contextlib.suppress(StoppedError):  # a check judges how it ended
        await d.until(other, busy, "interrupted")
    await d.call("get_run", thread_id=other, run_id=busy, label="interrupted")
    query = {"wait": "true"}
    await d.call("cancel_run", thread_id=other, run_id=busy, query=query)
    await d.call("cancel_run", thread_id=other, run_id=late, query=query)


async def _fork(d: Driver, thread_id: str) -> str:
    """A run from the checkpoint at which the first run had ended."""
    history = d.recording()["history"]
    rows = history.json if isinstance(history.json, list) else []
    ended = [
        row["checkpoint"].get("checkpoint_id")
        for row in rows
        if isinstance(row, dict)
        and isinstance(row.get("checkpoint"), dict)
        and isinstance(row.get("values"), dict)
        and row["values"].get("log") == ["work", "first"]
    ]
    if not ended:
        raise StoppedError("the history had no state after the first run to go on with")
    run_id = await start(
        d,
        thread_id,
        [{"update": {"log": "fork"}}],
        config={"configurable": {"checkpoint_id": ended[0]}},
    )
    await d.settle(thread_id, run_id)
    await d.call("get_thread_state", thread_id=thread_id, label="forked")
    return run_id
