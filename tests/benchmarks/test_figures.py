"""Figures and their goals, ratios, and the yardstick's routes."""

from __future__ import annotations

import os

import pytest

from benchmarks.cases import ratio
from benchmarks.processes import Server
from benchmarks.raw import app
from benchmarks.table import Figure, show
from spec.document import operations


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("w", 1.0, "×", 1.0), True),
        (Figure("w", 1.01, "×", 1.0), False),
        (Figure("w", 8.0, "×", 8.0, at_least=True), True),
        (Figure("w", 7.9, "×", 8.0, at_least=True), False),
        (Figure("w", 7.9, "µs"), None),
    ],
)
def test_a_goal_is_met_or_not(figure: Figure, met: bool | None) -> None:
    assert figure.met is met


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    assert ratio([1.0, 30.0, 4.0], [2.0, 10.0, 4.0]) == 1.0


def test_the_table_shows_misses(capsys: pytest.CaptureFixture[str]) -> None:
    show([Figure("speed", 2.0, "×", 1.0), Figure("size", 123.4, "MB", 200.0)])
    out = capsys.readouterr().out
    assert "missed" in out
    assert "met" in out
    assert "123 MB" in out


def test_the_yardstick_has_every_operation_of_the_document() -> None:
    routes = {(route.path, method) for route in app.routes for method in route.methods}  # type: ignore[attr-defined]
    assert {(op.path, op.method.upper()) for op in operations().values()} <= routes


def test_a_process_is_measured() -> None:
    server = Server("me", "", 0, os.getpid())
    assert server.memory_bytes() > 1_000_000
    assert server.cpu_seconds() > 0
