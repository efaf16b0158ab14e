"""Known deviations of a known server, each with a reason.

Two-way: an entry that now passes is an error.

A baseline file is YAML::

    target: langgraph-api 0.16
    entries:
      - requirement: RUN-BULK-06         # every check of this requirement, or
        check: bulk.by-status-stops      # this one alone
        reason: Cancel by status marks running runs; the worker is never told.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from conformance.errors import UsageError
from conformance.outcome import Outcome, Result
from conformance.registry import checks
from spec.requirements import requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHIPPED = Path(__file__).parent / "baselines"
FUZZ = "fuzz."
_EXCUSED = (Outcome.FAIL, Outcome.WARN)
_EXERCISED = (Outcome.PASS, *_EXCUSED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One known deviation."""

    requirement: str
    check: str | None
    reason: str

    def covers(self, result: Result) -> bool:
        """Whether it speaks of this result."""
        return self.requirement in result.requirements and self.check in (None, result.id)

    @property
    def title(self) -> str:
        """The requirement, and the check where it names one."""
        return f"{self.requirement} ({self.check})" if self.check else self.requirement


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known deviations of one target."""

    target: str
    entries: tuple[Entry, ...] = ()
    source: str = ""


def shipped() -> tuple[str, ...]:
    """The names of the baselines that come with the suite."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def load(name: str) -> Baseline:
    """A baseline from a file, or a shipped one by name.

    Raises UsageError where there is none, or it says what a baseline cannot say: with the file, the
    entry, and the closest valid name.
    """
    path = Path(name)
    if not path.is_file():
        path = SHIPPED / f"{name}.yaml"
    if not path.is_file():
        closest = _closest(name, shipped())
        raise UsageError(f"no baseline {name!r}: neither a file nor a shipped one{closest}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as broken:
        raise UsageError(f"{path.name}: no readable YAML: {broken}") from broken
    return parse(content, path.name)


def parse(content: Any, source: str) -> Baseline:
    """A baseline from its decoded content; `source` is named in errors. Raises UsageError."""
    if not isinstance(content, dict) or not isinstance(content.get("target"), str):
        raise UsageError(f"{source}: expected a mapping with `target` and `entries`")
    if unknown := sorted(set(content) - {"target", "entries"}):
        raise UsageError(f"{source}: unknown key {unknown[0]!r}; a baseline has target, entries")
    listed = [] if content.get("entries") is None else content["entries"]
    if not isinstance(listed, list):
        raise UsageError(f"{source}: `entries` is a list")
    entries = tuple(_entry(entry, f"{source}: entry {n}") for n, entry in enumerate(listed, 1))
    return Baseline(content["target"], entries, source)


def _entry(entry: Any, where: str) -> Entry:
    if not isinstance(entry, dict) or not isinstance(entry.get("requirement"), str):
        raise UsageError(f"{where}: expected a mapping with `requirement` and `reason`")
    if unknown := sorted(set(entry) - {"requirement", "check", "reason"}):
        raise UsageError(f"{where}: unknown key {unknown[0]!r}")
    if not isinstance(entry.get("reason"), str) or not entry["reason"].strip():
        raise UsageError(f"{where}: {entry['requirement']} needs a `reason`")
    requirement, check = entry["requirement"], entry.get("check")
    if requirement not in requirements():
        closest = _closest(requirement, requirements())
        raise UsageError(f"{where}: no requirement {requirement!r}{closest}")
    if check is not None:
        _known_check(str(check), requirement, where)
    return Entry(requirement, check, " ".join(entry["reason"].split()))


def _known_check(check: str, requirement: str, where: str) -> None:
    if check.startswith(FUZZ):  # a finding's id is known only once it was found
        return
    if check not in checks():
        raise UsageError(f"{where}: no check {check!r}{_closest(check, checks())}")
    if requirement not in checks()[check].requirements:
        named = ", ".join(checks()[check].requirements)
        raise UsageError(f"{where}: check {check} is not of {requirement} but of {named}")


def _closest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.3)
    return f"; the closest is {found[0]!r}" if found else ""


def apply(baseline: Baseline, results: Sequence[Result]) -> list[Result]:
    """The results with known deviations marked, and one failure more for each entry that now
    passes.

    An entry is judged only where a check it covers was exercised in this run. Fuzzing does not find
    the same things twice, so an entry for a finding never counts as passing.
    """
    judged = [_excused(baseline, result) for result in results]
    for entry in baseline.entries:
        covered = [result for result in results if entry.covers(result)]
        exercised = [
            result
            for result in covered
            if result.outcome in _EXERCISED and not result.id.startswith(FUZZ)
        ]
        if exercised and all(result.outcome is Outcome.PASS for result in exercised):
            judged.append(_stale(entry, baseline))
    return judged


def _excused(baseline: Baseline, result: Result) -> Result:
    counts = result.outcome is Outcome.NOT_EXERCISED and result.lacking is None
    if not counts and result.outcome not in _EXCUSED:
        return result
    for entry in baseline.entries:
        if entry.covers(result):
            return replace(result, outcome=Outcome.BASELINED, message=entry.reason)
    return result


def _stale(entry: Entry, baseline: Baseline) -> Result:
    promise = requirements()[entry.requirement]
    return Result(
        id=f"baseline.{entry.requirement}" + (f".{entry.check}" if entry.check else ""),
        requirements=(entry.requirement,),
        level=promise.level,
        profile=promise.profile,
        outcome=Outcome.FAIL,
        message=f"the baseline excuses {entry.title}, but it passes now: remove the entry"
        + (f" from {baseline.source}" if baseline.source else ""),
    )
