"""From a check to a result: every outcome, and whose fault it was."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from conformance.errors import NotExercisedError, Violation
from conformance.judging import judge, lacking
from conformance.outcome import Outcome
from conformance.registry import Check
from conformance.target import Target
from tests.conformance.making import exchange, recording

if TYPE_CHECKING:
    from conformance.recording import Recording

TARGET = Target("http://t", capabilities=frozenset({"probe"}))
SEEN = exchange(label="seen")


def outcome(
    raised: Exception | None = None,
    requirement: str = "RUN-GET-01",
    target: Target = TARGET,
    strict: bool = False,
    **fields: Any,
) -> Any:
    def found(r: Recording) -> None:
        if raised is not None:
            raise raised

    check = Check("a.b", (requirement,), "one_run", found, None, "")
    seen = {"one_run": recording(SEEN, scenario="one_run", **fields)}
    return judge(check, seen, target, strict=strict)


def test_silence_is_a_pass() -> None:
    assert outcome().outcome is Outcome.PASS


def test_a_violation_fails_and_can_be_seen_again() -> None:
    found = outcome(Violation("this", "that", SEEN))
    assert found.outcome is Outcome.FAIL
    assert (found.expected, found.actual) == ("this", "that")
    assert found.operation == "get_run"
    assert found.reproduce[-1].startswith("curl")


def test_a_broken_should_warns_and_fails_where_strict() -> None:
    violation = Violation("this", "that")
    assert outcome(violation, "RUN-CANCEL-13").outcome is Outcome.WARN
    assert outcome(violation, "RUN-CANCEL-13", strict=True).outcome is Outcome.FAIL


def test_what_was_not_seen_is_not_exercised_and_counts() -> None:
    found = outcome(NotExercisedError("no such request"))
    assert found.outcome is Outcome.NOT_EXERCISED
    assert found.lacking is None


def test_a_fault_of_the_check_is_ours() -> None:
    found = outcome(KeyError("x"))
    assert found.outcome is Outcome.HARNESS_ERROR
    assert "KeyError" in found.message


def test_a_fault_of_the_scenario_is_ours() -> None:
    assert outcome(fault="Traceback").outcome is Outcome.HARNESS_ERROR


def test_a_target_without_control_is_not_blamed() -> None:
    bare = Target("http://t", lacking=MappingProxyType({"probe": "deploy it"}))
    found = outcome(requirement="RUN-LIFE-05", target=bare)
    assert found.outcome is Outcome.NOT_EXERCISED
    assert found.lacking == "probe"
    assert found.message == "deploy it"


def test_needs_come_from_requirement_and_scenario() -> None:
    def never(r: Recording) -> None:
        raise AssertionError

    bare = Target("http://t")
    by_scenario = Check("a.b", ("RUN-GET-01",), "endings", never, None, "")
    plain = Check("a.c", ("RUN-GET-01",), "one_run", never, None, "")
    assert lacking(by_scenario, bare) == "probe"
    assert lacking(plain, bare) is None


def test_universal_checks_that_saw_nothing() -> None:
    check = Check("a.b", ("ERR-5XX-01",), None, None, lambda recordings: len(recordings), "")
    assert judge(check, {"x": recording()}, TARGET, strict=False).outcome is Outcome.PASS
    assert judge(check, {}, TARGET, strict=False).lacking is None
    bare = Target("http://t", lacking=MappingProxyType({"probe": "deploy it"}))
    assert judge(check, {}, bare, strict=False).lacking == "probe"


def test_an_operation_that_a_target_may_leave_out_is_what_it_lacks() -> None:
    bare = Target("http://t", lacking=MappingProxyType({"mcp": "switch it on", "probe": "deploy"}))
    check = Check("a.b", ("DOC-ANSWER-01",), None, None, len, "", frozenset({"mcp"}))
    found = judge(check, {}, bare, strict=False)
    assert (found.outcome, found.lacking) == (Outcome.NOT_EXERCISED, "mcp")
    assert found.message == "switch it on"
    plain = Check("a.c", ("DOC-ANSWER-01",), None, None, len, "")
    assert judge(plain, {}, bare, strict=False).lacking == "probe"
