"""The yardstick: the same routes on bare Starlette and orjson, no validation, a dict for a store.

`python -m benchmarks.raw` serves it on a free port and prints the listening line.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from benchmarks.processes import LISTENING
from spec.document import operations

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

    from starlette.requests import Request

ASSISTANT = "fe096781-5601-53d2-b2f6-0d3403f7e9ca"
METADATA = {
    "graph_id": "probe",
    "created_by": "system",
    "assistant_id": ASSISTANT,
    "run_attempt": 1,
    "langgraph_version": "1.2.22",
    "langgraph_api_version": "0.16.7",
    "langgraph_plan": "enterprise",
    "langgraph_host": "self-hosted",
    "langgraph_api_url": "http://127.0.0.1",
    "run_id": "01a1f92d-75bd-75dc-8553-c4220276984c",
    "thread_id": "01a1f92d-75bd-75db-bf9a-d7e985affd0f",
    "ls_integration": "langchain_chat_model",
    "langgraph_step": 1,
    "langgraph_node": "work",
    "langgraph_triggers": ["branch:to:work"],
    "langgraph_path": ["__pregel_pull", "work"],
    "langgraph_checkpoint_ns": "work:a4490e1f-ae7a-8f30-94c8-9e4f2f6f188a",
    "checkpoint_ns": "work:a4490e1f-ae7a-8f30-94c8-9e4f2f6f188a",
    "ls_provider": "probemodel",
    "ls_model_type": "chat",
    "lc_versions": {"langchain-core": "1.7.2"},
}
RUNS: dict[str, dict[str, dict[str, Any]]] = {}


def json(body: Any, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(body), media_type="application/json", headers=headers)


async def create_run(request: Request) -> Response:
    """Store a row of the mock's own shape and answer with it."""
    body = orjson.loads(await request.body())
    thread_id = request.path_params["thread_id"]
    now = datetime.now(UTC).isoformat()
    run_id = str(uuid.uuid4())
    metadata = {**body.get("metadata", {}), "graph_id": "agent", "assistant_id": ASSISTANT}
    row = {
        "run_id": run_id,
        "thread_id": thread_id,
        "assistant_id": ASSISTANT,
        "status": "pending",
        "metadata": metadata,
        "kwargs": {
            "input": body.get("input"),
            "command": None,
            "config": {
                "configurable": {
                    "langgraph_auth_user": None,
                    "langgraph_auth_user_id": "",
                    "langgraph_auth_permissions": [],
                    "langgraph_request_id": str(uuid.uuid4()),
                    "__request_start_time_ms__": 1795172341082,
                    "__after_seconds__": body.get("after_seconds", 0),
                    "run_id": run_id,
                    "thread_id": thread_id,
                    "graph_id": "agent",
                    "assistant_id": ASSISTANT,
                    "user_id": "",
                },
                "metadata": metadata,
            },
            "context": {},
            "stream_mode": ["values"],
            "interrupt_before": None,
            "interrupt_after": None,
            "webhook": None,
            "feedback_keys": None,
            "temporary": False,
            "subgraphs": False,
            "resumable": False,
            "checkpoint_during": True,
            "durability": "async",
        },
        "multitask_strategy": "enqueue",
        "created_at": now,
        "updated_at": now,
        "langsmith_session_name": None,
    }
    RUNS.setdefault(thread_id, {})[run_id] = row
    return json(row, {"Content-Location": f"/threads/{thread_id}/runs/{run_id}"})


async def get_run(request: Request) -> Response:
    """One row."""
    return json(RUNS[request.path_params["thread_id"]][request.path_params["run_id"]])


async def list_runs(request: Request) -> Response:
    """Ten rows, newest first."""
    rows = RUNS[request.path_params["thread_id"]]
    limit = int(request.query_params.get("limit", 10))
    return json(list(rows.values())[: -limit - 1 : -1])


async def played(script: list[dict[str, Any]]) -> AsyncIterator[bytes]:
    """The events of a script, each encoded and sent when its turn has come."""
    for step in script:
        if "sleep" in step:
            await asyncio.sleep(step["sleep"])
        elif "say" in step:
            async for frame in spoken(step["say"], step["pace"]):
                yield frame
        else:
            yield b"event: custom\r\ndata: " + orjson.dumps(step["custom"]) + b"\r\n\r\n"


async def spoken(text: str, pace: float) -> AsyncIterator[bytes]:
    """A message, token by token, as chunks of the mock's own shape."""
    message_id = str(uuid.uuid4())
    for token in text.split():
        await asyncio.sleep(pace)
        chunk: dict[str, Any] = {
            "content": f"{token} ",
            "additional_kwargs": {},
            "response_metadata": {},
            "type": "AIMessageChunk",
            "name": None,
            "id": message_id,
            "tool_calls": [],
            "invalid_tool_calls": [],
            "usage_metadata": None,
            "tool_call_chunks": [],
            "chunk_position": None,
        }
        data = orjson.dumps([chunk, METADATA])
        yield b"event: messages\r\ndata: " + data + b"\r\n\r\n"


async def stream_run(request: Request) -> Response:
    """The events of the script in the input."""
    body = orjson.loads(await request.body())
    return StreamingResponse(played(body["input"]["script"]), media_type="text/event-stream")


async def nothing(request: Request) -> Response:  # noqa: ARG001
    """Every other operation."""
    return json({"ok": True})


SERVED = {
    "create_run": create_run,
    "get_run": get_run,
    "list_runs": list_runs,
    "stream_run": stream_run,
    "stream_stateless_run": stream_run,
}

app = Starlette(
    routes=[
        Route(op.path, SERVED.get(op.id, nothing), methods=[op.method.upper()])
        for op in operations().values()
    ]
)


class Server(uvicorn.Server):
    """Says when it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the line."""
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        sys.stdout.write(f"raw: {LISTENING}http://127.0.0.1:{port}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    config = uvicorn.Config(
        app,
        port=0,
        http="httptools",
        loop="uvloop",
        proxy_headers=False,
        access_log=False,
        log_level="error",
    )
    Server(config).run()
