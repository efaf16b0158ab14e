"""The suite shown to fail: each check on a server that breaks its promise, none on the mock."""

from __future__ import annotations

import asyncio
import logging
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from conformance.outcome import Outcome
from conformance.registry import checks
from tests.liars.stage import BROKEN, Verdicts, judged, served, unmoved
from tests.liars.table import LIARS
from tests.liars.table.http import SECOND_OPINION

if TYPE_CHECKING:
    from collections.abc import Mapping

# Checks that no liar can be caught by, each with the reason.
UNCAUGHT: Mapping[str, str] = MappingProxyType(
    {SECOND_OPINION: "it speaks only where another validator and ours differ over the same answer"}
)


@pytest.fixture(scope="module")
def verdicts(request: pytest.FixtureRequest) -> Verdicts:
    """The honest mock and the liars that the selected tests ask for, all judged side by side."""
    asked = [getattr(item, "callspec", None) for item in request.session.items]
    names = {spec.params["name"] for spec in asked if spec and "name" in spec.params}
    tests = {item.name for item in request.session.items}
    if test_every_check_is_caught_failing_or_excused.__name__ in tests:
        names = set(LIARS)
    honest = test_the_honest_mock_passes_every_check.__name__ in tests
    log = logging.getLogger("runcontract.mock")
    level = log.level
    log.setLevel(logging.CRITICAL)  # liars make it complain
    try:
        with served(LIARS) as url:
            found = asyncio.run(
                judged(url, [LIARS[name] for name in LIARS if name in names], honest=honest)
            )
    finally:
        log.setLevel(level)
    return found


def test_the_honest_mock_passes_every_check(verdicts: Verdicts) -> None:
    found = {
        name: f"{result.outcome}: {result.message}"
        for name, result in verdicts.honest.items()
        if result.outcome is not Outcome.PASS
    }
    assert found == {}
    assert set(verdicts.honest) == set(checks())


@pytest.mark.parametrize("name", LIARS)
def test_a_liar_is_caught(verdicts: Verdicts, name: str) -> None:
    assert unmoved(LIARS[name], verdicts.liars[name]) == {}


@pytest.mark.parametrize("name", LIARS)
def test_a_liar_is_no_fault_of_the_suites(verdicts: Verdicts, name: str) -> None:
    found = {
        check: result.message
        for check, result in verdicts.liars[name].items()
        if result.outcome is Outcome.HARNESS_ERROR
    }
    assert found == {}


def test_every_check_is_caught_failing_or_excused(verdicts: Verdicts) -> None:
    caught = {
        check
        for found in verdicts.liars.values()
        for check, result in found.items()
        if result.outcome in BROKEN
    }
    assert set(checks()) - caught == set(UNCAUGHT)


def test_every_liar_names_checks_that_there_are() -> None:
    named = {check for liar in LIARS.values() for check in liar.fails}
    assert named <= set(checks())
    assert all(liar.fails for liar in LIARS.values())
