"""What all supersteps of a run share: its metadata as streams show it, and its traces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mockserver.engine.events import Event, Task, Trace
from mockserver.engine.revision import RUN_METADATA

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockserver.engine.clock import Clock, Pace
    from mockserver.engine.ids import Ids

MODEL_NAME = "ProbeModel"
# what a chat model adds to its metadata; a client reads ls_* to name the model
_MODEL = {
    "ls_provider": "probemodel",
    "ls_model_type": "chat",
    "lc_versions": {"langchain-core": "1.7.2"},
}
# keys of `configurable` that are no checkpoint's own: where the run started, a mark of the server
_UNSHOWN = ("checkpoint_id", "checkpoint_ns", "checkpoint_map", "__context_provided__")


@dataclass(slots=True)
class Scope:
    """What every superstep of one run shares.

    `traced` says that somebody watches by stream mode `events`, `pointed` is the checkpoint the run
    was told to start from, as traces name it. `seen` are the ids of messages that message streams
    have shown already, with subgraphs and without. `answers` are resume values by interrupt id,
    `answer` the one for whoever asks first. `crowded`: how many supersteps, nested ones too, have
    several tasks at work side by side.
    """

    run_id: str
    thread_id: str
    config: dict[str, Any]
    clock: Clock
    ids: Ids
    pace: Pace
    emit: Callable[[Event], None]
    attempt: int = 1
    traced: bool = False
    answers: dict[str, Any] | None = None
    answer: Any = None
    crowded: int = 0
    seen: set[str] = field(default_factory=set)
    seen_at_root: set[str] = field(default_factory=set)
    tags: tuple[str, ...] = field(init=False)
    metadata: dict[str, Any] = field(init=False)
    base: dict[str, Any] = field(init=False)
    configurable: dict[str, Any] = field(init=False)
    pointed: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.tags = tuple(self.config.get("tags") or ())
        given = self.config.get("metadata") or {}
        worker = {"run_attempt": self.attempt, **RUN_METADATA}
        own = {"run_id": self.run_id, "thread_id": self.thread_id}
        # a stateless run's metadata lacks the graph; what is traced names it all the same
        graph = {"graph_id": name} if (name := _graph(self.config)) is not None else {}
        self.base = {**graph, **given, **worker, **own}
        self.metadata = {key: value for key, value in self.base.items() if key != "thread_id"}
        if self.tags:
            self.metadata["tags"] = list(self.tags)
        configurable = self.config.get("configurable") or {}
        named = ("checkpoint_id", "checkpoint_ns") if self.traced else ("checkpoint_id",)
        self.pointed = {key: configurable[key] for key in named if key in configurable}
        self.configurable = {
            key: value
            for key, value in configurable.items()
            if not key.startswith("__pregel_") and key not in _UNSHOWN
        }

    def take_answer(self) -> Any:
        """The resume value for whoever asks first, once; None when there is none (any more)."""
        answer, self.answer = self.answer, None
        return answer

    def origin(self) -> dict[str, Any]:
        """The metadata that the run's checkpoints share: its metadata and its public settings."""
        configurable = self.config.get("configurable") or {}
        shown = {
            key: value
            for key, value in configurable.items()
            if not key.startswith("__") and key not in _HIDDEN
        }
        if not self.traced:
            shown.pop("checkpoint_ns", None)
        last = {key: shown.pop(key) for key in _LAST if key in shown}
        return {**shown, **self.base, **last}

    def root(self, name: str) -> Trace:
        """The trace of the graph itself: its run id is the run's."""
        metadata = {**self.base, **self.pointed, "ls_integration": "langgraph"}
        return Trace(self.run_id, name, self.tags, metadata, ())

    def node(self, task: Task, parent: Trace) -> Trace:
        """The trace of a node's turn."""
        inherited = parent.metadata.get("checkpoint_ns")
        metadata = {
            **self.base,
            **self.pointed,
            "ls_integration": "langgraph",
            "langgraph_step": task.step,
            "langgraph_node": task.name,
            "langgraph_triggers": list(task.triggers),
            "langgraph_path": list(task.path),
            "langgraph_checkpoint_ns": task.address,
        }
        if inherited is not None:
            metadata["checkpoint_ns"] = inherited
        return self._child(parent, task.name, f"graph:step:{task.step}", metadata)

    def inside(self, parent: Trace, name: str, tag: str, **more: Any) -> Trace:
        """The trace of something a node runs: a router, a subgraph."""
        return self._child(parent, name, tag, {**parent.metadata, **more})

    def model(self, node: Trace, address: str) -> Trace:
        """The trace of the chat model a node calls."""
        metadata = {**node.metadata, "ls_integration": "langchain_chat_model"}
        metadata.setdefault("checkpoint_ns", address)
        metadata.update(_MODEL)
        if self.tags:
            metadata["tags"] = list(self.tags)
        return self._child(node, MODEL_NAME, "seq:step:1", metadata)

    def _child(self, parent: Trace, name: str, tag: str, metadata: dict[str, Any]) -> Trace:
        parents = (*parent.parents, parent.run_id)
        return Trace(self.ids.uuid7(), name, (tag, *self.tags), metadata, parents)

    def mark(self, messages: Sequence[Any], *, root: bool) -> None:
        """Note messages that message streams need not show (again)."""
        for message in messages:
            if isinstance(message, dict) and isinstance(message.get("id"), str):
                self.seen.add(message["id"])
                if root:
                    self.seen_at_root.add(message["id"])


_LAST = ("langgraph_auth_user_id", "langgraph_request_id")
_HIDDEN = {"langgraph_auth_user", "langgraph_auth_permissions"}


def _graph(config: dict[str, Any]) -> Any:
    return (config.get("configurable") or {}).get("graph_id")
