"""The JUnit report."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conformance.outcome import Outcome, Result
from conformance.report.junit import write
from conformance.report.model import Report
from conformance.target import Target

if TYPE_CHECKING:
    from pathlib import Path


def test_every_outcome_has_its_element(tmp_path: Path) -> None:
    results = tuple(
        Result(f"a.{outcome}", ("RUN-GET-01",), "MUST", "runs", outcome, message="\x00 <&> \ud800")
        for outcome in Outcome
    )
    started = datetime(2026, 11, 20, tzinfo=UTC)
    file = tmp_path / "r.xml"
    write(Report(Target("http://t"), 1, started, 2.0, results), file)
    root = ET.parse(file).getroot()
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert len(cases) == len(Outcome)
    assert cases["a.pass"].find("failure") is None
    failure = cases["a.fail"].find("failure")
    assert failure is not None
    assert failure.get("message") == "\ufffd <&> \ufffd"
    assert cases["a.harness-error"].find("error") is not None
    assert cases["a.not-exercised"].find("skipped") is not None
    assert cases["a.baselined"].find("skipped") is not None
    assert cases["a.warn"].find("system-out") is not None
    assert root.get("failures") == "1"
    assert root.get("errors") == "1"
    assert root.get("skipped") == "2"
    assert root.find(".//property[@name='requirement']") is not None
