"""Routes of MCP, streamable HTTP without sessions and without streams."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mockserver.engine.errors import EngineError
from mockserver.engine.revision import SERVER_VERSION
from mockserver.http.call import Call, Empty, Reply
from mockserver.routes.jsonrpc import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    VERSION,
    RpcError,
    failure,
    message,
    result,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mockserver.http.call import Answer, Handler

    Method = Callable[[Call, dict[str, Any]], Awaitable[dict[str, Any]]]

PROTOCOLS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
_TYPES = ("application/json", "text/event-stream")


async def post_mcp(call: Call) -> Answer:
    """One message: a call is answered, anything else is only accepted."""
    try:
        sent = message(call)
    except RpcError as error:
        return _refused(str(error))
    accepted = call.headers.get("accept", "")
    if not any(kind in accepted for kind in _TYPES):
        return _refused(f"Accept must name {' or '.join(_TYPES)}")
    if not isinstance(sent, dict):
        return _refused("A message is a JSON object; batches are not taken")
    if sent.get("jsonrpc") != VERSION:
        return _refused(f"A message has jsonrpc: {VERSION!r}")
    call_id, method = sent.get("id"), sent.get("method")
    if call_id is None and not method:
        return _refused("A message has an id, a method, or both")
    if call_id is None or not method:
        return Empty(202)
    try:
        return Reply(result(call_id, await _answer(call, method, sent.get("params"))))
    except RpcError as error:
        return Reply(failure(call_id, error))


async def get_mcp(_: Call) -> Empty:
    """Refused: there is no stream to listen to."""
    return Empty(405)


async def delete_mcp(_: Call) -> Empty:
    """Not found: there are no sessions."""
    return Empty(404)


def _refused(reason: str) -> Reply:
    return Reply({"error": reason}, 400)


async def _answer(call: Call, method: object, params: object) -> dict[str, Any]:
    handler = METHODS.get(method) if isinstance(method, str) else None
    if handler is None:
        raise RpcError(METHOD_NOT_FOUND, f"There is no method {method!r}")
    if params is None:
        params = {}
    if not isinstance(params, dict):
        if method == "ping":
            return {}
        raise RpcError(INVALID_PARAMS, "params is an object")
    return await handler(call, params)


async def _initialize(_: Call, params: dict[str, Any]) -> dict[str, Any]:
    asked = params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in PROTOCOLS else PROTOCOLS[-1],
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": {"name": "LangGraph", "version": SERVER_VERSION},
    }


async def _ping(_: Call, __: dict[str, Any]) -> dict[str, Any]:
    return {}


async def _list(call: Call, params: dict[str, Any]) -> dict[str, Any]:
    tools, following = call.engine.tools.page(_offset(params.get("cursor")))
    return {"tools": tools, **({} if following is None else {"nextCursor": str(following)})}


def _offset(cursor: object) -> int:
    """Where a page begins; a text that is no number is the beginning."""
    offset = cursor
    if isinstance(cursor, str):
        offset = 0
        with suppress(ValueError):
            offset = int(cursor)
    elif isinstance(cursor, float):
        offset = int(cursor)
    elif cursor is None:
        offset = 0
    if not isinstance(offset, int) or isinstance(offset, bool) or offset < 0:
        raise RpcError(INVALID_PARAMS, "cursor is what an earlier page gave as nextCursor")
    return offset


async def _call(call: Call, params: dict[str, Any]) -> dict[str, Any]:
    context = params.get("context")
    if context is not None and not isinstance(context, dict):
        raise RpcError(INVALID_PARAMS, "context is an object")
    try:
        assistant = call.engine.tools.find(params.get("name"))
        arguments = params.get("arguments", {})
        return await call.engine.tools.call(assistant, arguments, context, call.passed_on())
    except EngineError as error:
        raise RpcError(INVALID_PARAMS, str(error)) from None


METHODS: dict[str, Method] = {
    "initialize": _initialize,
    "ping": _ping,
    "tools/list": _list,
    "tools/call": _call,
}

HANDLERS: dict[str, Handler] = {
    "post_mcp": post_mcp,
    "get_mcp": get_mcp,
    "delete_mcp": delete_mcp,
}
