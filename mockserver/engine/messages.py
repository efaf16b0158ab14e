"""Chat messages as the API shows them: coercion of what callers write, and merging by id.

A message is a plain dict in its wire form (`type`, `content`, `id`, …). Callers may also write a
bare text, a `[role, text]` pair, a `{"role", "content"}` object or a serialised constructor;
`coerce` turns each into the wire form or raises what an agent's run then fails with.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Message = dict[str, Any]

ROLES = {
    "human": "human",
    "user": "human",
    "ai": "ai",
    "assistant": "ai",
    "system": "system",
    "developer": "system",
    "function": "function",
    "tool": "tool",
    "remove": "remove",
}
REMOVE_ALL = "__remove_all__"
# keys of a written object that do not belong to `additional_kwargs`
_KNOWN = {"role", "type", "content", "name", "id", "tool_call_id", "tool_calls"}
_KNOWN |= {"additional_kwargs", "response_metadata"}


class MessageFormError(ValueError):
    """A message whose content is neither text nor a list of blocks."""


# agents see this class by the name the reference's validation has
MessageFormError.__name__ = "ValidationError"


def text_of(content: Any) -> str:
    """The text in a message's content: the content itself, or its text blocks joined."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = []
    for block in content:
        if isinstance(block, str):
            parts.append(block)
        elif isinstance(block, dict) and block.get("type") == "text":
            parts.append(str(block.get("text", "")))
    return "".join(parts)


def ai(
    content: str, message_id: str | None, tool_calls: list[dict[str, Any]] | None = None
) -> Message:
    """An AI message in wire form."""
    return {
        **_base("ai", content, message_id),
        "tool_calls": tool_calls or [],
        "invalid_tool_calls": [],
        "usage_metadata": None,
    }


def chunk(content: str, message_id: str, *, last: bool) -> Message:
    """One streamed piece of an AI message in wire form."""
    return {
        **_base("AIMessageChunk", content, message_id),
        "tool_calls": [],
        "invalid_tool_calls": [],
        "usage_metadata": None,
        "tool_call_chunks": [],
        "chunk_position": "last" if last else None,
    }


def tool_call(name: str, args: dict[str, Any], call_id: str | None) -> dict[str, Any]:
    """One entry of an AI message's `tool_calls`."""
    return {"name": name, "args": args, "id": call_id, "type": "tool_call"}


def tool(content: Any, call_id: str, name: str | None, message_id: str | None) -> Message:
    """A tool's answer in wire form."""
    return {
        **_base("tool", content, message_id, name),
        "tool_call_id": call_id,
        "artifact": None,
        "status": "success",
    }


def _base(kind: str, content: Any, message_id: str | None, name: str | None = None) -> Message:
    return {
        "content": content,
        "additional_kwargs": {},
        "response_metadata": {},
        "type": kind,
        "name": name,
        "id": message_id,
    }


def coerce(value: Any) -> Message:
    """The wire form of one written message.

    Raises NotImplementedError for a value that is no message at all, ValueError (or KeyError, for a
    tool message without `tool_call_id`) for one with missing or unfit parts.
    """
    if isinstance(value, str):
        return _base("human", value, None)
    if isinstance(value, list | tuple):
        return _from_pair(value)
    if isinstance(value, dict):
        return _from_object(value)
    raise NotImplementedError(f"a message cannot be made of {type(value).__name__}")


def _from_pair(value: list[Any] | tuple[Any, ...]) -> Message:
    if len(value) != 2 or not isinstance(value[0], str):
        raise NotImplementedError("a message written as a list must be [role, content]")
    return _build(value[0], value[1], {})


def _from_object(value: dict[str, Any]) -> Message:
    if value.get("lc") == 1 and value.get("type") == "constructor":
        inner = value.get("kwargs")
        if not isinstance(inner, dict):
            raise ValueError("a serialised message must carry its fields in kwargs")
        return _from_object(inner)
    role = value.get("role", value.get("type"))
    if role is None or "content" not in value:
        raise ValueError(f"a message object needs role (or type) and content; got {sorted(value)}")
    return _build(role, value["content"], value)


def _build(role: Any, content: Any, fields: dict[str, Any]) -> Message:
    kind = ROLES.get(role) if isinstance(role, str) else None
    if kind is None:
        raise ValueError(f"unknown message role {role!r}; expected one of {', '.join(ROLES)}")
    content = "" if content is None else content
    if kind == "tool":
        content = _tool_content(content)
    if not _is_content(content):
        raise MessageFormError(f"message content must be a text or a list of blocks: {content!r}")
    message_id = fields.get("id")
    message = _base(kind, content, None if message_id is None else str(message_id))
    message["name"] = fields.get("name")
    message["response_metadata"] = fields.get("response_metadata") or {}
    message["additional_kwargs"] = _extras(role, fields)
    finish = _SPECIFIC.get(kind)
    return message if finish is None else finish(message, fields)


