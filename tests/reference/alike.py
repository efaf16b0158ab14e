"""Two servers' answers made comparable: what differs between two equal runs is replaced."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import httpx

_PLAIN = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "URL"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"call_[0-9a-f]{32}"), "CALL"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "HEX"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00"), "TIME"),
)
# Who serves, and since when: not what the run did.
_SERVERS_OWN = frozenset(
    {
        *("langgraph_version", "langgraph_api_version", "langgraph_plan", "langgraph_host"),
        *("langgraph_api_url", "__request_start_time_ms__", "__pregel_node_finished"),
        *("run_attempt",),
    }
)


def plain(value: Any) -> Any:
    """A JSON value without ids, times and the server's own marks; edges of a drawing in order."""
    if isinstance(value, dict):
        found = {plain(key): plain(item) for key, item in value.items() if key not in _SERVERS_OWN}
        if "edges" in found:
            found["edges"] = sorted(found["edges"], key=json.dumps)
        return found
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str):
        for pattern, name in _PLAIN:
            value = pattern.sub(name, value)
    return value


def differences(one: Any, other: Any, where: str = "") -> Iterator[str]:
    """Where two JSON values differ, and how."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if key not in one:
                yield f"{where}.{key}: only the mock has {_short(other[key])}"
            elif key not in other:
                yield f"{where}.{key}: only the reference has {_short(one[key])}"
            else:
                yield from differences(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"{where}: {len(one)} items on the reference, {len(other)} on the mock"
        for index, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from differences(left, right, f"{where}[{index}]")
    elif one != other or type(one) is not type(other):
        yield f"{where}: {_short(one)} on the reference, {_short(other)} on the mock"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 160 else text[:159] + "…"


async def played(
    client: httpx.AsyncClient, graph: str, bodies: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What a server shows of runs on one thread: streams, then state, history, thread, runs."""
    made = await client.post("/threads", json={})
    thread = f"/threads/{made.json()['thread_id']}"
    streams = [
        [
            (plain(name), plain(data))
            for name, data in await _stream(client, thread, {"assistant_id": graph, **body})
        ]
        for body in bodies
    ]
    history = await client.post(f"{thread}/history", json={"limit": 100})
    return {
        "streams": streams,
        "state": plain((await client.get(f"{thread}/state")).json()),
        "history": plain(history.json()),
        "thread": plain((await client.get(thread)).json()),
        "runs": plain((await client.get(f"{thread}/runs", params={"limit": 100})).json()),
    }


async def _stream(
    client: httpx.AsyncClient, thread: str, body: Mapping[str, Any]
) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    name = ""
    async with client.stream("POST", f"{thread}/runs/stream", json=body) as answer:
        assert answer.status_code == 200, await answer.aread()
        async for line in answer.aiter_lines():
            field, _, text = line.partition(": ")
            if field == "event":
                name = text
            elif field == "data":
                found.append((name, json.loads(text)))
    return found
