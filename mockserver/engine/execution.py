"""Plays one run of a graph: input, command or continuation, until it is done, paused or failed."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mockserver.engine import channels
from mockserver.engine.checkpoints import Carried, Checkpoint, Send
from mockserver.engine.entry import Command, targets
from mockserver.engine.events import ROOT, ChainEnded, ChainStarted, Event
from mockserver.engine.failures import EmptyInputError, Failure
from mockserver.engine.loop import DEFAULT_RECURSION_LIMIT, Loop
from mockserver.engine.position import Position
from mockserver.engine.snapshots import standing
from mockserver.engine.tracing import Scope
from mockserver.engine.turn import GraphInterrupt

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.engine.clock import Clock, Pace
    from mockserver.engine.graph import Graph
    from mockserver.engine.ids import Ids
    from mockserver.store.checkpoints import Checkpoints


@dataclass(frozen=True, slots=True)
class Plan:
    """One run, as it was asked for. `config` is the run's `kwargs.config`.

    `traced` says that its stream modes have `events` among them.
    """

    run_id: str
    thread_id: str
    assistant_id: str
    graph_id: str
    input: Any = None
    command: dict[str, Any] | None = None
    config: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] | None = None
    interrupt_before: str | list[str] | None = None
    interrupt_after: str | list[str] | None = None
    checkpoint: dict[str, Any] | None = None
    durability: str = "async"
    temporary: bool = False
    attempt: int = 1
    traced: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: the values (None if none are kept), what waits, the interrupts by task."""

    values: dict[str, Any] | None
    next: tuple[str, ...] = ()
    interrupts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    error: Failure | None = None


async def play(
    plan: Plan,
    graph: Graph,
    checkpoints: Checkpoints[Checkpoint],
    clock: Clock,
    ids: Ids,
    pace: Pace,
    emit: Callable[[Event], None],
) -> Outcome:
    """Run the graph and emit what happens; an agent's failure is in the outcome, not raised.

    On cancellation what finished supersteps wrote is saved and the cancellation goes on.
    """
    scope = Scope(
        plan.run_id,
        plan.thread_id,
        plan.config,
        clock,
        ids,
        pace,
        emit,
        attempt=plan.attempt,
        traced=plan.traced,
    )
    saver = None if plan.temporary else checkpoints
    held = contextlib.nullcontext() if saver is None else checkpoints.hold(plan.thread_id)
    with held:
        position = Position(
            scope, saver, channels.initial(graph.channels), save_each=plan.durability != "exit"
        )
        loop = Loop(
            graph,
            scope.root(graph.name),
            position,
            before=plan.interrupt_before,
            after=plan.interrupt_after,
            limit=plan.config.get("recursion_limit", DEFAULT_RECURSION_LIMIT),
        )
        error = None
        try:
            await _run(plan, loop)
        except GraphInterrupt as stop:
            position.flush()
            emit(ChainEnded(ROOT, loop.trace, graph.public(loop.pause(stop)), None))
        except Exception as reason:  # noqa: BLE001 - an agent may raise anything
            position.flush()
            error = Failure.of(reason)
        except asyncio.CancelledError:
            position.flush()
            raise
        else:
            position.flush()
            emit(ChainEnded(ROOT, loop.trace, graph.public(loop.values), None))
        return _outcome(plan, loop, error)


async def _run(plan: Plan, loop: Loop) -> None:
    if loop.limit < 1:
        raise ValueError(f"config.recursion_limit must be 1 or more, not {loop.limit}")
    given = _command(plan.command, loop) if plan.command else plan.input
    shown = _shown(plan.command) if plan.command else plan.input
    loop.scope.emit(ChainStarted(ROOT, loop.trace, shown))
    position, saver = loop.position, loop.position.saver
    address = (plan.checkpoint or {}).get("checkpoint_id")
    latest = saver.latest(plan.thread_id) if saver else None
    loaded = saver.get(plan.thread_id, address) if saver and address else latest
    if loaded is None:
        position.ghost = address or None
        _start(loop, given)
        await loop.run()
        return
    position.load(loaded)
    if given is None or isinstance(given, Command) or loaded.run_id == plan.run_id:
        command = given if isinstance(given, Command) else Command()
        _go_on(loop, command, addressed=bool(address), head=loaded is latest)
    else:
        loop.begin(given)
    await loop.run()


