"""`runcontract drift URL`: has the server's document moved away from ours?"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any

import click
import httpx
from rich.console import Console

from conformance import crash
from conformance.cli import header
from conformance.drift import report
from conformance.drift.comparison import FIELDS, compare
from conformance.drift.inventory import inventory
from conformance.errors import UsageError
from conformance.known import Known, load
from conformance.recording import decoded
from spec.document import document

DRIFTED, USAGE, HARNESS = 1, 2, 3
_TIMEOUT = 30.0


@click.command()
@click.argument("url")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--known",
    "known_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Known differences, each with a reason.",
)
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'")
def drift(
    *, url: str, json_file: Path | None, known_file: Path | None, headers: tuple[str, ...]
) -> None:
    """Compare the document that the server at URL publishes with ours.

    Exit codes: 0 nothing unknown, 1 something new or stale, 2 unreachable or bad usage, 3 a fault
    of the harness.
    """
    try:
        if json_file is not None and not json_file.resolve().parent.is_dir():
            raise UsageError(f"the folder of {json_file} is not there")
        known = load(known_file, FIELDS) if known_file else Known()
        theirs = published(url.rstrip("/"), dict(header(line) for line in headers))
        version = str(theirs.get("info", {}).get("version", ""))
        drifts = compare(inventory(document()), inventory(theirs))
        found = report.judged(url, version, drifts, known)
        report.show(found, Console())
        if json_file is not None:
            report.write_json(found, json_file)
    except UsageError as reason:
        click.echo(f"runcontract drift: {reason}", err=True)
        sys.exit(USAGE)
    except Exception:  # noqa: BLE001 - it is ours, and the user gets a file about it
        file = crash.write(url, traceback.format_exc())
        click.echo(f"runcontract drift: a fault of the harness; see {file}", err=True)
        sys.exit(HARNESS)
    sys.exit(0 if found.same else DRIFTED)


def published(url: str, headers: dict[str, str]) -> dict[str, Any]:
    """The document at `/openapi.json`. Raises UsageError where there is none."""
    where = f"{url}/openapi.json"
    try:
        answer = httpx.get(where, headers=headers, timeout=_TIMEOUT, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as broken:
        raise UsageError(f"nothing answers at {where}: {broken}. Is the server started?") from None
    found = decoded(answer.content)
    if answer.status_code != 200 or not isinstance(found, dict) or "paths" not in found:
        raise UsageError(f"{where} answered {answer.status_code}, and no OpenAPI document")
    return found
