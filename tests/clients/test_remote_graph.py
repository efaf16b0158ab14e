"""`RemoteGraph`: a deployed graph called as if it were a local one."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.reference.environment import prepare
from tests.serving import ROOT


@pytest.mark.parametrize(("module", "tests"), [("remote_graph", 13), ("remote_graph_async", 8)])
def test_remote_graph_works(module: str, tests: int, server_url: str) -> None:
    python = prepare().with_name("python")
    quiet = {"LANGSMITH_TRACING": "false", "PYTHONWARNINGS": "ignore::ResourceWarning"}
    done = subprocess.run(
        [str(python), "-m", "tests.clients.together", f"tests.clients.{module}"],
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
    assert done.stdout.endswith(f"passed {tests} of {tests}\n"), done.stdout
