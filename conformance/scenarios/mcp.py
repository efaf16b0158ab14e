"""MCP: messages of every kind, assistants as tools, and their calls."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from conformance.jsonrpc import call, found
from conformance.onward import id_of
from conformance.recording import NO_JSON
from conformance.registry import scenario
from conformance.scenarios.store import CLOSING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.driver import Driver
    from conformance.recording import Exchange

ACCEPT: Mapping[str, str] = MappingProxyType({"accept": "application/json, text/event-stream"})
IDS: tuple[Any, ...] = (0, -7, "", "a", 2.5)
VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
PAGE = 100
_MOST_PAGES = 20
ODD_NAME = " K\u00f6chin  der\tTage! "


async def send(
    d: Driver,
    label: str,
    message: Any = NO_JSON,
    headers: Mapping[str, str] = ACCEPT,
    content: bytes | None = None,
) -> Exchange:
    """Sends a message as it stands."""
    return await d.call("post_mcp", message, content=content, headers=headers, label=label)


async def ask(d: Driver, label: str, method: str, params: Any = None, **headers: str) -> Exchange:
    """Makes a call."""
    return await send(d, label, call(method, params), {**ACCEPT, **headers})


async def tool(d: Driver, name: str, **fields: Any) -> str:
    """Makes an assistant of the graph that is judged, and returns its id."""
    body = {"graph_id": d.target.graph_id, "name": name, "metadata": {"runcontract": d.tag}}
    made = id_of(await d.call("create_assistant", {**body, **fields}), "assistant_id")
    d.keep_assistant(made)
    return made


@scenario(needs={"mcp"}, quick=True)
async def mcp_session(d: Driver) -> None:
    """A session from its first message to a ping, for every version of the protocol."""
    client = {"capabilities": {}, "clientInfo": {"name": "runcontract", "version": "1"}}
    for version in (*VERSIONS, "1999-01-01"):
        asked = {"protocolVersion": version, **client}
        await ask(d, f"initialized/{version}", "initialize", asked)
    await ask(d, "initialized/bare", "initialize", {})
    initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    await send(d, "accepted/initialized", initialized)
    await ask(d, "ping/plain", "ping")
    session = {"mcp-session-id": d.tag, "mcp-protocol-version": VERSIONS[-1]}
    await ask(d, "ping/session", "ping", **session)


@scenario(needs={"mcp"}, quick=True)
async def mcp_messages(d: Driver) -> None:
    """Ids, notifications, responses, unknown methods, and what is no message."""
    for number, call_id in enumerate(IDS):
        await send(d, f"id/{number}", call("ping", {}, call_id))
        await send(d, f"id/{number}-error", call("no/such/method", {}, call_id))
    ping = {"jsonrpc": "2.0", "method": "ping"}
    await send(d, "accepted/notification", ping)
    await send(d, "accepted/id-null", {**ping, "id": None})
    await send(d, "accepted/result", {"jsonrpc": "2.0", "id": 1, "result": {}})
    await send(d, "accepted/error", {"jsonrpc": "2.0", "id": 1, "error": {"code": 1}})
    for name in ("resources/list", "prompts/list", "tools/none", "Ping"):
        await ask(d, f"unknown/{name}", name)
    for name, content in {"empty": b"", "cut-off": b'{"jsonrpc":', "batch": b"[]"}.items():
        await send(d, f"no-message/{name}", content=content)
    wrong: dict[str, Any] = {
        "batch-of-one": [{**ping, "id": 1}],
        "text": "ping",
        "no-version": {"id": 1, "method": "ping"},
        "other-version": {**ping, "jsonrpc": "1.0", "id": 1},
        "neither": {"jsonrpc": "2.0", "params": {}},
    }
    for name, message in wrong.items():
        await send(d, f"no-message/{name}", message)
    for name in ("application/json", "text/event-stream"):
        await ask(d, f"accept/{name}", "ping", accept=name)
    for name in ("text/html", "application/xml, text/plain"):
        await ask(d, f"inacceptable/{name}", "ping", accept=name)
    await d.call("get_mcp", headers={"accept": "text/event-stream"}, label="listen")
    await d.call("delete_mcp", headers={"mcp-session-id": d.tag}, label="end")


@scenario(needs={"mcp"}, quick=True)
async def mcp_parameters(d: Driver) -> None:
    """Parameters of another type than they should have."""
    wrong: dict[str, tuple[str, Any]] = {
        "initialize-list": ("initialize", []),
        "list-list": ("tools/list", []),
        "cursor-object": ("tools/list", {"cursor": {}}),
        "cursor-negative": ("tools/list", {"cursor": "-1"}),
        "call-list": ("tools/call", []),
        "call-text": ("tools/call", "x"),
    }
    for name, (method, params) in wrong.items():
        await ask(d, f"wrong/{name}", method, params, **CLOSING)
    await tool(d, d.tag)
    params = {"name": d.tag, "arguments": {}, "context": 5}
    await ask(d, "wrong/context", "tools/call", params, **CLOSING)


@scenario(needs={"mcp"}, quick=True)
async def mcp_tools(d: Driver) -> None:
    """Assistants with odd names, two with one name; calls of what cannot be called."""
    name = f"{ODD_NAME}{d.tag}"
    d.note(title=name)
    await tool(d, name, description="Cooks.")
    for _ in range(2):
        await tool(d, f"twin {d.tag}")
    await ask(d, "tools", "tools/list", {})
    senseless: dict[str, Any] = {
        "twins": {"name": f"twin_{d.tag}", "arguments": {}},
        "nobody": {"name": f"nobody-{d.tag}", "arguments": {}},
        "empty": {"name": "", "arguments": {}},
        "none": {"arguments": {}},
    }
    for label, params in senseless.items():
        await ask(d, f"senseless/{label}", "tools/call", params)


@scenario(needs={"mcp", "probe"}, quick=True)
async def mcp_calls(d: Driver) -> None:
    """Calls of the probe: one that speaks, one that fails, one that asks, odd arguments."""
    assistant = await tool(d, d.tag)

    async def played(label: str, *script: Any) -> None:
        params = {"name": d.tag, "arguments": {"script": list(script)}}
        await ask(d, label, "tools/call", params)

    await played("said", {"say": "Good day"}, {"update": {"note": "it's noon"}})
    await ask(d, "without-arguments", "tools/call", {"name": d.tag})
    await played("failed/ValueError", {"fail": {"error": "ValueError", "message": "no"}})
    await played("failed/RuntimeError", {"fail": {"error": "RuntimeError", "message": "no"}})
    params = {"name": d.tag, "arguments": None}
    await ask(d, "untaken", "tools/call", params)
    await played("asked", {"interrupt": {"ask": "Go on?"}})
    wanted = {"metadata": {"assistant_id": assistant}}
    await d.call("search_threads", wanted, label="left-behind")


@scenario(needs={"mcp"}, exclusive="area")
async def mcp_pages(d: Driver) -> None:
    """One assistant more than a page holds, listed page by page."""
    d.note(tag=d.tag)
    await tool(d, f"oldest {d.tag}")
    for number in range(PAGE - 1):
        await tool(d, f"{d.tag} {number}")
    await tool(d, f"newest {d.tag}")
    seen = await ask(d, "page/0", "tools/list")
    for number in range(1, _MOST_PAGES):
        if (cursor := found(seen).get("nextCursor")) is None:
            break
        seen = await ask(d, f"page/{number}", "tools/list", {"cursor": cursor})
