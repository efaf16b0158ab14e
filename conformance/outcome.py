"""What became of each check, and the verdict over all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.registry import Check

CONFORMANT = "conformant"
NOT_CONFORMANT = "not-conformant"


class Outcome(StrEnum):
    """What a check may come to."""

    PASS = "pass"
    FAIL = "fail"
    WARN = "warn"
    NOT_EXERCISED = "not-exercised"
    BASELINED = "baselined"
    HARNESS_ERROR = "harness-error"


@dataclass(frozen=True, slots=True)
class Result:
    """One check's outcome and what a person needs to understand it.

    `lacking` names the capability the target does not offer, for a check that could not be
    exercised because of it; such a check does not count against the verdict. `unserved` names the
    route, where the check failed because the target does not have it. `reproduce` is a list of
    commands.
    """

    id: str
    requirements: tuple[str, ...]
    level: str
    profile: str
    outcome: Outcome
    duration: float = 0.0
    message: str = ""
    expected: str = ""
    actual: str = ""
    seen: str = ""
    reproduce: tuple[str, ...] = ()
    lacking: str | None = None
    operation: str | None = None
    unserved: str | None = None


def result_of(check: Check, outcome: Outcome, **more: object) -> Result:
    """A result of a check, with its requirements, level and profile."""
    base = Result(check.id, check.requirements, check.level, check.profile, outcome)
    return replace(base, **more)  # type: ignore[arg-type]


def broken(level: str, *, strict: bool) -> Outcome:
    """What a violation comes to: MUST fails, SHOULD warns (fails where strict), MAY informs."""
    if level == "MUST" or (level == "SHOULD" and strict):
        return Outcome.FAIL
    return Outcome.WARN


def counts_against(result: Result) -> bool:
    """Whether a result keeps the target from being conformant."""
    if result.outcome is Outcome.NOT_EXERCISED:
        return result.lacking is None
    return result.outcome in (Outcome.FAIL, Outcome.HARNESS_ERROR)


def verdict(results: Sequence[Result]) -> str:
    """`conformant` where nothing counts against the target and something was judged."""
    judged = any(result.outcome in (Outcome.PASS, Outcome.BASELINED) for result in results)
    if judged and not any(counts_against(result) for result in results):
        return CONFORMANT
    return NOT_CONFORMANT


def summary(results: Sequence[Result]) -> Mapping[str, int]:
    """How many of each outcome, every outcome named."""
    counted = Counter(result.outcome for result in results)
    return {outcome.value: counted[outcome] for outcome in Outcome}
