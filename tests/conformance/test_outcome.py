"""Outcomes and the verdict over them."""

from __future__ import annotations

import pytest

from conformance.outcome import (
    CONFORMANT,
    NOT_CONFORMANT,
    Outcome,
    Result,
    broken,
    summary,
    verdict,
)


def result(outcome: Outcome, lacking: str | None = None) -> Result:
    return Result("a.b", ("RUN-GET-01",), "MUST", "runs", outcome, lacking=lacking)


PASSED = result(Outcome.PASS)


@pytest.mark.parametrize(
    ("level", "strict", "outcome"),
    [
        ("MUST", False, Outcome.FAIL),
        ("MUST", True, Outcome.FAIL),
        ("SHOULD", False, Outcome.WARN),
        ("SHOULD", True, Outcome.FAIL),
        ("MAY", True, Outcome.WARN),
    ],
)
def test_what_a_violation_comes_to(level: str, strict: bool, outcome: Outcome) -> None:
    assert broken(level, strict=strict) is outcome


@pytest.mark.parametrize(
    ("other", "wanted"),
    [
        (result(Outcome.PASS), CONFORMANT),
        (result(Outcome.WARN), CONFORMANT),
        (result(Outcome.BASELINED), CONFORMANT),
        (result(Outcome.NOT_EXERCISED, "probe"), CONFORMANT),
        (result(Outcome.NOT_EXERCISED), NOT_CONFORMANT),
        (result(Outcome.FAIL), NOT_CONFORMANT),
        (result(Outcome.HARNESS_ERROR), NOT_CONFORMANT),
    ],
)
def test_verdict(other: Result, wanted: str) -> None:
    assert verdict([PASSED, other]) == wanted


def test_nothing_judged_is_not_conformant() -> None:
    assert verdict([]) == NOT_CONFORMANT
    assert verdict([result(Outcome.NOT_EXERCISED, "probe")]) == NOT_CONFORMANT


def test_summary_names_every_outcome() -> None:
    assert summary([PASSED, PASSED, result(Outcome.WARN)]) == {
        "pass": 2,
        "fail": 0,
        "warn": 1,
        "not-exercised": 0,
        "baselined": 0,
        "harness-error": 0,
    }
