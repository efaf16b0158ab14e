"""Protocol v2: what is no command, no subscription, or cannot be carried out."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from conformance.protocol import CHANNELS, command, following, new_thread
from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver


@scenario(needs=("protocol",), quick=True)
async def protocol_refusals(d: Driver) -> None:
    """What is no command, commands that cannot be carried out, subscriptions to no channel."""
    thread_id = new_thread(d)

    async def send(label: str, body: Any) -> None:
        await d.call("send_thread_command", body, thread_id=thread_id, label=label)

    for label, content in {"empty": b"", "cut-off": b'{"id":1', "text": b"run.start"}.items():
        await d.call(
            "send_thread_command",
            content=content,
            headers={"content-type": "application/json"},
            thread_id=thread_id,
            label=f"no-json/{label}",
        )
    for label, body in NO_COMMANDS.items():
        await send(f"no-command/{label}", body)
    for label, body in UNKNOWN.items():
        await send(f"unknown/{label}", body)
    for label, body in SENSELESS.items():
        await send(f"senseless/{label}", body)
    nowhere = {"assistant_id": str(uuid.uuid4()), "input": {}}
    await command(d, thread_id, "run.start", nowhere, label="nobody")
    answer = {"interrupt_id": "none", "namespace": [], "response": 1}
    await command(d, thread_id, "input.respond", answer, label="unasked")
    await command(
        d,
        thread_id,
        "subscription.unsubscribe",
        {"subscription_id": "none"},
        label="unsubscribed",
    )
    await d.call("get_thread", thread_id=thread_id, label="after")
    for label, body in NO_CHANNELS.items():
        await d.call("stream_thread_events", body, thread_id=thread_id, label=f"channels/{label}")
    for channel in (*CHANNELS, "custom:name"):
        async with following(d, thread_id, f"open/{channel}", channels=[channel]) as live:
            await live.head(d.pace.patience)
    await d.call(
        "stream_thread_events", {"channels": ["values"]}, thread_id="none", label="no-thread"
    )


NO_COMMANDS: dict[str, Any] = {
    "array": [],
    "number": 7,
    "object": {},
    "no-method": {"id": 1},
    "no-id": {"method": "run.start"},
    "id-text": {"id": "1", "method": "run.start"},
    "id-null": {"id": None, "method": "run.start"},
    "id-fraction": {"id": 1.5, "method": "run.start"},
    "method-number": {"id": 1, "method": 7},
}
UNKNOWN: dict[str, Any] = {
    "cancel": {"id": -3, "method": "run.cancel", "params": {}},
    "state": {"id": 4, "method": "state.get"},
    "empty": {"id": 5, "method": ""},
}
SENSELESS: dict[str, Any] = {
    "no-assistant": {"id": 1, "method": "run.start", "params": {"input": {}}},
    "assistant-number": {"id": 2, "method": "run.start", "params": {"assistant_id": 7}},
    "params-array": {"id": 3, "method": "run.start", "params": []},
    "no-interrupt": {"id": 4, "method": "input.respond", "params": {"response": 1}},
    "no-channels": {"id": 5, "method": "subscription.subscribe", "params": {}},
    "no-subscription": {"id": 6, "method": "subscription.unsubscribe"},
}
NO_CHANNELS: dict[str, Any] = {
    "array": [],
    "missing": {},
    "none": {"channels": []},
    "text": {"channels": "values"},
    "debug": {"channels": ["debug"]},
    "one-of-two": {"channels": ["values", "nothing"]},
    "number": {"channels": [7]},
    "nameless": {"channels": ["custom:"]},
}
