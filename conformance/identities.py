"""Who asks: whether a second user is let in, and whether the store knows its users."""

from __future__ import annotations

import uuid
from contextlib import asynccontextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from conformance.errors import UsageError, shown
from conformance.recording import decoded
from conformance.scheduler import new_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from conformance.driver import Driver
    from conformance.target import Target

_NOBODY_ELSE = (
    "only one user is known; where the target keeps its users apart, name a second one with "
    "--other-user 'x-api-key: KEY'"
)
_SCOPED = (
    "the target stores items under other namespaces than it is told ({} for {}), as handlers of "
    "its own may; check the store of one without them"
)


async def with_identities(target: Target, client: httpx.AsyncClient) -> Target:
    """The target with `other_user` and `namespaces` among what it offers, or what to do.

    Raises UsageError where the second user that was named is refused.
    """
    return await _with_other_user(await _with_namespaces(target, client))


async def _with_namespaces(target: Target, client: httpx.AsyncClient) -> Target:
    """Whether an item comes back with the namespace that it was stored under."""
    root, key = f"runcontract-{uuid.uuid4().hex[:12]}", "k"
    item = {"namespace": [root], "key": key}
    await client.put("/store/items", json={**item, "value": {}})
    answer = await client.get("/store/items", params={"namespace": root, "key": key})
    await client.request("DELETE", "/store/items", json=item)
    found = decoded(answer.content)
    namespace = found.get("namespace") if isinstance(found, dict) else None
    if isinstance(namespace, list) and namespace != [root] and namespace[-1:] == [root]:
        return _lacking(target, "namespaces", _SCOPED.format(shown(namespace), shown([root])))
    return replace(target, capabilities=target.capabilities | {"namespaces"})


async def _with_other_user(target: Target) -> Target:
    if not target.other_headers:
        return _lacking(target, "other_user", _NOBODY_ELSE)
    async with new_client(replace(target, headers=target.other_headers)) as client:
        answer = await client.post("/threads/search", json={"limit": 1})
    if answer.status_code in (401, 403):
        raise UsageError(
            f"{target.url} refuses the second user: POST /threads/search answered "
            f"{answer.status_code} {shown(answer.text, 120)}; see --other-user"
        )
    return replace(target, capabilities=target.capabilities | {"other_user"})


def _lacking(target: Target, name: str, why: str) -> Target:
    return replace(target, lacking=MappingProxyType({**target.lacking, name: why}))


@asynccontextmanager
async def somebody_else(d: Driver) -> AsyncIterator[Driver]:
    """A driver for the second user, whose exchanges are in the same recording."""
    async with new_client(replace(d.target, headers=d.target.other_headers)) as client:
        yield d.second(client)
