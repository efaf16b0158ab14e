"""How a run enters its graph: an input, a command, or the state a parent graph hands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mockserver.engine import channels
from mockserver.engine.checkpoints import Send
from mockserver.engine.failures import InvalidUpdateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.engine.checkpoints import Writes
    from mockserver.engine.graph import Graph


@dataclass(frozen=True, slots=True)
class Command:
    """What a caller tells a graph instead of giving it input."""

    update: tuple[tuple[str, Any], ...] = ()
    goto: tuple[str | Send, ...] = ()
    resume: Any = None
    resumes: bool = False

    @property
    def says_nothing(self) -> bool:
        """Whether it neither writes, nor sends the run anywhere, nor answers."""
        return not (self.update or self.goto or self.resumes)


def targets(goto: Any) -> tuple[str | Send, ...]:
    """Where a command's `goto` leads: one target or a list of them, node names or sends."""
    given = goto if isinstance(goto, list) else [] if goto is None else [goto]
    return tuple(
        item if isinstance(item, str) else Send(item["node"], item.get("input")) for item in given
    )


@dataclass(frozen=True, slots=True)
class Handed:
    """The state a parent graph hands its subgraph: messages have their form and ids already."""

    values: dict[str, Any]


def enter(
    graph: Graph, start: Any, values: dict[str, Any], new_id: Callable[[], str]
) -> tuple[Writes, tuple[str, ...]]:
    """The writes that a run's input makes, and the first nodes.

    The writes stay as they were given, so that a state shows what was asked; `applied` gives them
    their form. Raises InvalidUpdateError for an input that is no object, TypeError for a command
    that starts nothing, and what the graph's router and reducers raise.
    """
    if isinstance(start, Command):
        if not start.goto:
            raise TypeError("a command without goto has nothing to start on an empty thread")
        writes = list(start.update)
    elif isinstance(start, dict):
        writes = [(name, value) for name, value in start.items() if name in graph.keys]
    elif isinstance(start, Handed):
        taken = (graph.keys | graph.hidden) - graph.own
        writes = [(name, value) for name, value in start.values.items() if name in taken]
    else:
        raise InvalidUpdateError(f"expected an object of state keys as input, got {start!r}")
    if graph.prepare is not None and not isinstance(start, Handed):
        asked = None if isinstance(start, Command) else start
        writes += list(graph.prepare(asked, values).items())
    if graph.entry.branch is not None:
        values, _ = channels.apply(graph.channels, values, applied(graph, start, writes, new_id))
    return writes, graph.after(graph.entry, values)[1]


def applied(graph: Graph, start: Any, writes: Writes, new_id: Callable[[], str]) -> Writes:
    """The entry's writes as they are applied: messages in wire form, with ids."""
    if not isinstance(start, dict):
        return writes
    return channels.normalise(graph.channels, dict(writes), new_id)
