"""The real Python client's protocol v2 session, sync and async, over events and over sockets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from langgraph_sdk._sync.client import SyncLangGraphClient
    from langgraph_sdk.client import LangGraphClient

HELLO: Any = {"messages": [{"role": "user", "content": "hello you there"}]}
SECONDS = 15.0
transports = pytest.mark.parametrize("transport", ["sse", "websocket"])


def script(*steps: dict[str, Any]) -> Any:
    return {"script": list(steps)}


def text_of(message: Any) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


@transports
async def test_a_run_streams_its_messages_and_gives_its_output(
    client: LangGraphClient, transport: Any
) -> None:
    async with client.threads.stream(assistant_id="agent", transport=transport) as thread:
        started: Any = await thread.run.start(input=HELLO)
        assert started["run_id"]
        spoken: list[str] = []

        async def listen(message: Any) -> None:
            spoken.extend([piece async for piece in message.text])

        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as listeners:
            async for message in thread.messages:
                listeners.create_task(listen(message))
        output: Any = await thread.output
        assert spoken == ["hello ", "you ", "there"]
        assert [text_of(message) for message in output["messages"]] == ["hello you there"] * 2


@transports
def test_a_run_streams_its_values_sync(sync_client: SyncLangGraphClient, transport: Any) -> None:
    with sync_client.threads.stream(assistant_id="agent", transport=transport) as thread:
        thread.run.start(input=HELLO)
        seen = [len(values["messages"]) for values in thread.values if values]
        output: Any = thread.output
        assert seen[-1] == 2
        assert [text_of(message) for message in output["messages"]] == ["hello you there"] * 2


@transports
async def test_a_question_is_answered(client: LangGraphClient, transport: Any) -> None:
    asks = script({"interrupt": {"ok": "?"}}, {"update": {"note": {"$": "resume"}}})
    async with client.threads.stream(assistant_id="probe", transport=transport) as thread:
        await thread.run.start(input=asks)
        async with asyncio.timeout(SECONDS):
            while not thread.interrupts:  # noqa: ASYNC110 - the client tells nobody
                await asyncio.sleep(0.01)
        assert thread.interrupted
        await thread.run.respond("yes")
        async with asyncio.timeout(SECONDS):
            output: Any = await thread.output
        assert output["note"] == "yes"


@transports
async def test_a_failure_is_raised(client: LangGraphClient, transport: Any) -> None:
    fails = script({"fail": {"error": "ValueError", "message": "boom"}})
    async with client.threads.stream(assistant_id="probe", transport=transport) as thread:
        await thread.run.start(input=fails)
        with pytest.raises(RuntimeError, match="boom"):
            async with asyncio.timeout(SECONDS):
                await thread.output


@transports
async def test_a_subgraph_is_found_with_its_messages(
    client: LangGraphClient, transport: Any
) -> None:
    nested = script({"subgraph": [{"say": "from inside"}]}, {"say": "from outside"})
    async with client.threads.stream(assistant_id="probe", transport=transport) as thread:
        await thread.run.start(input=nested)
        async with asyncio.timeout(SECONDS):
            names = [child.graph_name async for child in thread.subgraphs]
            await thread.output
        assert names == ["nest"]


@transports
async def test_a_second_turn_goes_on_with_the_first(
    client: LangGraphClient, transport: Any
) -> None:
    created = await client.threads.create()
    stream = client.threads.stream(created["thread_id"], assistant_id="agent", transport=transport)
    async with stream as thread:
        for turn in (1, 2):
            started: Any = await thread.run.start(input=HELLO)
            await over(client, created["thread_id"], started["run_id"])
            state: Any = await client.threads.get_state(created["thread_id"])
            assert len(state["values"]["messages"]) == 2 * turn


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
