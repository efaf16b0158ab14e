"""What agents are told of who asks, and by which headers: of the mock and of the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.ownership import ALICE, RUN, WRITE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

# The patterns of headers that are to reach agents, in the reference's words and in the mock's.
CONFIGURABLE_HEADERS = {
    "include": ["x-foo*", "y-*", "authorization", "x-api-key"],
    "exclude": ["y-secret"],
}
PATTERNS = (*CONFIGURABLE_HEADERS["include"], "!y-secret")
_SENT = {
    "X-Foo": "1",
    "x-foo-bar": "2",
    "y-a": "3",
    "y-secret": "4",
    "x-other": "5",
    "langsmith-trace": "t",
    "baggage": "langsmith-metadata=%7B%22m%22%3A1%7D,other=1",
    "x-tenant-id": "6",
    "user-agent": "me",
}
_HEADERS = {
    "x-foo": "1",
    "x-foo-bar": "2",
    "y-a": "3",
    "langsmith-trace": "t",
    "langsmith-metadata": {"m": 1},
}
_USER = {
    "identity": "alice",
    "is_authenticated": True,
    "display_name": "alice",
    "permissions": ["read", "write"],
    "team": "red",
}
_SETTINGS = {
    **_HEADERS,
    "user_id": "alice",
    "langgraph_auth_user": _USER,
    "langgraph_auth_user_id": "alice",
    "langgraph_auth_permissions": ["read", "write"],
}
_KEPT = {**_HEADERS, "user_id": "alice", "langgraph_auth_user_id": "alice", "owner": "alice"}
_LEFT_OUT = {"y-secret", "x-other", "authorization", "x-api-key", "x-tenant-id", "user-agent"}


async def untold(client: httpx.AsyncClient) -> list[str]:
    """Where a server with these users and patterns tells agents otherwise who asks, and how."""
    sent = {**_SENT, **ALICE}
    found: list[str] = []

    async def ask(method: str, path: str, body: Any = None) -> Any:
        answer = await client.request(method, path, json=body, headers=sent)
        assert answer.is_success, (path, answer.status_code, answer.text)
        return answer.json()

    def compare(what: str, value: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        shown = {key: value.get(key) for key in wanted}
        if shown != wanted or _LEFT_OUT & value.keys():
            found.append(f"{what}: {dict(value)}, not {dict(wanted)}")

    graph = {"metadata": {"graph_id": "probe"}}
    step = {"supersteps": [{"updates": [WRITE]}] * 2}
    thread = (await ask("POST", "/threads", {**graph, **step}))["thread_id"]
    states = await ask("POST", f"/threads/{thread}/history", {"limit": 2})
    later, first = (state["metadata"] for state in states)
    compare("the first superstep", first, _HEADERS)
    compare("a later superstep", later, dict.fromkeys(_HEADERS))
    await ask("POST", f"/threads/{thread}/state", WRITE)
    state = (await ask("GET", f"/threads/{thread}/state"))["metadata"]
    compare("a state update", state, {**_HEADERS, "user_id": "alice"})
    command = {"id": 1, "method": "run.start", "params": RUN}
    assert "result" in await ask("POST", f"/threads/{thread}/commands", command)
    message = {"messageId": "m", "role": "user", "parts": [{"kind": "text", "text": "hi"}]}
    (agent,) = await ask("POST", "/assistants/search", {"graph_id": "agent"})
    call = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": message}}
    context = (await ask("POST", f"/a2a/{agent['assistant_id']}", call))["result"]["contextId"]
    for where, thread_id in (("protocol v2", thread), ("A2A", context)):
        (run,) = await ask("GET", f"/threads/{thread_id}/runs")
        await ask("GET", f"/threads/{thread_id}/runs/{run['run_id']}/join")
        compare(f"a run of {where}", run["kwargs"]["config"]["configurable"], _SETTINGS)
        state = (await ask("GET", f"/threads/{thread_id}/state"))["metadata"]
        compare(f"a checkpoint of {where}", state, _KEPT)
    settings = {"config": {"configurable": {"x-foo": "asked for", "user_id": "somebody"}}}
    for path, body in (
        (f"/threads/{thread}/runs", {**RUN, **settings}),
        ("/runs", {**RUN, **settings}),
    ):
        run = await ask("POST", path, body)
        wanted = {**_SETTINGS, "user_id": "somebody"}
        compare(path, run["kwargs"]["config"]["configurable"], wanted)
        compare(f"{path} metadata", run["metadata"], {"owner": "alice"})
    (run,) = await ask("POST", "/runs/batch", [RUN])
    compare("a batch", run["kwargs"]["config"]["configurable"], _SETTINGS)
    return found
