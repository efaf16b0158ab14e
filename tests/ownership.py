"""What one user sees of another's resources: the same questions for the mock and the reference."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx

ALICE: Mapping[str, str] = MappingProxyType({"x-api-key": "alice-key"})
BOB: Mapping[str, str] = MappingProxyType({"authorization": "Bearer bob-key"})
NOBODY: Mapping[str, str] = MappingProxyType({})
STRANGER: Mapping[str, str] = MappingProxyType({"x-api-key": "nonsense"})
USERS_FILE = """
users:
  alice: {keys: [alice-key], permissions: [read, write], details: {team: red}}
  bob: {keys: [bob-key]}
"""
NOWHERE = "0a3d5a5e-6d6c-7000-8000-00000000000f"
YEARLY = "0 0 1 1 *"
MCP: Mapping[str, str] = MappingProxyType({"accept": "application/json, text/event-stream"})


class Asked(NamedTuple):
    """A request about what is alice's, and what answers it.

    `path` may name `{thread}`, `{run}`, `{assistant}`, `{cron}`, `{task}` and `{system}`. `shows`
    is a part of the answer's JSON, or of an event stream's text.
    """

    who: Mapping[str, str]
    method: str
    path: str
    status: int
    body: Any = None
    shows: Any = None


RUN = {"assistant_id": "probe", "input": {}}
CRON = {**RUN, "schedule": YEARLY}
WRITE = {"values": {"note": 1}, "as_node": "work"}
MISSING_STREAM = '{"error":"HTTPException","message":"404: Thread not found"}'


def _missing(*cases: tuple[str, str, Any]) -> list[Asked]:
    return [Asked(BOB, method, path, 404, body) for method, path, body in cases]


QUESTIONS: Sequence[Asked] = (
    # who is let in
    *(Asked(NOBODY, "GET", path, 200) for path in ("/", "/ok", "/info", "/metrics", "/docs")),
    Asked(NOBODY, "GET", "/openapi.json", 200),
    *(
        Asked(who, method, path, 401)
        for who in (NOBODY, STRANGER)
        for method, path in (
            *(("GET", "/threads/{thread}"), ("POST", "/threads/search"), ("PUT", "/threads")),
            *(("GET", "/no/such/path"), ("POST", "/mcp"), ("POST", "/a2a/{system}")),
            *(("GET", "/ok/"), ("OPTIONS", "/threads"), ("POST", "/threads/{thread}/commands")),
            ("GET", "/.well-known/agent-card.json?assistant_id={system}"),
        )
    ),
    # assistants
    *_missing(
        ("GET", "/assistants/{assistant}", None),
        ("GET", "/assistants/{assistant}/graph", None),
        ("GET", "/assistants/{assistant}/schemas", None),
        ("GET", "/assistants/{assistant}/subgraphs", None),
        ("POST", "/assistants/{assistant}/versions", {}),
        ("POST", "/assistants/{assistant}/latest", {"version": 1}),
        ("PATCH", "/assistants/{assistant}", {"name": "taken over"}),
        ("DELETE", "/assistants/{assistant}", None),
    ),
    Asked(ALICE, "GET", "/assistants/{assistant}", 200, None, {"metadata": {"owner": "alice"}}),
    Asked(BOB, "POST", "/assistants/search", 200, {"name": "alice's"}, []),
    Asked(BOB, "POST", "/assistants/search", 200, {"metadata": {"owner": "alice"}}, []),
    Asked(BOB, "POST", "/assistants/count", 200, {"name": "alice's"}, 0),
    Asked(ALICE, "POST", "/assistants/count", 200, {"name": "alice's"}, 1),
    *(
        Asked(BOB, "POST", "/assistants", 409, {**RUN, "graph_id": "probe", **one})
        for one in (
            {"assistant_id": "{assistant}"},
            {"assistant_id": "{assistant}", "if_exists": "do_nothing"},
            {"assistant_id": "{system}", "if_exists": "do_nothing"},
        )
    ),
    # a graph's own assistant is everybody's, to use
    *(
        Asked(who, "GET", f"/assistants/{{system}}{part}", 200)
        for who in (ALICE, BOB)
        for part in ("", "/graph", "/schemas", "/subgraphs")
    ),
    Asked(BOB, "POST", "/assistants/{system}/versions", 200, {}),
    Asked(BOB, "GET", "/assistants/probe/graph", 200),
    *_missing(
        ("PATCH", "/assistants/{system}", {"name": "taken over"}),
        ("POST", "/assistants/{system}/latest", {"version": 1}),
        ("DELETE", "/assistants/{system}", None),
    ),
    # threads
    *_missing(
        ("GET", "/threads/{thread}", None),
        ("GET", "/threads/{thread}/state", None),
        ("GET", "/threads/{thread}/state/{checkpoint}", None),
        ("POST", "/threads/{thread}/state/checkpoint", {"checkpoint": {}}),
        ("POST", "/threads/{thread}/state", WRITE),
        ("GET", "/threads/{thread}/history", None),
        ("POST", "/threads/{thread}/history", {}),
        ("GET", "/threads/{thread}/storage", None),
        ("PATCH", "/threads/{thread}", {"metadata": {"owner": "bob"}}),
        ("DELETE", "/threads/{thread}", None),
        ("POST", "/threads/prune", {"thread_ids": ["{thread}"]}),
        ("POST", "/threads/prune", {"thread_ids": [NOWHERE]}),
    ),
    Asked(BOB, "POST", "/threads/search", 200, {"metadata": {"kind": "hers"}}, []),
    Asked(BOB, "POST", "/threads/search", 200, {"ids": ["{thread}"]}, []),
    Asked(BOB, "POST", "/threads/count", 200, {"metadata": {"kind": "hers"}}, 0),
    Asked(ALICE, "POST", "/threads/count", 200, {"metadata": {"kind": "hers"}}, 1),
    Asked(BOB, "POST", "/threads", 409, {"thread_id": "{thread}"}),
    Asked(BOB, "POST", "/threads", 409, {"thread_id": "{thread}", "if_exists": "do_nothing"}),
    Asked(BOB, "POST", "/threads/{thread}/copy", 409),
    Asked(
        ALICE,
        "PATCH",
        "/threads/{thread}",
        200,
        {"metadata": {"owner": "bob"}},
        {"metadata": {"owner": "alice"}},
    ),
    # runs
    *_missing(
        ("GET", "/threads/{thread}/runs", None),
        ("GET", "/threads/{thread}/runs/{run}", None),
        ("GET", "/threads/{thread}/runs/{run}/join", None),
        ("GET", f"/threads/{NOWHERE}/runs/{{run}}/join", None),
        ("POST", "/threads/{thread}/runs/{run}/cancel", None),
        ("DELETE", "/threads/{thread}/runs/{run}", None),
        ("POST", "/runs/cancel", {"thread_id": "{thread}", "run_ids": ["{run}"]}),
        ("POST", "/runs/cancel", {"status": "all"}),
        ("POST", "/threads/{thread}/runs", RUN),
        ("POST", "/threads/{thread}/runs", {**RUN, "if_not_exists": "create"}),
        ("POST", "/threads/{thread}/runs/wait", {**RUN, "if_not_exists": "create"}),
        ("POST", "/threads/{thread}/runs/stream", {**RUN, "if_not_exists": "create"}),
        ("POST", "/runs", {**RUN, "assistant_id": "{assistant}"}),
        ("POST", "/runs/wait", {**RUN, "assistant_id": "{assistant}"}),
        ("POST", "/runs/stream", {**RUN, "assistant_id": "{assistant}"}),
        ("POST", "/runs/batch", [{**RUN, "assistant_id": "{assistant}"}]),
    ),
    *(
        Asked(BOB, "GET", path, 200, None, MISSING_STREAM)
        for path in (
            *("/threads/{thread}/runs/{run}/stream", "/threads/{thread}/stream"),
            f"/threads/{NOWHERE}/stream",
        )
    ),
    # protocol v2
    Asked(
        BOB,
        "POST",
        "/threads/{thread}/commands",
        200,
        {"id": 1, "method": "run.start", "params": RUN},
        {"type": "error", "error": "unknown_error"},
    ),
    Asked(
        BOB,
        "POST",
        "/threads/{thread}/commands",
        200,
        {"id": 1, "method": "input.respond", "params": {"interrupt_id": "x", "response": 1}},
        {"type": "error", "error": "no_such_run"},
    ),
    # crons
    Asked(ALICE, "GET", "/runs/crons/{cron}", 200, None, {"user_id": "alice"}),
    *_missing(
        ("GET", "/runs/crons/{cron}", None),
        ("PATCH", "/runs/crons/{cron}", {"enabled": False}),
        ("DELETE", "/runs/crons/{cron}", None),
        ("POST", "/runs/crons", {**CRON, "assistant_id": "{assistant}"}),
        ("POST", "/threads/{thread}/runs/crons", CRON),
    ),
    Asked(BOB, "POST", "/runs/crons/search", 200, {}, []),
    Asked(BOB, "POST", "/runs/crons/search", 200, {"thread_id": "{thread}"}, []),
    Asked(BOB, "POST", "/runs/crons/count", 200, {}, 0),
    # the store: namespaces begin with their user (the reference lists those that were only read)
    Asked(BOB, "POST", "/store/namespaces", 200, {}, {"namespaces": []}),
    Asked(BOB, "POST", "/store/namespaces", 200, {"prefix": ["alice"]}, {"namespaces": []}),
    Asked(BOB, "GET", "/store/items?namespace=hers&key=k", 200, None, None),
    Asked(BOB, "GET", "/store/items?namespace=alice.hers&key=k", 200, None, None),
    Asked(BOB, "POST", "/store/items/search", 200, {"namespace_prefix": []}, {"items": []}),
    Asked(BOB, "POST", "/store/items/search", 200, {"namespace_prefix": ["alice"]}, {"items": []}),
    Asked(BOB, "DELETE", "/store/items", 204, {"namespace": ["hers"], "key": "k"}),
    Asked(BOB, "DELETE", "/store/items", 204, {"namespace": ["alice", "hers"], "key": "k"}),
    *(
        Asked(ALICE, "GET", f"/store/items?namespace={name}&key=k", 200, None, {"value": {"a": 1}})
        for name in ("hers", "alice.hers")
    ),
    Asked(ALICE, "POST", "/store/namespaces", 200, {}, {"namespaces": [["alice", "hers"]]}),
    # agents' protocols
    Asked(
        BOB,
        "POST",
        "/a2a/{system}",
        200,
        {"jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": {"id": "{task}"}},
        {"error": {"code": -32001}},
    ),
    Asked(
        BOB,
        "POST",
        "/a2a/{assistant}",
        200,
        {"jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": {"id": "{task}"}},
        {"error": {}},
    ),
    Asked(BOB, "GET", "/.well-known/agent-card.json?assistant_id={assistant}", 400),
    Asked(
        BOB,
        "POST",
        "/mcp",
        200,
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "alices"}},
        {"error": {"code": -32602}},
    ),
)


async def made(client: httpx.AsyncClient) -> dict[str, str]:
    """What alice has, by the names that the questions use."""

    async def ask(path: str, body: Any, who: Mapping[str, str] = ALICE) -> Any:
        answer = await client.post(path, json=body, headers=who)
        assert answer.is_success, (path, answer.status_code, answer.text)
        return answer.json()

    assistants = await ask("/assistants/search", {"graph_id": "probe"})
    (system,) = [one["assistant_id"] for one in assistants]
    new = {"graph_id": "probe", "name": "alice's", "metadata": {"owner": "bob"}}
    assistant = (await ask("/assistants", new))["assistant_id"]
    thread = (await ask("/threads", {"metadata": {"kind": "hers"}}))["thread_id"]
    run = (await ask(f"/threads/{thread}/runs", RUN))["run_id"]
    joined = await client.get(f"/threads/{thread}/runs/{run}/join", headers=ALICE)
    assert joined.is_success
    state = (await client.get(f"/threads/{thread}/state", headers=ALICE)).json()
    cron = (await ask("/runs/crons", CRON))["cron_id"]
    item = {"namespace": ["hers"], "key": "k", "value": {"a": 1}}
    assert (await client.put("/store/items", json=item, headers=ALICE)).status_code == 204
    return {
        "system": system,
        "assistant": assistant,
        "thread": thread,
        "run": run,
        "checkpoint": state["checkpoint"]["checkpoint_id"],
        "cron": cron,
        "task": f"{thread}:{run}",
    }


async def differences(client: httpx.AsyncClient) -> list[str]:
    """Where a server with these users answers otherwise."""
    names = await made(client)
    found = []
    for asked in QUESTIONS:
        path = asked.path.format_map(names)
        answer = await client.request(
            asked.method, path, json=_named(asked.body, names), headers={**MCP, **asked.who}
        )
        told = f"{dict(asked.who)} {asked.method} {asked.path} {asked.body}: {answer.status_code}"
        if answer.status_code != asked.status:
            found.append(f"{told}, not {asked.status}: {answer.text[:200]}")
        elif not _shows(answer, asked):
            found.append(f"{told} {answer.text[:300]}, not {asked.shows}")
    return found


def _named(body: Any, names: Mapping[str, str]) -> Any:
    if isinstance(body, dict):
        return {key: _named(value, names) for key, value in body.items()}
    if isinstance(body, list):
        return [_named(item, names) for item in body]
    return body.format_map(names) if isinstance(body, str) else body


def _shows(answer: httpx.Response, asked: Asked) -> bool:
    if answer.status_code in (401, 404, 409) and asked.method != "HEAD":
        return set(answer.json()) == {"detail"} and isinstance(answer.json()["detail"], str)
    if isinstance(asked.shows, str):
        return asked.shows in answer.text
    if asked.path.startswith("/store/items?"):
        return _holds(answer.json(), asked.shows)
    return asked.shows is None or _holds(answer.json(), asked.shows)


def _holds(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            key in value and _holds(value[key], part) for key, part in wanted.items()
        )
    return bool(value == wanted)
