"""From what the fuzzer found to results; the fuzzer itself is imported only when it is wanted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.outcome import Outcome, Result, broken
from spec.requirements import requirements

if TYPE_CHECKING:
    from conformance.fuzz.findings import Finding
    from conformance.target import Target

FUZZ_REQUIREMENT = "DOC-FUZZ-01"


def fuzz(target: Target, seconds: float, seed: int, *, strict: bool) -> list[Result]:
    """One result a kind of finding and operation; one that passes where nothing was found."""
    from conformance.fuzz import run

    findings = run(target, seconds, seed)
    return results_of(findings, strict=strict)


def results_of(findings: list[Finding], *, strict: bool) -> list[Result]:
    """The results of some findings; the same kind on the same operation is one result."""
    if not findings:
        promise = requirements()[FUZZ_REQUIREMENT]
        return [
            Result(
                "fuzz.nothing-found",
                (FUZZ_REQUIREMENT,),
                promise.level,
                promise.profile,
                Outcome.PASS,
            )
        ]
    found: dict[str, Result] = {}
    for finding in findings:
        promise = requirements()[finding.requirement_id]
        slug = re.sub(r"[^a-z0-9]+", "-", finding.title.lower()).strip("-")
        name = f"fuzz.{finding.operation}.{slug}"
        if name in found:
            continue
        found[name] = Result(
            id=name,
            requirements=(finding.requirement_id,),
            level=promise.level,
            profile=promise.profile,
            outcome=broken(promise.level, strict=strict),
            message=f"{finding.title}: {finding.message}",
            reproduce=tuple(finding.reproduce),
            operation=finding.operation,
        )
    return list(found.values())
