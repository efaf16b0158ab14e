"""`runcontract diff URL_A URL_B`: do two servers give the same answers?"""

from __future__ import annotations

import asyncio
import secrets
import sys
import traceback
from pathlib import Path

import click
from rich.console import Console

from conformance import crash
from conformance.cli import header
from conformance.diff import report
from conformance.diff.findings import FIELDS
from conformance.diff.session import Options, Session
from conformance.errors import UsageError
from conformance.known import Known, load

DIFFERENT, USAGE, HARNESS, INTERRUPTED = 1, 2, 3, 130


@click.command()
@click.argument("url_a")
@click.argument("url_b")
@click.option("--seed", type=int, help="Repeats the sequences made by chance.")
@click.option(
    "--sequences",
    "count",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    metavar="N",
    help="How many sequences: first those written by hand, then some made by chance.",
)
@click.option(
    "--side-by-side", type=click.IntRange(min=1), default=20, show_default=True, metavar="N"
)
@click.option(
    "-k", "only", default="", metavar="TEXT", help="Only sequences with this in their name."
)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--known",
    "known_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Known differences.",
)
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'")
def diff(
    *,
    url_a: str,
    url_b: str,
    seed: int | None,
    count: int,
    side_by_side: int,
    only: str,
    json_file: Path | None,
    known_file: Path | None,
    headers: tuple[str, ...],
) -> None:
    """Send the same requests to two servers and compare their answers.

    Both need the probe graph (`runcontract probe DIR`). Exit codes: 0 equal apart from known
    differences, 1 different, 2 unreachable or bad usage, 3 a fault of the harness.
    """
    console = Console()
    try:
        if json_file is not None and not json_file.resolve().parent.is_dir():
            raise UsageError(f"the folder of {json_file} is not there")
        known = load(known_file, FIELDS) if known_file else Known()
        chosen = secrets.randbelow(2**31) if seed is None else seed
        given = dict(header(line) for line in headers)
        options = Options((url_a, url_b), chosen, count, side_by_side, only, given)
        with console.status("meeting the servers") as status:
            session = Session(options, lambda n, of: status.update(f"{n} of {of} sequences"))
            findings = asyncio.run(session.run(known))
        assert session.targets is not None
        report.show(findings, session.targets, console)
        console.print(f"seed {chosen}")
        if json_file is not None:
            report.write_json(findings, session.targets, chosen, json_file)
    except UsageError as reason:
        click.echo(f"runcontract diff: {reason}", err=True)
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception:  # noqa: BLE001 - it is ours, and the user gets a file about it
        file = crash.write(f"{url_a} {url_b}", traceback.format_exc())
        click.echo(f"runcontract diff: a fault of the harness; see {file}", err=True)
        sys.exit(HARNESS)
    sys.exit(0 if findings.same else DIFFERENT)
