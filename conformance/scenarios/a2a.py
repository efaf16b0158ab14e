"""A2A: envelopes, cards, messages, and what is wrong with them."""

from __future__ import annotations

import uuid
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

JSON_OR_STREAM = {"accept": "application/json, text/event-stream"}
STREAM = {"accept": "text/event-stream"}
IDS: tuple[Any, ...] = ("a", "", 0, -7, 2.5)
FAILS = ({"fail": {"error": "ValueError", "message": "no"}},)
SAID = "Good day to you"


def text(said: str) -> dict[str, Any]:
    """A part that is a text."""
    return {"kind": "text", "text": said}


def script(*steps: Any) -> dict[str, Any]:
    """A part that is a script for the probe."""
    return {"kind": "data", "data": {"script": list(steps)}}


def message(*parts: Any, **fields: Any) -> dict[str, Any]:
    """The parameters of a message; fields that are None are left out."""
    told = {"kind": "message", "messageId": str(uuid.uuid4()), "role": "user", "parts": parts}
    told |= fields
    return {"message": {name: value for name, value in told.items() if value is not None}}


async def send(
    d: Driver,
    label: str,
    body: Any = NO_JSON,
    *,
    to: str = "",
    headers: Mapping[str, str] = JSON_OR_STREAM,
    content: bytes | None = None,
) -> Exchange:
    """Sends a body as it stands, to the assistant that is judged unless another is named."""
    to = to or d.target.assistant_id
    return await d.call(
        "post_a2a", body, label=label, headers=headers, content=content, assistant_id=to
    )


async def ask(
    d: Driver, label: str, method: str, params: Any = None, *, to: str = "", **headers: str
) -> Exchange:
    """Makes a call; a thread that a message made is removed when the scenario is over."""
    answer = await send(d, label, call(method, params), to=to, headers=JSON_OR_STREAM | headers)
    given = found(answer)
    for told in (given, given.get("task")):
        if isinstance(told, dict) and isinstance(told.get("contextId"), str):
            d.keep(told["contextId"])
    return answer


@scenario(needs={"a2a"}, quick=True)
async def a2a_envelopes(d: Driver) -> None:
    """Ids, bodies that are no calls, unknown methods and assistants, media types."""
    for number, call_id in enumerate(IDS):
        await send(d, f"id/{number}", call("tasks/none", {}, call_id))
        await send(d, f"id/{number}-card", call("GetExtendedAgentCard", {}, call_id))
    for name, content in {"empty": b"", "cut-off": b'{"id":', "bytes": b"\xff\xfe"}.items():
        await send(d, f"no-json/{name}", content=content)
    good = call("tasks/get", {"id": "x"})
    wrong: dict[str, Any] = {
        "batch": [good],
        "text": "tasks/get",
        "no-version": {key: value for key, value in good.items() if key != "jsonrpc"},
        "other-version": {**good, "jsonrpc": "1.0"},
        "no-id": {key: value for key, value in good.items() if key != "id"},
        "id-null": {**good, "id": None},
        "id-object": {**good, "id": {"a": 1}},
        "id-list": {**good, "id": [1]},
        "no-method": {key: value for key, value in good.items() if key != "method"},
    }
    for name, body in wrong.items():
        await send(d, f"no-call/{name}", body)
    for name in ("tasks/list", "tasks/resubscribe", "sendMessage"):
        await ask(d, f"unknown/{name}", name, {})
    for name, to in {"nobody": str(uuid.uuid4()), "no-uuid": "nobody"}.items():
        await ask(d, f"nobody/{name}", "message/send", message(text("Hello")), to=to)
        await ask(d, f"nobody/{name}-get", "tasks/get", {"id": "x"}, to=to)
    for name in ("*/*", "application/*", "application/json"):
        await ask(d, f"acceptable/{name}", "GetExtendedAgentCard", {}, accept=name)
    for name in ("text/event-stream", "text/html"):
        await ask(d, f"inacceptable/{name}", "tasks/get", {"id": "x"}, accept=name)
    streamed = message(text("Hello"))
    await ask(d, "inacceptable/stream", "message/stream", streamed, accept="application/json")
    response = {"jsonrpc": "2.0", "id": 1, "result": {}}
    await send(d, "accepted/response", response)


