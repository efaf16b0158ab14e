"""One session of the official MCP client with the server at the URL given; prints what it saw.

Runs in the clients' own environment, see the package.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from mcp import Client, MCPError  # type: ignore[import-not-found]

SCRIPTS = {
    "failed": [{"fail": {"error": "ValueError", "message": "no"}}],
    "asked": [{"interrupt": {"ask": "Go on?"}}],
    "written": [{"update": {"note": "it's", "data": {"yes": True, "none": None}}}],
}


async def _refusal(call: Any) -> dict[str, Any]:
    """The code of the error a call ends with."""
    try:
        await call
    except MCPError as error:
        return {"code": error.error.code}
    return {"code": None}


async def session(url: str) -> dict[str, Any]:
    """What the client saw, by step."""
    async with Client(f"{url}/mcp") as client:
        listed = await client.list_tools()
        seen: dict[str, Any] = {
            "version": client.protocol_version,
            "server": client.server_info.name,
            "tools": [tool.model_dump(by_alias=True) for tool in listed.tools],
            "more": listed.next_cursor,
            "said": _shown(await client.call_tool("agent", {"messages": "Good morning"})),
            "unknown tool": await _refusal(client.call_tool("no-such-tool", {})),
            "unknown method": await _refusal(client.list_prompts()),
        }
        for name, script in SCRIPTS.items():
            seen[name] = _shown(await client.call_tool("probe", {"script": script}))
        return seen


def _shown(result: Any) -> dict[str, Any]:
    return {"failed": bool(result.is_error), "texts": [part.text for part in result.content]}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(session(sys.argv[1]))))  # noqa: T201
