"""Custom auth for the reference: a table of users, each with their own resources.

The handlers are those that the SDK's documentation recommends: the owner is written into metadata
and is the filter, and the store's namespaces begin with the user. It runs in the reference's own
environment, so it imports nothing of ours.
"""

from __future__ import annotations

from typing import Any

from langgraph_sdk import Auth

USERS: dict[str, dict[str, Any]] = {
    "alice-key": {"identity": "alice", "permissions": ["read", "write"], "team": "red"},
    "bob-key": {"identity": "bob", "permissions": []},
}
auth = Auth()


@auth.authenticate
async def authenticate(headers: dict[bytes, bytes]) -> Any:
    """The user of a key, or of a bearer token. Raises HTTPException 401."""
    key = headers.get(b"x-api-key", b"").decode()
    if not key:
        key = headers.get(b"authorization", b"").decode().removeprefix("Bearer ")
    if key not in USERS:
        raise Auth.exceptions.HTTPException(status_code=401, detail="Unauthorized")
    return USERS[key]


@auth.on
async def mine(ctx: Any, value: dict[str, Any]) -> Any:
    """What is made or changed is the user's; nothing else is seen."""
    owner = {"owner": ctx.user.identity}
    metadata = value.setdefault("metadata", {})
    if metadata is not None:
        metadata.update(owner)
    return owner


@auth.on.assistants(actions=["read", "search"])
async def mine_or_shared(ctx: Any, value: Any) -> Any:
    """A graph's own assistant is everybody's."""
    return {"$or": [{"owner": ctx.user.identity}, {"created_by": "system"}]}


@auth.on.store
async def own_namespaces(ctx: Any, value: dict[str, Any]) -> None:
    """Namespaces begin with the user, whether or not the request says so."""
    namespace = tuple(value["namespace"] or ())
    if not namespace or namespace[0] != ctx.user.identity:
        namespace = (ctx.user.identity, *namespace)
    value["namespace"] = namespace
