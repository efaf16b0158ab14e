"""Where a loop stands among its thread's checkpoints: what it loaded, what it saved last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from mockserver.engine.checkpoints import (
    NS_SEPARATOR,
    Carried,
    Checkpoint,
    Record,
    in_turn,
    tasks_of,
)

if TYPE_CHECKING:
    from mockserver.engine.checkpoints import Send
    from mockserver.engine.events import Namespace, Task
    from mockserver.engine.graph import Graph
    from mockserver.engine.tracing import Scope

BEFORE_INPUT = -2  # the step of the blank state an input checkpoint (step -1) builds on


class Saver(Protocol):
    """Where checkpoints go (see store/checkpoints.py)."""

    def add(self, thread_id: str, checkpoint: Checkpoint) -> None:
        """Save a checkpoint."""

    def latest(self, thread_id: str, namespace: str = "") -> Checkpoint | None:
        """The newest checkpoint of a namespace."""

    def get(self, thread_id: str, checkpoint_id: str, namespace: str = "") -> Checkpoint | None:
        """The checkpoint of that id."""


class Position:
    """The checkpoint a loop works on, and the making of the next one.

    `namespace` is `""` or the address of the task that runs the loop, `parents` the checkpoints of
    the enclosing graphs. Without `save_each` (durability `exit`) only the last checkpoint is saved,
    by `flush`. `ghost` is a checkpoint id the run was told to start from where there is none.
    """

    def __init__(
        self,
        scope: Scope,
        saver: Saver | None,
        values: dict[str, Any],
        *,
        namespace: str = "",
        parents: dict[str, str] | None = None,
        origin: dict[str, Any] | None = None,
        save_each: bool = True,
    ) -> None:
        self.scope = scope
        self.saver = saver
        self.namespace = namespace
        self.parents = parents or {}
        self.origin = scope.origin() if origin is None else origin
        self.save_each = save_each
        self.loaded: Checkpoint | None = None
        self.ghost: str | None = None
        self.parent_config: dict[str, Any] | None = None
        self.at = self._blank(BEFORE_INPUT, values)

    @property
    def path(self) -> Namespace:
        """The namespace as events carry it."""
        return tuple(self.namespace.split(NS_SEPARATOR)) if self.namespace else ()

    @property
    def step(self) -> int:
        """The superstep to come."""
        return self.at.step + 1

    @property
    def begun(self) -> bool:
        """Whether there is a checkpoint at all."""
        return bool(self.at.source)

    @property
    def at_loaded(self) -> bool:
        """Whether the checkpoint at hand is the one the loop was loaded with."""
        return self.loaded is not None and self.at.id == self.loaded.id

    def load(self, checkpoint: Checkpoint) -> None:
        """Stand at a saved checkpoint; without `save_each` at a copy, which `flush` takes over."""
        self.loaded = checkpoint
        self.at = checkpoint if self.save_each else checkpoint.copy()
        if checkpoint.parent_id is not None:
            self.parent_config = {
                "thread_id": self.scope.thread_id,
                "checkpoint_ns": self.namespace,
                **self._address(checkpoint.parent_id),
            }

    def config(self, checkpoint_id: str) -> dict[str, Any]:
        """A checkpoint's `configurable` as stream mode `checkpoints` shows it."""
        named = {"checkpoint_ns": self.namespace, **self.scope.configurable}
        return {**named, **self._address(checkpoint_id)}

    def _address(self, checkpoint_id: str) -> dict[str, Any]:
        address: dict[str, Any] = {}
        if self.parents:
            address["checkpoint_map"] = {**self.parents, self.namespace: checkpoint_id}
        return {**address, "checkpoint_id": checkpoint_id}

    def record(self, task: Task) -> Record:
        """What a task of the superstep at hand has left; made on first use."""
        return self.at.records.setdefault(task.id, Record())

    def open_tasks(self, graph: Graph) -> list[Task]:
        """The tasks that have not finished, in the loop's order."""
        if not self.begun:
            return []
        tasks = in_turn(tasks_of(self.at, graph))
        return [task for task in tasks if not self.at.finished(task)]

    def _blank(self, step: int, values: dict[str, Any]) -> Checkpoint:
        return Checkpoint(
            id=self.scope.ids.checkpoint_id(step),
            namespace=self.namespace,
            parent_id=None,
            step=step,
            source="",
            created_at=self.scope.clock.timestamp(),
            values=values,
            origin=self.origin,
            parents=self.parents,
        )

    def save(
        self,
        source: str,
        values: dict[str, Any],
        pending: tuple[str, ...],
        *,
        sends: tuple[Send, ...] = (),
        start: Any = None,
        wrote: tuple[str, ...] = (),
    ) -> None:
        """Make the checkpoint of these values the one at hand, and save it unless that waits."""
        before, made = self.at, self._blank(self.step, values)
        made.source, made.pending, made.sends = source, pending, sends
        made.start, made.wrote = start, wrote
        if self.saver is not None and self.save_each:
            if before.source:
                made.parent_id = before.id
                self.parent_config = self.config(before.id)
            self.saver.add(self.scope.thread_id, made)
        elif self.loaded is not None:
            made.parent_id = self.loaded.id
        if made.parent_id is None and self.ghost is not None:
            made.parent_id = self.ghost
            self.parent_config = self.config(self.ghost)
        self.at = made

    def fork(self, extra: Carried, graph: Graph, values: dict[str, Any]) -> None:
        """Make a copy of the checkpoint at hand, with what a command adds, the one at hand."""
        before = self.at
        wanted = (*before.pending, *before.carried.goto, *extra.goto)
        sends = (*before.sends, *before.carried.sends, *extra.sends)
        pending = before.pending if before.start is not None else graph.order(wanted)
        start, wrote = before.start, before.wrote
        self.save("fork", values, pending, sends=sends, start=start, wrote=wrote)

    def flush(self) -> None:
        """Save what was held back until the end."""
        if self.saver is None or self.save_each or not self.begun:
            return
        if self.loaded is not None and self.at_loaded:
            self.loaded.records, self.loaded.carried = self.at.records, self.at.carried
        else:
            self.saver.add(self.scope.thread_id, self.at)
            self.loaded = self.at
