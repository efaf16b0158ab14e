"""The scenarios and the checks, each registered by its decorator where it is defined."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from conformance.driver import Driver
from conformance.recording import Recording
from spec.requirements import LEVELS, Requirement, requirements

Exclusive = Literal["", "area", "server"]
USUAL_LIMIT = 30.0
Drive = Callable[[Driver], Awaitable[None]]
Judge = Callable[[Recording], None]
UniversalJudge = Callable[[Sequence[Recording]], int]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is done to a server once; many checks read its recording.

    `needs` names capabilities of the target. `exclusive` keeps it alone: `server` on the whole
    server, `area` among the scenarios of its own module. `quick` puts it into `--quick`, `limit`
    is how many seconds it may take on a fast target.
    """

    name: str
    drive: Drive
    needs: frozenset[str]
    exclusive: Exclusive
    quick: bool
    limit: float
    summary: str

    @property
    def area(self) -> str:
        """The module it stands in."""
        return self.drive.__module__.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold: a pure function from a recording to nothing, or to a Violation.

    `scenario` is None for a universal check, which reads every recording and returns how much it
    found to judge. `needs` names capabilities of the target, beside those of its requirements and
    of its scenario.
    """

    id: str
    requirements: tuple[str, ...]
    scenario: str | None
    judge: Judge | None
    universal: UniversalJudge | None
    summary: str
    needs: frozenset[str] = frozenset()

    @property
    def level(self) -> str:
        """The strongest level among its requirements."""
        return min((found.level for found in self.promises), key=LEVELS.index)

    @property
    def promises(self) -> tuple[Requirement, ...]:
        """Its requirements."""
        return tuple(requirements()[name] for name in self.requirements)

    @property
    def profile(self) -> str:
        """The profile of its first requirement."""
        return self.promises[0].profile

    def outcome_of(self, recordings: Mapping[str, Recording]) -> int:
        """Judges; returns how many things it judged, raises Violation or NotExercisedError."""
        if self.universal is not None:
            return self.universal(list(recordings.values()))
        assert self.judge is not None
        assert self.scenario is not None
        self.judge(recordings[self.scenario])
        return 1


_SCENARIOS: dict[str, Scenario] = {}
_CHECKS: dict[str, Check] = {}


def scenario(
    *,
    needs: Iterable[str] = (),
    exclusive: Exclusive | bool = "",
    quick: bool = False,
    limit: float = USUAL_LIMIT,
    name: str | None = None,
) -> Callable[[Drive], Drive]:
    """Registers a scenario under its function's name; `exclusive=True` is the whole server."""
    alone: Exclusive = "server" if exclusive is True else exclusive or ""

    def register(drive: Drive) -> Drive:
        found = name or drive.__name__
        if found in _SCENARIOS:
            raise ValueError(f"scenario {found} stands twice")
        summary = _first_line(drive.__doc__)
        _SCENARIOS[found] = Scenario(found, drive, frozenset(needs), alone, quick, limit, summary)
        return drive

    return register


def check(*names: str, scenario: str, id: str | None = None) -> Callable[[Judge], Judge]:  # noqa: A002
    """Registers a check of the named requirements on one scenario's recording.

    Its id is the function's module and name, `cancel.finished-run-is-404`, and stays.
    """

    def register(judge: Judge) -> Judge:
        _add(Check(id or _id(judge), names, scenario, judge, None, _first_line(judge.__doc__)))
        return judge

    return register


def universal(
    *names: str,
    id: str | None = None,  # noqa: A002
    needs: Iterable[str] = (),
) -> Callable[[UniversalJudge], UniversalJudge]:
    """Registers a check that reads every recording and returns how much it judged."""

    def register(judge: UniversalJudge) -> UniversalJudge:
        summary = _first_line(judge.__doc__)
        _add(Check(id or _id(judge), names, None, None, judge, summary, frozenset(needs)))
        return judge

    return register


def _add(found: Check) -> None:
    if not found.requirements:
        raise ValueError(f"check {found.id} names no requirement")
    if found.id in _CHECKS:
        raise ValueError(f"check {found.id} stands twice")
    _CHECKS[found.id] = found


def _id(judge: Judge | UniversalJudge) -> str:
    # `streaming_modes` and `streaming_joins` are one area in two files
    module = judge.__module__.rpartition(".")[2].partition("_")[0]
    return f"{module}.{judge.__name__.replace('_', '-')}"


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


@functools.cache
def _loaded() -> None:
    for package in ("conformance.scenarios", "conformance.checks"):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            importlib.import_module(f"{package}.{module.name}")


def scenarios() -> Mapping[str, Scenario]:
    """Every scenario by name."""
    _loaded()
    return MappingProxyType(_SCENARIOS)


def checks() -> Mapping[str, Check]:
    """Every check by id."""
    _loaded()
    return MappingProxyType(_CHECKS)
