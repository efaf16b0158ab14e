"""Whose resources are whose: an identity, and the engine as somebody sees it.

Ownership is a mark in metadata, as the handlers do it that the reference's documentation
recommends: what somebody makes or changes is marked with them, and nothing else is seen.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.engine.server import Engine

OWNER = "owner"  # the key of metadata that names whose a resource is


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who is known. `details` are what agents are told beside the name."""

    name: str
    permissions: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def display_name(self) -> str:
        """What people call them."""
        return str(self.details.get("display_name", self.name))

    def user(self) -> dict[str, Any]:
        """What agents are told: `langgraph_auth_user`."""
        own = {"identity": self.name, "is_authenticated": True, "display_name": self.name}
        return {**own, **self.details}

    def owns(self, metadata: Mapping[str, Any]) -> bool:
        """Whether what has this metadata is theirs."""
        return metadata.get(OWNER) == self.name


class Part:
    """A part of an engine that works with the others through `_engine`."""

    _engine: Engine

    def within(self, engine: Engine) -> Self:
        """The same part, with all it holds, for another view of its engine."""
        twin = copy.copy(self)
        twin._engine = engine
        return twin
