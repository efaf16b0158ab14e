"""Chat messages in the API's wire form (`type`, `content`, `id`, …), and merging them by id."""

from __future__ import annotations

from typing import Any

Message = dict[str, Any]

REMOVE_ALL = "__remove_all__"


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
        **base("ai", content, message_id),
        "tool_calls": tool_calls or [],
        "invalid_tool_calls": [],
        "usage_metadata": None,
    }


def blocks(content: str, message_id: str) -> Message:
    """An AI message whose text is a content block, as protocol v2 has it."""
    message = ai(content, message_id)
    if content:
        message["content"] = [{"type": "text", "text": content, "index": 0}]
    return {**message, "response_metadata": {"output_version": "v1"}}


def chunk(content: str, message_id: str, *, last: bool) -> Message:
    """One streamed piece of an AI message in wire form."""
    return {
        **base("AIMessageChunk", content, message_id),
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
        **base("tool", content, message_id, name),
        "tool_call_id": call_id,
        "artifact": None,
        "status": "success",
    }


def base(kind: str, content: Any, message_id: str | None, name: str | None = None) -> Message:
    """What every message has."""
    return {
        "content": content,
        "additional_kwargs": {},
        "response_metadata": {},
        "type": kind,
        "name": name,
        "id": message_id,
    }


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
