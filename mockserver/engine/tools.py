"""Assistants as tools: what there is to call, and a call, which is a stateless run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from mockserver.engine.creation import NO_HEADERS
from mockserver.engine.errors import InvalidError, NotFoundError
from mockserver.engine.identity import Part
from mockserver.store.assistants import AssistantFilter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.engine.server import Engine
    from mockserver.store.assistants import Assistant

Json = dict[str, Any]
PAGE = 100
_LONGEST_NAME = 128
_SPACE = re.compile(r"\s+")
_FOREIGN = re.compile(r"[^A-Za-z0-9_.-]")
_EVERY = AssistantFilter(None, None, None)
_HINTS = {
    "readOnlyHint": False,
    "destructiveHint": False,
    "idempotentHint": False,
    "openWorldHint": True,
}


def tool_name(assistant: Assistant) -> str:
    """What a client calls an assistant: its name, with what a tool's name may not hold left out."""
    spelt = _SPACE.sub("_", assistant.active.name.strip())
    return _FOREIGN.sub("", spelt)[:_LONGEST_NAME]


class Tools(Part):
    """The tools of one server."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(self, offset: int) -> tuple[list[Json], int | None]:
        """A page of tools from the newest assistant on, and where the next begins, if there is one.

        Of several assistants with one name the newest is listed.
        """
        found = self._engine.assistants.search(_EVERY)
        page = found[offset : offset + PAGE]
        listed: dict[str, Json] = {}
        for assistant in page:
            name = tool_name(assistant)
            if name and name not in listed:
                listed[name] = self._tool(assistant, name)
        following = offset + PAGE if len(found) > offset + PAGE else None
        return list(listed.values()), following

    def _tool(self, assistant: Assistant, name: str) -> Json:
        graph = self._engine.assistants.graph_of(assistant)
        schema = graph.schemas()["input_schema"]
        properties = {
            key: _simple(value) if key == "messages" else value
            for key, value in schema["properties"].items()
        }
        own = assistant.active.description
        return {
            "name": name,
            "title": assistant.active.name,
            "description": own or f"Runs the assistant {assistant.active.name}.",
            "inputSchema": {"type": "object", "properties": properties},
            "annotations": _HINTS,
        }

    def find(self, name: object) -> Assistant:
        """The assistant a tool's name means. Raises NotFoundError, InvalidError (several)."""
        found = [one for one in self._engine.assistants.search(_EVERY) if tool_name(one) == name]
        if not found or not name:
            raise NotFoundError(f"There is no tool {name!r}")
        if len(found) > 1:
            raise InvalidError(f"{len(found)} assistants are called {name}: rename all but one")
        return found[0]

    async def call(
        self,
        assistant: Assistant,
        arguments: object,
        context: Json | None,
        headers: Mapping[str, Any] = NO_HEADERS,
    ) -> Json:
        """The result of a stateless run: its values as a text, or `isError` with the error's class.

        Raises what `Runs.draft` raises.
        """
        body = {"assistant_id": assistant.assistant_id, "input": arguments}
        if context:
            body["context"] = context
        runs = self._engine.runs
        job = runs.submit(runs.draft(body, None, None, headers))
        ending = b"".join([chunk async for chunk in self._engine.following.wait(job)])
        values = orjson.loads(ending)
        if "__error__" in values:
            return {"isError": True, "content": [_text(values["__error__"]["error"])]}
        return {"content": [_text(repr(values))]}


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _simple(schema: Json) -> Json:
    """A list of messages, as a tool takes it: what the user says."""
    title = schema.get("title", "Messages")
    return {"title": title, "type": "string", "description": "What to say to the assistant."}
