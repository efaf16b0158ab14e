"""Protocol v2 both ways over one WebSocket. Loaded when the first one is opened."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

import orjson

from mockserver.engine.commands import (
    CommandError,
    Commands,
    envelope_error,
    envelope_success,
    misfit,
    params_of,
    subscription_of,
    unknown_subscription,
)
from mockserver.engine.ids import canonical
from mockserver.engine.subscriptions import Subscription, since_of
from mockserver.http.bodies import parse
from mockserver.http.errors import HttpError, told

if TYPE_CHECKING:
    from starlette.types import Receive, Send

    from mockserver.http.call import SocketCall

log = logging.getLogger("runcontract.mock")

BROKEN, RESTARTING = 1011, 1012


async def serve(call: SocketCall, receive: Receive, send: Send) -> None:
    """Speak the protocol on a socket that was accepted, until one side has had enough."""
    try:
        thread_id = canonical(call.path["thread_id"])
    except ValueError:
        await send(
            {"type": "websocket.close", "code": BROKEN, "reason": "the thread id is no UUID"}
        )
        return
    await Socket(call, thread_id, receive, send).run()


class Socket:
    """One client's connection: its subscriptions, and how far it has been sent the thread."""

    def __init__(self, call: SocketCall, thread_id: str, receive: Receive, send: Send) -> None:
        self._engine = engine = call.engine
        self._thread_id = thread_id
        self._receive = receive
        self._send = send
        self._subscriptions: dict[str, Subscription] = {}
        self._news = asyncio.Event()
        self._sending = asyncio.Lock()  # so that an answer comes after the events it speaks of
        self._transcript = engine.transcripts.attach(thread_id, self._news.set)
        self._wake = self._news.set
        self._at = 0

    async def run(self) -> None:
        """Serve until the client goes or the server stops."""
        listening = asyncio.create_task(self._listen())
        telling = asyncio.create_task(self._tell())
        try:
            await asyncio.wait((listening, telling), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (listening, telling):
                task.cancel()
            for outcome in await asyncio.gather(listening, telling, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, OSError):
                    log.error("a websocket broke off", exc_info=outcome)
            self._engine.transcripts.detach(self._thread_id, self._transcript, self._wake)

    async def _tell(self) -> None:
        """Send the events that somebody here subscribed to, until the server stops."""
        while not self._transcript.closed:
            await self._news.wait()
            self._news.clear()
            async with self._sending:
                await self._catch_up()
        with contextlib.suppress(OSError):
            await self._send(
                {"type": "websocket.close", "code": RESTARTING, "reason": "the server stops"}
            )

    async def _catch_up(self) -> None:
        while (at := self._at) < len(self._transcript.entries):
            self._at = at + 1
            entry = self._transcript.entries[at]
            if self._shown() and any(one.wants(entry) for one in self._subscriptions.values()):
                await self._text(entry.body)

    async def _listen(self) -> None:
        """Carry out the client's commands, one after another."""
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            frame = message.get("text")
            raw = frame.encode() if isinstance(frame, str) else message.get("bytes") or b""
            answer = await self._answer(raw)
            async with self._sending:
                await self._text(orjson.dumps(answer))

    async def _text(self, body: bytes) -> None:
        await self._send({"type": "websocket.send", "text": body.decode()})

    async def _answer(self, raw: bytes) -> dict[str, Any]:
        try:
            command = parse(raw, self._engine.settings.max_body_depth)
        except HttpError as error:
            return envelope_error(None, "invalid_argument", error.detail)
        refusal = misfit(command)
        if refusal is not None:
            return refusal
        try:
            result = await self._result(command["method"], params_of(command))
        except CommandError as error:
            return envelope_error(command["id"], error.code, str(error))
        seq = self._transcript.seq if self._shown() else 0
        return envelope_success(command["id"], result, seq)

    def _shown(self) -> bool:
        """Whether what happens on the thread is for this client."""
        return self._engine.threads.shows(self._thread_id)

    async def _result(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method in ("subscription.subscribe", "subscription.reconnect"):
            return await self._subscribe(method, params)
        if method == "subscription.unsubscribe":
            identity = params.get("subscription_id")
            if not isinstance(identity, str) or identity not in self._subscriptions:
                unknown_subscription(params)
            del self._subscriptions[identity]
            return {}
        telling = self._transcript.telling if self._shown() else None
        if method == "agent.getTree" and telling is not None:
            return {"tree": telling.tree()}
        commands = Commands(self._engine, self._thread_id, None, told)
        return await commands.answer(method, params)

    async def _subscribe(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Take on a subscription; what it wants of the past is sent before it is answered."""
        again = method == "subscription.reconnect"
        if again and self._transcript.telling is None:
            raise CommandError("no_such_run", "No run of this thread is followed here")
        subscription = subscription_of(params)
        if again and since_of(params) is None:
            raise CommandError(
                "invalid_argument", "subscription.reconnect needs since, a number from 0 on"
            )
        given = params.get("subscription_id")
        identity = given if again and isinstance(given, str) else self._engine.ids.uuid4()
        async with self._sending:
            await self._catch_up()
            entries = self._transcript.entries if self._shown() else ()
            past = [entry for entry in entries if subscription.wants(entry)]
            self._at = len(self._transcript.entries)
            self._subscriptions[identity] = subscription
            for entry in past:
                await self._text(entry.body)
        self._news.set()
        return {"subscription_id": identity, "replayed_events": len(past)}
