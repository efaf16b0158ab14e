"""The superstep loop of one graph: tasks run side by side, their writes are applied together.

A loop runs a graph from its latest checkpoint: it applies the input or goes on with what an earlier
run left, then ticks (prepare the tasks, run them, apply their writes, save a checkpoint) until
nothing is triggered. A node that is a graph of its own runs a nested loop in its own namespace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mockserver.engine import channels
from mockserver.engine.checkpoints import (
    NS_SEPARATOR,
    PUSH,
    Carried,
    Checkpoint,
    Record,
    Send,
    send_of,
    tasks_of,
)
from mockserver.engine.events import (
    ChainEnded,
    ChainStarted,
    ChainStreamed,
    CheckpointReached,
    MessageWritten,
    Namespace,
    Paused,
    Task,
    TaskFailed,
    TaskFinished,
    TaskInterrupted,
    TaskStarted,
    Trace,
    ValuesChanged,
)
from mockserver.engine.failures import Failure, GraphRecursionError, InvalidUpdateError
from mockserver.engine.graph import START, Graph, Node
from mockserver.engine.turn import GraphInterrupt, TaskTurn

if TYPE_CHECKING:
    from mockserver.engine.tracing import Scope

Selection = str | Sequence[str] | None


class Saver(Protocol):
    """Where checkpoints go (see store/checkpoints.py)."""

    def add(self, thread_id: str, checkpoint: Checkpoint) -> None:
        """Save a checkpoint."""

    def latest(self, thread_id: str, namespace: str = "") -> Checkpoint | None:
        """The newest checkpoint of a namespace."""

    def get(self, thread_id: str, checkpoint_id: str, namespace: str = "") -> Checkpoint | None:
        """The checkpoint of that id."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a caller tells a graph instead of giving it input."""

    update: tuple[tuple[str, Any], ...] = ()
    goto: tuple[str | Send, ...] = ()
    resume: Any = None
    resumes: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    """The state a parent graph hands its subgraph: messages have their form and ids already."""

    values: dict[str, Any]


