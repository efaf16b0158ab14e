"""A graph: its channels, its nodes, and the routers that choose what runs next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mockserver.engine.channels import Channel

START = "__start__"
END = "__end__"
UNNAMED = "LangGraph"  # what a compiled graph is called whose author gave it no name

State = dict[str, Any]


class Turn(Protocol):
    """What a node may do while it runs; the execution gives one to each task."""

    async def say(
        self, text: str, pace: float, message_id: str | None, heard: Sequence[State]
    ) -> State:
        """Stream an AI message token by token, `pace` seconds before each; returns the message.

        `heard` are the messages the model is called with (shown by stream mode `events`).
        """

    def custom(self, value: Any) -> None:
        """Send one event of stream mode `custom`."""

    async def sleep(self, seconds: float) -> None:
        """Wait, at the script's pace."""

    def interrupt(self, value: Any) -> Any:
        """Ask a person: returns the resume value, or stops the node with its question."""

    def new_id(self) -> str:
        """A fresh message or call id."""

    @property
    def answered(self) -> bool:
        """Whether this run brings an answer the node has not used yet."""


Action = Callable[[Turn, Any], Awaitable[State]]
Router = Callable[[State], str | list[str]]
Prepare = Callable[[Any, State], State]


@dataclass(frozen=True, slots=True)
class Branch:
    """A conditional edge: the router's name, its function, and the nodes it may choose."""

    name: str
    choose: Router
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One node: an action, or a graph of its own; then a fixed edge or a branch."""

    name: str
    action: Action | None = None
    subgraph: Graph | None = None
    branch: Branch | None = None
    after: tuple[str, ...] = ()

    @property
    def exits(self) -> tuple[str, ...]:
        """Every node an edge leads to from here."""
        return self.branch.targets if self.branch else self.after


@dataclass(frozen=True, slots=True)
class Graph:
    """A compiled graph. `name` is what streams call it; `entry` chooses the first nodes.

    `prepare` gets a run's input and the state before it, and returns what the graph notes of them
    in hidden keys; `keys` are the public ones. `state_name` is what the state's type is called in
    schemas. A subgraph starts its `own` keys empty: lists that its parent appends to would be
    appended twice.
    """

    name: str
    channels: tuple[Channel, ...]
    nodes: dict[str, Node]
    entry: Node
    description: str | None = None
    state_name: str | None = None
    prepare: Prepare | None = None
    own: frozenset[str] = frozenset()
    keys: frozenset[str] = field(init=False)
    hidden: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        hidden = frozenset(channel.name for channel in self.channels if channel.hidden)
        names = frozenset(channel.name for channel in self.channels)
        object.__setattr__(self, "hidden", hidden)
        object.__setattr__(self, "keys", names - hidden)

    def public(self, values: Any) -> Any:
        """Values without the hidden keys; anything but an object as it is."""
        if not self.hidden or not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if name not in self.hidden}

    def after(self, node: Node, state: State) -> tuple[str | list[str], tuple[str, ...]]:
        """What runs after a node: the router's own answer, and the nodes that it means."""
        chosen = node.branch.choose(state) if node.branch else list(node.after)
        names = [chosen] if isinstance(chosen, str) else chosen
        return chosen, self.order(names)

    def order(self, names: Sequence[str]) -> tuple[str, ...]:
        """The known nodes among `names`, each once, in the graph's own order."""
        wanted = set(names)
        return tuple(name for name in self.nodes if name in wanted)

    def drawing(self, xray: bool | int = False) -> dict[str, Any]:
        """`{"nodes", "edges"}` as the API draws a graph; `xray` opens subgraphs, so deep."""
        from mockserver.engine.drawing import drawing

        return drawing(self, xray)

    def schemas(self) -> dict[str, Any]:
        """The five JSON Schemas: input, output, state, config, context."""
        from mockserver.engine.drawing import schemas

        return schemas(self)

    def subgraphs(self, namespace: str | None = None, recurse: bool = False) -> dict[str, Any]:
        """The schemas of each subgraph by node; `namespace` names one, `recurse` goes deeper."""
        from mockserver.engine.drawing import subgraphs

        return subgraphs(self, namespace, recurse=recurse)
