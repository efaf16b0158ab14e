"""Whether a target serves protocol v2, and takes WebSockets there."""

from __future__ import annotations

import uuid
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from conformance.sockets import UNOPENED, address, opened

if TYPE_CHECKING:
    import httpx

    from conformance.target import Target

_ABSENT = (404, 405, 501)
_PATIENCE = 10.0
_NO_PROTOCOL = (
    "the target does not serve protocol v2 ({}); a version that does is needed, langgraph-api 0.16"
)
_NO_SOCKET = (
    "the target takes no WebSocket at /threads/{{thread_id}}/stream/events ({}); its server needs "
    "a WebSocket library (uvicorn: `pip install websockets`), a proxy before it the upgrade"
)


async def with_protocol(target: Target, client: httpx.AsyncClient) -> Target:
    """The target with `protocol` and `socket` among what it offers, or what to do about it.

    What it is sent is no command and no subscription, so it does nothing.
    """
    thread = f"/threads/{uuid.uuid4()}"
    for route in ("/commands", "/stream/events"):
        answer = await client.post(thread + route, json={})
        if answer.status_code in _ABSENT or answer.content == target.nowhere:
            why = f"POST /threads/{{thread_id}}{route} answered {answer.status_code}"
            return _without(target, "protocol", _NO_PROTOCOL.format(why))
    target = replace(target, capabilities=target.capabilities | {"protocol"})
    try:
        await (await opened(target, address(target, str(uuid.uuid4()))[0], _PATIENCE)).close()
    except UNOPENED as broken:
        why = f"{type(broken).__name__}: {broken}".rstrip(": ")
        return _without(target, "socket", _NO_SOCKET.format(why))
    return replace(target, capabilities=target.capabilities | {"socket"})


def _without(target: Target, name: str, why: str) -> Target:
    return replace(target, lacking=MappingProxyType({**target.lacking, name: why}))
