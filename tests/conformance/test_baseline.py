"""Baselines: what they excuse, that they are two-way, what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.baseline import apply, load, parse, shipped
from conformance.errors import UsageError
from conformance.outcome import NOT_CONFORMANT, Outcome, Result, verdict

if TYPE_CHECKING:
    from pathlib import Path

LIST = "RUN-LIST-04"
REDUCES, REFUSES = "runs.select-reduces", "runs.unknown-select-is-422"


def result(name: str, outcome: Outcome, **fields: Any) -> Result:
    return Result(name, (LIST,), "MUST", "runs", outcome, **fields)


def baseline(*entries: dict[str, str]) -> Any:
    return parse({"target": "t 1", "entries": list(entries)}, "t.yaml")


WHOLE = {"requirement": LIST, "reason": "known"}
ONE = {"requirement": LIST, "check": REFUSES, "reason": "known"}
FAILED = result(REFUSES, Outcome.FAIL, message="broken")
PASSED = result(REDUCES, Outcome.PASS)


def outcomes(results: list[Result]) -> dict[str, Outcome]:
    return {found.id: found.outcome for found in results}


def test_an_entry_excuses_every_check_of_its_requirement() -> None:
    found = apply(baseline(WHOLE), [FAILED, result(REDUCES, Outcome.FAIL)])
    assert outcomes(found) == {REFUSES: Outcome.BASELINED, REDUCES: Outcome.BASELINED}
    assert found[0].message == "known"


def test_an_entry_for_one_check_excuses_that_one_alone() -> None:
    found = apply(baseline(ONE), [FAILED, result(REDUCES, Outcome.FAIL)])
    assert outcomes(found) == {REFUSES: Outcome.BASELINED, REDUCES: Outcome.FAIL}


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.WARN, Outcome.NOT_EXERCISED])
def test_what_can_be_excused(outcome: Outcome) -> None:
    assert apply(baseline(ONE), [result(REFUSES, outcome)])[0].outcome is Outcome.BASELINED


@pytest.mark.parametrize("outcome", [Outcome.HARNESS_ERROR])
def test_what_cannot(outcome: Outcome) -> None:
    assert apply(baseline(ONE), [result(REFUSES, outcome)])[0].outcome is outcome


def test_an_entry_that_passes_now_is_a_failure() -> None:
    found = apply(baseline(ONE), [result(REFUSES, Outcome.PASS)])
    assert found[-1].outcome is Outcome.FAIL
    assert found[-1].id == f"baseline.{LIST}.{REFUSES}"
    assert "remove the entry" in found[-1].message
    assert verdict(found) == NOT_CONFORMANT


def test_an_entry_is_kept_alive_by_one_failing_check() -> None:
    assert len(apply(baseline(WHOLE), [FAILED, PASSED])) == 2


def test_an_entry_whose_checks_did_not_run_is_left_alone() -> None:
    assert apply(baseline(ONE), [PASSED]) == [PASSED]
    lacking = result(REFUSES, Outcome.NOT_EXERCISED, lacking="probe")
    assert apply(baseline(ONE), [lacking]) == [lacking]


def test_fuzzing_that_finds_nothing_does_not_prove_an_entry_wrong() -> None:
    entry = {"requirement": "FUZZ-5XX-01", "reason": "known"}
    clean = Result("fuzz.FUZZ-5XX-01", ("FUZZ-5XX-01",), "MUST", "fuzz", Outcome.PASS)
    assert apply(baseline(entry), [clean]) == [clean]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "mapping"),
        ({"target": "t", "entries": {}}, "list"),
        ({"target": "t", "extra": 1}, "extra"),
        ({"target": "t", "entries": ["x"]}, "entry 1"),
        ({"target": "t", "entries": [{"requirement": LIST}]}, "reason"),
        ({"target": "t", "entries": [{**WHOLE, "why": "x"}]}, "why"),
        ({"target": "t", "entries": [{**WHOLE, "requirement": "RUN-LIST-4"}]}, "RUN-LIST-04"),
        ({"target": "t", "entries": [{**ONE, "check": "runs.select-reduce"}]}, REDUCES),
        ({"target": "t", "entries": [{**ONE, "check": "runs.plain-run-succeeds"}]}, "RUN-LIFE-04"),
    ],
)
def test_refusals_name_what_is_wrong(content: Any, words: str) -> None:
    with pytest.raises(UsageError, match=r"^t\.yaml") as caught:
        parse(content, "t.yaml")
    assert words in str(caught.value)


def test_entries_of_findings_are_not_known_beforehand() -> None:
    entry = {"requirement": "FUZZ-5XX-01", "check": "fuzz.get_run.server-error", "reason": "x"}
    assert baseline(entry).entries[0].check == "fuzz.get_run.server-error"


def test_shipped_ones_load_by_name() -> None:
    assert shipped()
    for name in shipped():
        assert load(name).entries


def test_a_file_loads_by_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("target: mine\nentries: []\n")
    assert load(str(file)).target == "mine"


def test_unknown_names_are_refused_with_the_closest() -> None:
    with pytest.raises(UsageError, match=r"langgraph-api-0\.16"):
        load("langgraph-api-0.17")


@pytest.mark.parametrize("content", [b"target: [", b"\xff\xfe\x00"])
def test_unreadable_files_are_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.yaml"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"broken\.yaml"):
        load(str(file))
