"""Starts Schemathesis, follows its report while it grows, and ends it when its time is over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.fuzz.configuration import ENDLESS, WAITING, configuration
from conformance.fuzz.contract import fuzzed
from conformance.fuzz.events import FormChangedError, Progress, Reader
from conformance.fuzz.existing import existing
from conformance.fuzz.wire import Wire
from spec.document import operations

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from conformance.fuzz.findings import Finding
    from conformance.target import Target

EXAMPLES = 10
# What Schemathesis may take to write its reports once it was told to stop.
GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.1


class FuzzerFailedError(Exception):
    """The fuzzer itself failed; the message holds its last words. The target is not to blame."""


def _ignored(_progress: Progress) -> None:
    """Nobody watches."""


def run(
    target: Target,
    seconds: float,
    seed: int,
    on_progress: Callable[[Progress], None] = _ignored,
    *,
    examples: int = EXAMPLES,
) -> list[Finding]:
    """Fuzz the target for at most so many seconds (and the few it takes to stop).

    `examples` is how many cases a phase generates for an operation before it goes round again.
    Blocks; call it in a thread where there is a loop to keep going. Raises FuzzerFailedError.
    """
    with tempfile.TemporaryDirectory(prefix="runcontract-fuzz-") as name:
        folder = Path(name)
        events = folder / "events.ndjson"
        document = fuzzed(target)
        (folder / "document.json").write_text(json.dumps(document))
        settings = folder / "schemathesis.toml"
        settings.touch(mode=0o600)
        settings.write_text(configuration(target, seconds, seed, events, examples))
        kept = folder / "kept.json"
        kept.write_text(json.dumps(existing(target)))
        names = {f"{op.method.upper()} {op.path}": name for name, op in operations().items()}
        waiting = frozenset((*WAITING, *ENDLESS))
        reader = Reader(names, waiting, on_progress, Wire(document).conforms, target.headers)
        log = folder / "log.txt"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "schemathesis.cli", "run", "document.json"],
                cwd=folder,
                env={**os.environ, "RUNCONTRACT_KEEP": str(kept)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                stopped = _follow(process, events, reader, seconds)
            except FormChangedError as reason:
                raise FuzzerFailedError(str(reason)) from reason
            finally:
                _end(process)
        if not reader.finished and not stopped:
            raise FuzzerFailedError(f"schemathesis ended early:\n{_tail(log)}")
        if reader.trouble:
            raise FuzzerFailedError("\n".join(dict.fromkeys(reader.trouble)))
        return reader.findings


def _follow(process: subprocess.Popen[bytes], events: Path, reader: Reader, seconds: float) -> bool:
    """Feeds the reader until the fuzzer is done; True where it had to be told to stop."""
    deadline = time.monotonic() + seconds
    stopped = False
    while not events.exists() and process.poll() is None:
        time.sleep(_POLL_SECONDS)
    if not events.exists():
        return False
    with events.open("rb") as stream:
        rest = b""
        while True:
            running = process.poll() is None
            rest = _feed(stream, reader, rest)
            if not running:
                return stopped
            if time.monotonic() > deadline and not stopped:
                stopped = True
                deadline += GRACE_SECONDS
                process.send_signal(signal.SIGINT)
            elif stopped and time.monotonic() > deadline:
                return stopped
            time.sleep(_POLL_SECONDS)


def _feed(stream: BinaryIO, reader: Reader, rest: bytes) -> bytes:
    """The complete lines that came since; returns the beginning of the next."""
    *lines, rest = (rest + stream.read()).split(b"\n")
    for line in lines:
        if line.strip():
            reader.take(line.decode())
    return rest


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
