"""A2A's messages and the graph's: parts in, parts out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine import messages

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]
BAD_PART = -32005
INVALID_PARAMS = -32602
_KINDS = ("text", "file", "data")
_MEDIA = ("audio", "file", "image", "video")


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
        if not data:
            raise TaskError(BAD_PART, "A message says something: a text, a file or data")
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
    given = [name for name in ("bytes", "uri") if file.get(name) is not None]
    if len(given) != 1 or not isinstance(file[given[0]], str) or not file[given[0]]:
        raise TaskError(BAD_PART, "A file has either bytes or a uri, as a text")
    block["base64" if given[0] == "bytes" else "url"] = file[given[0]]
    if isinstance(file.get("mimeType"), str) and file["mimeType"]:
        block["mime_type"] = file["mimeType"]
    if isinstance(file.get("name"), str) and file["name"]:
        block["extras"] = {"filename": file["name"]}
    return block


def answers_in(message: Mapping[str, Any]) -> list[Any]:
    """What a message answers an interrupt with: its command's, its data's `resume`, or its text.

    Empty where it has neither: it is new input then. Raises TaskError for several answers in data.
    """
    command = message.get("command")
    if isinstance(command, dict):
        return [command["resume"]] if command.get("resume") is not None else []
    given, holds = graph_input(message)
    told = [part["data"] for part in message["parts"] if "data" in part]
    resumes = [data["resume"] for data in told if "resume" in data]
    if len(resumes) > 1:
        raise TaskError(INVALID_PARAMS, "A message has one answer: data.resume stands twice")
    if resumes:
        return resumes
    return [messages.text_of(given["messages"][0]["content"])] if holds else []


def text_part(text: str) -> Json:
    """A part that is a text."""
    return {"kind": "text", "text": text}


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
    parts = [text_part(text)] if text else []
    blocks = content if isinstance(content, list) else ()
    files = [block for block in blocks if isinstance(block, dict) and block.get("type") in _MEDIA]
    return parts + [{"kind": "file", "file": _file(block)} for block in files]


def _file(block: Mapping[str, Any]) -> Json:
    """A block of a message's content as a file."""
    found = {
        name: block[key]
        for name, key in (("uri", "url"), ("bytes", "base64"), ("mimeType", "mime_type"))
        if isinstance(block.get(key), str)
    }
    extras = block.get("extras")
    named = extras.get("filename") if isinstance(extras, dict) else None
    return {**found, "name": named} if isinstance(named, str) else found


def text_of_values(values: Mapping[str, Any]) -> str:
    """What a run has to say: the agent's last words since the user spoke, or all its values."""
    told = values.get("messages")
    if not told:
        return repr(dict(values))
    for message in reversed(told):
        if message.get("type") == "human":
            break
        if message.get("type") == "ai" and (text := messages.text_of(message["content"])):
            return text
    return ""
