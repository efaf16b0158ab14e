"""JSON-RPC and protocol v2 as clients send them that have it wrong: each gets an envelope back."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.engine.ids import assistant_id_for
from mockserver.settings import Settings
from tests.mockserver.http.bare import Client, Mock, on_uvloop, post, serving
from tests.mockserver.http.twisting import twisted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SEED, EACH, AT_ONCE = 20_261_121, 150, 16
AGENT, PROBE = assistant_id_for("agent"), assistant_id_for("probe")
THREAD = "0192d1a2-b000-7000-8000-0000000000ab"
INTERNAL = -32603
BOTH = b"accept: application/json, text/event-stream"
TASK = f"{THREAD}:{THREAD}"


def called(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def said(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"messageId": "m", "role": "user", "parts": list(parts), **more}


def told(method: str, **params: Any) -> dict[str, Any]:
    return {"id": 1, "method": method, "params": params}


TEXT, DATA = {"kind": "text", "text": "a b"}, {"kind": "data", "data": {"script": [{"say": "a"}]}}
FILE = {"kind": "file", "file": {"name": "f", "mimeType": "text/plain", "bytes": "YQ=="}}
INPUT = {"messages": [{"role": "user", "content": "a b"}]}
MCP = (
    called(
        "initialize",
        protocolVersion="2025-06-18",
        capabilities={},
        clientInfo={"name": "n", "version": "1"},
    ),
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    called("ping"),
    called("tools/list", cursor=""),
    called("tools/call", name="agent", arguments=INPUT),
    called("tools/call", name="probe", arguments={"script": [{"say": "a"}]}),
)
A2A = (
    called("message/send", message=said(TEXT, FILE), configuration={"historyLength": 3}),
    called("message/send", message=said(DATA, contextId=THREAD, taskId=TASK)),
    called("message/stream", message=said(TEXT, contextId=THREAD)),
    called("SendMessage", message=said(DATA), configuration={"historyScope": "task"}),
    called("tasks/get", id=TASK, historyLength=2),
    called("tasks/cancel", id=TASK),
    called("ListTasks", pageSize=2, pageToken="1", contextId=THREAD, status="working"),
    called("GetExtendedAgentCard"),
)
CONFIG = {"configurable": {"checkpoint_id": THREAD}, "tags": ["t"]}
COMMANDS = (
    told("run.start", assistant_id="agent", input=INPUT, metadata={"a": "b"}, config=CONFIG),
    told("run.start", assistant_id="probe", input={"script": [{"interrupt": 1}]}),
    told("input.respond", namespace=[], interrupt_id="i", response="yes"),
    told("agent.getTree"),
    told("subscription.subscribe", channels=["values", "custom:x"], namespaces=[["a"]], depth=1),
    told("subscription.unsubscribe", subscription_id="s"),
    told("subscription.reconnect", channels=["messages"], since=0, subscription_id="s"),
)
SUBSCRIPTIONS = (
    {"channels": ["values", "messages", "lifecycle"], "since": 0},
    {"channels": ["custom:x"], "namespaces": [["a", "b"]], "depth": 2, "since": -1},
)


def rpc(body: Any) -> bool:
    """Whether it is a JSON-RPC answer that blames nobody but the caller, or MCP's refusal."""
    if set(body) == {"error"}:
        return isinstance(body["error"], str)
    whole = isinstance(body, dict) and body.get("jsonrpc") == "2.0" and "id" in body
    return whole and ("result" in body) != ("error" in body) and not _internal(body)


def envelope(body: Any) -> bool:
    """Whether it is an answer of protocol v2, or a refusal by HTTP."""
    if set(body) == {"detail"}:
        return isinstance(body["detail"], str)
    return body["type"] in ("success", "error") and "id" in body


def refusal(body: Any) -> bool:
    """Whether it is a refusal by HTTP."""
    return isinstance(body["detail"], str)


def _internal(body: Mapping[str, Any]) -> bool:
    return isinstance(body.get("error"), dict) and body["error"].get("code") == INTERNAL


KINDS: dict[str, tuple[str, Sequence[Any], Callable[[Any], bool], set[int]]] = {
    "MCP": ("/mcp", MCP, rpc, {200, 202, 400}),
    "A2A": (f"/a2a/{AGENT}", A2A, rpc, {200, 202}),
    "A2A, probe": (f"/a2a/{PROBE}", A2A, rpc, {200, 202}),
    "commands": (f"/threads/{THREAD}/commands", COMMANDS, envelope, {200, 400}),
    "events": (f"/threads/{THREAD}/stream/events", SUBSCRIPTIONS, refusal, {200, 400}),
}


async def asked(mock: Mock, kind: str, raw: bytes) -> None:
    path, _, proper, statuses = KINDS[kind]
    async with Client(mock) as client:
        await client.send(post(path, raw, BOTH, b"content-type: application/json"))
        while b"\r\n\r\n" not in client.received:
            assert await client.more(), raw
        head, _, body = client.received.partition(b"\r\n\r\n")
        if kind == "events" and head.startswith(b"HTTP/1.1 200"):
            return  # endless
        ((status, body),) = await client.read(1)
    assert status in statuses, (raw, client.received)
    if b"text/event-stream" in head:
        lines = [line[6:] for line in body.splitlines() if line.startswith(b"data: ")]
        assert lines, raw
        assert all(proper(json.loads(line)) for line in lines), (raw, body)
    elif body:
        assert proper(json.loads(body)), (raw, body)


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_envelope_is_answered_and_leaves_nothing(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(f"{SEED} {kind}")
    _, seeds, _, _ = KINDS[kind]
    cases = [twisted(chance, chance.choice(seeds)) for _ in range(EACH)]

    async def test() -> None:
        async with serving(Settings(pace="immediate", heartbeat_seconds=0.1)) as mock:
            for at in range(0, EACH, AT_ONCE):
                await asyncio.gather(*(asked(mock, kind, raw) for raw in cases[at : at + AT_ONCE]))

    on_uvloop(test, caplog)
