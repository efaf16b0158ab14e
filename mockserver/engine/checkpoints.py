"""Checkpoints: the state at each superstep boundary, and what the tasks that follow have left.

A checkpoint's `values` never change once it is saved; `records` and `carried` grow while the
superstep after it runs, and are what a later run resumes from.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mockserver.engine.events import Task
from mockserver.engine.graph import START, Graph

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockserver.engine.failures import Failure

NS_SEPARATOR = "|"
_PULL = "__pregel_pull"
PUSH = "__pregel_push"


Writes = list[tuple[str, Any]]
"""State keys and what is written to them, in order."""


@dataclass(frozen=True, slots=True)
class Send:
    """A task for `node` with an input of its own."""

    node: str
    input: Any


@dataclass(slots=True)
class Record:
    """What one task of a superstep has left: its writes once it finished, its questions, its error.

    `writes` is None while unfinished; `goto` are the nodes its edges chose; `answers` the resume
    values it has used, in the order of its interrupts.
    """

    writes: Writes | None = None
    goto: tuple[str, ...] = ()
    interrupts: tuple[dict[str, Any], ...] = ()
    error: Failure | None = None
    answers: list[Any] = field(default_factory=list)

    @property
    def asked(self) -> tuple[dict[str, Any], ...]:
        """The interrupts that still wait for an answer."""
        return () if self.writes is not None else self.interrupts


@dataclass(slots=True)
class Carried:
    """What commands added to a checkpoint after it was saved."""

    writes: list[Writes] = field(default_factory=list)
    goto: tuple[str, ...] = ()
    sends: tuple[Send, ...] = ()


@dataclass(slots=True)
class Checkpoint:
    """One saved state. `namespace` is `""` or a subgraph's, e.g. `nest:<task id>`.

    `pending` are the nodes triggered for the next superstep, in graph order, `sends` its further
    tasks; `start` holds the input while `pending` is `("__start__",)`. `parents` maps the enclosing
    namespaces to their checkpoint ids.
    """

    id: str
    namespace: str
    parent_id: str | None
    step: int
    source: str
    created_at: str
    values: dict[str, Any]
    pending: tuple[str, ...] = ()
    sends: tuple[Send, ...] = ()
    start: Any = None
    origin: dict[str, Any] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    wrote: tuple[str, ...] = ()  # the nodes that ran in the superstep before it
    records: dict[str, Record] = field(default_factory=dict)
    carried: Carried = field(default_factory=Carried)

    @property
    def run_id(self) -> str | None:
        """The run that wrote it; None for an update by hand."""
        run_id = self.origin.get("run_id")
        return run_id if isinstance(run_id, str) else None

    def finished(self, task: Task) -> bool:
        """Whether a task of the superstep after it has returned."""
        record = self.records.get(task.id)
        return record is not None and record.writes is not None

    def copy(self) -> Checkpoint:
        """A checkpoint whose records can change without changing this one's."""
        carried = replace(self.carried, writes=list(self.carried.writes))
        records = {name: replace(record) for name, record in self.records.items()}
        return replace(self, records=records, carried=carried)

    def rehome(self, thread_id: str) -> None:
        """Make it a checkpoint of that thread (a copy of its own)."""
        if "thread_id" in self.origin:
            self.origin = {**self.origin, "thread_id": thread_id}

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata as states and histories show it."""
        own = {"source": self.source, "step": self.step, "parents": self.parents}
        return {**self.origin, **own}


def digest(*parts: str) -> str:
    """Thirty-two hexadecimal digits that depend on the parts alone."""
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=16).hexdigest()


def task_id(*parts: str) -> str:
    """A task id: looks like a UUID, and is the same for the same checkpoint and node."""
    text = digest("task", *parts)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def interrupt_id(address: str, index: int = 0) -> str:
    """The id of question number `index` of the task at this checkpoint namespace."""
    return digest("interrupt", address, str(index))


def join(namespace: str, segment: str) -> str:
    """A namespace one segment deeper."""
    return f"{namespace}{NS_SEPARATOR}{segment}" if namespace else segment


def tasks_of(checkpoint: Checkpoint, graph: Graph, *, commanded: bool = True) -> list[Task]:
    """The tasks that run after a checkpoint: sends first, then the triggered nodes.

    Without `commanded` those are left out that a command added later, as states and histories do.
    """
    step = checkpoint.step + 1
    sends, pending = checkpoint.sends, checkpoint.pending
    if commanded:
        sends = (*sends, *checkpoint.carried.sends)
    if pending != (START,):
        # the thread's last run may have been another graph's
        pending = graph.order((*pending, *checkpoint.carried.goto) if commanded else pending)
    tasks = [
        _task(checkpoint, send.node, step, (PUSH,), (PUSH, index, False), str(index))
        for index, send in enumerate(sends)
        if send.node in graph.nodes
    ]
    for name in pending:
        trigger = START if name == START else f"branch:to:{name}"
        tasks.append(_task(checkpoint, name, step, (trigger,), (_PULL, name), trigger))
    return tasks


def in_turn(tasks: Iterable[Task]) -> list[Task]:
    """Tasks in a loop's order: sends, then nodes by name. States list them as they are drawn."""
    return sorted(tasks, key=lambda task: (task.path[0] != PUSH, task.path[1:2]))


def _task(
    checkpoint: Checkpoint,
    name: str,
    step: int,
    triggers: tuple[str, ...],
    path: tuple[Any, ...],
    mark: str,
) -> Task:
    identity = task_id(checkpoint.id, checkpoint.namespace, str(step), name, path[0], mark)
    address = join(checkpoint.namespace, f"{name}:{identity}")
    return Task(identity, name, step, triggers, path, address)


def send_of(checkpoint: Checkpoint, task: Task) -> Send | None:
    """The send a task stems from; None for a triggered node."""
    if task.path[0] != PUSH:
        return None
    sends = (*checkpoint.sends, *checkpoint.carried.sends)
    send: Send = sends[task.path[1]]
    return send
