"""The whole suite as its user runs it, against our mock: every requirement is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import jsonschema_rs

from conformance.fuzzing import PROFILE
from conformance.registry import checks
from conformance.second_opinion import objection, sample
from spec.data import HERE
from spec.requirements import requirements
from tests.conformance.served import recordings
from tests.ownership import USERS_FILE
from tests.serving import ROOT, mock_process

if TYPE_CHECKING:
    from pathlib import Path


def test_every_requirement_is_judged_in_an_actual_run(tmp_path: Path) -> None:
    users = tmp_path / "users.yaml"
    users.write_text(USERS_FILE)
    with mock_process() as (url, _):
        judged = _judged(url, tmp_path / "report.json")
    two = ("-H", "x-api-key: alice-key", "--other-user", "x-api-key: bob-key")
    with mock_process("--users", str(users)) as (url, _):
        judged |= _judged(url, tmp_path / "apart.json", "--profile", "auth", *two)
    assert judged == {
        promise.id
        for promise in requirements().values()
        if promise.exclusion is None and promise.profile != PROFILE
    }


def _judged(url: str, file: Path, *options: str) -> set[str]:
    """The requirements that a conformant run found kept, its report being of the form it says."""
    command = [sys.executable, "-m", "runcontract", "check", url, "--no-fuzz", "--json"]
    done = subprocess.run(
        [*command, str(file), *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(file.read_text())
    schema = json.loads((HERE / "report.schema.json").read_text())
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(report)
    assert options or {found["id"] for found in report["checks"]} == set(checks())
    return {
        name
        for found in report["checks"]
        if found["outcome"] == "pass"
        for name in found["requirements"]
    }


def test_openapi_core_agrees_on_every_kind_of_answer() -> None:
    _, seen = recordings()
    every = [found for recording in seen.values() for found in recording.exchanges]
    sampled = list(sample(every, most=1000))
    assert len(sampled) > 50
    assert {found.title: objection(found) for found in sampled if objection(found)} == {}
