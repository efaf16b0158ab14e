"""From what the fuzzer found to results; the fuzzer itself is imported only when it is wanted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.outcome import Outcome, Result, broken
from spec.requirements import requirements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conformance.fuzz.findings import Finding
    from conformance.target import Target

PROFILE = "fuzz"


def fuzz(
    target: Target, seconds: float, seed: int, *, strict: bool, tell: Callable[[str], None]
) -> list[Result]:
    """One result for each finding, and for each requirement of fuzzing without one.

    `tell` is told now and then how far it is. A fault of the fuzzer is a harness error.
    """
    from conformance.fuzz import FuzzerFailedError, Progress, run

    def told(progress: Progress) -> None:
        tell(f"fuzzing: {progress.phase}, {progress.cases} cases, {progress.findings} findings")

    try:
        findings = run(target, seconds, seed, told)
    except FuzzerFailedError as reason:
        return [_result("fuzz.fuzzer", _promised()[0], Outcome.HARNESS_ERROR, message=str(reason))]
    return results_of(findings, strict=strict)


def results_of(findings: Iterable[Finding], *, strict: bool) -> list[Result]:
    """The results of some findings; the same kind on the same operation is one result."""
    found: dict[str, Result] = {}
    for finding in findings:
        slug = re.sub(r"[^a-z0-9]+", "-", finding.title.lower()).strip("-")
        name = f"fuzz.{finding.operation}.{slug}"
        level = requirements()[finding.requirement_id].level
        found.setdefault(
            name,
            _result(
                name,
                finding.requirement_id,
                broken(level, strict=strict),
                message=f"{finding.title}: {finding.message}",
                reproduce=tuple(finding.reproduce),
                operation=finding.operation,
            ),
        )
    told = {name for result in found.values() for name in result.requirements}
    clean = [name for name in _promised() if name not in told]
    return [*found.values(), *(_result(f"fuzz.{name}", name, Outcome.PASS) for name in clean)]


def _promised() -> list[str]:
    return [
        promise.id
        for promise in requirements().values()
        if promise.profile == PROFILE and promise.exclusion is None
    ]


def _result(
    name: str,
    requirement: str,
    outcome: Outcome,
    *,
    message: str = "",
    reproduce: tuple[str, ...] = (),
    operation: str | None = None,
) -> Result:
    promise = requirements()[requirement]
    return Result(
        id=name,
        requirements=(requirement,),
        level=promise.level,
        profile=promise.profile,
        outcome=outcome,
        message=message,
        reproduce=reproduce,
        operation=operation,
    )