def _start(loop: Loop, given: Any) -> None:
    """Begin on an empty thread: with an input, or a command to be carried out by the entry."""
    if given is None:
        raise EmptyInputError("no input, and the thread has nothing to go on with")
    if isinstance(given, Command):
        if given.says_nothing:
            raise EmptyInputError("the command says nothing: give it resume, update or goto")
        loop.position.at.carried.writes.append(list(given.update))
    loop.begin(given)


def _go_on(loop: Loop, command: Command, *, addressed: bool, head: bool) -> None:
    """Continue the checkpoint at hand with a command (an empty one just goes on).

    A run that was told where to start travels in time unless it answers a question: it works on a
    copy, so that the checkpoint it started from keeps its own future.
    """
    at = loop.position.at
    if command.update:
        # what the state cannot take must not stay on the checkpoint
        values = standing(at, loop.graph)
        channels.apply(loop.graph.channels, values, list(command.update))
    travels = addressed and not command.resumes
    loop.replaying = travels or not head
    if command.resumes:
        _answer(loop, at, command.resume)
    if travels and (at.source not in ("update", "fork") or not head):
        fork = Carried()
        _carry(loop, fork, command)
        loop.resume(fork)
        return
    if travels:
        for record in at.records.values():
            record.answers = []
    _carry(loop, at.carried, command)
    loop.resume()


def _carry(loop: Loop, carried: Carried, command: Command) -> None:
    """Note what a command writes and which nodes it wants."""
    if command.update:
        carried.writes.append(list(command.update))
    sends = tuple(item for item in command.goto if isinstance(item, Send))
    carried.sends = (*carried.sends, *sends)
    names = [item for item in command.goto if isinstance(item, str)]
    carried.goto = loop.graph.order((*carried.goto, *names))


def _answer(loop: Loop, at: Checkpoint, resume: Any) -> None:
    """Hand out a resume value: by interrupt id, or to the one question that waits."""
    if isinstance(resume, dict) and all(map(_is_interrupt_id, resume)):
        loop.scope.answers = resume
        return
    asked = {item["id"] for record in at.records.values() for item in record.asked}
    if len(asked) > 1:
        raise RuntimeError(
            f"{len(asked)} interrupts wait for an answer; "
            "resume with an object that maps interrupt ids to answers"
        )
    loop.scope.answer = resume


def _is_interrupt_id(text: Any) -> bool:
    return isinstance(text, str) and len(text) == 32 and set(text) <= set("0123456789abcdef")


def _command(asked: dict[str, Any], loop: Loop) -> Command:
    """A run's command, its update as writes. Raises what unfit values raise."""
    graph, new_id = loop.graph, loop.scope.ids.uuid4
    update = asked.get("update") or {}
    pairs = update.items() if isinstance(update, dict) else update
    return Command(
        update=tuple(
            write
            for name, value in pairs
            if name in graph.keys
            for write in channels.normalise(graph.channels, {name: value}, new_id)
        ),
        goto=targets(asked.get("goto")),
        resume=asked.get("resume"),
        resumes=asked.get("resume") is not None,
    )


def _shown(asked: dict[str, Any]) -> dict[str, Any]:
    """A command as stream mode `events` shows it as the graph's input."""
    goto = asked.get("goto")
    listed = goto if isinstance(goto, list) or goto is None else [goto]
    given = {name: asked.get(name) for name in ("update", "resume")}
    return {"graph": None, **given, "goto": listed}


def _outcome(plan: Plan, loop: Loop, error: Failure | None) -> Outcome:
    position = loop.position
    tasks = position.open_tasks(loop.graph)
    interrupts = {}
    for task in tasks:
        record = position.at.records.get(task.id)
        if record is not None and record.asked:
            interrupts[task.id] = [dict(item) for item in record.asked]
    kept = position.begun and not plan.temporary
    return Outcome(
        values=loop.graph.public(loop.values) if kept else None,
        next=tuple(task.name for task in tasks),
        interrupts=interrupts,
        error=error,
    )