@dataclass(slots=True)
class Loop:
    """One graph at work. `namespace` is `""` or the address of the task that runs it."""

    scope: Scope
    graph: Graph
    trace: Trace
    saver: Saver | None
    namespace: str = ""
    parents: dict[str, str] = field(default_factory=dict)
    save_each: bool = True
    before: Selection = None
    after: Selection = None
    limit: int = 10007
    step: int = -1
    stop: int = 0
    loaded: Checkpoint | None = None
    ghost: str | None = None  # a checkpoint id the run was told to start from, and there is none
    at: Checkpoint = field(init=False)
    parent_config: dict[str, Any] | None = None
    values: dict[str, Any] = field(init=False)
    tasks: list[Task] = field(default_factory=list)
    resuming: bool = False
    replaying: bool = False
    fresh: bool = True  # whether anything changed since a pause, so that a pause may happen again
    origin: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.origin = self.scope.origin()
        self.values = channels.initial(self.graph.channels)
        self.at = self._blank(-2)

    # --- where the loop is ----------------------------------------------------------------------

    @property
    def path(self) -> Namespace:
        """The namespace as events carry it."""
        return tuple(self.namespace.split(NS_SEPARATOR)) if self.namespace else ()

    def _blank(self, step: int) -> Checkpoint:
        scope = self.scope
        return Checkpoint(
            id=scope.ids.checkpoint_id(step),
            namespace=self.namespace,
            parent_id=None,
            step=step,
            source="",
            created_at=scope.clock.timestamp(),
            values=self.values,
            origin=self.origin,
            parents=self.parents,
        )

    def load(self, checkpoint: Checkpoint | None) -> None:
        """Begin at a checkpoint; None begins with an empty state."""
        self.loaded = checkpoint
        if checkpoint is not None:
            self.at = checkpoint
            self.values = checkpoint.values
            self.step = checkpoint.step + 1
            if checkpoint.parent_id is not None:
                self.parent_config = self._address(checkpoint.parent_id)
        self.stop = self.step + self.limit + 1

    def _address(self, checkpoint_id: str) -> dict[str, Any]:
        address: dict[str, Any] = {
            "thread_id": self.scope.thread_id,
            "checkpoint_ns": self.namespace,
            "checkpoint_id": checkpoint_id,
        }
        if self.parents:
            address["checkpoint_map"] = {**self.parents, self.namespace: checkpoint_id}
        return address

    def _config(self, checkpoint_id: str) -> dict[str, Any]:
        config = {"checkpoint_ns": self.namespace, **self.scope.configurable}
        if self.parents:
            config["checkpoint_map"] = {**self.parents, self.namespace: checkpoint_id}
        return {**config, "checkpoint_id": checkpoint_id}

    # --- the run --------------------------------------------------------------------------------

    async def run(self) -> dict[str, Any]:
        """Tick until nothing is triggered; returns the values. Raises what a node raises,
        GraphInterrupt when the graph pauses."""
        while self._prepare():
            await self._superstep()
            self._finish_superstep()
        return self.values

    def _prepare(self) -> bool:
        if self.step > self.stop:
            self._schedule()
            raise GraphRecursionError(
                f"the run used up its {self.limit} supersteps and was not done; "
                "raise config.recursion_limit or let the script end"
            )
        self._schedule()
        if self.replaying:
            self.replaying = False
            for record in self.at.records.values():
                record.writes = None
        if not self.tasks:
            return False
        if self._pauses(self.before, self.tasks):
            raise GraphInterrupt(())
        scope = self.scope
        for task in self.tasks:
            if task.name != START:
                given = self.graph.public(self._input(task))
                metadata = scope.metadata
                scope.emit(TaskStarted(self.path, scope.clock.timestamp(), task, given, metadata))
        for task in self.tasks:
            known = self.at.records.get(task.id)
            if known is not None and known.writes is not None and task.name != START:
                self._emit_finished(task, known.writes, replayed=True)
        return True

    def _schedule(self) -> None:
        """Find the tasks of the coming superstep, and show the checkpoint they follow."""
        found = tasks_of(self.at, self.graph)
        self.tasks = sorted(found, key=lambda task: (task.path[0] != PUSH, task.path[1:2]))
        if self.saver is None:
            return
        scope, at = self.scope, self.at
        own = {"source": at.source, "step": at.step, "parents": at.parents}
        loaded = at is self.loaded
        scope.emit(
            CheckpointReached(
                self.path,
                scope.clock.timestamp(),
                at.step,
                self._config(at.id),
                self.parent_config,
                self.graph.public(self.values),
                at.metadata if loaded else own,
                tuple(self._shown(task) for task in self.tasks),
            )
        )

    def _shown(self, task: Task) -> dict[str, Any]:
        """A coming task as stream mode `checkpoints` shows it."""
        record = self.at.records.get(task.id)
        shown: dict[str, Any] = {"id": task.id, "name": task.name}
        if record is not None and record.error is not None:
            shown["error"] = record.error.repr
        else:
            if record is not None and record.writes:
                shown["result"] = self.graph.public(dict(record.writes))
            asked = record.interrupts if record is not None else ()
            shown["interrupts"] = [{**item, "response_schema": None} for item in asked]
        node = self.graph.nodes.get(task.name)
        if node is not None and node.subgraph is not None:
            thread_id = self.scope.thread_id
            address = {"thread_id": thread_id, "checkpoint_ns": task.address}
            shown["state"] = {"configurable": address}
        else:
            shown["state"] = None
        return shown

    def _pauses(self, where: Selection, tasks: Sequence[Task]) -> bool:
        if not where or not self.fresh:
            return False
        names = [task.name for task in tasks if task.name != START]
        return bool(names) if where == "*" else any(name in where for name in names)

    def _input(self, task: Task) -> Any:
        send = send_of(self.at, task)
        return self.values if send is None else send.input

    async def _superstep(self) -> None:
        """Run the tasks that have not finished; the first failure ends the others."""
        todo = [task for task in self.tasks if self._record(task).writes is None]
        running = [asyncio.create_task(self._run_task(task)) for task in todo]
        asked: list[dict[str, Any]] = []
        try:
            pending = set(running)
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for finished in sorted(done, key=running.index):
                    asked.extend(finished.result())
        finally:
            await _end(running)
            for task, ended in zip(todo, running, strict=True):
                if ended.cancelled() and len(todo) > 1:
                    self._record(task).error = Failure.of(asyncio.CancelledError())
        if asked:
            raise GraphInterrupt(tuple(asked))

    def _record(self, task: Task) -> Record:
        return self.at.records.setdefault(task.id, Record())

    async def _run_task(self, task: Task) -> tuple[dict[str, Any], ...]:
        """Run one task and keep what it leaves; returns its questions, raises its failure."""
        record, scope = self._record(task), self.scope
        trace = scope.node(task, self.trace)
        turn = TaskTurn(scope, self.path, task, trace, record)
        try:
            if task.name == START:
                writes, record.goto = self._enter()
            else:
                writes, record.goto = await self._run_node(task, trace, turn)
        except GraphInterrupt as pause:
            record.answers = turn.used
            record.interrupts = pause.interrupts
            record.error = None
            scope.emit(
                TaskInterrupted(
                    self.path,
                    scope.clock.timestamp(),
                    task,
                    pause.interrupts,
                    self.graph.public(self.values),
                )
            )
            return pause.interrupts
        except Exception as reason:
            record.answers = turn.used
            record.error = Failure.of(reason)
            if task.name != START:
                error = record.error
                scope.emit(
                    TaskFailed(self.path, scope.clock.timestamp(), task, error.error, error.message)
                )
            raise
        record.answers = turn.used
        record.writes = writes
        record.error = None
        if task.name != START:
            self._emit_finished(task, writes, replayed=False)
        return ()

    def _emit_finished(self, task: Task, writes: list[tuple[str, Any]], *, replayed: bool) -> None:
        at = self.scope.clock.timestamp()
        result = self.graph.public(dict(writes))
        self.scope.emit(TaskFinished(self.path, at, task, result, replayed))

    def _enter(self) -> tuple[list[tuple[str, Any]], tuple[str, ...]]:
        """The entry: the input becomes writes, the entry's edges choose the first nodes.

        The writes stay as they were given, so that a state shows what was asked; messages take
        their form when the writes are applied.
        """
        given = self.at.start
        if isinstance(given, Command):
            if not given.goto:
                raise TypeError("a command without goto has nothing to start on an empty thread")
            writes = list(given.update)
        elif isinstance(given, dict):
            writes = [(name, value) for name, value in given.items() if name in self.graph.keys]
        elif isinstance(given, Handed):
            known = self.graph.keys | self.graph.hidden
            writes = [(name, value) for name, value in given.values.items() if name in known]
        else:
            raise InvalidUpdateError(f"expected an object of state keys as input, got {given!r}")
        entry, values = self.graph.entry, self.values
        if self.graph.prepare is not None and not isinstance(given, Handed):
            asked = None if isinstance(given, Command) else given
            writes += list(self.graph.prepare(asked, values).items())
        if entry.branch is not None:
            values, _ = channels.apply(self.graph.channels, values, self._entered(writes))
        return writes, self.graph.after(entry, values)[1]

    def _entered(self, writes: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """The entry's writes as they are applied."""
        return self.normalise(dict(writes)) if isinstance(self.at.start, dict) else writes

    def normalise(self, update: dict[str, Any]) -> list[tuple[str, Any]]:
        """The writes of an update by a caller. Raises what unfit messages raise."""
        return channels.normalise(self.graph.channels, update, self.scope.ids.uuid4)

    async def _run_node(
        self, task: Task, trace: Trace, turn: TaskTurn
    ) -> tuple[list[tuple[str, Any]], tuple[str, ...]]:
        scope, node, public = self.scope, self.graph.nodes[task.name], self.graph.public
        given = self._input(task)
        root = not self.namespace
        scope.emit(ChainStarted(self.path, trace, public(given)))
        await asyncio.sleep(0)  # every node of the superstep has begun before one does anything
        if isinstance(given, dict):
            for value in given.values():
                if isinstance(value, list):
                    scope.mark(value, root=root)
        if node.subgraph is not None:
            result = await self._nest(node.subgraph, task, trace, given)
        else:
            assert node.action is not None  # a node is an action or a graph
            result = await node.action(turn, given)
            await asyncio.sleep(0)  # a node that asks is done a moment before one that writes
        known = self.graph.keys | self.graph.hidden
        writes = [(name, value) for name, value in result.items() if name in known]
        goto = self._leave(node, trace, writes)
        shown = public(result)
        scope.emit(ChainStreamed(self.path, trace, shown))
        scope.emit(ChainEnded(self.path, trace, shown, public(given)))
        self._emit_messages(trace, shown)
        return writes, goto

    def _leave(self, node: Node, trace: Trace, writes: list[tuple[str, Any]]) -> tuple[str, ...]:
        """Which nodes follow: a branch is asked with the state this node's own writes make."""
        if node.branch is None:
            return self.graph.after(node, {})[1]
        values, _ = channels.apply(self.graph.channels, self.values, writes)
        answer, names = self.graph.after(node, values)
        asked = self.scope.inside(trace, node.branch.name, "seq:step:3")
        shown = self.graph.public(values)
        self.scope.emit(ChainStarted(self.path, asked, shown))
        self.scope.emit(ChainEnded(self.path, asked, answer, shown))
        return names

    def _emit_messages(self, trace: Trace, result: dict[str, Any]) -> None:
        """Show the whole messages of a node's result that were not streamed."""
        scope, root = self.scope, not self.namespace
        shown = scope.seen_at_root if root else scope.seen
        for value in result.values():
            for message in value if isinstance(value, list) else ():
                if not isinstance(message, dict) or "response_metadata" not in message:
                    continue
                if message["id"] in shown:
                    continue
                inner = message["id"] in scope.seen
                scope.mark([message], root=root)
                scope.emit(MessageWritten(self.path, message, trace.metadata, inner))

    async def _nest(self, graph: Graph, task: Task, trace: Trace, given: Any) -> dict[str, Any]:
        """Run a subgraph as a task: from its own checkpoint when the task is run again."""
        own = self.scope.inside(trace, graph.name, "seq:step:1", checkpoint_ns=task.address)
        loop = Loop(
            scope=self.scope,
            graph=graph,
            trace=own,
            saver=self.saver,
            namespace=task.address,
            parents={**self.parents, self.namespace: self.at.id},
            save_each=self.save_each,
            limit=self.limit,
        )
        loop.origin = {**self.origin, **trace.metadata, "checkpoint_map": loop.parents}
        loop.origin["checkpoint_ns"] = task.address
        del loop.origin["ls_integration"]
        known = self.saver.latest(self.scope.thread_id, task.address) if self.saver else None
        loop.load(known)
        shown = graph.public(given)
        self.scope.emit(ChainStarted(self.path, own, shown))
        try:
            if known is not None and self.resuming:
                loop.resume()
            else:
                loop.begin(Handed(given) if send_of(self.at, task) is None else given)
            result = await loop.run()
        except (Exception, GraphInterrupt):
            loop.flush()
            raise
        self.scope.emit(ChainEnded(self.path, own, graph.public(result), shown))
        return result

    def _finish_superstep(self) -> None:
        """Apply what the tasks wrote, in the order of their paths, and save the next checkpoint."""
        ordered = sorted(self.tasks, key=_by_path)
        records = [self._record(task) for task in ordered]
        writes = [write for record in records for write in record.writes or ()]
        if self.at.pending == (START,):
            writes = self._entered(writes)
        self.values, touched = channels.apply(self.graph.channels, self.values, writes)
        if touched & self.graph.keys:
            self._emit_values(self.values)
        goto = [name for record in records for name in record.goto]
        sends: tuple[Send, ...] = ()
        entered = self.at.start
        if isinstance(entered, Command):
            sends = tuple(item for item in entered.goto if isinstance(item, Send))
            goto += [item for item in entered.goto if isinstance(item, str)]
        ran = tuple(task.name for task in self.tasks)
        self._save("loop", self.graph.order(goto), sends=sends, wrote=ran)
        self.fresh = True
        if self._pauses(self.after, self.tasks):
            self._schedule()
            raise GraphInterrupt(())
        self.resuming = False

    # --- checkpoints ----------------------------------------------------------------------------

    def _save(
        self,
        source: str,
        pending: tuple[str, ...],
        *,
        sends: tuple[Send, ...] = (),
        start: Any = None,
        wrote: tuple[str, ...] = (),
    ) -> None:
        """Make the checkpoint of the present values, and save it unless that waits for the end."""
        before = self.at
        made = self._blank(self.step)
        made.source, made.values = source, self.values
        made.pending, made.sends, made.start, made.wrote = pending, sends, start, wrote
        saves = self.saver is not None and self.save_each
        if saves and self.saver is not None:
            if before.source:
                made.parent_id = before.id
                self.parent_config = self._config(before.id)
            self.saver.add(self.scope.thread_id, made)
        elif self.loaded is not None:
            made.parent_id = self.loaded.id
        if made.parent_id is None and self.ghost is not None:
            made.parent_id = self.ghost
            self.parent_config = self._config(self.ghost)
        self.at = made
        self.step += 1

    def flush(self) -> None:
        """Save the checkpoint that was held back until the end (durability `exit`)."""
        if self.saver is None or self.save_each or self.at is self.loaded or not self.at.source:
            return
        self.saver.add(self.scope.thread_id, self.at)
        self.loaded = self.at

    # --- how a run begins -----------------------------------------------------------------------

    def begin(self, given: Any) -> None:
        """Start over with an input on the present values; unfinished tasks are dropped."""
        self._carry(self.at.carried)
        dropped = tuple(task.name for task in self.open_tasks() if task.name != START)
        self._save("input", (START,), start=given, wrote=dropped or self.at.wrote)

    def resume(self, fork: Carried | None = None) -> None:
        """Go on from the loaded checkpoint; with `fork`, from a copy that a command changed."""
        self.resuming, self.fresh = True, False
        before = self.at
        self._carry(before.carried)
        if fork is not None:
            self._carry(fork)
            goto = (*before.pending, *before.carried.goto, *fork.goto)
            sends = (*before.sends, *before.carried.sends, *fork.sends)
            pending = before.pending if before.pending == (START,) else self.graph.order(goto)
            self._save("fork", pending, sends=sends, start=before.start, wrote=before.wrote)
        self._emit_values(self.values)

    def _carry(self, carried: Carried) -> None:
        """Apply what commands have written."""
        for writes in carried.writes:
            self.values, _ = channels.apply(self.graph.channels, self.values, writes)

    def pause(self, stop: GraphInterrupt) -> dict[str, Any]:
        """Show that the run stopped; returns the values with what finished tasks wrote."""
        records = [self.at.records.get(task.id) for task in self.tasks]
        writes = [w for record in records if record for w in record.writes or ()]
        values = self.values
        if writes:
            values, _ = channels.apply(self.graph.channels, self.values, writes)
            self._emit_values(values)
        if not stop.interrupts:
            self.scope.emit(Paused(self.path))
        return values

    def _emit_values(self, values: dict[str, Any]) -> None:
        self.scope.emit(ValuesChanged(self.path, self.graph.public(values)))

    def open_tasks(self) -> list[Task]:
        """The tasks that have not finished, in the order they would run."""
        tasks = tasks_of(self.at, self.graph) if self.at.source else []
        return [task for task in tasks if self._unfinished(task)]

    def _unfinished(self, task: Task) -> bool:
        record = self.at.records.get(task.id)
        return record is None or record.writes is None


def _by_path(task: Task) -> tuple[str, ...]:
    return tuple(f"{part:010}" if isinstance(part, int) else part for part in task.path)


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
