"""`python -m tests.clients`: the real clients' tests against the reference server.

They test the API, not our mock, so they have to be green there too. Arguments go to pytest;
`--url URL` takes a server that already runs, with the probe graph, instead.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.reference.environment import ROOT
from tests.reference.server import reference_server

JOBS = 40  # runs that a test left asleep are not to keep those of the others waiting


def main(arguments: list[str]) -> int:
    """Runs the tests; pytest's exit code is ours."""
    if arguments[:1] == ["--url"]:
        return _test(arguments[1], arguments[2:])
    with reference_server(jobs=JOBS) as url:
        return _test(url, arguments)


def _test(url: str, arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "tests/clients", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, "CLIENTS_URL": url}, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
