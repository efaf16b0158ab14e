"""A checkpoint as the API shows it: the ThreadState object, with its tasks and subgraph states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine import channels
from mockserver.engine.checkpoints import tasks_of
from mockserver.engine.graph import START

if TYPE_CHECKING:
    from mockserver.engine.checkpoints import Checkpoint, Record
    from mockserver.engine.events import Task
    from mockserver.engine.graph import Graph
    from mockserver.store.checkpoints import Checkpoints

Json = dict[str, Any]


def blank(address: Json | None = None) -> Json:
    """The state of a thread, or of a checkpoint asked for by `address`, that there is none of."""
    asked = (address or {}).get("checkpoint_id")
    return {
        "values": {},
        "next": [],
        "tasks": [],
        "metadata": None,
        "created_at": None,
        "checkpoint": address if asked else None,
        "parent_checkpoint": None,
        "interrupts": [],
        "checkpoint_id": asked,
        "parent_checkpoint_id": None,
    }


def standing(checkpoint: Checkpoint, graph: Graph) -> Json:
    """The values of a checkpoint with what commands added to it since."""
    values = channels.aligned(graph.channels, checkpoint.values)
    for writes in checkpoint.carried.writes:
        values, _ = channels.apply(graph.channels, values, writes)
    return values


def address_of(checkpoint: Checkpoint, thread_id: str, checkpoint_id: str) -> Json:
    """The Checkpoint object of the API; a subgraph's names its parents too."""
    address: Json = {
        "checkpoint_id": checkpoint_id,
        "thread_id": thread_id,
        "checkpoint_ns": checkpoint.namespace,
    }
    if checkpoint.parents:
        address["checkpoint_map"] = {**checkpoint.parents, checkpoint.namespace: checkpoint_id}
    return address


class Camera:
    """Takes ThreadStates of one thread's checkpoints.

    `live` shows the present: what finished tasks of an unfinished superstep wrote is in the values,
    `next` and `interrupts` hold only what is still open. Otherwise a snapshot is a record of the
    superstep: every task of it, and every question it asked.
    """

    def __init__(self, store: Checkpoints[Checkpoint], thread_id: str) -> None:
        self.store = store
        self.thread_id = thread_id

    def take(
        self, checkpoint: Checkpoint, graph: Graph, *, live: bool = False, subgraphs: bool = False
    ) -> Json:
        """The ThreadState of a checkpoint."""
        tasks = tasks_of(checkpoint, graph, commanded=False)
        shown = [self._task(checkpoint, graph, task, live, subgraphs) for task in tasks]
        values = standing(checkpoint, graph)
        if live:
            values = with_finished(checkpoint, graph, tasks, values)
        parent_id = checkpoint.parent_id
        return {
            "values": graph.public(values),
            "next": [task.name for task in tasks if not (live and checkpoint.finished(task))],
            "tasks": shown,
            "metadata": checkpoint.metadata,
            "created_at": checkpoint.created_at,
            "checkpoint": address_of(checkpoint, self.thread_id, checkpoint.id),
            "parent_checkpoint": parent_id and address_of(checkpoint, self.thread_id, parent_id),
            "interrupts": [item for task in shown for item in task["interrupts"]],
            "checkpoint_id": checkpoint.id,
            "parent_checkpoint_id": parent_id,
        }

    def _task(
        self, checkpoint: Checkpoint, graph: Graph, task: Task, live: bool, subgraphs: bool
    ) -> Json:
        record = checkpoint.records.get(task.id)
        node = graph.nodes.get(task.name)
        inner = node.subgraph if node is not None else None
        address = {"thread_id": self.thread_id, "checkpoint_ns": task.address}
        asked = () if record is None else record.asked if live else record.interrupts
        return {
            "id": task.id,
            "name": task.name,
            "path": list(task.path),
            "error": record.error.repr if record is not None and record.error else None,
            "interrupts": [dict(item) for item in asked],
            "checkpoint": address if inner is not None and not subgraphs else None,
            "state": self._inner(inner, task) if inner is not None and subgraphs else None,
            "result": _result(record, graph),
        }

    def _inner(self, graph: Graph, task: Task) -> Json:
        latest = self.store.latest(self.thread_id, task.address)
        if latest is None:
            return blank()
        return self.take(latest, graph, live=True, subgraphs=True)


def with_finished(checkpoint: Checkpoint, graph: Graph, tasks: list[Task], values: Json) -> Json:
    """Values with what the finished tasks of an unfinished superstep wrote.

    Writes that do not go together are left out: the superstep fails on them, and shows that.
    """
    records = [checkpoint.records.get(task.id) for task in tasks if task.name != START]
    writes = [write for record in records if record for write in record.writes or ()]
    try:
        return channels.apply(graph.channels, values, writes)[0]
    except Exception:  # noqa: BLE001 - reducers raise what they like
        return values


def _result(record: Record | None, graph: Graph) -> Json | None:
    if record is None or record.writes is None:
        return None
    return {name: value for name, value in record.writes if name in graph.keys}
