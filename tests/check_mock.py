"""`make check`: the mock up, the suite against it, the verdict.

Arguments go to `runcontract check`. The reports land in `reports/`. The seed is pinned, so that two
people see the same verdict of the same tree: `make check ARGS="--seed N"` draws other requests.
"""

from __future__ import annotations

import subprocess
import sys

from tests.serving import ROOT, mock_process

SEED = 1


def main(arguments: list[str]) -> int:
    """Runs the suite against a fresh mock; its exit code is ours."""
    reports = ROOT / "reports"
    reports.mkdir(exist_ok=True)
    with mock_process() as (url, _):
        command = [
            *(sys.executable, "-m", "runcontract", "check", url),
            *("--seed", str(SEED)),
            *("--json", str(reports / "mock.json"), "--junit", str(reports / "mock.xml")),
            *arguments,
        ]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
