"""`runcontract mock`, run as its user runs it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.serving import LISTENING, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENT = httpx.Timeout(60)  # a busy machine may need it
COMMAND = [sys.executable, "-m", "runcontract", "mock"]


@contextmanager
def mock(*options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A mock on a free port: its URL and its process, both outputs piped."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


def refused(*options: str) -> str:
    """The one line on standard error of a mock that does not start."""
    ended = subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    return ended.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_serves_and_ends_at_once_with_open_streams(
    how: signal.Signals,
) -> None:
    with mock() as (line, process):
        assert line.startswith(f"{LISTENING}http://127.0.0.1:")
        url = line.removeprefix(LISTENING)
        assert httpx.get(f"{url}/ok", timeout=PATIENT).json() == {"ok": True, "services": {}}
        thread = httpx.post(f"{url}/threads", json={}, timeout=PATIENT).json()["thread_id"]
        body = {"assistant_id": "probe", "input": {"script": [{"sleep": 600}]}}
        with (
            httpx.stream(
                "POST", f"{url}/threads/{thread}/runs/stream", json=body, timeout=PATIENT
            ) as run,
            httpx.stream("GET", f"{url}/threads/{thread}/stream", timeout=PATIENT),
        ):
            assert "event: metadata" in next(run.iter_text())
            waiting = threading.Thread(target=wait_quietly, args=(url, body))
            waiting.start()
            while running(url) < 2:
                time.sleep(0.02)
            process.send_signal(how)
            # far less than the runs take, and it says so if it has to cut anybody off
            out, err = process.communicate(timeout=60)
        waiting.join()
    assert process.returncode == 0
    assert (out, err) == ("", "")


def wait_quietly(url: str, body: object) -> None:
    """A caller that waits for a run's end, and does not mind the server going away."""
    with suppress(httpx.HTTPError):
        httpx.post(f"{url}/runs/wait", json=body, timeout=PATIENT)


def running(url: str) -> int:
    """How many runs play."""
    numbers = httpx.get(f"{url}/metrics", params={"format": "json"}, timeout=PATIENT).json()
    count: int = numbers["queue"]["n_running"]
    return count


def test_a_busy_port_is_one_line_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused("--port", str(port))
    assert said.count("\n") == 1
    assert str(port) in said
    assert "--port 0" in said


def test_a_missing_agents_file_is_refused(tmp_path: Path) -> None:
    assert "nothing.yaml" in refused("--port", "0", "--agents", str(tmp_path / "nothing.yaml"))


def test_a_bad_agents_file_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "agents.yaml"
    bad.write_text("agents: [", encoding="utf-8")
    assert "agents.yaml" in refused("--port", "0", "--agents", str(bad))


def test_a_users_file_is_taken_or_refused_before_anything_is_served(tmp_path: Path) -> None:
    file = tmp_path / "users.yaml"
    said = refused("--port", "0", "--users", str(file))
    assert "users.yaml: cannot be read" in said
    file.write_text("users:\n  ann: {keys: []}")
    said = refused("--port", "0", "--users", str(file))
    assert "users.yaml:2: users.ann.keys: expected at least one key" in said
    assert said.count("\n") == 1
    file.write_text("users: {ann: {keys: [a]}}")
    with mock("--users", str(file), "--configurable-header", "x-*") as (line, _process):
        url = line.removeprefix(LISTENING)
        assert httpx.post(f"{url}/threads", json={}, timeout=PATIENT).status_code == 401


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--api-key", "a", "--users", "b"), "contradict"),
        (("--api-key", ""), "printable ASCII"),
        (("--api-key", "pässword"), "printable ASCII"),
        (("--api-key", " a"), "no blanks"),
    ],
)
def test_a_key_that_nobody_could_send_is_refused(options: tuple[str, ...], words: str) -> None:
    assert words in refused("--port", "0", *options)


@pytest.mark.parametrize(
    "options",
    [("--port", "70000"), ("--pace", "slow"), ("--speed", "0"), ("--seed", "x"), ("--what",)],
)
def test_a_bad_option_is_refused(options: tuple[str, ...]) -> None:
    assert options[0] in refused(*options)


def test_webhooks_to_this_machine_can_be_switched_off() -> None:
    with mock("--no-loopback-webhooks") as (line, _process):
        url = line.removeprefix(LISTENING)
        body = {"assistant_id": "agent", "webhook": "http://localhost:9/"}
        answer = httpx.post(f"{url}/runs", json=body, timeout=PATIENT)
    assert answer.status_code == 422
    assert "this machine" in answer.json()["detail"]


def test_a_seed_makes_ids_repeat() -> None:
    made = []
    for _ in range(2):
        with mock("--seed", "7", "--pace", "virtual") as (line, _process):
            url = line.removeprefix(LISTENING)
            made.append(httpx.post(f"{url}/threads", json={}, timeout=PATIENT).json())
    assert made[0] == made[1]


def test_the_real_document_is_served_untouched_and_shown() -> None:
    from spec.document import document_json

    with mock("--host", "127.0.0.1") as (line, _process):
        url = line.removeprefix(LISTENING)
        served = httpx.get(f"{url}/openapi.json", timeout=PATIENT)
        page = httpx.get(f"{url}/docs", timeout=PATIENT)
        script = httpx.get(f"{url}/docs/assets/swagger-ui-bundle.js", timeout=PATIENT)
        style = httpx.get(f"{url}/docs/assets/swagger-ui.css", timeout=PATIENT)
        other = httpx.get(f"{url}/docs/assets/LICENSE", timeout=PATIENT)
    assert served.content == document_json(("agent", "probe"))
    assert "text/html" in page.headers["content-type"]
    assert "docs/assets/swagger-ui-bundle.js" in page.text
    assert "openapi.json" in page.text
    assert "javascript" in script.headers["content-type"]
    assert len(script.content) > 1_000_000
    assert "text/css" in style.headers["content-type"]
    assert other.status_code == 404
