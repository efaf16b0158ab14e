"""The JSON report; its schema is `spec/report.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from spec import __version__
from spec.requirements import REVISION

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.outcome import Result
    from conformance.report.model import Report


def as_json(report: Report) -> dict[str, Any]:
    """The report as the schema has it."""
    return {
        "runcontract": __version__,
        "requirements": REVISION,
        "target": {
            "url": report.target.url,
            "name": report.target.name,
            "version": report.target.version,
        },
        "seed": report.seed,
        "started_at": report.started_at.isoformat(),
        "duration_s": round(report.duration, 3),
        "verdict": report.verdict,
        "summary": dict(report.summary),
        "checks": [_check(result) for result in report.results],
    }


def _check(result: Result) -> dict[str, Any]:
    return {
        "id": result.id,
        "requirements": list(result.requirements),
        "level": result.level,
        "profile": result.profile,
        "outcome": result.outcome.value,
        "duration_s": round(result.duration, 6),
        "message": result.message,
        "reproduce": list(result.reproduce),
    }


def write(report: Report, path: Path) -> None:
    """Writes the report. Raises OSError where the file cannot be written."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    path.write_bytes(orjson.dumps(as_json(report), option=options))
