"""What callers write as a message, brought into the wire form.

That is a bare text, a `[role, text]` pair, a `{"role", "content"}` object or a serialised
constructor. What cannot be a message raises what an agent's run then fails with.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from mockserver.engine.messages import base, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.engine.messages import Message

T = TypeVar("T")

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
# keys of a written object that do not belong to `additional_kwargs`
_KNOWN = {"role", "type", "content", "name", "id", "tool_call_id", "tool_calls"}
_KNOWN |= {"additional_kwargs", "response_metadata"}


class MessageFormError(ValueError):
    """A message whose content is neither text nor a list of blocks."""


# agents see this class by the name the reference's validation has
MessageFormError.__name__ = "ValidationError"


def coerce(value: Any) -> Message:
    """The wire form of one written message.

    Raises NotImplementedError for a value that is no message at all, ValueError (or KeyError, for a
    tool message without `tool_call_id`) for one with missing or unfit parts.
    """
    if isinstance(value, str):
        return base("human", value, None)
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
    message = base(kind, content, None if message_id is None else str(message_id))
    message["name"] = _of(str, fields, "name")
    message["response_metadata"] = _of(dict, fields, "response_metadata") or {}
    message["additional_kwargs"] = _extras(role, fields)
    finish = _SPECIFIC.get(kind)
    return message if finish is None else finish(message, fields)


def _of(kind: type[T], fields: dict[str, Any], name: str) -> T | None:
    """A field of that type; None where it is absent or null."""
    value = fields.get(name)
    if value is not None and not isinstance(value, kind):
        raise MessageFormError(f"{name} of a message must be a {kind.__name__}: {value!r}")
    return value


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
    extras.update(_of(dict, fields, "additional_kwargs") or {})
    if role == "developer":
        extras["__openai_role__"] = "developer"
    return extras


def _finish_ai(message: Message, fields: dict[str, Any]) -> Message:
    calls: list[dict[str, Any]] = []
    broken: list[dict[str, Any]] = []
    for call in _of(list, fields, "tool_calls") or []:
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
