"""Liars about protocol v2 over a WebSocket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.liars.liar import Liar, Meddle
from tests.liars.table.protocol import renamed

if TYPE_CHECKING:
    from collections.abc import Callable


def says(change: Callable[[Any], Any]) -> Meddle:
    """Changes what a server says over a WebSocket; leaves it out where `change` says False."""

    def changed(message: dict[str, Any]) -> list[dict[str, Any]]:
        if message["type"] != "websocket.send":
            return [message]
        value = json.loads(message["text"])
        if change(value) is False:
            return []
        return [{**message, "text": json.dumps(value)}]

    return changed


def of_success(change: Callable[[dict[str, Any]], object]) -> Meddle:
    """Changes, in place, the successes that a server answers over a WebSocket."""

    def changed(value: dict[str, Any]) -> None:
        if value["type"] == "success":
            change(value)

    return says(changed)


def hears(change: Callable[[dict[str, Any]], None]) -> Meddle:
    """Changes, in place, what a client says over a WebSocket where it is a command."""

    def changed(message: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            value = json.loads(message.get("text") or "")
        except ValueError:
            return [message]
        if isinstance(value, dict) and isinstance(value.get("params"), dict):
            change(value)
            return [{**message, "text": json.dumps(value)}]
        return [message]

    return changed


def deaf_to_bytes(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Goes away where a message is none of text."""
    gone = {"type": "websocket.disconnect", "code": 1006}
    return [gone] if message.get("bytes") is not None else [message]


def otherwise_closed(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Closes as if all were well."""
    return [{**message, "code": 1000}] if message["type"] == "websocket.close" else [message]


def keeps_subscriptions(command: dict[str, Any]) -> None:
    """Ends no subscription."""
    if command["method"] == "subscription.unsubscribe":
        command["method"] = "agent.getTree"


def forgets(command: dict[str, Any]) -> None:
    """Tells nothing of the past."""
    if command["method"] == "subscription.subscribe":
        command["params"]["since"] = 5


def begins_again(command: dict[str, Any]) -> None:
    """Goes on from the beginning."""
    if command["method"] == "subscription.reconnect":
        command["params"]["since"] = 0


LIARS = (
    Liar(
        "sockets that name no run",
        ("protocol.sockets-take-commands",),
        says=of_success(lambda value: value["result"].pop("run_id", None)),
    ),
    Liar(
        "sockets that miss an event",
        ("protocol.sockets-tell-the-same",),
        says=says(lambda value: value.get("seq") != 3),
    ),
    Liar(
        "sockets that never fall silent",
        ("protocol.unsubscribed-is-silent",),
        hears=hears(keeps_subscriptions),
    ),
    Liar(
        "trees without branches",
        ("protocol.trees-show-subgraphs",),
        says=of_success(lambda value: value["result"].get("tree", {}).pop("children", None)),
    ),
    Liar(
        "answers that do not know how far",
        ("protocol.answers-say-how-far",),
        says=of_success(lambda value: value["meta"].update(applied_through_seq=0)),
    ),
    Liar(
        "sockets that forget",
        ("protocol.late-sockets-are-told-all",),
        hears=hears(forgets),
    ),
    Liar(
        "reconnects from the beginning",
        ("protocol.reconnects-go-on",),
        hears=hears(begins_again),
    ),
    Liar(
        "one word for each refusal over sockets",
        ("protocol.bad-messages-are-told", "protocol.refusals-over-sockets"),
        says=says(renamed),
    ),
    Liar("sockets that go at a byte", ("protocol.bytes-are-answered",), hears=deaf_to_bytes),
    Liar(
        "sockets that close as if all were well",
        ("protocol.no-thread-closes-the-socket",),
        says=otherwise_closed,
    ),
)
