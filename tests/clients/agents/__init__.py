"""Clients of the agent protocols, in an environment of their own: the packages their users have."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.reference.environment import ROOT, environment

HERE = Path(__file__).parent
REQUIREMENTS = ("mcp", "a2a-sdk")
SECONDS = 60.0


class ClientFailedError(Exception):
    """A client ended with a failure; the message holds what it printed."""


def session(script: str, *arguments: str) -> dict[str, Any]:
    """Runs one of the scripts beside this file and gives what it saw, by step.

    Raises ClientFailedError, and EnvironmentFailedError: a missing client is never a skip.
    """
    folder = environment(ROOT / ".envs" / "agents", HERE / "constraints.txt", REQUIREMENTS)
    done = subprocess.run(
        [str(folder / "bin" / "python"), str(HERE / script), *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise ClientFailedError(f"{script} ended with {done.returncode}:\n{done.stderr}")
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen
