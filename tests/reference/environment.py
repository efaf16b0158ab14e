"""Environments beside our own: made once, kept in a git-ignored folder. One is the reference's."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent.parent
CONSTRAINTS = Path(__file__).parent / "constraints.txt"
REQUIREMENTS = ("langgraph-cli[inmem]", "langgraph")


class EnvironmentFailedError(Exception):
    """The environment could not be made; the message holds the installer's last words."""


def prepare(folder: Path = ROOT / ".envs" / "reference") -> Path:
    """The path of the `langgraph` command in an environment that holds exactly our pins.

    Raises EnvironmentFailedError.
    """
    return environment(folder, CONSTRAINTS, REQUIREMENTS) / "bin" / "langgraph"


def environment(folder: Path, constraints: Path, requirements: Sequence[str]) -> Path:
    """The folder, an environment that holds these requirements exactly as pinned.

    Installs on first use and when the pins or the Python version change; else costs nothing.
    Several processes may ask at once. Raises EnvironmentFailedError.
    """
    marker = folder / ".ready"
    wanted = f"{sys.version_info[:2]} {hashlib.sha256(constraints.read_bytes()).hexdigest()}\n"
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (marker.exists() and marker.read_text() == wanted):
            print(f"installing {', '.join(requirements)} into {folder} ...", file=sys.stderr)  # noqa: T201
            marker.unlink(missing_ok=True)
            _install(folder, ["--constraint", str(constraints), *requirements])
            marker.write_text(wanted)
    return folder


def _install(folder: Path, pins: Sequence[str]) -> None:
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    if uv:
        if not python.exists():
            _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
        _run([uv, "pip", "install", "--quiet", "--python", str(python), *pins])
        return
    if not (folder / "bin" / "pip").exists():
        venv.create(folder, with_pip=True, symlinks=True)
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pins])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        words = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise EnvironmentFailedError(f"{' '.join(command)} ended with {done.returncode}:\n{words}")
