"""The generated schemathesis.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from schemathesis.config import SchemathesisConfig

from conformance.fuzz.configuration import ENDLESS, NAMES_MORE, WAITING, configuration
from conformance.target import Pace, Target
from spec.document import operations

HEADERS = {"X-Api-Key": 'quo"ted \\ and é'}


def made(**more: Any) -> dict[str, Any]:
    target = Target("http://127.0.0.1:1", headers=HEADERS, **more)
    return tomllib.loads(configuration(target, 12.7, 5, Path("/tmp/e.ndjson"), 7))


def test_schemathesis_takes_it() -> None:
    config = SchemathesisConfig.from_dict(made())
    assert config.seed == 5
    assert config.reports.ndjson.enabled


def test_seed_time_and_headers_arrive_as_they_are() -> None:
    config = made()
    assert (config["seed"], config["max-time"], config["workers"]) == (5, 12, 1)
    assert config["headers"] == HEADERS
    assert config["generation"]["max-examples"] == 7


def test_stateful_testing_follows_explicit_links_only() -> None:
    assert made()["phases"]["stateful"]["inference"]["algorithms"] == []


def test_whoever_waits_for_a_run_gets_the_time_a_run_takes() -> None:
    quick, slow = (
        {
            entry["include-operation-id"]: entry["request-timeout"]
            for entry in config["operations"]
            if "request-timeout" in entry
        }
        for config in (made(pace=Pace(pickup=0.01)), made(pace=Pace(pickup=1.0)))
    )
    assert set(WAITING + ENDLESS) == set(quick) <= set(operations())
    assert all(slow[name] > quick[name] for name in WAITING)
    assert all(slow[name] == quick[name] < 1 for name in ENDLESS)


def test_every_operation_is_configured_once_and_exists() -> None:
    names = [entry["include-operation-id"] for entry in made()["operations"]]
    assert len(names) == len(set(names))
    assert set(NAMES_MORE) <= set(names) <= set(operations())
