"""`make fidelity`: the mock and the reference server up, `runcontract diff` between them.

Arguments go to `runcontract diff`. The report lands in `reports/fidelity.json`. `--drift` compares
the documents instead.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.reference.environment import ROOT, EnvironmentFailedError
from tests.reference.server import ReferenceFailedError, reference_server
from tests.serving import mock_process

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = ROOT / "conformance" / "diff" / "known" / "mock-langgraph-api-0.16.yaml"
DRIFT = ROOT / "conformance" / "drift" / "known" / "langgraph-api-0.16.yaml"
JOBS = 30


def main(arguments: list[str]) -> int:
    """Compares; the exit code is that of the command, 3 where a server does not start."""
    try:
        with reference_server(jobs=JOBS) as reference:
            if "--drift" in arguments:
                return _drift(reference, [found for found in arguments if found != "--drift"])
            with mock_process() as (mock, _):
                return _diff(mock, reference, arguments)
    except (EnvironmentFailedError, ReferenceFailedError, RuntimeError) as reason:
        print(f"fidelity: {reason}", file=sys.stderr)  # noqa: T201
        return 3
    except KeyboardInterrupt:
        return 130


def _diff(mock: str, reference: str, arguments: list[str]) -> int:
    given = ["--known", str(KNOWN), "--json", str(_reports() / "fidelity.json"), *arguments]
    return _run("diff", mock, reference, *given)


def _drift(reference: str, arguments: list[str]) -> int:
    given = ["--known", str(DRIFT), "--json", str(_reports() / "drift.json"), *arguments]
    return _run("drift", reference, *given)


def _reports() -> Path:
    folder = ROOT / "reports"
    folder.mkdir(exist_ok=True)
    return folder


def _run(*arguments: str) -> int:
    command = [sys.executable, "-m", "runcontract", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
