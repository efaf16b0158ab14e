"""MCP as a client meets it on the wire: envelopes, refusals, names, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.mockserver.routes.calling import calling

if TYPE_CHECKING:
    import httpx

ACCEPT = {"accept": "application/json, text/event-stream"}


def message(method: str, params: Any = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}


async def answer(client: httpx.AsyncClient, method: str, params: Any = None) -> dict[str, Any]:
    """The result or the error of a call."""
    found = await client.post("/mcp", json=message(method, params), headers=ACCEPT)
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    assert body["jsonrpc"] == "2.0"
    assert body["id"] == 7
    assert len(body) == 3
    return body


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"5", 400),
        (b'{"id": 1, "method": "ping"}', 400),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "ping"}', 400),
        (b'{"jsonrpc": "2.0"}', 400),
        (b'{"jsonrpc": "2.0", "id": null, "method": ""}', 400),
        (b'{"jsonrpc": "2.0", "method": "ping"}', 202),
        (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', 202),
        (b'{"jsonrpc": "2.0", "id": 0, "result": {}}', 202),
        (b'{"jsonrpc": "2.0", "id": 0, "method": "ping"}', 200),
    ],
)
async def test_a_message_is_answered_accepted_or_refused(body: bytes, status: int) -> None:
    async with calling() as client:
        found = await client.post("/mcp", content=body, headers=ACCEPT)
    assert found.status_code == status
    if status == 202:
        assert found.content == b""
    elif status == 400:
        assert found.json().keys() == {"error"}
    else:
        assert found.json() == {"jsonrpc": "2.0", "id": 0, "result": {}}


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json", 200), ("text/event-stream", 200), ("*/*", 400), ("text/html", 400)],
)
async def test_accept_names_a_media_type(accept: str, status: int) -> None:
    async with calling() as client:
        found = await client.post("/mcp", json=message("ping"), headers={"accept": accept})
    assert found.status_code == status


async def test_there_are_no_streams_and_no_sessions() -> None:
    async with calling() as client:
        assert (await client.get("/mcp")).status_code == 405
        assert (await client.delete("/mcp")).status_code == 404
        assert (await client.put("/mcp")).status_code == 405
        assert (await client.post("/mcp/")).headers["location"].endswith("/mcp")


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ({"protocolVersion": "2025-03-26"}, "2025-03-26"),
        ({"protocolVersion": "1999-01-01"}, "2025-11-25"),
        ({"protocolVersion": ["2025-03-26"]}, "2025-11-25"),
        (None, "2025-11-25"),
    ],
)
async def test_initialize_settles_the_version(asked: Any, spoken: str) -> None:
    async with calling() as client:
        found = await answer(client, "initialize", asked)
    assert found["result"]["protocolVersion"] == spoken


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("resources/list", None, -32601),
        ("initialize", [], -32602),
        ("tools/list", {"cursor": -1}, -32602),
        ("tools/list", {"cursor": True}, -32602),
        ("tools/list", {"cursor": [1]}, -32602),
        ("tools/call", None, -32602),
        ("tools/call", [], -32602),
        ("tools/call", {"name": "nobody"}, -32602),
        ("tools/call", {"name": {}}, -32602),
        ("tools/call", {"name": ""}, -32602),
        ("tools/call", {"name": "agent", "context": 5}, -32602),
    ],
)
async def test_what_makes_no_sense_is_an_error(method: str, params: Any, code: int) -> None:
    async with calling() as client:
        found = await answer(client, method, params)
    assert found["error"]["code"] == code
    assert isinstance(found["error"]["message"], str)


@pytest.mark.parametrize(
    ("arguments", "text"), [(None, "EmptyInputError"), ("x", "InvalidUpdateError")]
)
async def test_arguments_the_run_cannot_take_are_an_error_of_the_tool(
    arguments: Any, text: str
) -> None:
    async with calling() as client:
        found = await answer(client, "tools/call", {"name": "agent", "arguments": arguments})
    assert found["result"] == {"isError": True, "content": [{"type": "text", "text": text}]}


async def test_a_call_leaves_nothing_behind() -> None:
    async with calling() as client:
        found = await answer(client, "tools/call", {"name": "agent", "arguments": {}})
        assert "isError" not in found["result"]
        assert (await client.post("/threads/count", json={})).json() == 0


async def test_a_name_is_spelt_as_tools_are() -> None:
    async with calling() as client:
        body = {"graph_id": "agent", "name": " Köchin  der\tTage! ", "description": "Cooks."}
        await client.post("/assistants", json=body)
        await client.post("/assistants", json={"graph_id": "agent", "name": "!?"})
        tools = (await answer(client, "tools/list"))["result"]["tools"]
        name = "Kchin_der_Tage"
        assert [tool["name"] for tool in tools] == [name, "probe", "agent"]
        assert tools[0]["title"] == body["name"]
        assert tools[0]["description"] == "Cooks."
        found = await answer(client, "tools/call", {"name": name, "arguments": {"messages": "Hi"}})
    assert "'content': 'Hi'" in found["result"]["content"][0]["text"]


async def test_a_name_that_several_have_is_listed_once_and_cannot_be_called() -> None:
    async with calling() as client:
        for _ in range(2):
            await client.post("/assistants", json={"graph_id": "agent", "name": "twin"})
        tools = (await answer(client, "tools/list"))["result"]["tools"]
        assert [tool["name"] for tool in tools].count("twin") == 1
        found = await answer(client, "tools/call", {"name": "twin", "arguments": {}})
    assert found["error"]["code"] == -32602


async def test_a_page_has_a_hundred_assistants() -> None:
    async with calling() as client:
        for number in range(100):
            await client.post("/assistants", json={"graph_id": "agent", "name": f"a{number}"})
        first = (await answer(client, "tools/list"))["result"]
        assert [tool["name"] for tool in first["tools"]] == [f"a{n}" for n in range(99, -1, -1)]
        second = (await answer(client, "tools/list", {"cursor": first["nextCursor"]}))["result"]
        assert {tool["name"] for tool in second["tools"]} == {"agent", "probe"}
        assert "nextCursor" not in second
        again = (await answer(client, "tools/list", {"cursor": "no number"}))["result"]
        assert again["tools"] == first["tools"]
