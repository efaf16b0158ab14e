"""The driver against small servers that are slow, silent, broken or odd."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from conformance.driver import Driver, path_of
from conformance.errors import StoppedError
from conformance.onward import checkpoint_before, field_of, id_of, newest_run, rows_of, together
from conformance.target import Pace, Target
from tests.conformance.making import exchange

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]
IMPATIENT = Pace(round_trip=0.0, pickup=0.0, grace=0.5)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


@asynccontextmanager
async def driven(*scripts: Script) -> AsyncIterator[Driver]:
    """A driver whose n-th connection is answered by the n-th script."""
    waiting = list(scripts)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await (waiting.pop(0) if len(waiting) > 1 else waiting[0])(writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=None, trust_env=False) as client:
            yield Driver(Target(url, pace=IMPATIENT), client, "by_hand")
    finally:
        server.close()


def says(*parts: bytes, pause: float = 0.0) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


def whole(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\ncontent-length: %d\r\nX-Odd: 1\r\n\r\n%b" % (status, len(body), body)


def answers(body: bytes, status: bytes = b"200 OK") -> Script:
    return says(whole(body, status))


async def test_an_answer_is_recorded() -> None:
    async with driven(answers(b'{"a": 1}')) as d:
        found = await d.call("get_ok", label="ok")
        recording = d.recording()
    assert recording["ok"] == found
    assert (found.status, found.json, found.complete) == (200, {"a": 1}, True)
    assert found.headers["x-odd"] == "1"
    assert 0 <= found.started <= found.answered <= found.finished
    assert found.operation == "get_ok"


async def test_a_silent_server_does_not_hang_it() -> None:
    async with driven(silent) as d:
        began = time.monotonic()
        found = await d.call("get_ok")
    assert time.monotonic() - began < 5
    assert found.status is None
    assert found.error is not None
    assert "timeout" in found.error


async def test_an_endless_stream_is_given_up() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        while True:
            writer.write(b": beat\n\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with driven(endless) as d:
        found = await d.call("get_ok", patience=0.2)
    assert found.stream is not None
    assert found.stream.ended == "timeout"
    assert found.stream.comments
    assert not found.complete


@pytest.mark.parametrize("garbage", [b"", b"SPAM\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-len"])
async def test_a_broken_answer_is_an_error_and_no_exception(garbage: bytes) -> None:
    async with driven(says(garbage)) as d:
        found = await d.call("get_ok")
    assert found.status is None
    assert found.error


async def test_a_body_that_breaks_off_is_broken() -> None:
    async with driven(says(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")) as d:
        found = await d.call("get_ok")
    assert found.status == 200
    assert found.error
    assert not found.complete


async def test_frames_are_seen_while_they_come() -> None:
    parts = (HEAD, b"event: a\ndata: 1\n\n", b"event: b\ndata: 2\n\n")
    async with driven(says(*parts, pause=0.1)) as d:
        async with d.open("GET", "/ok", label="live") as live:
            assert await live.head(1) == 200
            first = await live.until("a", 1)
            assert [frame.event for frame in live.frames] == ["a"]
            second = await live.until(lambda frame: frame.event == "b", 1)
            await live.finish(1)
        found = d.recording()["live"]
    assert second.time - first.time > 0.05
    assert found.stream is not None
    assert found.stream.ended == "closed"


async def test_leaving_is_told() -> None:
    async with driven(says(HEAD + b"event: a\ndata: 1\n\n", pause=5)) as d:
        async with d.open("GET", "/ok", label="live") as live:
            await live.until("a", 1)
        found = d.recording()["live"]
    assert found.stream is not None
    assert found.stream.ended == "left"


async def test_awaiting_what_never_comes_stops_the_scenario() -> None:
    async with driven(says(HEAD, b"event: a\ndata: 1\n\n")) as d, d.open("GET", "/ok") as live:
        with pytest.raises(StoppedError, match="closed"):
            await live.until("b", 1)
        with pytest.raises(StoppedError):
            await live.until("a", 1, count=2)


async def test_a_connection_that_died_after_a_500_is_not_held_against_the_next() -> None:
    ok, failure = whole(b"{}"), whole(b"", b"500 Oops")
    async with driven(says(failure), says(), says(ok)) as d:
        assert (await d.call("get_ok")).status == 500
        assert (await d.call("get_ok")).status == 200


async def test_a_connection_that_dies_otherwise_is() -> None:
    async with driven(says(), answers(b"{}")) as d:
        assert (await d.call("get_ok")).status is None


async def test_until_stops_at_another_end() -> None:
    async with driven(answers(b'{"status": "error"}')) as d:
        with pytest.raises(StoppedError, match="error"):
            await d.until("t", "r", "running")
        assert await d.until("t", "r", "running", "error") == "error"


async def test_until_is_bounded() -> None:
    async with driven(answers(b'{"status": "pending"}')) as d:
        with pytest.raises(StoppedError, match="stayed pending"):
            await d.until("t", "r", "running", patience=0.1)


async def test_together_lets_every_branch_end() -> None:
    ended: list[str] = []

    async def stops() -> None:
        raise StoppedError("first")

    async def goes_on() -> None:
        await asyncio.sleep(0.01)
        ended.append("second")

    with pytest.raises(StoppedError, match="first"):
        await together(stops(), goes_on())
    assert ended == ["second"]


async def test_together_tells_a_fault_before_a_stop() -> None:
    async def stops() -> None:
        raise StoppedError("stop")

    async def breaks() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await together(stops(), breaks())


@pytest.mark.parametrize(
    "found",
    [
        exchange(status=404, body={"run_id": "r"}),
        exchange(body=[]),
        exchange(body={}),
        exchange(body=b"<html>"),
        exchange(status=None, error="ReadError"),
    ],
)
def test_what_lacks_a_field_stops(found: Any) -> None:
    with pytest.raises(StoppedError, match="run_id"):
        field_of(found, "run_id")
    with pytest.raises(StoppedError):
        newest_run(found)
    with pytest.raises(StoppedError):
        checkpoint_before(found, "check")


def test_ids_are_text() -> None:
    assert id_of(exchange(body={"run_id": "r"}), "run_id") == "r"
    with pytest.raises(StoppedError):
        id_of(exchange(body={"run_id": 7}), "run_id")


def test_rows_are_objects() -> None:
    assert rows_of(exchange(body=[{"a": 1}, None, 7])) == [{"a": 1}]
    assert rows_of(exchange(body={"a": 1})) == []
    assert newest_run(exchange(body=[{"run_id": "new"}, {"run_id": "old"}])) == "new"
    state = {"next": ["check"], "checkpoint": {"checkpoint_id": "c"}}
    assert checkpoint_before(exchange(body=[{"next": []}, state]), "check") == {
        "checkpoint_id": "c"
    }


def test_paths_are_filled_in() -> None:
    found = path_of("get_run", {"thread_id": "t", "run_id": "r"})
    assert found == ("GET", "/threads/t/runs/r")
