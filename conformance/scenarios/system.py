"""System routes, the published document, browsers."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from conformance.onward import field_of
from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver

ORIGIN = "https://app.example"
_MOST_PATHS = 200


@scenario(quick=True)
async def system(d: Driver) -> None:
    """Health, information, the document."""
    await d.call("get_ok", label="ok")
    await d.call("get_info", label="info")
    await d.call("get_document", label="document")


@scenario(quick=True)
async def routed(d: Driver) -> None:
    """Each path of the published document asked for in a way that does nothing."""
    paths = field_of(await d.call("get_document", label="document"), "paths")
    if not isinstance(paths, dict):
        return
    for path, item in list(paths.items())[:_MOST_PATHS]:
        where, parameters = re.subn(r"\{[^}]*\}", str(uuid.uuid4()), path)
        # some servers know their plain pages by their own methods alone
        plain = not parameters and isinstance(item, dict) and "get" in item
        await d.raw("HEAD" if plain else "TRACE", where, label=f"path/{path}")


@scenario(quick=True)
async def browsers(d: Driver) -> None:
    """Preflights and answers as a browser asks for them."""
    thread = await d.thread()
    origin = {"origin": ORIGIN}
    for method, path in (
        ("POST", f"/threads/{thread}/runs/stream"),
        ("PATCH", f"/threads/{thread}"),
        ("DELETE", f"/threads/{thread}"),
        ("GET", f"/threads/{thread}/state"),
    ):
        asked = {
            "access-control-request-method": method,
            "access-control-request-headers": "content-type,x-api-key,last-event-id",
        }
        await d.raw("OPTIONS", path, headers={**origin, **asked}, label=f"preflight/{method}")
    await d.call("get_thread", thread_id=thread, headers=origin, label="answer/ok")
    nobody = str(uuid.uuid4())
    await d.call("get_thread", thread_id=nobody, headers=origin, label="answer/404")
    await d.call("create_run", {}, thread_id=thread, headers=origin, label="answer/422")
    await d.call("create_run", d.body(), thread_id=thread, headers=origin, label="answer/run")
    await d.call("stream_run", d.body(), thread_id=thread, headers=origin, label="answer/stream")
