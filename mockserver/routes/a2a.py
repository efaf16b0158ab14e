"""Routes of A2A: one JSON-RPC endpoint an assistant."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from mockserver.engine.a2a import STATES, Shown, Spelling
from mockserver.engine.a2a_parts import INVALID_PARAMS, TaskError
from mockserver.engine.a2a_stream import TaskReader
from mockserver.engine.errors import EngineError
from mockserver.http.call import Call, Empty, Reply, Streamed
from mockserver.routes.answers import UNBUFFERED
from mockserver.routes.cards import SCOPE_HEADER, assistant_of, card, identified
from mockserver.routes.jsonrpc import (
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    VERSION,
    RpcError,
    failure,
    message,
    result,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from mockserver.engine.a2a import Task
    from mockserver.http.call import Answer, Handler
    from mockserver.store.assistants import Assistant

    Json = dict[str, Any]
    Method = Callable[[Call, Assistant, Json, Spelling], Awaitable[Json]]

_MOST_HISTORY = 10
_OLD, _NEW = Spelling(upper=False), Spelling(upper=True)


async def post_a2a(call: Call) -> Answer:
    """One call. Whatever is wrong with it is an error object, but for the Accept header."""
    call_id: Any = None
    try:
        sent = message(call)
        if not isinstance(sent, dict):
            raise RpcError(INVALID_REQUEST, "A call is a JSON object")
        given = sent.get("id")
        if isinstance(given, bool) or not isinstance(given, str | int | float | None):
            raise RpcError(INVALID_REQUEST, "id is a string or a number")
        call_id = given
        if sent.get("jsonrpc") != VERSION:
            raise RpcError(INVALID_REQUEST, f"A call has jsonrpc: {VERSION!r}")
        if "method" not in sent and ("result" in sent or "error" in sent):
            return Empty(202)
        if call_id is None or sent.get("method") is None:
            raise RpcError(INVALID_REQUEST, "A call has an id and a method")
        return await _answer(call, call_id, sent["method"], sent.get("params", {}))
    except (RpcError, TaskError) as error:
        return Reply(failure(call_id, _told(error)))


def _told(error: Exception) -> RpcError:
    """Any refusal as an error object."""
    if isinstance(error, RpcError):
        return error
    return RpcError(error.code if isinstance(error, TaskError) else INVALID_PARAMS, str(error))


async def _answer(call: Call, call_id: Any, method: object, params: object) -> Answer:
    if not isinstance(method, str) or method not in METHODS.keys() | SENDING:
        raise RpcError(METHOD_NOT_FOUND, f"There is no method {method!r}")
    if not isinstance(params, dict):
        raise RpcError(INVALID_PARAMS, "params is an object")
    sends = method in SENDING
    if sends and not isinstance(params.get("message"), dict):
        raise RpcError(INVALID_PARAMS, "params.message is an object")
    streams = sends and "tream" in method
    wanted = "text/event-stream" if streams else "application/json"
    if not _accepts(call.headers.get("accept", ""), wanted):
        return Reply({"error": f"Accept must allow {wanted}"}, 400)
    spelt = _OLD if "/" in method else _NEW
    if streams:
        identified(call.path["assistant_id"])
        return Streamed(
            _streamed(call, call_id, params, spelt), "text/event-stream", headers=UNBUFFERED
        )
    try:
        assistant = assistant_of(call, call.path["assistant_id"])
        handler = _send if sends else METHODS[method]
        return Reply(result(call_id, await handler(call, assistant, params, spelt)))
    except EngineError as error:
        raise _told(error) from None


def _accepts(header: str, wanted: str) -> bool:
    kinds = [part.partition(";")[0].strip() for part in header.split(",")]
    return any(kind in ("*/*", f"{wanted.partition('/')[0]}/*", wanted) for kind in kinds)


def _checked(params: Json) -> Json:
    """The message of a call. Raises RpcError."""
    sent: Json = params["message"]
    for name in ("messageId", "role"):
        if not isinstance(sent.get(name), str) or not sent[name]:
            raise RpcError(INVALID_PARAMS, f"message.{name} is a text")
    if not isinstance(sent.get("parts"), list) or not sent["parts"]:
        raise RpcError(INVALID_PARAMS, "message.parts has at least one part")
    return sent


def _shown(call: Call, options: object) -> Shown:
    """How much history a caller wants. Raises RpcError."""
    options = {} if options is None else options
    if not isinstance(options, dict):
        raise RpcError(INVALID_PARAMS, "configuration is an object")
    length = options.get("historyLength")
    length = _MOST_HISTORY if length is None else length
    whole = isinstance(length, int) and not isinstance(length, bool)
    if not whole or not 0 <= length <= _MOST_HISTORY:
        raise RpcError(INVALID_PARAMS, f"historyLength is from 0 to {_MOST_HISTORY}")
    scope = options.get("historyScope")
    if scope is None:
        scope = call.headers.get(SCOPE_HEADER, "context")
    if scope not in ("context", "task"):
        raise RpcError(INVALID_PARAMS, "The scope of the history is context or task")
    return Shown(length, scope == "task")


async def _send(call: Call, assistant: Assistant, params: Json, spelt: Spelling) -> Json:
    tasks = call.engine.tasks
    sent, shown = _checked(params), _shown(call, params.get("configuration"))
    task, job = tasks.send(assistant, sent, call.passed_on())
    async for _ in call.engine.following.wait(job):
        pass
    found = tasks.answer(assistant, task, job, shown, spelt)
    return {"task": found} if spelt.upper else found


async def _streamed(
    call: Call, call_id: Any, params: Json, spelt: Spelling
) -> AsyncIterator[bytes]:
    def encode(value: Json) -> bytes:
        return _event(result(call_id, value))

    try:
        assistant = assistant_of(call, call.path["assistant_id"])
        sent = _checked(params)
        task, job = call.engine.tasks.send(assistant, sent, call.passed_on(), streams=True)
    except (RpcError, TaskError, EngineError) as error:
        yield _event(failure(call_id, _told(error)))
        return
    reader = TaskReader(call.engine, assistant, task, job, sent, spelt, encode)
    try:
        async for chunk in reader:
            yield chunk
    finally:
        await reader.aclose()


def _event(value: Json) -> bytes:
    return b"event: message\r\ndata: " + orjson.dumps(value) + b"\r\n\r\n"


def _task(call: Call, assistant: Assistant, params: Json) -> Task:
    """The task that parameters name. Raises RpcError, TaskError."""
    name, context = params.get("id"), params.get("contextId")
    if not isinstance(name, str) or not name or not isinstance(context, str | None):
        raise RpcError(INVALID_PARAMS, "params.id names a task, params.contextId its context")
    return call.engine.tasks.find(assistant, name, context)


async def _get(call: Call, assistant: Assistant, params: Json, spelt: Spelling) -> Json:
    task = _task(call, assistant, params)
    return call.engine.tasks.show(task, _shown(call, params), spelt)


async def _cancel(call: Call, assistant: Assistant, params: Json, spelt: Spelling) -> Json:
    tasks = call.engine.tasks
    task = _task(call, assistant, params)
    await tasks.cancel(task)
    status = {
        "state": spelt.state("canceled"),
        "timestamp": call.engine.clock.timestamp(),
        "message": tasks.noted(task, "The task was canceled", spelt),
    }
    return {"kind": "task", "id": task.name, "contextId": task.context_id, "status": status}


async def _list(call: Call, assistant: Assistant, params: Json, spelt: Spelling) -> Json:
    tasks, shown = call.engine.tasks, _shown(call, params)
    size, start = params.get("pageSize", 50), params.get("pageToken") or "0"
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= 100:
        raise RpcError(INVALID_PARAMS, "pageSize is from 1 to 100")
    if not isinstance(start, str) or not (start.isascii() and start.isdigit()):
        raise RpcError(INVALID_PARAMS, "pageToken is what an earlier page gave")
    wanted, after = params.get("status"), _moment(params.get("statusTimestampAfter"))
    if wanted and wanted not in (*STATES, *map(_NEW.state, STATES)):
        raise RpcError(INVALID_PARAMS, f"There is no state {wanted!r}")
    context = params.get("contextId")
    if context is not None and not isinstance(context, str):
        raise RpcError(INVALID_PARAMS, "contextId is a text")
    found = [
        task
        for task in tasks.of_assistant(assistant, context)
        if (not wanted or wanted in (tasks.state(task), _NEW.state(tasks.state(task))))
        and (not after or datetime.fromisoformat(task.run.updated_at) > after)
    ]
    first = int(start)
    page = tasks.page(found[first : first + size], shown, spelt)
    for task in page:
        task["status"].pop("message", None)
        if not params.get("includeArtifacts"):
            task["artifacts"] = []
    more = str(first + size) if len(found) > first + size else ""
    return {
        "tasks": page,
        "totalSize": len(found),
        "pageSize": len(page),
        "nextPageToken": more,
    }


def _moment(text: object) -> datetime | None:
    if text is None or text == "":
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise RpcError(INVALID_PARAMS, "statusTimestampAfter is a time") from None
    if moment.tzinfo is None:
        raise RpcError(INVALID_PARAMS, "statusTimestampAfter names its time zone")
    return moment


async def _card(call: Call, assistant: Assistant, _: Json, __: Spelling) -> Json:
    return card(call, assistant)


SENDING = frozenset({"message/send", "message/stream", "SendMessage", "SendStreamingMessage"})
METHODS: dict[str, Method] = {
    "tasks/get": _get,
    "GetTask": _get,
    "tasks/cancel": _cancel,
    "CancelTask": _cancel,
    "ListTasks": _list,
    "GetExtendedAgentCard": _card,
}

HANDLERS: dict[str, Handler] = {
    "post_a2a": post_a2a,
}
