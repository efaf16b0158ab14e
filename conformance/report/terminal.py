"""What a person sees: progress while it runs, then the verdict at a glance."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from conformance.outcome import CONFORMANT, Outcome, Result
from spec.requirements import requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from conformance.report.model import Report

_STYLE = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.WARN: "yellow",
    Outcome.NOT_EXERCISED: "magenta",
    Outcome.BASELINED: "cyan",
    Outcome.HARNESS_ERROR: "bold red",
}
_MOST_FAILURES = 40
_MOST_COMMANDS = 5


class Live:
    """The progress line, on standard error; silent where that is no terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None
        self._failed = 0

    def __enter__(self) -> Live:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def phase(self, text: str) -> None:
        """What is going on now."""
        if self._task is None:
            self._task = self._progress.add_task(escape(text), total=None)
        self._progress.update(self._task, description=escape(text), total=None, completed=0)

    def judged(self, result: Result, done: int, total: int) -> None:
        """One more check is judged; failures are shown as they happen."""
        if result.outcome in (Outcome.FAIL, Outcome.HARNESS_ERROR):
            self._failed += 1
            if self._console.is_terminal:
                self._progress.print(f"[red]✗[/] {escape(result.id)}")
        words = "judging" + (f", [red]{self._failed} failed[/]" if self._failed else "")
        if self._task is None:
            self._task = self._progress.add_task(words)
        self._progress.update(self._task, description=words, completed=done, total=total)


def show(report: Report, console: Console | None = None) -> None:
    """Prints the summary: verdict, counts, then what needs a person, grouped by requirement."""
    out = console or Console(highlight=False, soft_wrap=True)
    broken = [r for r in report.results if r.outcome in (Outcome.FAIL, Outcome.WARN)]
    _unserved(out, [r for r in broken if r.unserved])
    for outcome in (Outcome.FAIL, Outcome.WARN):
        _failures(out, [r for r in broken if r.outcome is outcome and not r.unserved], outcome)
    for result in report.results:
        if result.outcome is Outcome.HARNESS_ERROR:
            out.print(f"\n[bold red]harness error[/] in {escape(result.id)} (our fault)")
            out.print(escape(result.message.strip().splitlines()[-1] if result.message else ""))
    _not_exercised(out, report.results)
    _baselined(out, report)
    _verdict(out, report)


def _unserved(out: Console, results: list[Result]) -> None:
    """A route that the target lacks is one finding, however many checks fail for it."""
    grouped: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        grouped[str(result.unserved)].append(result)
    for route, group in grouped.items():
        names = ", ".join(result.id for result in group)
        out.print(f"\n[bold red]not served[/] [bold]{escape(route)}[/]: {len(group)} checks fail")
        out.print(f"  [dim]{escape(names)}[/]")


def _failures(out: Console, results: list[Result], outcome: Outcome) -> None:
    grouped: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        grouped[result.requirements[0]].append(result)
    style = _STYLE[outcome]
    shown = 0
    for name, group in grouped.items():
        promise = requirements()[name]
        head = f"\n[{style}]{outcome.value}[/] [bold]{name}[/] {promise.level}"
        out.print(f"{head}  {escape(promise.text)}")
        for result in group:
            shown += 1
            if shown <= _MOST_FAILURES:
                _failure(out, result)
    if shown > _MOST_FAILURES:
        out.print(f"… and {shown - _MOST_FAILURES} more; the JSON report has them all")


def _failure(out: Console, result: Result) -> None:
    seen = f"  [dim]{escape(result.seen)}[/]" if result.seen else ""
    out.print(f"  [bold]{escape(result.id)}[/]{seen}")
    if result.expected:
        out.print(f"    expected  {escape(result.expected)}")
        out.print(f"    actual    {escape(result.actual)}")
    else:
        out.print(f"    {escape(result.message)}")
    for line in _shortened(result.reproduce):
        out.print(f"    [dim]{escape(line)}[/]")


def _shortened(commands: Sequence[str]) -> list[str]:
    lines = [f"$ {command}" for command in commands]
    if len(lines) <= _MOST_COMMANDS:
        return lines
    left_out = f"… {len(lines) - _MOST_COMMANDS} more, all in the JSON report"
    return [lines[0], left_out, *lines[1 - _MOST_COMMANDS :]]


def _not_exercised(out: Console, results: Iterable[Result]) -> None:
    by_need: Mapping[str, list[Result]] = defaultdict(list)
    counted: Mapping[str, list[Result]] = defaultdict(list)
    for result in results:
        if result.outcome is Outcome.NOT_EXERCISED:
            (by_need if result.lacking else counted)[result.message].append(result)
    for why, group in by_need.items():
        out.print(f"\n[magenta]not exercised[/] {len(group)} checks: {escape(why)}")
    for why, group in counted.items():
        names = ", ".join(result.id for result in group)
        out.print(f"\n[magenta]not exercised[/] (counts against the verdict): {escape(why)}")
        out.print(f"  {escape(names)}")


def _baselined(out: Console, report: Report) -> None:
    grouped: dict[str, list[Result]] = defaultdict(list)
    for result in report.results:
        if result.outcome is Outcome.BASELINED:
            grouped[result.requirements[0]].append(result)
    if not grouped:
        return
    where = f" ({escape(report.baseline)})" if report.baseline else ""
    out.print(f"\n[cyan]known deviations[/]{where}")
    for name, group in grouped.items():
        out.print(f"  {name}  {escape(group[0].message)}")


def _verdict(out: Console, report: Report) -> None:
    target = report.target
    good = report.verdict == CONFORMANT
    words = "CONFORMANT" if good else "NOT CONFORMANT"
    counts = "  ".join(
        f"[{_STYLE[outcome]}]{report.summary[outcome.value]} {outcome.value}[/]"
        for outcome in Outcome
        if report.summary[outcome.value]
    )
    name = f"{target.name} {target.version}".strip()
    style = "bold green" if good else "bold red"
    out.print(f"\n[{style}]{words}[/]  {escape(name)} at {escape(target.url)}")
    out.print(f"{counts}  [dim]in {report.duration:.1f} s, seed {report.seed}[/]")
