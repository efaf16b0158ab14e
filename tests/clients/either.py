"""One test for both of the Python clients: what one of them returns, the other awaits."""

from __future__ import annotations

import inspect
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECONDS = 30.0


async def settled(value: Any) -> Any:
    """What a call gave, awaited where the client is asynchronous."""
    return await value if inspect.isawaitable(value) else value


async def collected(stream: Any) -> list[Any]:
    """All that a stream gives; the asynchronous client may have to be awaited for the stream."""
    stream = await settled(stream)
    if hasattr(stream, "__aiter__"):
        return [one async for one in stream]
    return list(stream)


async def closed(stream: Any) -> None:
    """Leaves a stream before its end."""
    await settled(stream.aclose() if hasattr(stream, "aclose") else stream.close())


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
