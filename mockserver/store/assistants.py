"""The assistants and their versions, by id. There are few: searches walk them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mockserver.store.matching import contains

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDED = frozenset(("name", "graph_id"))


@dataclass(frozen=True, slots=True)
class Version:
    """What one version of an assistant says. Never changed: a change makes a new version."""

    version: int
    graph_id: str
    config: Mapping[str, Any]
    context: Mapping[str, Any]
    metadata: Mapping[str, Any]
    name: str
    description: str | None
    created_at: str

    def to_json(self, assistant_id: str) -> dict[str, Any]:
        """The version as the API lists it."""
        return {
            "assistant_id": assistant_id,
            "version": self.version,
            "graph_id": self.graph_id,
            "config": self.config,
            "context": self.context,
            "metadata": self.metadata,
            "created_at": self.created_at,
            "name": self.name,
            "description": self.description,
        }


@dataclass(slots=True)
class Assistant:
    """One assistant: its versions by number, and which of them is active."""

    assistant_id: str
    active: Version
    created_at: str
    updated_at: str
    versions: dict[int, Version] = field(default_factory=dict)

    @property
    def graph_id(self) -> str:
        """The graph the active version runs."""
        return self.active.graph_id

    def to_json(self) -> dict[str, Any]:
        """The assistant as the API shows it. A new dict; what it holds is not to be changed."""
        active = self.active.to_json(self.assistant_id)
        return {**active, "created_at": self.created_at, "updated_at": self.updated_at}


@dataclass(frozen=True, slots=True)
class AssistantFilter:
    """Which assistants: None means any; `metadata` by containment, `name` by part in any case."""

    metadata: Mapping[str, Any] | None = None
    graph_id: str | None = None
    name: str | None = None

    def passes(self, assistant: Assistant) -> bool:
        """Whether an assistant is among those meant."""
        active = assistant.active
        return (
            (self.graph_id is None or active.graph_id == self.graph_id)
            and (not self.name or self.name.casefold() in active.name.casefold())
            and (not self.metadata or contains(active.metadata, self.metadata))
        )


class AssistantTable:
    """Every assistant of the server, in the order they were made."""

    def __init__(self) -> None:
        self._rows: dict[str, Assistant] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, assistant_id: str) -> Assistant | None:
        """The assistant with this id, if there is one."""
        return self._rows.get(assistant_id)

    def add(self, assistant: Assistant) -> None:
        """Store a new assistant."""
        self._rows[assistant.assistant_id] = assistant

    def remove(self, assistant: Assistant) -> None:
        """Forget an assistant."""
        del self._rows[assistant.assistant_id]

    def search(
        self, wanted: AssistantFilter, sort_by: str = "created_at", *, descending: bool = True
    ) -> list[Assistant]:
        """All assistants that pass, sorted; among equals the order they were made decides."""

        def key(assistant: Assistant) -> str:
            value: str = assistant.to_json()[sort_by]
            return value.casefold() if sort_by in _FOLDED else value

        found = sorted(filter(wanted.passes, self._rows.values()), key=key)
        return found[::-1] if descending else found

    def count(self, wanted: AssistantFilter) -> int:
        """How many assistants pass."""
        return sum(map(wanted.passes, self._rows.values()))
