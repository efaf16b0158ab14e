"""Protocol v2 beside the other: the same runs seen by either, and events that stay the same."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from langgraph_sdk.client import LangGraphClient

HELLO: Any = {"messages": [{"role": "user", "content": "hello you there"}]}
SECONDS = 15.0


def script(*steps: dict[str, Any]) -> Any:
    return {"script": list(steps)}


def text_of(message: Any) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


async def over(client: LangGraphClient, thread_id: str, run_id: str) -> None:
    """Return once the run has ended."""
    async with asyncio.timeout(SECONDS):
        while (await client.runs.get(thread_id, run_id))["status"] in ("pending", "running"):  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.02)


async def other_kind(client: LangGraphClient, thread_id: str, graph: str, given: Any) -> None:
    """A run that the other protocol made and that has ended."""
    run = await client.runs.create(thread_id, graph, input=given, stream_resumable=True)
    await client.runs.join(thread_id, run["run_id"])


async def events(url: str, thread_id: str, body: dict[str, Any], end: int) -> list[Any]:
    """The events until so many runs have ended, over a connection of its own."""
    found: list[Any] = []
    async with (
        httpx.AsyncClient(base_url=url, timeout=SECONDS) as http,
        http.stream("POST", f"/threads/{thread_id}/stream/events", json=body) as response,
    ):
        ended = 0
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                found.append(httpx.Response(200, text=line[6:]).json())
                data = found[-1]["params"]["data"]
                root = not found[-1]["params"]["namespace"]
                ended += root and data.get("event") in ("completed", "failed", "interrupted")
            if ended == end:
                break
    return found


def key(event: Any) -> tuple[Any, ...]:
    return event["seq"], event["event_id"], event["method"], event["params"]["data"]


async def test_a_dropped_connection_goes_on_where_it_was(
    client: LangGraphClient, server_url: str
) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    everything = {"channels": ["values", "messages", "lifecycle", "input"]}
    nested = script({"say": "a b"}, {"subgraph": [{"say": "c"}]}, {"node": "check"}, {"say": "d"})
    await other_kind(client, thread_id, "probe", nested)
    async with client.threads.stream(thread_id, assistant_id="probe") as thread:
        await thread.run.start(input=nested)
        whole = await events(server_url, thread_id, everything, 2)
    assert [event["seq"] for event in whole] == sorted({event["seq"] for event in whole})
    assert whole[0]["seq"] == 1
    assert len({event["event_id"] for event in whole}) == len(whole)
    again = await events(server_url, thread_id, everything, 2)
    assert list(map(key, again)) == list(map(key, whole))
    for cut in (1, len(whole) // 2, len(whole) - 2):
        rest = {**everything, "since": whole[cut]["seq"]}
        ends = 2 if cut == 1 else 1
        assert list(map(key, await events(server_url, thread_id, rest, ends))) == list(
            map(key, whole[cut + 1 :])
        )


async def test_a_run_of_each_kind_is_seen_by_the_other(
    client: LangGraphClient, server_url: str
) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    await other_kind(client, thread_id, "agent", HELLO)
    seen = await events(server_url, thread_id, {"channels": ["values", "lifecycle"]}, 1)
    assert [event["method"] for event in seen] == ["lifecycle", "values", "values", "lifecycle"]
    async with client.threads.stream(thread_id, assistant_id="agent") as thread:
        started: Any = await thread.run.start(input=HELLO)
    await over(client, thread_id, started["run_id"])
    joined: Any = await client.runs.join(thread_id, started["run_id"])
    assert [text_of(message) for message in joined["messages"]] == ["hello you there"] * 4
