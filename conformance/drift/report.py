"""What `runcontract drift` tells: a table for people, JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from spec import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from conformance.drift.comparison import Drift
    from conformance.known import Known


@dataclass(frozen=True, slots=True)
class Report:
    """The differences of a server's document, each with its reason or None, and what is stale."""

    url: str
    version: str
    found: tuple[tuple[Drift, str | None], ...]
    known: Known

    @property
    def unexplained(self) -> list[Drift]:
        """What nobody has given a reason for."""
        return [drift for drift, reason in self.found if reason is None]

    @property
    def same(self) -> bool:
        """Whether every difference is known, and every known one is still there."""
        return not self.unexplained and not self.known.stale


def judged(url: str, version: str, drifts: Sequence[Drift], known: Known) -> Report:
    """The differences with the reasons that the list has for them."""
    found = []
    for drift in drifts:
        entry = known.explain(**asdict(drift))
        found.append((drift, entry.reason if entry else None))
    return Report(url, version, tuple(found), known)


def as_json(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    return {
        "runcontract": __version__,
        "url": report.url,
        "version": report.version,
        "same": report.same,
        "drift": [{**asdict(drift), "reason": reason} for drift, reason in report.found],
        "stale": [{**entry.patterns, "reason": entry.reason} for entry in report.known.stale],
    }


def write_json(report: Report, file: Path) -> None:
    """Writes the report. Raises OSError."""
    file.write_text(json.dumps(as_json(report), indent=1) + "\n", encoding="utf-8")


def show(report: Report, console: Console) -> None:
    """Prints what is unexplained and stale, and how often each reason was used."""
    if report.unexplained:
        table = Table("operation", "part", "drift", "ours", "theirs", box=box.SIMPLE)
        for drift in report.unexplained:
            table.add_row(drift.operation, drift.part, drift.kind, drift.ours, drift.theirs)
        console.print(table)
    reasons: dict[str, int] = {}
    for _, reason in report.found:
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + 1
    if reasons:
        table = Table("times", "known, because", box=box.SIMPLE)
        for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
            table.add_row(str(count), reason)
        console.print(table)
    for entry in report.known.stale:
        console.print(f"stale: ({entry.title}) explains nothing: remove it", markup=False)
    console.print(
        f"{len(report.found)} differences, {len(report.unexplained)} of them not explained",
        markup=False,
    )
