"""The states of a run and a thread as data: `lifecycle.yaml`, typed."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from spec.data import HERE, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Transition:
    """One lawful move of a run: from one status to another, and what may cause it."""

    origin: str
    target: str
    cause: str


@dataclass(frozen=True)
class Lifecycle:
    """The run's and the thread's states, the lawful moves, the multitask strategies."""

    run_initial: str
    run_states: tuple[str, ...]
    run_terminal: frozenset[str]
    transitions: tuple[Transition, ...]
    thread_initial: str
    thread_states: tuple[str, ...]
    thread_busy: str
    after_run: Mapping[str, Mapping[str, str]]
    strategies: tuple[str, ...]
    default_strategy: str

    def allows(self, origin: str, target: str, cause: str | None = None) -> bool:
        """Whether a run may move so; with a cause, whether that cause may move it so."""
        return any(
            move.origin == origin and move.target == target and cause in (None, move.cause)
            for move in self.transitions
        )

    def reachable(self, origin: str) -> frozenset[str]:
        """Every state a run seen in `origin` may be seen in later, itself included."""
        found = {origin}
        while True:
            more = {move.target for move in self.transitions if move.origin in found} - found
            if not more:
                return frozenset(found)
            found |= more

    def thread_after(self, run_status: str, *, paused: bool) -> str:
        """The status of a thread whose last active run ended so (`deleted` for a rollback)."""
        outcomes = self.after_run[run_status]
        return outcomes.get("any") or outcomes["paused" if paused else "done"]


@functools.cache
def lifecycle() -> Lifecycle:
    """The table, read once."""
    table: dict[str, Any] = read_yaml(HERE / "lifecycle.yaml")
    run, thread, multitask = table["run"], table["thread"], table["multitask"]
    return Lifecycle(
        run_initial=run["initial"],
        run_states=tuple(run["states"]),
        run_terminal=frozenset(run["terminal"]),
        transitions=tuple(
            Transition(move["from"], move["to"], move["cause"]) for move in run["transitions"]
        ),
        thread_initial=thread["initial"],
        thread_states=tuple(thread["states"]),
        thread_busy=thread["while_active"],
        after_run=MappingProxyType(
            {status: MappingProxyType(outcomes) for status, outcomes in thread["after_run"].items()}
        ),
        strategies=tuple(multitask["strategies"]),
        default_strategy=multitask["default"],
    )
