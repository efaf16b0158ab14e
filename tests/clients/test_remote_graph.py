"""`RemoteGraph`: a deployed graph called as if it were a local one."""

from __future__ import annotations

import os
import re
import subprocess

from tests.reference.environment import prepare
from tests.serving import ROOT


def test_remote_graph_works(server_url: str) -> None:
    python = prepare().with_name("python")
    quiet = {"LANGSMITH_TRACING": "false", "PYTHONWARNINGS": "ignore::ResourceWarning"}
    done = subprocess.run(
        [str(python), "-m", "unittest", "-v", "tests.clients.remote_graph"],
        cwd=ROOT,
        env={**os.environ, **quiet, "SERVER_URL": server_url},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    ran = re.search(r"^Ran (\d+) tests", done.stdout, re.MULTILINE)
    assert ran, done.stdout
    assert int(ran[1]) >= 11
    assert "skipped" not in done.stdout
