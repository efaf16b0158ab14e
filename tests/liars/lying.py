"""The ASGI middleware through which a liar speaks; the `x-liar` request header names which one."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from tests.liars.wire import Answer, Asked, Event, find_operation, read_event, read_query

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tests.liars.liar import Liar

HEADER = "x-liar"


class Lying:
    """Serves an application, honestly where a request names no liar."""

    def __init__(self, app: ASGIApp, liars: Mapping[str, Liar]) -> None:
        self._app = app
        self._liars = liars

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, through the liar it names."""
        headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope.get("headers", ())]
        liar = self._liars.get(dict(headers).get(HEADER, ""))
        if scope["type"] == "websocket" and liar is not None:
            await self._meddle(liar, scope, receive, send)
            return
        if scope["type"] != "http" or liar is None:
            await self._app(scope, receive, send)
            return
        operation, values = find_operation(scope["method"], scope["path"])
        if not liar.speaks_of(operation):
            await self._app(scope, receive, send)
            return
        asked = Asked(
            operation,
            scope["method"],
            scope["path"],
            read_query(scope["query_string"]),
            [(name, value) for name, value in headers if name != HEADER],
            await _body(receive),
            values,
        )
        await self._lie(liar, asked, scope, receive, send)

    async def _meddle(self, liar: Liar, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a WebSocket, its messages changed both ways."""
        heard: list[Message] = []

        async def hear() -> Message:
            while not heard:
                message = await receive()
                heard.extend([message] if liar.hears is None else liar.hears(dict(message)))
            return heard.pop(0)

        async def say(message: Message) -> None:
            for changed in [message] if liar.says is None else liar.says(dict(message)):
                await send(changed)

        await self._app(scope, hear, say)

    async def _lie(
        self, liar: Liar, asked: Asked, scope: Scope, receive: Receive, send: Send
    ) -> None:
        async def honest(own: Asked) -> Answer:
            whole = _Whole()
            await self._app(_scope(scope, own), _once(own.body, receive), whole.send)
            return whole.answer

        if liar.ask is not None:
            liar.ask(asked)
        if liar.instead is not None and (made := await liar.instead(asked, honest)) is not None:
            if liar.answer is not None:
                liar.answer(asked, made)
            await _send(made, send)
            return
        teller = _Teller(liar, asked, send)
        try:
            await self._app(_scope(scope, asked), _once(asked.body, receive), teller.send)
        finally:
            await teller.close()


async def _body(receive: Receive) -> bytes:
    found = bytearray()
    while True:
        message = await receive()
        found += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(found)


def _scope(scope: Scope, asked: Asked) -> Scope:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in asked.headers
        if name != "content-length"
    ]
    length = [(b"content-length", str(len(asked.body)).encode())] if asked.body else []
    return {
        **scope,
        "method": asked.method,
        "path": asked.path,
        "raw_path": asked.path.encode(),
        "query_string": asked.query_string,
        "headers": [*headers, *length],
    }


def _once(body: bytes, receive: Receive) -> Receive:
    """The body, then whatever the client does: it goes away, sooner or later."""
    given = False

    async def next_message() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message


class _Whole:
    """Collects an answer."""

    def __init__(self) -> None:
        self.answer = Answer(0, [], b"")

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.answer.status = message["status"]
            self.answer.headers = _headers(message)
        elif message["type"] == "http.response.body":
            self.answer.body += message.get("body", b"")


class _Teller:
    """Between the honest application and the client: changes the head, the body or the frames."""

    def __init__(self, liar: Liar, asked: Asked, send: Send) -> None:
        self._liar = liar
        self._asked = asked
        self._send = send
        self._given = Answer(0, [], b"")
        self._queue: asyncio.Queue[bytes | None] | None = None
        self._pump: asyncio.Task[None] | None = None

    async def send(self, message: Message) -> None:
        """One message of the honest application."""
        if message["type"] == "http.response.start":
            self._given.status = message["status"]
            self._given.headers = _headers(message)
            if dict(self._given.headers).get("content-type", "").startswith("text/event-stream"):
                await self._open()
            elif self._liar.answer is None:
                await self._send(message)
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        body = message.get("body", b"")
        if self._queue is not None:
            self._queue.put_nowait(body)
            return
        if self._liar.answer is None:
            await self._send(message)
            return
        self._given.body += body
        if not message.get("more_body"):
            if self._liar.answer is not None:
                self._liar.answer(self._asked, self._given)
            await _send(self._given, self._send)

    async def close(self) -> None:
        """The application is done, or was cancelled: so is the stream."""
        if self._queue is None or self._pump is None:
            return
        self._queue.put_nowait(None)
        if (task := asyncio.current_task()) is not None and task.cancelling():
            self._pump.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._pump

    async def _open(self) -> None:
        if self._liar.answer is not None:
            self._liar.answer(self._asked, self._given)
        await self._send(_start(self._given, []))
        self._queue = asyncio.Queue()
        self._pump = asyncio.create_task(self._tell(self._queue))

    async def _tell(self, queue: asyncio.Queue[bytes | None]) -> None:
        events = _events(queue)
        if self._liar.events is not None:
            events = self._liar.events(self._asked, events)
        async for event in events:
            await self._send({"type": "http.response.body", "body": event.wire, "more_body": True})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


async def _events(queue: asyncio.Queue[bytes | None]) -> AsyncIterator[Event]:
    """The frames in the chunks of a stream."""
    rest = ""
    while (chunk := await queue.get()) is not None:
        *blocks, rest = (rest + chunk.decode()).replace("\r\n", "\n").split("\n\n")
        for block in blocks:
            if block:
                yield read_event(block)


def _headers(message: Message) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, value in message.get("headers", ())
    ]


def _start(answer: Answer, more: list[tuple[str, str]]) -> dict[str, Any]:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in (
            *(
                (n, v)
                for n, v in answer.headers
                if n not in ("content-length", "transfer-encoding")
            ),
            *more,
        )
    ]
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


async def _send(answer: Answer, send: Send) -> None:
    has_body = answer.status not in (204, 304)
    length = [("content-length", str(len(answer.body)))] if has_body else []
    await send(_start(answer, length))
    await send({"type": "http.response.body", "body": answer.body if has_body else b""})
