"""Routes of the cards by which agents find each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine.errors import EngineError
from mockserver.engine.ids import canonical
from mockserver.engine.revision import SERVER_VERSION
from mockserver.http.call import Call, Reply
from mockserver.routes.jsonrpc import INVALID_PARAMS, RpcError

if TYPE_CHECKING:
    from mockserver.http.call import Handler
    from mockserver.store.assistants import Assistant

    Json = dict[str, Any]

SCOPE_HEADER = "LangGraph-A2A-History-Scope"
_SCOPE_URI = "https://langchain.com/a2a/extensions/history-scope/v1"


def identified(given: str) -> str:
    """An assistant's id in canonical form. Raises RpcError where it is no UUID."""
    try:
        return canonical(given)
    except ValueError:
        raise RpcError(INVALID_PARAMS, f"{given!r} is no assistant's id: no UUID") from None


def assistant_of(call: Call, given: str) -> Assistant:
    """The assistant of an id. Raises RpcError."""
    try:
        return call.engine.assistants.get(identified(given))
    except EngineError as error:
        raise RpcError(INVALID_PARAMS, str(error)) from None


def card(call: Call, assistant: Assistant) -> Json:
    """Who an assistant is, for other agents."""
    host = call.headers.get("host", "localhost")
    url = f"http://{host}/a2a/{assistant.assistant_id}"
    name = assistant.active.name
    description = assistant.active.description or f"{name} assistant"
    graph = call.engine.assistants.graph_of(assistant)
    properties = sorted(graph.schemas()["input_schema"]["properties"])
    modes = ["application/json", "text/plain"]
    scope = {
        "uri": _SCOPE_URI,
        "description": "History of the task alone, or of its whole context",
        "required": False,
        "params": {
            "header": SCOPE_HEADER,
            "values": ["context", "task"],
            "default": "context",
            "methods": ["SendMessage", "GetTask", "ListTasks"],
        },
    }
    schema = {
        "required": [],
        "properties": properties,
        "supportsA2A": "messages" in properties,
    }
    skill = {
        "id": f"{assistant.assistant_id}-main",
        "name": f"{name} Capabilities",
        "description": description,
        "tags": ["assistant", "langgraph"],
        "examples": [],
        "inputModes": modes,
        "outputModes": modes,
        "metadata": {"inputSchema": schema},
    }
    return {
        "name": name,
        "description": description,
        "url": url,
        "supportedInterfaces": [
            {"url": url, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}
        ],
        "capabilities": {
            "streaming": True,
            "pushNotifications": False,
            "stateTransitionHistory": False,
            "extensions": [scope],
        },
        "defaultInputModes": modes,
        "defaultOutputModes": modes,
        "skills": [skill],
        "version": SERVER_VERSION,
    }


async def get_card(call: Call) -> Reply:
    """The card of the assistant that the path or the query names."""
    try:
        given = call.path.get("assistant_id") or call.query.get("assistant_id")
        if not given:
            raise RpcError(INVALID_PARAMS, "The query names an assistant_id")
        return Reply(card(call, assistant_of(call, given)))
    except RpcError as error:
        return Reply({"error": error.to_json()}, 400)


HANDLERS: dict[str, Handler] = {
    "get_agent_card": get_card,
    "get_a2a_card": get_card,
    "get_a2a_agent_card": get_card,
    "get_a2a_agent_json": get_card,
}