def _tool_content(content: Any) -> Any:
    if isinstance(content, list):
        return [block if isinstance(block, str | dict) else str(block) for block in content]
    return content if isinstance(content, str) else str(content)


def _is_content(content: Any) -> bool:
    if isinstance(content, list):
        return all(isinstance(block, str | dict) for block in content)
    return isinstance(content, str)


def _extras(role: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Unknown keys of a written message move into `additional_kwargs`."""
    known = _KNOWN | {"artifact", "status"} if ROLES[role] == "tool" else _KNOWN
    extras: dict[str, Any] = {key: item for key, item in fields.items() if key not in known}
    given = fields.get("additional_kwargs")
    if isinstance(given, dict):
        extras.update(given)
    if role == "developer":
        extras["__openai_role__"] = "developer"
    return extras


def _finish_ai(message: Message, fields: dict[str, Any]) -> Message:
    calls: list[dict[str, Any]] = []
    broken: list[dict[str, Any]] = []
    for call in fields.get("tool_calls") or []:
        if not isinstance(call, dict):
            raise MessageFormError(f"a tool call must be an object: {call!r}")
        parsed = _tool_call(call)
        (calls if parsed["type"] == "tool_call" else broken).append(parsed)
    return {**message, "tool_calls": calls, "invalid_tool_calls": broken, "usage_metadata": None}


def _tool_call(call: dict[str, Any]) -> dict[str, Any]:
    """A tool call in its own form or in the `function` form, whose arguments are JSON text."""
    function = call.get("function")
    if not isinstance(function, dict):
        if not isinstance(call.get("name"), str) or not isinstance(call.get("args"), dict):
            raise MessageFormError(f"a tool call needs name and args: {call!r}")
        return tool_call(call["name"], call["args"], call.get("id"))
    name, arguments = function.get("name", ""), function.get("arguments", "{}")
    try:
        args = json.loads(arguments)
    except (TypeError, ValueError):
        args = None
    if isinstance(args, dict):
        return tool_call(name, args, call.get("id"))
    wrong = {"name": name, "args": arguments, "id": call.get("id"), "error": None}
    return {**wrong, "type": "invalid_tool_call"}


def _finish_tool(message: Message, fields: dict[str, Any]) -> Message:
    return {
        **message,
        "tool_call_id": str(fields["tool_call_id"]),
        "artifact": fields.get("artifact"),
        "status": fields.get("status", "success"),
    }


def _finish_function(message: Message, _fields: dict[str, Any]) -> Message:
    if not isinstance(message["name"], str):
        raise MessageFormError("a function message needs a name")
    return message


_SPECIFIC: dict[str, Callable[[Message, dict[str, Any]], Message]] = {
    "ai": _finish_ai,
    "tool": _finish_tool,
    "function": _finish_function,
}


def coerce_all(value: Any, new_id: Callable[[], str]) -> list[Message]:
    """Wire messages of one written value (a message or a list of them), each with an id."""
    if value is None:
        raise ValueError("messages: null is no message and no list of messages")
    written = value if isinstance(value, list) else [value]
    result = [coerce(item) for item in written]
    for message in result:
        if message["id"] is None:
            message["id"] = new_id()
    return result


def merge(old: list[Message], new: list[Message]) -> list[Message]:
    """`new` appended to `old`; a known id replaces its message, a `remove` message deletes it.

    `remove` with the id `__remove_all__` drops everything before it. Raises ValueError when a
    message to remove does not exist.
    """
    cleared = [i for i, m in enumerate(new) if m["type"] == "remove" and m["id"] == REMOVE_ALL]
    if cleared:
        return new[cleared[-1] + 1 :]
    merged = list(old)
    places = {message["id"]: index for index, message in enumerate(merged)}
    doomed: set[str] = set()
    for message in new:
        identity = message["id"]
        place = places.get(identity)
        if message["type"] == "remove":
            if place is None:
                raise ValueError(f"cannot remove message {identity!r}: there is none of that id")
            doomed.add(identity)
        elif place is not None:
            doomed.discard(identity)
            merged[place] = message
        else:
            places[identity] = len(merged)
            merged.append(message)
    return [message for message in merged if message["id"] not in doomed] if doomed else merged
