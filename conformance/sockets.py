"""WebSockets of protocol v2: opened, spoken over and recorded, every wait bounded in time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from conformance.errors import StoppedError
from conformance.protocol import envelope
from conformance.recording import NO_JSON, SOCKET, Exchange, StreamRecord, decoded
from conformance.streams.reader import Frame
from spec.document import operations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from websockets.asyncio.client import ClientConnection

    from conformance.driver import Driver
    from conformance.target import Target

Json = Any
UNOPENED = (OSError, TimeoutError, InvalidHandshake, InvalidURI, EOFError)
_OPEN_STATUS = 101


def address(target: Target, thread_id: str) -> tuple[str, str]:
    """The URL of a thread's socket, and its path."""
    path = operations()["stream_thread_events"].path.replace("{thread_id}", thread_id)
    scheme, _, rest = target.url.partition(":")
    return f"{'wss' if scheme == 'https' else 'ws'}:{rest}{path}", path


async def opened(target: Target, url: str, patience: float) -> ClientConnection:
    """An open socket, with the target's headers. Raises one of UNOPENED."""
    return await connect(
        url,
        additional_headers=dict(target.headers),
        proxy=None,
        compression=None,
        open_timeout=patience,
        close_timeout=1,
        ping_interval=None,
        max_size=None,
    )


class LiveSocket:
    """One socket. A task reads it; the scenario sends, and awaits what it needs.

    How it ended is told as for an event stream: `closed` by the server, `left`, or `broken`.
    """

    def __init__(self, d: Driver, thread_id: str, label: str) -> None:
        self._d = d
        self._url, self._path = address(d.target, thread_id)
        self._label = label
        self._started = self._finished = d.now()
        self._answered = self._started
        self._connection: ClientConnection | None = None
        self._sent: list[bytes] = []
        self._ended: str | None = None
        self._code: int | None = None
        self._error: str | None = None
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.frames: list[Frame] = []

    async def open(self) -> None:
        """Opens it. Raises StoppedError where that fails."""
        try:
            self._connection = await opened(self._d.target, self._url, self._d.pace.patience)
        except UNOPENED as broken:
            self._error = f"{type(broken).__name__}: {broken}".rstrip(": ")
            raise StoppedError(f"no socket at {self._path}: {self._error}") from broken
        self._answered = self._d.now()
        self._task = asyncio.create_task(self._read(self._connection))

    async def send(self, message: str | bytes) -> None:
        """Sends one message, as text or as bytes. Raises StoppedError on a closed socket."""
        self._sent.append(message.encode() if isinstance(message, str) else message)
        try:
            assert self._connection is not None
            await self._connection.send(message)
        except ConnectionClosed as closed:
            raise StoppedError(f"the socket at {self._path} was closed: {closed}") from closed

    async def ask(
        self, method: str, params: Json = NO_JSON, *, label: str = "", number: int | None = None
    ) -> Json:
        """Sends a command; its answer, recorded under the label too. Raises StoppedError."""
        command = envelope(method, params)
        if number is not None:
            command["id"] = number
        return await self.ask_raw(orjson.dumps(command).decode(), command["id"], label=label)

    async def ask_raw(self, message: str | bytes, number: Json, *, label: str = "") -> Json:
        """Sends any message; the next answer with this id. Raises StoppedError."""
        began, place = self._d.now(), len(self.frames)
        raw = message.encode() if isinstance(message, str) else message
        found: Frame | None = None
        error: str | None = None
        try:
            await self.send(message)
            found = await self.until(
                lambda frame: _answers(frame, number), self._d.pace.patience, after=place
            )
        except StoppedError as stopped:
            error = str(stopped)
            raise
        finally:
            self._d.record(
                Exchange(
                    operation=None,
                    method=SOCKET,
                    path=self._path,
                    status=_OPEN_STATUS if found is not None else None,
                    label=label,
                    request_body=raw,
                    body=(found.data or "").encode() if found is not None else b"",
                    started=began,
                    answered=self._d.now(),
                    finished=self._d.now(),
                    error=error,
                )
            )
        return decoded(found.data)

    async def until(
        self, wanted: Callable[[Frame], bool], patience: float, *, count: int = 1, after: int = 0
    ) -> Frame:
        """Waits for the count-th message that is wanted, of those from a place on.

        Raises StoppedError where the socket ends first or it does not come in time.
        """

        def found() -> list[Frame]:
            return [frame for frame in self.frames[after:] if wanted(frame)]

        await self._await(lambda: len(found()) >= count, patience)
        if len(matches := found()) >= count:
            return matches[count - 1]
        how = f"ended ({self._ended})" if self._ended else "sent nothing more"
        raise StoppedError(f"the socket at {self._path} {how} before the awaited message")

    async def end(self, patience: float) -> None:
        """Waits for the server to close it."""
        await self._await(lambda: False, patience)

    async def leave(self) -> None:
        """Closes it, as a client does that goes away."""
        if self._ended is None:
            await self._end("left" if self._connection is not None else "broken")
        if self._connection is not None:
            with contextlib.suppress(ConnectionClosed, OSError):
                await self._connection.close()
        if self._task is not None:
            await self._task

    @property
    def exchange(self) -> Exchange:
        """The whole of it as one exchange."""
        return Exchange(
            operation=None,
            method=SOCKET,
            path=self._path,
            status=_OPEN_STATUS if self._connection is not None else None,
            label=self._label,
            request_body=b"\n".join(self._sent) or None,
            headers={} if self._code is None else {"close-code": str(self._code)},
            stream=StreamRecord(tuple(self.frames), None, self._ended or "open"),
            started=self._started,
            answered=self._answered,
            finished=self._finished,
            error=self._error,
            complete=self._ended == "closed",
        )

    async def _read(self, connection: ClientConnection) -> None:
        try:
            async for message in connection:
                text = message if isinstance(message, str) else message.decode("utf-8", "replace")
                self.frames.append(Frame(data=text, time=self._d.now()))
                async with self._changed:
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        close = connection.protocol.close_rcvd
        self._code = close.code if close is not None and self._ended is None else None
        await self._end("closed" if close is not None else "broken")

    async def _end(self, how: str) -> None:
        if self._ended is not None:
            return
        self._ended = how
        self._finished = self._d.now()
        async with self._changed:
            self._changed.notify_all()

    async def _await(self, done: Callable[[], bool], patience: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(patience, 0.001)), self._changed:
                await self._changed.wait_for(lambda: self._ended is not None or done())


def _answers(frame: Frame, number: Json) -> bool:
    found = decoded(frame.data)
    if not isinstance(found, dict) or found.get("type") not in ("success", "error"):
        return False
    return bool(found.get("id") == number)


@contextlib.asynccontextmanager
async def socket(d: Driver, thread_id: str, label: str = "") -> AsyncIterator[LiveSocket]:
    """A thread's socket, recorded under the label; at the block's end the client leaves.

    Raises StoppedError where it cannot be opened.
    """
    live = LiveSocket(d, thread_id, label)
    try:
        await live.open()
        yield live
    finally:
        await live.leave()
        d.record(live.exchange)
