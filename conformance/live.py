"""An answer that is watched while it comes: body bytes, frames of a stream, their times."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import httpx

from conformance.errors import StoppedError
from conformance.recording import EMPTY, Exchange, StreamRecord
from conformance.streams.reader import Frame, SseReader

if TYPE_CHECKING:
    from collections.abc import Callable

SSE = "text/event-stream"


class LiveStream:
    """One request under way. A task reads it; the scenario awaits what it needs of it.

    With `again` a request whose connection turns out to be dead is sent once more. Some servers
    close a connection behind a 5xx without saying so; the next request on it is not at fault.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        request: httpx.Request,
        now: Callable[[], float],
        operation: str | None,
        label: str,
        *,
        again: bool = False,
    ) -> None:
        self._client = client
        self._request = request
        self._now = now
        self._operation = operation
        self._label = label
        self._again = again
        self._started = now()
        self._answered = self._finished = self._started
        self._first_byte: float | None = None
        self._response: httpx.Response | None = None
        self._body = bytearray()
        self._frames: list[Frame] = []
        self._unfinished: Frame | None = None
        self._ended: str | None = None
        self._error: str | None = None
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Sends the request."""
        self._task = asyncio.create_task(self._read())

    @property
    def frames(self) -> list[Frame]:
        """The frames that came so far, comments included."""
        return self._frames

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended is not None

    @property
    def status(self) -> int | None:
        """The status, once the answer's head has come."""
        return self._response.status_code if self._response else None

    @property
    def headers(self) -> httpx.Headers:
        """The headers; empty until the answer's head has come."""
        return self._response.headers if self._response else httpx.Headers()

    async def head(self, patience: float) -> int | None:
        """Waits for the answer's head; the status, or None where it did not come in time."""
        await self._await(lambda: self._response is not None, patience)
        return self.status

    async def until(
        self, wanted: Callable[[Frame], bool] | str, patience: float, *, count: int = 1
    ) -> Frame:
        """Waits for the count-th frame that is wanted (a predicate, or an event's name).

        Raises StoppedError where the answer ends first or it does not come in time.
        """
        test = (lambda frame: frame.event == wanted) if isinstance(wanted, str) else wanted

        def found() -> list[Frame]:
            return [frame for frame in self._frames if test(frame)]

        await self._await(lambda: len(found()) >= count, patience)
        if len(matches := found()) >= count:
            return matches[count - 1]
        how = f"ended ({self._ended})" if self._ended else "sent nothing more"
        name = wanted if isinstance(wanted, str) else "the awaited frame"
        raise StoppedError(f"{self._request.method} {self._request.url.path} {how} before {name}")

    async def finish(self, patience: float) -> Exchange:
        """Reads to the end; past the patience it is given up."""
        await self._await(lambda: False, patience)
        if self._ended is None:
            await self._stop("timeout")
        return self.exchange

    async def leave(self) -> None:
        """Closes the connection, as a client does that goes away."""
        if self._ended is None:
            await self._stop("left")

    @property
    def exchange(self) -> Exchange:
        """The exchange as it stands."""
        request = self._request
        stream = None
        if self.headers.get("content-type", "").startswith(SSE):
            stream = StreamRecord(tuple(self._frames), self._unfinished, self._ended or "open")
        target = request.url.raw_path.decode("ascii")
        return Exchange(
            operation=self._operation,
            method=request.method,
            path=target,
            status=self.status,
            label=self._label,
            request_headers={name.lower(): value for name, value in request.headers.items()},
            request_body=request.content or None,
            headers=dict(self.headers.items()) if self._response else EMPTY,
            body=bytes(self._body),
            stream=stream,
            started=self._started,
            answered=self._answered,
            first_byte=self._first_byte,
            finished=self._finished,
            error=self._error,
            complete=self._ended == "closed",
        )

    async def _await(self, done: Callable[[], bool], patience: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(patience, 0.001)), self._changed:
                await self._changed.wait_for(lambda: self._ended is not None or done())

    async def _stop(self, how: str) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._end(how, None if self._response else f"no answer within the time ({how})")

    async def _end(self, how: str, error: str | None = None) -> None:
        if self._ended is not None:
            return
        self._ended = how
        self._error = error
        self._finished = self._now()
        async with self._changed:
            self._changed.notify_all()

    async def _read(self) -> None:
        try:
            response = await self._send()
            try:
                self._answered = self._now()
                self._response = response
                async with self._changed:
                    self._changed.notify_all()
                await self._read_body(response)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.StreamError, OSError, ValueError) as broken:
            await self._end("broken", f"{type(broken).__name__}: {broken}".rstrip(": "))
        else:
            await self._end("closed")

    async def _send(self) -> httpx.Response:
        try:
            return await self._client.send(self._request, stream=True)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            if not self._again:
                raise
        return await self._client.send(self._request, stream=True)

    async def _read_body(self, response: httpx.Response) -> None:
        reader = SseReader()
        is_stream = response.headers.get("content-type", "").startswith(SSE)
        async for chunk in response.aiter_raw():
            time = self._now()
            if self._first_byte is None:
                self._first_byte = time
            self._body += chunk
            if is_stream:
                self._frames += reader.feed(chunk, time)
            async with self._changed:
                self._changed.notify_all()
        if is_stream:
            frames, self._unfinished = reader.close(self._now())
            self._frames += frames
