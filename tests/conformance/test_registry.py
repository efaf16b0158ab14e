"""The registered scenarios and checks agree with the requirements."""

from __future__ import annotations

import re

import pytest

from conformance.fuzzing import PROFILE
from conformance.registry import checks, scenarios
from spec.document import operations
from spec.requirements import requirements

KNOWN_NEEDS = {"probe", "webhook", "parallel", "quiet", "mcp", "a2a", "protocol", "socket"} | {
    "namespaces",
    "other_user",
}


def test_every_requirement_has_a_check_or_an_exclusion() -> None:
    covered = {name for found in checks().values() for name in found.requirements}
    for promise in requirements().values():
        if promise.profile != PROFILE:
            excused = promise.exclusion is not None
            assert (promise.id in covered) is not excused, promise.id


@pytest.mark.parametrize("name", checks())
def test_every_check_names_what_exists(name: str) -> None:
    found = checks()[name]
    assert set(found.requirements) <= requirements().keys()
    assert found.scenario is None or found.scenario in scenarios()
    assert re.fullmatch(r"[a-z][a-z0-9]*\.[a-z0-9-]+", name)
    assert found.summary


def test_every_scenario_is_read() -> None:
    read = {found.scenario for found in checks().values()}
    assert scenarios().keys() <= read


def test_requirements_name_operations_and_needs_that_exist() -> None:
    for promise in requirements().values():
        assert set(promise.operations) <= operations().keys(), promise.id
        assert set(promise.needs) <= KNOWN_NEEDS, promise.id


def test_needs_agree_with_the_scenarios() -> None:
    # a requirement that needs nothing must be judged on any server by at least one check
    for promise in requirements().values():
        read = [found for found in checks().values() if promise.id in found.requirements]
        if not read or any(found.scenario is None for found in read):
            continue
        needs = [scenarios()[str(found.scenario)].needs for found in read]
        if not promise.needs:
            assert any(not need for need in needs), promise.id
        else:
            assert any(need <= set(promise.needs) for need in needs), promise.id


def test_there_are_enough() -> None:
    assert len(requirements()) >= 60
