"""The reference server's own environment: made once, kept in a git-ignored folder."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CONSTRAINTS = Path(__file__).parent / "constraints.txt"
REQUIREMENTS = ("langgraph-cli[inmem]", "langgraph")


class EnvironmentFailedError(Exception):
    """The environment could not be made; the message holds the installer's last words."""


def prepare(folder: Path = ROOT / ".envs" / "reference") -> Path:
    """The path of the `langgraph` command in an environment that holds exactly our pins.

    Installs on first use and when the pins or the Python version change; else costs nothing.
    Raises EnvironmentFailedError.
    """
    command = folder / "bin" / "langgraph"
    marker = folder / ".ready"
    wanted = _fingerprint()
    if marker.exists() and marker.read_text() == wanted and command.exists():
        return command
    print(f"installing the reference server into {folder} ...", file=sys.stderr)  # noqa: T201
    marker.unlink(missing_ok=True)
    _install(folder)
    marker.write_text(wanted)
    return command


def _fingerprint() -> str:
    return f"{sys.version_info[:2]} {hashlib.sha256(CONSTRAINTS.read_bytes()).hexdigest()}\n"


def _install(folder: Path) -> None:
    python = folder / "bin" / "python"
    uv = shutil.which("uv")
    pins = ["--constraint", str(CONSTRAINTS), *REQUIREMENTS]
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
