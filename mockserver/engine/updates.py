"""State updates by hand: what a caller writes as if a node had written it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mockserver.engine import channels
from mockserver.engine.checkpoints import Checkpoint, Record, Send, tasks_of
from mockserver.engine.errors import RefusedError
from mockserver.engine.graph import END, START
from mockserver.engine.snapshots import standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockserver.engine.clock import Clock
    from mockserver.engine.graph import Graph, Node
    from mockserver.engine.ids import Ids

INPUT = "__input__"
COPY = "__copy__"


@dataclass(frozen=True, slots=True)
class Update:
    """Values to write as node `as_node`; None for the node that ran last.

    `goto` are further tasks for the next superstep, beside those the node's edges choose.
    """

    values: Any
    as_node: str | None = None
    goto: tuple[str | Send, ...] = ()


@dataclass(frozen=True, slots=True)
class Base:
    """What an update builds on: the checkpoint, or an empty state with this parent id.

    `live`: the checkpoint is the present one, so what finished tasks wrote after it counts too.
    """

    graph: Graph
    namespace: str
    checkpoint: Checkpoint | None
    parent_id: str | None
    live: bool
    origin: dict[str, Any]
    clock: Clock
    ids: Ids


def apply(base: Base, updates: Sequence[Update]) -> Checkpoint:
    """The checkpoint that one superstep of updates makes. Raises RefusedError for what is unfit."""
    if not updates:
        raise RefusedError("a superstep needs at least one update")
    first = updates[0]
    if len(updates) > 1:
        if any(update.as_node is None for update in updates):
            raise RefusedError("every update of a superstep with several needs as_node")
        if {update.as_node for update in updates} & {INPUT, COPY}:
            raise RefusedError(f"{INPUT} and {COPY} must be the only update of their superstep")
    if first.as_node == COPY and first.values is None:
        return _copy(base)
    if first.as_node == INPUT:
        return _input(base, first.values)
    if first.as_node == END and first.values is None and not first.goto:
        return _clear(base)
    return _write(base, updates)


def _made(base: Base, source: str, values: dict[str, Any], step: int) -> Checkpoint:
    before = base.checkpoint
    return Checkpoint(
        id=base.ids.checkpoint_id(step),
        namespace=base.namespace,
        parent_id=base.parent_id,
        step=step,
        source=source,
        created_at=base.clock.timestamp(),
        values=values,
        origin=base.origin,
        parents=before.parents if before else {},
        wrote=before.wrote if before else (),
    )


def _step(base: Base) -> int:
    return base.checkpoint.step if base.checkpoint else -1


def _values(base: Base) -> dict[str, Any]:
    """The present values. What finished tasks of an open superstep wrote waits for its end."""
    before, graph = base.checkpoint, base.graph
    if before is None:
        return channels.initial(graph.channels)
    return standing(before, graph)


def _copy(base: Base) -> Checkpoint:
    before = base.checkpoint
    if before is None:
        raise RefusedError("there is no checkpoint to copy")
    made = _made(base, "fork", before.values, before.step + 1)
    made.parent_id, made.origin = before.parent_id, {}
    made.pending, made.sends, made.start = before.pending, before.sends, before.start
    return made


def _input(base: Base, values: Any) -> Checkpoint:
    if values is None:
        raise RefusedError(f"{INPUT} needs values")
    before = base.checkpoint
    made = _made(base, "input", _values(base), before.step + 1 if before else -1)
    made.pending, made.start = (START,), values
    return made


def _clear(base: Base) -> Checkpoint:
    step = _step(base)
    made = _made(base, "update", _values(base), step + 1)
    # such a checkpoint's id keeps the step of the one before
    made.id = base.ids.checkpoint_id(step)
    return made


def _write(base: Base, updates: Sequence[Update]) -> Checkpoint:
    graph, values = base.graph, _values(base)
    written: list[tuple[str, Any]] = []
    chosen: list[str] = []
    for update in updates:
        node = _node(base, update.as_node)
        writes = _writes(base, update)
        try:
            local, _ = channels.apply(graph.channels, values, writes)
            chosen += graph.after(node, local)[1]
            chosen += [item for item in update.goto if isinstance(item, str)]
        except Exception as reason:
            raise RefusedError(f"the state cannot take these values: {reason}") from reason
        written += writes
        _record(base, node.name, writes, graph.after(node, local)[1])
    try:
        values, _ = channels.apply(graph.channels, values, written)
    except Exception as reason:
        raise RefusedError(f"the state cannot take these values: {reason}") from reason
    made = _made(base, "update", values, _step(base) + 1)
    made.pending = graph.order(chosen)
    made.sends = tuple(s for update in updates for s in update.goto if isinstance(s, Send))
    return made


def _node(base: Base, as_node: str | None) -> Node:
    graph = base.graph
    if as_node is None:
        before = base.checkpoint
        ran = before.wrote if before and before.wrote else (START,)
        if len(ran) > 1:
            raise RefusedError(
                f"{', '.join(ran)} wrote the state together: say as_node which one this update is"
            )
        as_node = ran[0]
    node = graph.entry if as_node == START else graph.nodes.get(as_node)
    if node is None:
        known = ", ".join((START, *graph.nodes))
        raise RefusedError(f"as_node {as_node!r} is no node of this graph; there are: {known}")
    return node


def _writes(base: Base, update: Update) -> list[tuple[str, Any]]:
    if update.values is None:
        return []
    if not isinstance(update.values, dict):
        raise RefusedError("values must be an object of state keys")
    given = {name: value for name, value in update.values.items() if name in base.graph.keys}
    try:
        return channels.normalise(base.graph.channels, given, base.ids.uuid4)
    except Exception as reason:
        raise RefusedError(f"the state cannot take these values: {reason}") from reason


def _record(base: Base, name: str, writes: list[tuple[str, Any]], goto: tuple[str, ...]) -> None:
    """Note the update as the result of the task it stands for, so that the history shows it."""
    before = base.checkpoint
    if before is None:
        return
    for task in tasks_of(before, base.graph):
        if task.name == name:
            record = before.records.setdefault(task.id, Record())
            if record.writes is None:
                record.writes, record.goto = writes, goto
            return
