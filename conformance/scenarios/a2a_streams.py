"""A2A: messages whose tasks are streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.registry import scenario
from conformance.scenarios.a2a import FAILS, SAID, ask, message, script, text
from conformance.scenarios.a2a_tasks import ASKS

if TYPE_CHECKING:
    from conformance.driver import Driver


@scenario(needs={"a2a", "probe"}, quick=True)
async def a2a_streamed(d: Driver) -> None:
    """Runs that speak, by both names, that fail and that ask; messages that are none."""
    thread = await d.thread()
    played = {"said": ({"say": SAID},), "failed": FAILS, "asked": ASKS}
    for name, steps in played.items():
        told = message(text("Hello"), script(*steps), contextId=thread)
        await ask(d, f"streamed/{name}", "message/stream", told)
    new = message(script({"say": SAID}), contextId=thread, role="ROLE_USER")
    await ask(d, "streamed/new", "SendStreamingMessage", new)
    senseless = {
        "no-parts": message(contextId=thread),
        "no-part": message({}, contextId=thread),
        "no-role": message(text("Hello"), contextId=thread, role=None),
        "no-task": message(text("Hello"), contextId=thread, taskId="nobody"),
    }
    for name, params in senseless.items():
        await ask(d, f"refused/{name}", "message/stream", params)
