"""The report as JUnit XML: one test case a check, its requirements as properties."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from conformance.outcome import Outcome, Result

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.report.model import Report

# what XML 1.0 cannot hold, not even escaped
_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Report, path: Path) -> None:
    """Writes the report. Raises OSError where the file cannot be written."""
    tree = ET.ElementTree(as_xml(report))
    ET.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def as_xml(report: Report) -> ET.Element:
    """The report as an element `testsuites`."""
    counted = report.summary
    skipped = counted["not-exercised"] + counted["baselined"]
    numbers = {
        "tests": str(len(report.results)),
        "failures": str(counted["fail"]),
        "errors": str(counted["harness-error"]),
        "skipped": str(skipped),
        "time": f"{report.duration:.3f}",
    }
    root = ET.Element("testsuites", {"name": "runcontract", **numbers})
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "name": _clean(f"{report.target.name} {report.target.version}".strip()),
            "timestamp": report.started_at.isoformat(),
            **numbers,
        },
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("verdict", report.verdict),
        ("url", report.target.url),
        ("seed", str(report.seed)),
    ):
        ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    for result in report.results:
        suite.append(_case(result))
    return root


def _case(result: Result) -> ET.Element:
    case = ET.Element(
        "testcase",
        {"classname": result.profile, "name": result.id, "time": f"{result.duration:.6f}"},
    )
    properties = ET.SubElement(case, "properties")
    for name in result.requirements:
        ET.SubElement(properties, "property", {"name": "requirement", "value": name})
    message = _clean(result.message)
    if result.outcome is Outcome.FAIL:
        failure = ET.SubElement(case, "failure", {"message": message})
        failure.text = _clean("\n".join(result.reproduce))
    elif result.outcome is Outcome.HARNESS_ERROR:
        ET.SubElement(case, "error", {"message": message})
    elif result.outcome in (Outcome.NOT_EXERCISED, Outcome.BASELINED):
        words = f"{result.outcome.value}: {message}"
        ET.SubElement(case, "skipped", {"message": words})
    elif result.outcome is Outcome.WARN:
        ET.SubElement(case, "system-out").text = f"warning: {message}"
    return case


def _clean(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
