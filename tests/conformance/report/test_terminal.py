"""What a person sees."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from conformance.outcome import Outcome, Result
from conformance.report.model import Report
from conformance.report.terminal import show
from conformance.target import Target


def result(name: str, outcome: Outcome, **fields: Any) -> Result:
    requirement = fields.pop("requirement", "RUN-GET-01")
    return Result(name, (requirement,), "MUST", "runs", outcome, **fields)


def shown(*results: Result, baseline: str = "") -> str:
    report = Report(
        target=Target("http://t:1", name="Mine", version="2"),
        seed=42,
        started_at=datetime(2026, 11, 20, tzinfo=UTC),
        duration=1.25,
        results=results,
        baseline=baseline,
    )
    console = Console(record=True, highlight=False, soft_wrap=True, file=None, quiet=False)
    with console.capture() as captured:
        show(report, console)
    return captured.get()


PASSED = result("a.passed", Outcome.PASS)


def test_the_verdict_comes_last_with_counts_and_seed() -> None:
    text = shown(PASSED)
    assert text.splitlines()[-2:] == [
        "CONFORMANT  Mine 2 at http://t:1",
        "1 pass  in 1.2 s, seed 42",
    ]


def test_a_failure_has_all_that_is_needed() -> None:
    failed = result(
        "a.failed",
        Outcome.FAIL,
        expected="status 404",
        actual="status [200]",
        seen="GET /x → 200",
        reproduce=("curl -s http://t:1/x?[a]",),
    )
    text = shown(PASSED, failed)
    assert "fail RUN-GET-01 MUST  Getting a run" in text
    assert "a.failed  GET /x → 200" in text
    assert "expected  status 404" in text
    assert "actual    status [200]" in text
    assert "$ curl -s http://t:1/x?[a]" in text
    assert "NOT CONFORMANT" in text


def test_failures_of_a_requirement_stand_together() -> None:
    one, two = (result(f"a.{name}", Outcome.FAIL, message="x") for name in ("one", "two"))
    assert shown(one, two).count("Getting a run") == 1


def test_long_reproductions_are_shortened() -> None:
    failed = result("a.b", Outcome.FAIL, reproduce=tuple(f"curl {n}" for n in range(20)))
    text = shown(failed)
    assert "$ curl 0" in text
    assert "$ curl 19" in text
    assert "$ curl 9\n" not in text
    assert "more, all in the JSON report" in text


def test_many_failures_are_counted() -> None:
    text = shown(*(result(f"a.n{n}", Outcome.FAIL, message="x") for n in range(60)))
    assert "… and 20 more" in text


def test_what_lacks_control_is_told_once() -> None:
    lacking = [
        result(f"a.n{n}", Outcome.NOT_EXERCISED, message="deploy it", lacking="probe")
        for n in range(3)
    ]
    text = shown(PASSED, *lacking)
    assert text.count("deploy it") == 1
    assert "not exercised 3 checks" in text
    assert "counts against" not in text


def test_what_counts_against_the_verdict_is_told_by_name() -> None:
    text = shown(PASSED, result("a.b", Outcome.NOT_EXERCISED, message="no thread_id"))
    assert "counts against the verdict" in text
    assert "a.b" in text


def test_known_deviations_are_short_and_seen() -> None:
    known = result("a.b", Outcome.BASELINED, message="it is known")
    text = shown(PASSED, known, baseline="mine 2")
    assert "known deviations (mine 2)" in text
    assert "RUN-GET-01  it is known" in text


def test_a_missing_route_is_one_finding() -> None:
    missing = [
        result(f"a.n{n}", Outcome.FAIL, message="x", unserved="POST /runs/batch") for n in range(9)
    ]
    text = shown(PASSED, *missing)
    assert "not served POST /runs/batch: 9 checks fail" in text
    assert "Getting a run" not in text


def test_our_own_fault_says_so() -> None:
    text = shown(result("a.b", Outcome.HARNESS_ERROR, message="Traceback\nKeyError: 'x'\n"))
    assert "harness error in a.b (our fault)" in text
    assert "KeyError: 'x'" in text
