"""Starts a mock as its user does, in a process of its own, and ends it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
LISTENING = "runcontract mock: listening on "


@contextmanager
def mock_process(*options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A mock on a free port: its URL, taken from the one line it prints, and its process.

    Raises RuntimeError where it ends before it listens.
    """
    command = [sys.executable, "-m", "runcontract", "mock", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line.startswith(LISTENING):
                raise RuntimeError(f"the mock did not start: it printed {line!r}")
            yield line.removeprefix(LISTENING).strip(), process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
