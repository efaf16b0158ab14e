"""What `runcontract diff` tells: a table for people, JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from conformance.diff.play import shown
from conformance.recording import Exchange, Recording
from conformance.reproduce import commands
from spec import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from conformance.diff.findings import Findings, Group
    from conformance.target import Target

_SHOWN = 12


def curls(group: Group, targets: tuple[Target, Target]) -> tuple[tuple[str, ...], ...]:
    """The commands that show a group's difference again, for each server."""
    found = []
    for side, exchanges, target in zip(
        (group.pair.a, group.pair.b), group.played.exchanges, targets, strict=True
    ):
        recording = Recording(group.played.sequence.name, exchanges)
        found.append(commands(recording, side if isinstance(side, Exchange) else None, target))
    return tuple(found)


def as_json(findings: Findings, targets: tuple[Target, Target], seed: int) -> dict[str, Any]:
    """The report as JSON values."""
    return {
        "runcontract": __version__,
        "a": _named(targets[0]),
        "b": _named(targets[1]),
        "seed": seed,
        "sequences": findings.sequences,
        "answers": {
            "all": findings.answers,
            "equal": findings.equal,
            "known": findings.known,
            "different": findings.different,
            "identical": round(findings.identical, 2),
            "identical_by_chance": round(findings.identical_by_chance, 2),
            "explained": round(findings.explained, 2),
            "differed_once": findings.once,
        },
        "same": findings.same,
        "differences": [
            {
                "operation": group.signature[0],
                "field": group.signature[1],
                "kind": group.signature[2],
                "count": group.count,
                "reason": group.reason,
                "sequences": group.sequences,
                "a": shown(group.difference.a, 2000),
                "b": shown(group.difference.b, 2000),
                "steps": [step.operation for step in group.played.sequence.steps],
                "curl": dict(zip("ab", map(list, curls(group, targets)), strict=True)),
            }
            for group in [*findings.unexplained, *_explained(findings)]
        ],
        "stale": [{**entry.patterns, "reason": entry.reason} for entry in findings.stale],
    }


def write_json(findings: Findings, targets: tuple[Target, Target], seed: int, file: Path) -> None:
    """Writes the report. Raises OSError."""
    file.write_text(json.dumps(as_json(findings, targets, seed), indent=1) + "\n", encoding="utf-8")


def show(findings: Findings, targets: tuple[Target, Target], console: Console) -> None:
    """Prints the report."""
    explained = _explained(findings)
    if explained:
        table = Table("operation", "field", "kind", "times", "why", box=box.SIMPLE, title="Known")
        for group in explained:
            table.add_row(*group.signature, str(group.count), group.reason or "")
        console.print(table)
    for group in findings.unexplained[:_SHOWN]:
        _show_group(group, targets, console)
    rest = findings.unexplained[_SHOWN:]
    if rest:
        table = Table("operation", "field", "kind", "times", "first in", "A", "B", box=box.SIMPLE)
        for group in rest:
            a, b = shown(group.difference.a, 60), shown(group.difference.b, 60)
            table.add_row(*group.signature, str(group.count), group.sequences[0], a, b)
        console.print(table)
    for entry in findings.stale:
        console.print(
            f"stale: the known difference ({entry.title}) was not seen: remove it", markup=False
        )
    console.print(
        f"{findings.sequences} sequences, {findings.answers} answers: {findings.equal} identical, "
        f"{findings.known} but for known differences, {findings.different} different",
        markup=False,
    )
    if findings.once:
        console.print(f"{findings.once} sequences differed once, and not when played again")
    chance = f" ({findings.identical_by_chance:.2f} % of those by chance)"
    console.print(
        f"identical {findings.identical:.2f} %{chance if findings.chance_answers else ''}, "
        f"explained {findings.explained:.2f} %",
        markup=False,
    )


def _show_group(group: Group, targets: tuple[Target, Target], console: Console) -> None:
    operation, field, kind = group.signature
    console.rule(f"{operation}  {field}  {kind}  × {group.count}", align="left")
    console.print(f"  A {shown(group.difference.a, 300)}", markup=False, soft_wrap=True)
    console.print(f"  B {shown(group.difference.b, 300)}", markup=False, soft_wrap=True)
    console.print(f"  in {', '.join(group.sequences[:5])}", markup=False, soft_wrap=True)
    for name, lines in zip("AB", curls(group, targets), strict=True):
        for line in lines:
            console.print(f"  {name}$ {line}", markup=False, highlight=False, soft_wrap=True)


def _explained(findings: Findings) -> list[Group]:
    found = [group for group in findings.groups if group.reason is not None]
    return sorted(found, key=lambda group: -group.count)


def _named(target: Target) -> dict[str, str]:
    return {"url": target.url, "name": target.name, "version": target.version}
