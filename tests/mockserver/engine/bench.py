"""An engine whose time stands still, and short ways to use it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from mockserver.engine import Engine
from mockserver.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mockserver.engine.jobs import Job
    from mockserver.engine.server import Player
    from mockserver.store.rows import Thread

Json = dict[str, Any]
SAY = [{"say": "one two"}]


@dataclass(frozen=True, slots=True)
class Event:
    """One parsed frame."""

    name: str
    data: Any
    id: str | None = None


def parse(stream: bytes) -> list[Event]:
    """The frames of a stream; heartbeats are left out, half frames fail."""
    assert stream == b"" or stream.endswith(b"\r\n\r\n"), stream[-80:]
    events = []
    for block in stream.split(b"\r\n\r\n")[:-1]:
        if block.startswith(b":"):
            continue
        lines = [line.split(b": ", 1) for line in block.split(b"\r\n")]
        names = [key for key, _ in lines]
        assert names in ([b"event", b"data"], [b"event", b"data", b"id"]), names
        fields = {line[0]: line[1] for line in lines}
        given = fields.get(b"id")
        events.append(
            Event(
                fields[b"event"].decode(),
                orjson.loads(fields[b"data"]),
                None if given is None else given.decode(),
            )
        )
    return events


async def drain(chunks: AsyncIterator[bytes]) -> bytes:
    """Everything a stream sends until it ends by itself."""
    return b"".join([chunk async for chunk in chunks])


class Bench:
    """An engine on virtual time."""

    def __init__(self, player: Player | None = None, **settings: Any) -> None:
        self.engine = Engine(Settings(pace="virtual", seed=1, **settings), player=player)

    def thread(self, **body: Any) -> Thread:
        """A new thread."""
        return self.engine.threads.create(body)

    def submit(self, thread: Thread | str | None, script: Any = SAY, **body: Any) -> Job:
        """A run of the probe that plays the script; stateless without a thread."""
        request = {"assistant_id": "probe", "input": {"script": script}, **body}
        thread_id = thread if thread is None or isinstance(thread, str) else thread.thread_id
        return self.engine.runs.submit(self.engine.runs.draft(request, thread_id))

    async def advance(self, seconds: float = 0) -> None:
        """Move the clock; with zero, let everything happen that needs no time."""
        await self.engine.clock.advance(seconds)  # type: ignore[attr-defined]

    async def run(self, thread: Thread | str | None, script: Any = SAY, **body: Any) -> Job:
        """A run that has ended."""
        job = self.submit(thread, script, **body)
        await self.advance(60)
        assert job.finished, job.run.status
        return job

    async def follow(self, chunks: AsyncIterator[bytes]) -> asyncio.Task[bytes]:
        """Read a stream in the background."""
        task = asyncio.create_task(drain(chunks))
        await self.advance()
        return task

    def state(self, thread: Thread) -> Json:
        """The thread's present state."""
        return self.engine.states.thread_state(thread.thread_id)
