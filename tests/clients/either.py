"""One test for both of the Python clients: what one of them returns, the other awaits."""

from __future__ import annotations

import asyncio
import inspect
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from langgraph_sdk import get_client, get_sync_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECONDS = 30.0


@asynccontextmanager
async def one_client(kind: str, url: str) -> AsyncIterator[Any]:
    """A client of the server at `url`; `kind` is `sync` or `async`."""
    if kind == "async":
        async with get_client(url=url) as client:
            yield client
    else:
        with get_sync_client(url=url) as sync_client:
            yield sync_client


async def settled(value: Any) -> Any:
    """What a call gave, awaited where the client is asynchronous."""
    return await value if inspect.isawaitable(value) else value


async def collected(stream: Any) -> list[Any]:
    """All that a stream gives; the asynchronous client may have to be awaited for the stream."""
    if not hasattr(stream, "__aiter__"):  # some streams can be awaited too, for their last value
        stream = await settled(stream)
    if hasattr(stream, "__aiter__"):
        return [one async for one in stream]
    return list(stream)


@asynccontextmanager
async def entered(session: Any) -> AsyncIterator[Any]:
    """A session of `threads.stream`, closed when a test has waited too long for it."""
    if hasattr(session, "__aenter__"):
        async with session as thread:
            yield thread
        return
    with session as thread:
        late = threading.Timer(SECONDS, thread.close)
        late.daemon = True
        late.start()
        try:
            yield thread
        finally:
            late.cancel()


class Noted:
    """Stands before an object and notes which of its public attributes were used."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._used: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self._used.add(name)
        return getattr(self._real, name)


def unused(noted: Noted) -> set[str]:
    """The public attributes of the object behind `noted` that were not used."""
    return {name for name in dir(noted._real) if not name.startswith("_")} - noted._used


async def spoken(messages: Any) -> list[list[str]]:
    """The pieces of each message: one, where the client gives a message when it is complete.

    An asynchronous one is read beside the loop that finds it.
    """
    if not hasattr(messages, "__aiter__"):
        complete = list(messages)
        return [[str(message.text)] for message in complete]
    found: list[list[str]] = []

    async def listen(message: Any, pieces: list[str]) -> None:
        pieces.extend([piece async for piece in message.text])

    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as listeners:
        async for message in messages:
            found.append([])
            listeners.create_task(listen(message, found[-1]))
    return found
