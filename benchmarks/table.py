"""Figures beside their goals."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number, what it should be at most (or at least), and how it came about."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False
    detail: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal


def show(figures: list[Figure]) -> None:
    """Print the table."""
    table = Table("what", "figure", "goal", "", "detail", title="runcontract mock")
    for figure in figures:
        goal = ""
        if figure.goal is not None:
            goal = f"{'≥' if figure.at_least else '≤'} {figure.goal:g} {figure.unit}".strip()
        mark = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[figure.met]
        value = f"{figure.value:.2f}" if figure.value < 100 else f"{figure.value:.0f}"
        table.add_row(figure.what, f"{value} {figure.unit}", goal, mark, figure.detail)
    Console(width=None if Console().is_terminal else 130).print(table)