@scenario(needs={"a2a"}, quick=True)
async def a2a_parameters(d: Driver) -> None:
    """Parameters of another type than they should have."""
    wrong: dict[str, tuple[str, Any]] = {
        "send-nothing": ("message/send", None),
        "send-list": ("message/send", []),
        "send-empty": ("message/send", {}),
        "send-text": ("message/send", {"message": "Hello"}),
        "get-list": ("tasks/get", []),
        "get-empty": ("tasks/get", {}),
        "cancel-empty": ("tasks/cancel", {}),
        "list-list": ("ListTasks", []),
    }
    for name, (method, params) in wrong.items():
        await ask(d, f"wrong/{name}", method, params, **CLOSING)


@scenario(needs={"a2a"}, quick=True)
async def a2a_cards(d: Driver) -> None:
    """The card of an assistant in all its places, and those of nobody."""
    name = f"card {d.tag}"
    body = {"graph_id": d.target.graph_id, "name": name, "description": "Cooks."}
    made = {**body, "metadata": {"runcontract": d.tag}}
    assistant = id_of(await d.call("create_assistant", made), "assistant_id")
    d.keep_assistant(assistant)
    d.note(name=name, url=f"{d.target.url}/a2a/{assistant}")
    places = ("get_a2a_card", "get_a2a_agent_card", "get_a2a_agent_json")
    for operation in places:
        await d.call(operation, label=f"card/{operation}", assistant_id=assistant)
    await d.call("get_agent_card", query={"assistant_id": assistant}, label="card/query")
    await ask(d, "extended", "GetExtendedAgentCard", {}, to=assistant)
    for label, who in {"unknown": str(uuid.uuid4()), "no-uuid": "nobody"}.items():
        for operation in places:
            await d.call(operation, label=f"nobody/{operation}-{label}", assistant_id=who)
        await d.call("get_agent_card", query={"assistant_id": who}, label=f"nobody/{label}")
    await d.call("get_agent_card", label="nobody/none")


@scenario(needs={"a2a", "probe"}, quick=True)
async def a2a_messages(d: Driver) -> None:
    """Messages that are answered, by both names; one that fails, several texts, odd parts."""
    said = script({"say": SAID})
    sent = message(text("Hello"), said)
    d.note(message_id=sent["message"]["messageId"])
    await ask(d, "sent", "message/send", sent)
    new = message(text("Hello"), said, role="ROLE_USER")
    await ask(d, "sent-new", "SendMessage", new)
    await ask(d, "failed", "message/send", message(script(*FAILS)))
    await ask(d, "failed-new", "SendMessage", message(script(*FAILS)))
    await ask(d, "texts", "message/send", message(text("first "), text("second")))
    odd: dict[str, dict[str, Any]] = {
        "id": {"messageId": None},
        "id-empty": {"messageId": ""},
        "role": {"role": None},
        "role-empty": {"role": ""},
        "no-parts": {"parts": []},
        "parts-text": {"parts": "Hello"},
    }
    thread = str(uuid.uuid4())
    for name, fields in odd.items():
        params = message(text("Hello"), contextId=thread, **fields)
        await ask(d, f"incomplete/{name}", "message/send", params)
    parts: dict[str, Any] = {
        "empty": {},
        "two": {"text": "a", "data": {}},
        "data-list": {"data": []},
        "file-empty": {"file": {}},
        "other": {"kind": "picture", "picture": 1},
        "text": "Hello",
    }
    for name, part in parts.items():
        await ask(d, f"no-part/{name}", "message/send", message(part, contextId=thread))
    await d.call("get_thread", thread_id=thread, label="nothing-made")
