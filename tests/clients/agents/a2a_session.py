"""One session of the official A2A client with the agents of the server at the URL given.

Arguments: the URL, the id of the assistant `agent`, that of `probe`. Prints what it saw. Runs in
the clients' own environment, see the package.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from typing import Any

import httpx
from a2a.client import A2AClientError, ClientConfig, create_client  # type: ignore[import-not-found]
from a2a.types import (  # type: ignore[import-not-found]
    CancelTaskRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Part,
    Role,
    SendMessageRequest,
)
from google.protobuf import json_format  # type: ignore[import-untyped]


def _shown(value: Any) -> Any:
    return json_format.MessageToDict(value)


def _message(part: dict[str, Any], **place: str) -> SendMessageRequest:
    parts = [json_format.ParseDict(part, Part())]
    message_id = str(uuid.uuid4())
    return SendMessageRequest(
        message=Message(message_id=message_id, role=Role.ROLE_USER, parts=parts, **place)
    )


async def _said(client: Any, part: dict[str, Any], **place: str) -> list[Any]:
    return [_shown(event) async for event in client.send_message(_message(part, **place))]


async def session(url: str, agent: str, probe: str) -> dict[str, Any]:
    """What the client saw, by step."""
    async with httpx.AsyncClient(timeout=20) as http:
        plain = ClientConfig(httpx_client=http, streaming=False)
        client = await create_client(f"{url}/a2a/{agent}", plain)
        asker = await create_client(f"{url}/a2a/{probe}", plain)
        streamer = await create_client(
            f"{url}/a2a/{agent}", ClientConfig(httpx_client=http, streaming=True)
        )
        seen: dict[str, Any] = {"said": await _said(client, {"text": "Good morning"})}
        task = seen["said"][0]["task"]
        seen["again"] = await _said(client, {"text": "Good night"}, context_id=task["contextId"])
        seen["got"] = _shown(await client.get_task(GetTaskRequest(id=task["id"])))
        listed = ListTasksRequest(context_id=task["contextId"])
        seen["listed"] = _shown(await client.list_tasks(listed))
        steps = [{"interrupt": {"ask": "Go on?"}}, {"say": {"$": "resume"}}]
        seen["asked"] = await _said(asker, {"data": {"script": steps}})
        asked = seen["asked"][0]["task"]
        place = {"context_id": asked["contextId"], "task_id": asked["id"]}
        seen["answered"] = await _said(asker, {"text": "Yes"}, **place)
        other = (await _said(asker, {"data": {"script": steps}}))[0]["task"]
        seen["canceled"] = _shown(await asker.cancel_task(CancelTaskRequest(id=other["id"])))
        fails = [{"fail": {"error": "ValueError", "message": "no"}}]
        seen["failed"] = await _said(asker, {"data": {"script": fails}})
        seen["streamed"] = await _said(streamer, {"text": "Good morning"})
        try:
            await client.get_task(GetTaskRequest(id="nothing"))
        except A2AClientError as error:
            seen["missing"] = type(error).__name__
        except Exception as error:  # noqa: BLE001 - whatever the client makes of a refusal
            seen["missing"] = type(error).__name__
    return seen


if __name__ == "__main__":
    print(json.dumps(asyncio.run(session(*sys.argv[1:]))))  # noqa: T201
