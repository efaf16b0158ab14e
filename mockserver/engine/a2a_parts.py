"""A2A's messages and the graph's: parts in, parts out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]
BAD_PART = -32005
_KINDS = ("text", "file", "data")


class TaskError(Exception):
    """A call that A2A answers with an error object: `code` and a sentence for a person."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def graph_input(message: Mapping[str, Any]) -> tuple[Json, bool]:
    """The run's input that a message means, and whether it holds a message for the graph.

    Texts and files become one message, data are laid over the input. Raises TaskError for a part
    that is none.
    """
    texts: list[str] = []
    files: list[Json] = []
    data: Json = {}
    for part in message["parts"]:
        kind = _kind(part)
        if kind == "text":
            texts.append(part["text"])
        elif kind == "file":
            files.append(_block(part["file"]))
        else:
            data |= part["data"]
    if not texts and not files:
        return data, False
    role = "human" if message["role"] in ("user", "ROLE_USER") else "assistant"
    text = "".join(texts)
    content = [*([{"type": "text", "text": text}] if texts else []), *files] if files else text
    return {
        "messages": [{"role": role, "content": content, "id": message["messageId"]}]
    } | data, True


def _kind(part: object) -> str:
    """Which of the three a part is. Raises TaskError."""
    if not isinstance(part, dict):
        raise TaskError(BAD_PART, "A part is an object")
    found = [kind for kind in _KINDS if kind in part]
    if len(found) != 1:
        raise TaskError(BAD_PART, f"A part has exactly one of {', '.join(_KINDS)}")
    kind = found[0]
    if not isinstance(part[kind], str if kind == "text" else dict):
        raise TaskError(BAD_PART, f"The {kind} of a part has another type")
    return kind


def _block(file: Mapping[str, Any]) -> Json:
    """A file as a block of a message's content."""
    kind = str(file.get("mimeType", "")).partition("/")[0]
    block: Json = {"type": kind if kind in ("image", "audio", "video") else "file"}
    if isinstance(file.get("uri"), str):
        block |= {"source_type": "url", "url": file["uri"]}
    elif isinstance(file.get("bytes"), str):
        block |= {"source_type": "base64", "data": file["bytes"]}
    else:
        raise TaskError(BAD_PART, "A file has bytes or a uri")
    if "mimeType" in file:
        block["mime_type"] = file["mimeType"]
    return block


def answer_to(message: Mapping[str, Any]) -> Any:
    """What a message answers an interrupt with: its command, its data, or its text."""
    command = message.get("command")
    if isinstance(command, dict) and "resume" in command:
        return command["resume"]
    given, holds = graph_input(message)
    if not holds:
        return given.get("resume", given)
    return messages.text_of(given["messages"][0]["content"])


def parts_of(message: Mapping[str, Any]) -> list[Json]:
    """The parts of a graph's message; empty where it has nothing to show."""
    if message.get("type") == "tool":
        told = {
            "toolCallId": message.get("tool_call_id"),
            "content": messages.text_of(message.get("content")),
            "name": message.get("name"),
            "status": message.get("status", "success"),
        }
        return [{"kind": "data", "data": {"tool_results": [told]}}]
    content = message.get("content")
    text = messages.text_of(content)
    parts: list[Json] = [{"kind": "text", "text": text}] if text else []
    for block in content if isinstance(content, list) else ():
        if isinstance(block, dict) and "source_type" in block:
            place = {"uri": block["url"]} if "url" in block else {"bytes": block.get("data")}
            mime = {"mimeType": block["mime_type"]} if "mime_type" in block else {}
            parts.append({"kind": "file", "file": place | mime})
    return parts


def history_of(
    values: Mapping[str, Any], role: Callable[[str], str], context_id: str
) -> list[Json]:
    """The messages of a state as A2A tells them, but for the tasks they belong to."""
    told = values.get("messages")
    return [
        {
            "kind": "message",
            "role": role("user" if message.get("type") == "human" else "agent"),
            "parts": parts,
            "messageId": message.get("id"),
            "contextId": context_id,
        }
        for message in (told if isinstance(told, list) else ())
        if isinstance(message, dict) and (parts := parts_of(message))
    ]


def text_of_values(values: Mapping[str, Any]) -> str:
    """What a run has to say: the text of its last message, or its values where it has none."""
    told = values.get("messages")
    if not told:
        return repr(dict(values))
    last = told[-1]
    return messages.text_of(last["content"]) if last.get("type") == "ai" else ""
