"""`runcontract check URL`: judges a running Agent Server and says so in an exit code."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import MappingProxyType

import click

from conformance import crash
from conformance.errors import UsageError
from conformance.outcome import CONFORMANT, NOT_CONFORMANT
from conformance.session import HARNESS_FAULT, Options, Session

USAGE, HARNESS, INTERRUPTED = 2, 3, 130
_EXIT = MappingProxyType({CONFORMANT: 0, NOT_CONFORMANT: 1, HARNESS_FAULT: HARNESS})


@click.command()
@click.argument("url")
@click.option("--assistant", metavar="NAME", help="Assistant or graph to drive (default: probe).")
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="NAME",
    help="Judge only this profile; may be repeated or hold a comma list.",
)
@click.option("--quick/--full", default=False, help="Only the quick scenarios, or all (default).")
@click.option("--fuzz", type=click.FloatRange(min=0), metavar="SECONDS", help="Time for fuzzing.")
@click.option("--no-fuzz", is_flag=True, help="No fuzzing.")
@click.option("--seed", type=int, help="Repeats a run's random choices.")
@click.option("--baseline", metavar="FILE", help="Known deviations: a file, or a shipped name.")
@click.option("--strict", is_flag=True, help="A broken SHOULD fails.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--junit", "junit_file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'")
@click.option(
    "--other-user",
    "other",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Headers of a second user, in place of those of -H; what one has, the other may not see.",
)
@click.option("-k", "expression", default="", metavar="EXPR", help="As pytest's -k.")
def check(
    *,
    url: str,
    assistant: str | None,
    profiles: tuple[str, ...],
    quick: bool,
    fuzz: float | None,
    no_fuzz: bool,
    seed: int | None,
    baseline: str | None,
    strict: bool,
    json_file: Path | None,
    junit_file: Path | None,
    headers: tuple[str, ...],
    other: tuple[str, ...],
    expression: str,
) -> None:
    """Judge the Agent Server at URL by the contract.

    Exit codes: 0 conformant, 1 not conformant, 2 unreachable or bad usage, 3 a fault of the suite.
    """
    try:
        if no_fuzz and fuzz:
            raise UsageError("--fuzz and --no-fuzz contradict each other")
        options = Options(
            url=url,
            assistant=assistant,
            profiles=tuple(name for listed in profiles for name in listed.split(",") if name),
            quick=quick,
            fuzz_seconds=0.0 if no_fuzz or (quick and fuzz is None) else fuzz,
            seed=seed,
            baseline=baseline,
            strict=strict,
            json_file=json_file,
            junit_file=junit_file,
            headers=dict(header(line) for line in headers),
            other_headers=dict(header(line, "--other-user") for line in other),
            expression=expression,
        )
        session = Session(options)
        verdict = session.run()
    except UsageError as reason:
        click.echo(f"runcontract check: {reason}", err=True)
        sys.exit(USAGE)
    except KeyboardInterrupt:
        click.echo("runcontract check: interrupted; there is no verdict", err=True)
        sys.exit(INTERRUPTED)
    except Exception:  # noqa: BLE001 - it is ours, and the user gets a file about it
        _tell_crash(url, traceback.format_exc())
        sys.exit(HARNESS)
    if verdict == HARNESS_FAULT:
        _tell_crash(url, session.faults)
    sys.exit(_EXIT[verdict])


def header(line: str, option: str = "-H") -> tuple[str, str]:
    """A `NAME: VALUE` of the command line. Raises UsageError, which names the option."""
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise UsageError(f"{option} {line!r} is no header; write 'name: value'")
    return name.strip().lower(), value.strip()


def _tell_crash(url: str, details: str) -> None:
    file = crash.write(url, details)
    click.echo(f"runcontract check: a fault of the suite, not of the target; see {file}", err=True)
