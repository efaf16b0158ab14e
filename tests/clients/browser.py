"""Finds a Chromium, or installs Debian's."""

from __future__ import annotations

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome")
INSTALL = (
    ["apt-get", "update", "-qq"],
    ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
)


class NoBrowserError(Exception):
    """There is no Chromium and none could be installed; the message says why."""


def chromium() -> str:
    """The path of a Chromium: CHROMIUM's, the machine's, or Debian's package, installed as root.

    Raises NoBrowserError: a missing browser is a failure, never a skip.
    """
    found = os.environ.get("CHROMIUM") or _found()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in INSTALL:
            _run(command)
        found = _found()
    if found is None:
        raise NoBrowserError("no Chromium here: install one, or name it in CHROMIUM")
    return found


def _found() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _run(command: list[str]) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, env=quiet, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        words = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise NoBrowserError(f"{' '.join(command)} ended with {done.returncode}:\n{words}")
