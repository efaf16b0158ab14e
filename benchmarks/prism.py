"""The other mock: Prism, from npm, on the same document, answering with its examples."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.cases import REQUESTS, Subject, ratio, request_costs
from benchmarks.processes import ROOT, Server
from benchmarks.table import Figure
from spec.document import document_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.cases import Length

PACKAGE = "@stoplight/prism-cli@5.14.2"

_FOLDER = ROOT / ".envs" / "prism"
_COMMAND = _FOLDER / "node_modules" / ".bin" / "prism"
_PATIENCE = 30.0  # seconds Prism gets to start


def install() -> None:
    """Install Prism beside the project. Raises RuntimeError where npm is missing or fails."""
    if _COMMAND.exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm is not installed: leave --prism away")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    options = ("--no-audit", "--no-fund", "--silent", "--prefix", str(_FOLDER))
    if subprocess.run([npm, "install", *options, PACKAGE], check=False).returncode:
        raise RuntimeError(f"npm could not install {PACKAGE}: leave --prism away")


@contextmanager
def serving() -> Iterator[Server]:
    """Prism, serving our document. Raises RuntimeError where it does not start."""
    install()
    document = _FOLDER / "document.json"
    document.write_bytes(document_json())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command: list[str | Path] = [
        _COMMAND,
        "mock",
        "--port",
        str(port),
        "--verboseLevel",
        "silent",
        document,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _await(port, process)
            yield Server("prism", "127.0.0.1", port, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=10)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("Prism did not start")


async def compare(mock: Subject, length: Length) -> list[Figure]:
    """How many answers we give in the processor time Prism takes for one.

    Answers per second would measure the client too: it shares the machine's processors.
    """
    with serving() as server:
        prism = Subject(server, mock.thread_ids, mock.reads, mock.lists)
        ours, theirs = await request_costs((mock, prism), REQUESTS, length)
    return [
        Figure(
            f"{name}: throughput to Prism",
            ratio(theirs[name], ours[name]),
            "×",
            8,
            at_least=True,
            detail=f"CPU {median(ours[name]):.0f} to {median(theirs[name]):.0f} µs",
        )
        for name in REQUESTS
    ]
