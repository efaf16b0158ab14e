"""Starts the reference server with the probe graph, and ends it with everything it started."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx

from conformance.probe.cli import write_probe
from tests.reference.environment import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOTHING: Mapping[str, Any] = MappingProxyType({})
ADDRESS = re.compile(r"API:\s*(?:\x1b\[[0-9;]*m)*(http://[\d.]+:\d+)")
# Checks receive webhooks on this machine, which the server refuses unless told otherwise.
WEBHOOKS = {"url": {"require_https": False, "disable_loopback": False}}
START_SECONDS = 60.0


class ReferenceFailedError(Exception):
    """The reference server did not start; the message holds the end of its log."""


@contextmanager
def reference_server(
    *,
    jobs: int = 10,
    files: Mapping[str, str] = NOTHING,
    settings: Mapping[str, Any] = NOTHING,
    **environment: str,
) -> Iterator[str]:
    """The URL of a fresh reference server in a clean folder; `environment` adds variables.

    It plays so many `jobs` at a time. `files` are written beside the graphs, by name; `settings`
    are added to its langgraph.json.

    The whole process group is ended afterwards, whatever happened. Raises ReferenceFailedError, and
    what `prepare` raises.
    """
    command = prepare()
    with tempfile.TemporaryDirectory(prefix="runcontract-reference-") as name:
        folder = Path(name)
        write_probe(folder)
        configuration = json.loads((folder / "langgraph.json").read_text())
        configuration |= {"webhooks": WEBHOOKS, **settings}
        for file, content in files.items():
            (folder / file).write_text(content)
        (folder / "langgraph.json").write_text(json.dumps(configuration))
        log = folder / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *(str(command), "dev", "--no-browser", "--no-reload"),
                    *("--host", "127.0.0.1", "--port", str(_free_port())),
                    *("--n-jobs-per-worker", str(jobs)),
                ],
                cwd=folder,
                env=_environment(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield _address(process, log)
        finally:
            _end(process)


def _environment(extra: dict[str, str]) -> dict[str, str]:
    """Ours without anything that could send it to the network or change what it does."""
    foreign = ("LANGSMITH", "LANGCHAIN", "LANGGRAPH", "BG_JOB", "N_JOBS", "DATABASE", "REDIS")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    quiet = {"LANGSMITH_TRACING": "false", "LANGGRAPH_CLI_NO_ANALYTICS": "1"}
    return {**ours, **quiet, **extra}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """The URL the log names: the server takes another port by itself when ours was taken."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = ADDRESS.search(log.read_text(errors="replace"))
        if found and _answers(found[1]):
            return found[1]
        time.sleep(0.1)
    words = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
    raise ReferenceFailedError(f"the reference server did not start; its log ends:\n{words}")


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ok", timeout=5).is_success
    except httpx.HTTPError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
            break
    # Children that outlived their leader.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
