"""The superstep loop of one graph: tasks run side by side, their writes are applied together.

A loop applies an input, or goes on with what an earlier run left at a checkpoint; then it ticks:
prepare the tasks, run them, apply their writes, save a checkpoint, until nothing is triggered. A
node that is a graph of its own runs a nested loop in its own namespace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mockserver.engine import channels, entry
from mockserver.engine.checkpoints import Send, in_turn, send_of, tasks_of
from mockserver.engine.entry import Command, Handed
from mockserver.engine.events import (
    ChainEnded,
    ChainStarted,
    CheckpointReached,
    Paused,
    TaskStarted,
    ValuesChanged,
)
from mockserver.engine.failures import Failure, GraphRecursionError
from mockserver.engine.graph import START
from mockserver.engine.position import Position
from mockserver.engine.tasks import Interrupts, TaskRun
from mockserver.engine.turn import GraphInterrupt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockserver.engine.checkpoints import Carried, Record, Writes
    from mockserver.engine.events import Task, Trace
    from mockserver.engine.graph import Graph
    from mockserver.engine.tracing import Scope

Selection = str | Sequence[str] | None

DEFAULT_RECURSION_LIMIT = 10007


class Loop:
    """One graph at work at its position.

    `before` and `after` name the nodes to pause at (`"*"` for all), `limit` is the number of
    supersteps the run may take.
    """

    def __init__(
        self,
        graph: Graph,
        trace: Trace,
        position: Position,
        *,
        before: Selection = None,
        after: Selection = None,
        limit: int = DEFAULT_RECURSION_LIMIT,
    ) -> None:
        self.graph = graph
        self.trace = trace
        self.position = position
        self.scope: Scope = position.scope
        self.before = before
        self.after = after
        self.limit = limit
        self.values: dict[str, Any] = position.at.values
        self.tasks: list[Task] = []
        self.resuming = False
        self.replaying = False
        self._stop = 0
        self._moved = True  # whether anything changed since a pause: only then may it pause again

    # --- how a run begins -----------------------------------------------------------------------

    def begin(self, start: Any) -> None:
        """Start over with an input on the present values; unfinished tasks are dropped."""
        at = self.position.at
        self._set_out(at.carried)
        dropped = [task.name for task in self.position.open_tasks(self.graph)]
        wrote = tuple(name for name in dropped if name != START) or at.wrote
        self.position.save("input", self.values, (START,), start=start, wrote=wrote)

    def resume(self, fork: Carried | None = None) -> None:
        """Go on from the checkpoint at hand; with `fork`, from a copy that a command changed."""
        self.resuming, self._moved = True, False
        self._set_out(self.position.at.carried)
        if fork is not None:
            self._carry(fork)
            self.position.fork(fork, self.graph, self.values)
        self._show_values(self.values)

    def _set_out(self, carried: Carried) -> None:
        self.values = channels.aligned(self.graph.channels, self.position.at.values)
        self._stop = self.position.step + self.limit + 1
        self._carry(carried)

    def _carry(self, carried: Carried) -> None:
        """Apply what commands have written."""
        for writes in carried.writes:
            self.values, _ = channels.apply(self.graph.channels, self.values, writes)

    # --- the ticks ------------------------------------------------------------------------------

    async def run(self) -> dict[str, Any]:
        """Tick until nothing is triggered; returns the values.

        Raises what a node raises, and GraphInterrupt when the graph pauses.
        """
        while self._prepare():
            await self._superstep()
            self._finish()
        return self.values

    def _prepare(self) -> bool:
        """Find the tasks of the superstep and show them; whether there are any."""
        self._schedule()
        if self.position.step > self._stop:
            raise GraphRecursionError(
                f"the run used up its {self.limit} supersteps and was not done; "
                "raise config.recursion_limit or let the script end"
            )
        if self.replaying:
            self.replaying = False
            for record in self.position.at.records.values():
                record.writes = None
        if not self.tasks:
            return False
        if self._pauses(self.before):
            raise GraphInterrupt(())
        shown = [task for task in self.tasks if task.name != START]
        for task in shown:
            given = self.graph.public(self.input_of(task))
            at, metadata = self.scope.clock.timestamp(), self.scope.metadata
            self.scope.emit(TaskStarted(self.position.path, at, task, given, metadata))
        for task in shown:
            if self.position.at.finished(task):
                TaskRun(self, task).show_result(replayed=True)
        return True

    def _schedule(self) -> None:
        """Find the tasks to come, and show the checkpoint they follow."""
        position, scope = self.position, self.scope
        at = position.at
        self.tasks = in_turn(tasks_of(at, self.graph))
        if position.saver is None:
            return
        own = {"source": at.source, "step": at.step, "parents": at.parents}
        scope.emit(
            CheckpointReached(
                position.path,
                scope.clock.timestamp(),
                at.step,
                position.config(at.id),
                position.parent_config,
                self.graph.public(self.values),
                at.metadata if position.at_loaded else own,
                tuple(self._coming(task) for task in self.tasks),
            )
        )

    def _coming(self, task: Task) -> dict[str, Any]:
        """A task to come as stream mode `checkpoints` shows it."""
        record = self.position.at.records.get(task.id)
        shown: dict[str, Any] = {"id": task.id, "name": task.name}
        if record is not None and record.error is not None and record.writes is None:
            shown["error"] = record.error.repr
        else:
            if record is not None and record.writes:
                shown["result"] = self.graph.public(dict(record.writes))
            asked = record.interrupts if record is not None else ()
            shown["interrupts"] = [{**item, "response_schema": None} for item in asked]
        node = self.graph.nodes.get(task.name)
        shown["state"] = None
        if node is not None and node.subgraph is not None:
            address = {"thread_id": self.scope.thread_id, "checkpoint_ns": task.address}
            shown["state"] = {"configurable": address}
        return shown

    def _pauses(self, where: Selection) -> bool:
        if not where or not self._moved:
            return False
        names = [task.name for task in self.tasks if task.name != START]
        return bool(names) if where == "*" else any(name in where for name in names)

    def input_of(self, task: Task) -> Any:
        """What a task's node gets: the state, or what it was sent."""
        send = send_of(self.position.at, task)
        return self.values if send is None else send.input

    async def _superstep(self) -> None:
        """Run the tasks that have not finished; the first failure ends the others."""
        todo = [task for task in self.tasks if not self.position.at.finished(task)]
        if len(todo) == 1:
            asked = await TaskRun(self, todo[0]).run()
        else:
            asked = await self._side_by_side(todo)
        if asked:
            raise GraphInterrupt(asked)

    async def _side_by_side(self, todo: list[Task]) -> Interrupts:
        running = [asyncio.create_task(TaskRun(self, task).run()) for task in todo]
        asked: list[dict[str, Any]] = []
        late: set[asyncio.Task[Interrupts]] = set()
        self.scope.crowded += 1
        try:
            pending = set(running)
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                if any(map(_failed, done)):
                    # real servers tell those as cancelled that wrote as the failure came
                    late = done
                for finished in sorted(done, key=running.index):
                    asked.extend(finished.result())
        finally:
            self.scope.crowded -= 1
            for work in running:
                work.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            for task, work in zip(todo, running, strict=True):
                record = self.position.record(task)
                if work.cancelled() or (work in late and record.writes is not None):
                    record.error = Failure.of(asyncio.CancelledError())
        return tuple(asked)

    def _finish(self) -> None:
        """Apply what the tasks wrote, in the order of their paths, and save the checkpoint."""
        position, graph = self.position, self.graph
        if not position.namespace:
            self.scope.answer = None  # nobody asked for it: it is not for a later superstep
        records = [position.record(task) for task in sorted(self.tasks, key=_by_path)]
        writes = _written(records)
        start = position.at.start
        if start is not None:
            writes = entry.applied(graph, start, writes, self.scope.ids.uuid4)
        self.values, touched = channels.apply(graph.channels, self.values, writes)
        if touched & graph.keys:
            self._show_values(self.values)
        goto = [name for record in records for name in record.goto]
        sends: tuple[Send, ...] = ()
        if isinstance(start, Command):
            sends = tuple(item for item in start.goto if isinstance(item, Send))
            goto += [item for item in start.goto if isinstance(item, str)]
        ran = tuple(task.name for task in self.tasks)
        position.save("loop", self.values, graph.order(goto), sends=sends, wrote=ran)
        self._moved = True
        if self._pauses(self.after):
            self._schedule()
            raise GraphInterrupt(())
        self.resuming = False

    async def nest(self, graph: Graph, task: Task, parent: Trace, start: Any) -> dict[str, Any]:
        """Run a subgraph as a task: from its own checkpoint when the task is run again."""
        outer, scope = self.position, self.scope
        within = scope.pointed.get("checkpoint_ns", task.address)
        trace = scope.inside(parent, graph.name, "seq:step:1", checkpoint_ns=within)
        parents = {**outer.parents, outer.namespace: outer.at.id}
        more = {"checkpoint_map": parents, "checkpoint_ns": within}
        origin = {**outer.origin, **parent.metadata, **more}
        del origin["ls_integration"]
        position = Position(
            scope,
            outer.saver,
            channels.initial(graph.channels),
            namespace=task.address,
            parents=parents,
            origin=origin,
            save_each=outer.save_each,
        )
        loop = Loop(graph, trace, position, limit=self.limit)
        known = outer.saver.latest(scope.thread_id, task.address) if outer.saver else None
        given = graph.public(start.values if isinstance(start, Handed) else start)
        scope.emit(ChainStarted(outer.path, trace, given))
        try:
            if known is not None:
                position.load(known)
            if known is not None and self.resuming:
                loop.resume()
            else:
                loop.begin(start)
            result = await loop.run()
        except (Exception, GraphInterrupt):
            position.flush()
            raise
        scope.emit(ChainEnded(outer.path, trace, graph.public(result), given))
        return result

    def pause(self, stop: GraphInterrupt) -> dict[str, Any]:
        """Show that the run stopped; returns the values with what finished tasks wrote."""
        found = [self.position.at.records.get(task.id) for task in self.tasks]
        writes = _written(record for record in found if record is not None)
        values = self.values
        if writes:
            values, _ = channels.apply(self.graph.channels, self.values, writes)
            self._show_values(values)
        if not stop.interrupts:
            self.scope.emit(Paused(self.position.path))
        return values

    def _show_values(self, values: dict[str, Any]) -> None:
        self.scope.emit(ValuesChanged(self.position.path, self.graph.public(values)))


def _failed(work: asyncio.Task[Interrupts]) -> bool:
    return work.cancelled() or work.exception() is not None


def _by_path(task: Task) -> tuple[str, ...]:
    return tuple(f"{part:010}" if isinstance(part, int) else part for part in task.path)


def _written(records: Iterable[Record]) -> Writes:
    return [write for record in records for write in record.writes or ()]
