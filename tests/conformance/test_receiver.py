"""The receiver of webhooks."""

from __future__ import annotations

import asyncio

import httpx

from conformance.receiver import Receiver
from conformance.recording import NO_JSON


async def test_what_is_sent_is_received() -> None:
    async with Receiver(status=201) as receiver, httpx.AsyncClient() as client:
        answer = await client.post(f"{receiver.url}/hook?a=1", json={"b": 2})
        found = await receiver.arrival("/hook?a=1", 1)
    assert answer.status_code == 201
    assert found is not None
    assert (found.method, found.body) == ("POST", {"b": 2})
    assert found.content_type == "application/json"


async def test_arrivals_are_awaited() -> None:
    async with Receiver() as receiver, httpx.AsyncClient() as client:
        waiting = asyncio.create_task(receiver.arrival("/late", 5))
        await client.post(f"{receiver.url}/early", content=b"no json")
        await client.post(f"{receiver.url}/late", json=1)
        found = await waiting
        assert found is not None
        assert found.body == 1
        assert receiver.deliveries[0].body is NO_JSON


async def test_what_never_comes_is_not_awaited_for_ever() -> None:
    async with Receiver() as receiver:
        assert await receiver.arrival("/never", 0.05) is None


async def test_garbage_does_not_break_it() -> None:
    async with Receiver() as receiver, httpx.AsyncClient() as client:
        port = int(receiver.url.rpartition(":")[2])
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"SPAM\r\n\r\n")
        await writer.drain()
        writer.close()
        await client.post(f"{receiver.url}/x", json=1)
        assert await receiver.arrival("/x", 1) is not None
