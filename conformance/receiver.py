"""A small HTTP server on loopback that receives webhooks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.recording import decoded

if TYPE_CHECKING:
    from types import TracebackType

_LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request that came in: `body` is its JSON, or NO_JSON."""

    method: str
    path: str
    content_type: str
    body: Any


@dataclass(slots=True)
class Receiver:
    """Receives on a free port while its `async with` block runs; answers each with `status`."""

    status: int = 204
    url: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Receiver:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()

    async def arrival(self, path: str, patience: float) -> Delivery | None:
        """The first delivery to a path; None where none comes in time."""
        deadline = asyncio.get_running_loop().time() + patience
        while True:
            found = next((each for each in self.deliveries if each.path == path), None)
            left = deadline - asyncio.get_running_loop().time()
            if found is not None or left <= 0:
                return found
            self._arrived.clear()
            try:
                async with asyncio.timeout(left):
                    await self._arrived.wait()
            except TimeoutError:
                return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_LIMIT):
                self.deliveries.append(await _read(reader))
                reply = (
                    f"HTTP/1.1 {self.status} OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
                writer.write(reply.encode())
                await writer.drain()
        except (TimeoutError, OSError, ValueError, asyncio.IncompleteReadError):
            pass
        finally:
            self._arrived.set()
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Delivery:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ", 2)
    headers = {}
    for line in head[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Delivery(method, path, headers.get("content-type", ""), decoded(body))
