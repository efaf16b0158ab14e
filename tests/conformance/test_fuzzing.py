"""From findings to results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.fuzz import FuzzerFailedError
from conformance.fuzz.findings import Finding
from conformance.fuzzing import PROFILE, fuzz, results_of
from conformance.outcome import Outcome
from conformance.target import Target
from spec.requirements import requirements

if TYPE_CHECKING:
    import pytest

FOUND = Finding("FUZZ-5XX-01", "get_run", "Server error!", "500", ["curl x"])
PROMISED = {promise.id for promise in requirements().values() if promise.profile == PROFILE}


def test_nothing_found_passes_every_requirement() -> None:
    found = results_of([], strict=False)
    assert {result.requirements[0] for result in found} == PROMISED
    assert {result.outcome for result in found} == {Outcome.PASS}


def test_a_finding_fails_its_requirement_and_no_other() -> None:
    found = {result.id: result for result in results_of([FOUND, FOUND], strict=False)}
    failed = found["fuzz.get_run.server-error"]
    assert failed.outcome is Outcome.FAIL
    assert failed.reproduce == ("curl x",)
    assert failed.message == "Server error!: 500"
    assert "fuzz.FUZZ-5XX-01" not in found
    assert len(found) == len(PROMISED)


def test_a_broken_should_warns() -> None:
    finding = Finding("FUZZ-METHOD-01", "get_run", "method", "x", [])
    outcomes = {strict: results_of([finding], strict=strict)[0].outcome for strict in (False, True)}
    assert outcomes == {False: Outcome.WARN, True: Outcome.FAIL}


def test_a_fuzzer_that_fails_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> list[Finding]:
        raise FuzzerFailedError("last words")

    monkeypatch.setattr("conformance.fuzz.run", fails)
    found = fuzz(Target("http://t"), 1, 1, strict=False, tell=lambda _: None)
    assert [result.outcome for result in found] == [Outcome.HARNESS_ERROR]
    assert found[0].message == "last words"
