"""Routes of protocol v2: commands, and the events of a thread as server-sent events."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from mockserver.engine.commands import (
    CommandError,
    Commands,
    envelope_error,
    envelope_success,
    misfit,
    params_of,
)
from mockserver.engine.ids import canonical
from mockserver.engine.subscriptions import ChannelError, Subscription
from mockserver.engine.transcripts import EventReader
from mockserver.http.bodies import parse
from mockserver.http.call import Call, Reply
from mockserver.http.errors import HttpError, told
from mockserver.routes.answers import sse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Send

    from mockserver.http.call import Answer, Handler, SocketCall, SocketHandler


def _parsed(call: Call) -> Any:
    """The body as JSON. Raises HttpError 400: this protocol knows no 422."""
    try:
        return parse(call.body, call.engine.settings.max_body_depth)
    except HttpError as error:
        raise HttpError(400, error.detail) from None


async def send_thread_command(call: Call) -> Reply:
    """Carry out one command. What is no command is a 400; every other refusal is an envelope."""
    command = _parsed(call)
    refusal = misfit(command)
    if refusal is not None:
        return Reply(refusal, 400)
    identity, method, params = command["id"], command["method"], params_of(command)
    request_id = call.headers.get("x-request-id")
    commands = Commands(call.engine, call.path["thread_id"], request_id, told, call.passed_on())
    try:
        result = await commands.answer(method, params)
    except CommandError as error:
        return Reply(envelope_error(identity, error.code, str(error)))
    return Reply(envelope_success(identity, result, 0))


async def stream_thread_events(call: Call) -> Answer:
    """The events of a thread, which need not exist yet: what was, then what comes."""
    try:
        subscription = Subscription.of(_parsed(call))
    except ChannelError as error:
        raise HttpError(400, str(error)) from None
    engine = call.engine
    try:
        thread_id = canonical(call.path["thread_id"])
    except ValueError:
        return sse(_nothing())
    reader = EventReader(
        engine.transcripts,
        thread_id,
        subscription,
        engine.clock,
        engine.settings.heartbeat_seconds,
        partial(engine.threads.shows, thread_id),
    )
    return sse(reader)


async def _nothing() -> AsyncIterator[bytes]:
    """The stream of what can be no thread."""
    return
    yield b""


async def thread_socket(call: SocketCall, receive: Receive, send: Send) -> None:
    """The same, and commands, over a WebSocket."""
    from mockserver.routes.sockets import serve

    await serve(call, receive, send)


SOCKETS: dict[str, SocketHandler] = {"stream_thread_events": thread_socket}
HANDLERS: dict[str, Handler] = {
    "send_thread_command": send_thread_command,
    "stream_thread_events": stream_thread_events,
}
