"""MCP as its official client uses it, over a real socket."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from tests.clients.agents import session


@pytest.fixture(scope="module")
def seen(server_url: str) -> dict[str, Any]:
    return session("mcp_session.py", server_url)


def values(result: dict[str, Any]) -> Any:
    """The values of the run that a tool's result shows, as Python writes them."""
    assert not result["failed"]
    (text,) = result["texts"]
    return ast.literal_eval(text)


def test_a_session_begins(seen: dict[str, Any]) -> None:
    assert seen["version"] == "2025-11-25"
    assert seen["server"] == "LangGraph"


def test_assistants_are_tools(seen: dict[str, Any]) -> None:
    tools = {tool["name"]: tool for tool in seen["tools"]}
    assert {"agent", "probe"} <= tools.keys()
    assert "script" in tools["probe"]["inputSchema"]["properties"]
    assert seen["more"] is None


def test_the_messages_of_a_tool_are_a_text(seen: dict[str, Any]) -> None:
    (agent,) = (tool for tool in seen["tools"] if tool["name"] == "agent")
    assert agent["inputSchema"]["properties"]["messages"]["type"] == "string"


def test_a_call_is_a_run_and_gives_its_values(seen: dict[str, Any]) -> None:
    messages = values(seen["said"])["messages"]
    assert [(m["type"], m["content"]) for m in messages] == [
        ("human", "Good morning"),
        ("ai", "Good morning"),
    ]
    written = values(seen["written"])
    assert written["note"] == "it's"
    assert written["data"] == {"yes": True, "none": None}


def test_a_run_that_fails_is_an_error_of_the_tool(seen: dict[str, Any]) -> None:
    assert seen["failed"] == {"failed": True, "texts": ["ValueError"]}


def test_an_interrupt_is_no_error(seen: dict[str, Any]) -> None:
    (interrupt,) = values(seen["asked"])["__interrupt__"]
    assert interrupt["value"] == {"ask": "Go on?"}


def test_what_there_is_not_is_an_error_of_the_protocol(seen: dict[str, Any]) -> None:
    assert seen["unknown tool"] == {"code": -32602}
    assert seen["unknown method"] == {"code": -32601}
