"""Which protocol events a subscriber wants: channels, namespaces, depth, from which number on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockserver.engine.transcripts import Entry

CHANNELS = (
    "values",
    "updates",
    "messages",
    "tools",
    "custom",
    "lifecycle",
    "input",
    "tasks",
    "checkpoints",
)
_NAMED = "custom:"


class ChannelError(ValueError):
    """Channels that cannot be subscribed to. The text is for the caller."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a subscriber asked for. No namespaces: all of them, whatever `depth` says."""

    channels: frozenset[str]
    namespaces: tuple[tuple[str, ...], ...] = ()
    depth: int | None = None
    since: int = 0

    @classmethod
    def of(cls, asked: Any) -> Subscription:
        """From a request. Optional members of a wrong form count as absent. Raises ChannelError."""
        channels = asked.get("channels") if isinstance(asked, dict) else None
        if not isinstance(channels, list) or not channels:
            raise ChannelError("channels is required: an array that names at least one channel")
        wrong = [name for name in channels if not _known(name)]
        if wrong:
            named = ", ".join(map(repr, wrong[:5]))
            raise ChannelError(
                f"unknown channels: {named}. There are {', '.join(CHANNELS)} and custom:<name>"
            )
        return cls(
            frozenset(channels),
            _namespaces(asked.get("namespaces")),
            _count(asked.get("depth")),
            _count(asked.get("since")) or 0,
        )

    def wants(self, entry: Entry) -> bool:
        """Whether an event is for this subscriber."""
        if entry.seq <= self.since:
            return False
        channel = entry.channel
        if channel not in self.channels and not (
            channel == "custom" and entry.name is not None and _NAMED + entry.name in self.channels
        ):
            return False
        return not self.namespaces or any(
            _within(entry.namespace, prefix, self.depth) for prefix in self.namespaces
        )


def since_of(asked: Mapping[str, Any]) -> int | None:
    """The `since` of a reconnect; None where it is no number to go on from."""
    return _count(asked.get("since"))


def _known(name: Any) -> bool:
    if not isinstance(name, str):
        return False
    return name in CHANNELS or (name.startswith(_NAMED) and name != _NAMED)


def _namespaces(given: Any) -> tuple[tuple[str, ...], ...]:
    if not isinstance(given, list):
        return ()
    return tuple(
        tuple(one)
        for one in given
        if isinstance(one, list) and all(isinstance(segment, str) for segment in one)
    )


def _count(given: Any) -> int | None:
    whole = isinstance(given, int) and not isinstance(given, bool)
    return given if whole and given >= 0 else None


def _within(namespace: Sequence[str], prefix: Sequence[str], depth: int | None) -> bool:
    """Whether a namespace begins as told, and goes on for `depth` more segments at most.

    A segment that names no call, only a node, stands for every call of that node.
    """
    below = len(namespace) - len(prefix)
    if below < 0 or (depth is not None and below > depth):
        return False
    return all(
        have == want or (":" not in want and have.partition(":")[0] == want)
        for have, want in zip(namespace, prefix, strict=False)
    )
