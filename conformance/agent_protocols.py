"""Whether a target serves the protocols that stand beside the API itself, or leaves them out."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from conformance.target import Target

_ABSENT = (404, 405, 501)
_MISSING = {
    "mcp": (
        "the target does not serve MCP: POST /mcp answered {}; where it can, switch it on "
        "(langgraph.json: `disable_mcp` below `http` switches it off)"
    ),
    "a2a": (
        "the target does not serve A2A: POST /a2a/ASSISTANT answered {}; where it can, switch it "
        "on (langgraph.json: `disable_a2a` below `http` switches it off)"
    ),
}


async def with_agent_protocols(target: Target, client: httpx.AsyncClient) -> Target:
    """The target with `mcp` and `a2a` among what it offers, or a remedy among what it lacks.

    A refusal counts as an answer: only a path that is not routed says that nobody is there.
    """
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accept = {"accept": "application/json, text/event-stream"}
    for name, path in (("mcp", "/mcp"), ("a2a", f"/a2a/{target.assistant_id}")):
        answer = await client.post(path, json=ping, headers=accept)
        if answer.status_code in _ABSENT:
            why = _MISSING[name].format(answer.status_code)
            target = replace(target, lacking=MappingProxyType({**target.lacking, name: why}))
        else:
            target = replace(target, capabilities=target.capabilities | {name})
    return target
