"""`make check-reference`: the reference server up, the suite against it, the verdict.

Arguments go to `runcontract check`. `--serve` alone only serves it, until Ctrl-C. The reports land
in `reports/`.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.reference.environment import ROOT, EnvironmentFailedError
from tests.reference.server import ReferenceFailedError, reference_server

if TYPE_CHECKING:
    from types import FrameType

BASELINE = ROOT / "conformance" / "baselines" / "langgraph-api-0.16.yaml"


def main(arguments: list[str]) -> int:
    """Runs the suite against a fresh reference server; its exit code is ours, 3 if none starts."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        with reference_server() as url:
            if arguments == ["--serve"]:
                print(f"reference: listening on {url}", flush=True)  # noqa: T201
                signal.pause()
            return _check(url, arguments)
    except (EnvironmentFailedError, ReferenceFailedError) as reason:
        print(f"check-reference: {reason}", file=sys.stderr)  # noqa: T201
        return 3
    except KeyboardInterrupt:
        return 130


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)


def _check(url: str, arguments: list[str]) -> int:
    reports = ROOT / "reports"
    reports.mkdir(exist_ok=True)
    command = [
        *(sys.executable, "-m", "runcontract", "check", url, "--baseline", str(BASELINE)),
        *("--json", str(reports / "reference.json")),
        *("--junit", str(reports / "reference.xml")),
        *arguments,
    ]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
