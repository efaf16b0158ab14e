"""Servers to measure: started as a user starts them, their time and memory read from /proc."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parent.parent
LISTENING = "listening on "
MOCK = ("-m", "runcontract", "mock", "--port", "0", "--pace", "immediate")
REAL = ("-m", "runcontract", "mock", "--port", "0")
RAW = ("-m", "benchmarks.raw")
HTTP_SIDE = ("-m", "benchmarks.http_side")

_PROCESS_CLOCK = 2  # the processor clock of a process, beside its complemented id: Linux's own form


@dataclass(frozen=True, slots=True)
class Server:
    """A server process that accepts requests."""

    name: str
    host: str
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Processor time of the process so far, in user and kernel mode, to the nanosecond.

        /proc counts in hundredths of a second, which short turns would drown in.
        """
        return time.clock_gettime(~self.pid << 3 | _PROCESS_CLOCK)

    def memory_bytes(self) -> int:
        """Resident memory."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"process {self.pid} has no memory: it ended")


@contextmanager
def serving(name: str, arguments: Sequence[str]) -> Iterator[Server]:
    """A server in a process of its own, `arguments` Python's. Raises RuntimeError if it ends."""
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if LISTENING not in line:
                raise RuntimeError(f"{name} did not start: it printed {line!r}")
            url = urlsplit(line.rpartition(LISTENING)[2].strip())
            yield Server(name, url.hostname or "", url.port or 0, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=10)


def start_seconds(name: str, arguments: Sequence[str]) -> float:
    """From the start of the process to its first answer 200."""
    import http.client

    began = time.perf_counter()
    with serving(name, arguments) as server:
        connection = http.client.HTTPConnection(server.host, server.port, timeout=5)
        connection.request("GET", "/ok")
        status = connection.getresponse().status
        took = time.perf_counter() - began
        connection.close()
    if status != 200:
        raise RuntimeError(f"{name} answered {status} to GET /ok")
    return took
