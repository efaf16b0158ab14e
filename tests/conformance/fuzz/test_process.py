"""The fuzzer as it runs, against a small server that breaks its word."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from conformance.fuzz import FuzzerFailedError, Progress, process, run
from conformance.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 5.0  # most of them may go into the start, on a busy machine
ROUTED = frozenset({("get", "/ok"), ("get", "/info")})


class Handler(BaseHTTPRequestHandler):
    """`/ok` fails when it is asked to look deeper."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        if self.path.startswith("/ok?check_db"):
            self._answer(500, {"detail": "down"})
        elif self.path.startswith("/ok"):
            self._answer(200, {"ok": True})
        else:
            self._answer(200, {"version": "1", "flags": {}})

    def do_TRACE(self) -> None:
        self._answer(405, {"detail": "Method Not Allowed"})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_QUERY = do_TRACE  # noqa: N815

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Silence."""


@contextmanager
def served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_broken_promise_is_found_and_shown() -> None:
    progress: list[Progress] = []
    with served() as url:
        target = Target(url, graph_id="probe", documented=ROUTED)
        findings = run(target, SECONDS, 1, progress.append, examples=3)
    errors = [found for found in findings if found.requirement_id == "FUZZ-5XX-01"]
    (broken,) = [found for found in errors if found.operation == "get_ok"]
    assert "answer: 500" in broken.message
    assert f"{url}/ok?check_db=" in broken.reproduce[0]
    assert progress[-1].cases > 0
    assert progress[-1].findings == len(findings)


def test_it_ends_in_time_and_keeps_what_it_found() -> None:
    began = time.monotonic()
    with served() as url:
        target = Target(url, graph_id="probe", documented=ROUTED)
        findings = run(target, SECONDS, 1, examples=100_000)
    assert time.monotonic() - began < SECONDS + process.GRACE_SECONDS + 3.0
    assert findings


def test_a_fuzzer_that_cannot_start_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "configuration", lambda *_: "this is no toml")
    with pytest.raises(FuzzerFailedError, match="ended early"):
        run(Target("http://127.0.0.1:1"), SECONDS, 1)
