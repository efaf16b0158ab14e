from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest

from mockserver.engine.errors import InvalidError
from mockserver.engine.webhooks import check_target
from tests.mockserver.engine.bench import SAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.mockserver.engine.bench import Bench

URL = "http://127.0.0.1:9/hook?key=1"


class Receiver:
    """Answers webhooks with the given statuses, the last one again and again."""

    def __init__(self, bench: Bench, *answers: int | Exception) -> None:
        self.answers = list(answers) or [200]
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.times: list[int] = []
        self.arrived = asyncio.Event()
        self.clock = bench.engine.clock
        transport = httpx.MockTransport(self.receive)
        bench.engine.webhooks._client = httpx.AsyncClient(transport=transport)

    async def receive(self, request: httpx.Request) -> httpx.Response:
        self.got.append((str(request.url), orjson.loads(request.content)))
        self.times.append(self.clock.epoch_ms())
        self.arrived.set()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer)


@pytest.fixture
def receiver(bench: Bench) -> Callable[..., Receiver]:
    return lambda *answers: Receiver(bench, *answers)


@pytest.mark.parametrize(
    "url",
    [
        "/relative",
        "relative",
        "ftp://host/x",
        "http://",
        "http:///path",
        "https://host:notaport/",
        "http://[::1",
        "http://169.254.169.254/latest",
        "http://host/" + "x" * 5000,
        "",
    ],
)
def test_urls_that_no_webhook_may_have(url: str) -> None:
    with pytest.raises(InvalidError):
        check_target(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/x", "https://example.org", "http://[::1]:80/?a=b"]
)
def test_urls_that_a_webhook_may_have(url: str) -> None:
    check_target(url)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:8000", "127.9.9.9", "[::1]:80", "[::ffff:127.0.0.1]", "0.0.0.0"),
        *("localhost", "LOCALHOST.", "app.localhost:1"),
    ],
)
def test_this_machine_can_be_refused(host: str) -> None:
    with pytest.raises(InvalidError, match="this machine"):
        check_target(f"http://{host}/x", loopback=False)


@pytest.mark.parametrize("host", ["example.org", "10.0.0.1", "localhost.example.org", "[fd00::1]"])
def test_other_machines_are_not_this_one(host: str) -> None:
    check_target(f"https://{host}/x", loopback=False)


@pytest.mark.parametrize(
    ("script", "status", "error"),
    [
        (SAY, "success", None),
        ([{"interrupt": 1}], "success", None),
        ([{"fail": {"error": "ValueError", "message": "x"}}], "error", "ValueError"),
    ],
)
async def test_the_end_of_a_run_is_told_with_the_run(
    bench: Bench,
    receiver: Callable[..., Receiver],
    script: Any,
    status: str,
    error: str | None,
) -> None:
    inbox = receiver()
    thread = bench.thread()
    job = await bench.run(thread, script, webhook=URL)
    ((url, body),) = inbox.got
    assert url == URL
    row = job.run.view()
    assert {key: body[key] for key in row} == row
    assert body["status"] == status
    assert body["values"] == orjson.loads(thread.values or b"null")
    assert (body.get("error") or {}).get("error") == error
    assert ("error" in body) is (error is not None)
    assert row["created_at"] <= body["run_started_at"] <= body["run_ended_at"]
    assert body["run_ended_at"] <= body["webhook_sent_at"]


async def test_a_cancelled_run_is_told_only_when_it_had_begun(
    bench: Bench, receiver: Callable[..., Receiver]
) -> None:
    inbox = receiver()
    for delay, rollback in ((0, False), (0, True), (5, False)):
        job = bench.submit(bench.thread(), [{"sleep": 9}], webhook=URL, after_seconds=delay)
        await bench.advance()
        await bench.engine.runs.cancel(job.thread.thread_id, job.run.run_id, rollback=rollback)
    await bench.advance(60)
    assert [body["status"] for _, body in inbox.got] == ["interrupted", "rollback"]
    assert [body["error"]["error"] for _, body in inbox.got] == ["UserInterrupt", "UserRollback"]


async def test_a_stateless_run_is_told_without_values(
    bench: Bench, receiver: Callable[..., Receiver]
) -> None:
    inbox = receiver()
    await bench.run(None, webhook=URL)
    assert inbox.got[0][1]["values"] is None


@pytest.mark.parametrize(
    ("answers", "attempts"),
    [
        ((500, 503, 200), 3),
        ((500,), 3),
        ((429, 200), 2),
        ((httpx.ConnectError("refused"), 200), 2),
        ((httpx.ReadTimeout("slow"),), 3),
        ((404, 200), 1),
        ((200,), 1),
    ],
)
async def test_what_may_pass_is_tried_again_and_the_run_is_untouched(
    bench: Bench,
    receiver: Callable[..., Receiver],
    answers: tuple[Any, ...],
    attempts: int,
) -> None:
    inbox = receiver(*answers)
    job = await bench.run(bench.thread(), webhook=URL)
    assert len(inbox.got) == attempts
    assert job.run.status == "success"
    waits = [later - sooner for sooner, later in zip(inbox.times, inbox.times[1:], strict=False)]
    assert waits == sorted(waits)
    assert all(wait >= 1000 for wait in waits)


async def test_a_webhook_does_not_hold_up_the_next_run(
    bench: Bench, receiver: Callable[..., Receiver]
) -> None:
    receiver(500)
    thread = bench.thread()
    job = bench.submit(thread, webhook=URL)
    after = bench.submit(thread)
    await bench.advance()
    assert (job.run.status, after.run.status) == ("success", "success")


async def test_the_end_of_the_server_gives_up_what_is_not_delivered(
    bench: Bench, receiver: Callable[..., Receiver]
) -> None:
    inbox = receiver(500)
    bench.submit(bench.thread(), webhook=URL)
    await asyncio.wait_for(inbox.arrived.wait(), 5)
    await asyncio.wait_for(bench.engine.stop(), 5)
    assert len(inbox.got) == 1
