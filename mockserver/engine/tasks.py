"""One task of a superstep: its node runs, its writes and questions are kept, and all is shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mockserver.engine import channels, entry
from mockserver.engine.checkpoints import send_of
from mockserver.engine.events import (
    ChainEnded,
    ChainStarted,
    ChainStreamed,
    MessageWritten,
    TaskFailed,
    TaskFinished,
    TaskInterrupted,
)
from mockserver.engine.failures import Failure
from mockserver.engine.graph import START
from mockserver.engine.turn import GraphInterrupt, TaskTurn

if TYPE_CHECKING:
    from mockserver.engine.checkpoints import Writes
    from mockserver.engine.events import Task
    from mockserver.engine.graph import Node
    from mockserver.engine.loop import Loop

Interrupts = tuple[dict[str, Any], ...]


class TaskRun:
    """A task at work in a loop."""

    def __init__(self, loop: Loop, task: Task) -> None:
        self.loop = loop
        self.task = task
        self.scope = loop.scope
        self.graph = loop.graph
        self.path = loop.position.path
        self.trace = loop.scope.node(task, loop.trace)
        self.record = loop.position.record(task)
        self.turn = TaskTurn(self.scope, self.path, task, self.trace, self.record.answers)

    async def run(self) -> Interrupts:
        """Run the task and keep what it leaves; returns its questions, raises its failure."""
        record = self.record
        try:
            writes, record.goto = await self._work()
        except GraphInterrupt as pause:
            record.answers = self.turn.used
            record.interrupts, record.error = pause.interrupts, None
            self._show_interrupts(pause.interrupts)
            return pause.interrupts
        except Exception as reason:
            record.answers = self.turn.used
            record.error = Failure.of(reason)
            self._show_failure(record.error)
            raise
        record.answers = self.turn.used
        record.writes = writes  # what it failed over before stays to be seen in the history
        self.show_result(replayed=False)
        return ()

    # --- what is shown --------------------------------------------------------------------------

    def _show_interrupts(self, asked: Interrupts) -> None:
        values = self.graph.public(self.loop.values)
        at = self.scope.clock.timestamp()
        self.scope.emit(TaskInterrupted(self.path, at, self.task, asked, values))

    def _show_failure(self, failure: Failure) -> None:
        if self.task.name != START:
            at = self.scope.clock.timestamp()
            event = TaskFailed(self.path, at, self.task, failure.error, failure.message)
            self.scope.emit(event)

    def show_result(self, *, replayed: bool) -> None:
        """Show what the task wrote; `replayed` when it finished in an earlier run."""
        if self.task.name != START:
            at, result = self.scope.clock.timestamp(), dict(self.record.writes or ())
            result = self.graph.public(result)
            self.scope.emit(TaskFinished(self.path, at, self.task, result, replayed))

    def _show_messages(self, result: dict[str, Any]) -> None:
        """Show the whole messages of a result that were not streamed."""
        scope, root = self.scope, not self.path
        shown = scope.seen_at_root if root else scope.seen
        for value in result.values():
            for message in value if isinstance(value, list) else ():
                if not isinstance(message, dict) or "response_metadata" not in message:
                    continue
                if message["id"] in shown:
                    continue
                inner = message["id"] in scope.seen
                scope.mark([message], root=root)
                scope.emit(MessageWritten(self.path, message, self.trace.metadata, inner))

    # --- the work -------------------------------------------------------------------------------

    async def _work(self) -> tuple[Writes, tuple[str, ...]]:
        """The task's writes, and the nodes that follow it."""
        loop, graph = self.loop, self.graph
        if self.task.name == START:
            start = loop.position.at.start
            return entry.enter(graph, start, loop.values, self.scope.ids.uuid4)
        node, given = graph.nodes[self.task.name], loop.input_of(self.task)
        shown = graph.public(given)
        self.scope.emit(ChainStarted(self.path, self.trace, shown))
        await asyncio.sleep(0)  # every node of the superstep has begun before one does anything
        for value in given.values() if isinstance(given, dict) else ():
            if isinstance(value, list):
                self.scope.mark(value, root=not self.path)
        result = await self._act(node, given)
        known = graph.keys | graph.hidden
        writes = [(name, value) for name, value in result.items() if name in known]
        goto = await self._leave(node, writes)
        output = graph.public(result)
        self.scope.emit(ChainStreamed(self.path, self.trace, output))
        self.scope.emit(ChainEnded(self.path, self.trace, output, shown))
        self._show_messages(output)
        return writes, goto

    async def _act(self, node: Node, given: Any) -> dict[str, Any]:
        if node.subgraph is not None:
            handed = send_of(self.loop.position.at, self.task) is None
            start = entry.Handed(given) if handed else given
            return await self.loop.nest(node.subgraph, self.task, self.trace, start)
        if node.action is None:
            raise RuntimeError(f"node {node.name!r} has neither an action nor a graph")
        return await node.action(self.turn, given)

    async def _leave(self, node: Node, writes: Writes) -> tuple[str, ...]:
        """Which nodes follow: a branch is asked with the state this node's own writes make."""
        if node.branch is None:
            return self.graph.after(node, {})[1]
        values, _ = channels.apply(self.graph.channels, self.loop.values, writes)
        answer, names = self.graph.after(node, values)
        asked = self.scope.inside(self.trace, node.branch.name, "seq:step:3")
        shown = self.graph.public(values)
        self.scope.emit(ChainStarted(self.path, asked, shown))
        await asyncio.sleep(0)  # a node that asks a person is done a moment before one that writes
        self.scope.emit(ChainEnded(self.path, asked, answer, shown))
        return names
