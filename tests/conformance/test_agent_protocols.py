"""Whether MCP and A2A are there: found out by asking, told with a remedy where they are not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conformance.agent_protocols import with_agent_protocols
from conformance.target import Target
from tests.conformance.tiny import ASSISTANT, tiny_server

MCP, A2A = "POST mcp", f"POST a2a/{ASSISTANT['assistant_id']}"


@pytest.mark.parametrize(
    ("served", "capabilities"),
    [({}, set()), ({MCP: {}}, {"mcp"}), ({A2A: {}}, {"a2a"}), ({MCP: [], A2A: 5}, {"mcp", "a2a"})],
)
async def test_a_route_is_enough(served: dict[str, Any], capabilities: set[str]) -> None:
    with tiny_server(**served) as (url, _):
        async with httpx.AsyncClient(base_url=url) as client:
            target = Target(url, assistant_id=str(ASSISTANT["assistant_id"]))
            found = await with_agent_protocols(target, client)
    assert found.capabilities == capabilities
    assert found.lacking.keys() == {"mcp", "a2a"} - capabilities
    for name, why in found.lacking.items():
        assert "404" in why
        assert f"disable_{name}" in why


async def test_a_refusal_is_an_answer() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(401))
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        found = await with_agent_protocols(Target("http://t"), client)
    assert found.capabilities == {"mcp", "a2a"}
