"""The driver's WebSockets: recorded as they went, every wait bounded."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest
from websockets.asyncio.server import serve

from conformance.driver import Driver
from conformance.errors import StoppedError
from conformance.protocol import event_of
from conformance.sockets import socket
from conformance.target import Pace, Target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from websockets.asyncio.server import ServerConnection

THREAD = "01a1f7f4-30d0-7000-8000-000000000001"
HASTY = Pace(round_trip=0.001, pickup=0.01, grace=0.3)


@asynccontextmanager
async def driven(handle: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[Driver]:
    """A driver of a server that does this with each socket."""
    async with serve(handle, "127.0.0.1", 0) as server, httpx.AsyncClient() as client:
        (bound,) = server.sockets
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        headers = MappingProxyType({"x-api-key": "secret"})
        yield Driver(Target(url, headers=headers, pace=HASTY), client, "by_hand")


async def answering(connection: ServerConnection) -> None:
    """An event before each answer, which has the id it was asked with."""
    async for message in connection:
        number = orjson.loads(message)["id"]
        await connection.send(b'{"seq":1,"params":{}}')
        await connection.send(orjson.dumps({"type": "success", "id": number}).decode())


async def test_what_was_said_is_recorded() -> None:
    async with driven(answering) as d:
        async with socket(d, THREAD, "whole") as live:
            answer = await live.ask("a.b", {"c": 1}, label="asked")
            again = await live.ask_raw(b'{"id":70}', 70)
        whole, asked = d.recording()["whole"], d.recording()["asked"]
    assert answer["type"] == again["type"] == "success"
    assert whole.over_socket
    assert whole.status == asked.status == 101
    assert whole.path == f"/threads/{THREAD}/stream/events"
    assert whole.request_body == (asked.request_body or b"") + b'\n{"id":70}'
    assert asked.sent["method"] == "a.b"
    assert asked.json == answer
    assert whole.stream is not None
    assert whole.stream.ended == "left"
    assert [event_of(frame).get("seq") for frame in whole.stream.frames] == [1, None, 1, None]


async def test_the_targets_headers_go_along() -> None:
    seen: list[str] = []

    async def listening(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append(connection.request.headers["x-api-key"])

    async with driven(listening) as d, socket(d, THREAD) as live:
        await live.end(5)
    assert seen == ["secret"]


@pytest.mark.parametrize("code", [1000, 1011])
async def test_a_servers_close_is_told(code: int) -> None:
    async with driven(lambda connection: connection.close(code)) as d:
        async with socket(d, THREAD, "closed") as live:
            await live.end(5)
        found = d.recording()["closed"]
    assert found.headers == {"close-code": str(code)}
    assert found.stream is not None
    assert found.stream.ended == "closed"


async def test_a_connection_that_breaks_is_broken() -> None:
    async def breaks(connection: ServerConnection) -> None:
        await connection.recv()
        connection.transport.abort()

    async with driven(breaks) as d:
        async with socket(d, THREAD, "broken") as live:
            with pytest.raises(StoppedError, match="broken"):
                await live.ask("a.b", label="asked")
            with pytest.raises(StoppedError, match="was closed"):
                await live.ask("a.b")
        found, asked = d.recording()["broken"], d.recording()["asked"]
    assert found.stream is not None
    assert found.stream.ended == "broken"
    assert asked.status is None
    assert asked.error


@pytest.mark.parametrize("said", ["{", "7", '{"type":"success","id":-1}', b"\xff", '{"id":null}'])
async def test_what_is_no_answer_is_not_taken_for_one(said: Any) -> None:
    async def odd(connection: ServerConnection) -> None:
        async for _ in connection:
            await connection.send(said)

    async with driven(odd) as d, socket(d, THREAD) as live:
        with pytest.raises(StoppedError, match="sent nothing more"):
            await live.ask("a.b")


async def test_where_nobody_listens_the_scenario_stops() -> None:
    async with driven(answering) as d:
        nowhere = Driver(Target("http://127.0.0.1:9", pace=HASTY), d._client, "by_hand")
    with pytest.raises(StoppedError, match="no socket"):
        async with socket(nowhere, THREAD, "never"):
            pytest.fail("there is no socket")
    found = nowhere.recording()["never"]
    assert found.status is None
    assert found.error
    assert asyncio.all_tasks() == {asyncio.current_task()}
