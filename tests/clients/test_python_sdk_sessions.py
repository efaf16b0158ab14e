"""`threads.stream` of both Python clients, over events and over sockets: all that a session has."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.clients.either import SECONDS, collected, entered, settled, spoken

HELLO: Any = {"messages": [{"role": "user", "content": "hello you there"}]}
NESTED: Any = {"script": [{"subgraph": [{"say": "from inside"}]}, {"say": "from outside"}]}
ASKING: Any = {"script": [{"interrupt": {"ok": "?"}}, {"update": {"note": {"$": "resume"}}}]}
PARTS = {
    *("agent", "run", "thread_id", "assistant_id", "interrupted", "interrupts", "close"),
    *("events", "subscribe", "interleave_projections"),
    *("messages", "values", "output", "tool_calls", "subgraphs", "subagents", "extensions"),
}
pytestmark = pytest.mark.parametrize("transport", ["sse", "websocket"])


def text_of(message: Any) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


def is_end(event: Any) -> bool:
    params = event["params"]
    return not params["namespace"] and params["data"].get("event") in ("completed", "failed")


async def asked(thread: Any) -> Any:
    """The one question of the thread, once it is there."""
    async with asyncio.timeout(SECONDS):
        while not thread.interrupts:  # noqa: ASYNC110 - the client tells nobody
            await asyncio.sleep(0.01)
    (question,) = thread.interrupts
    return question


async def test_messages_are_read_piece_by_piece(either_client: Any, transport: str) -> None:
    stream = either_client.threads.stream(assistant_id="agent", transport=transport)
    async with entered(stream) as thread:
        parts = {name for name in dir(thread) if not name.startswith("_")}
        assert parts - {"observe_applied_through_seq"} == PARTS
        started = await settled(thread.run.start(input=HELLO))
        pieces = await spoken(thread.messages)
        whole = [["hello you there"]]  # the synchronous client waits for the end of a message
        assert pieces in (whole, [["hello ", "you ", "there"]])
        output = await settled(thread.output)
        assert [text_of(message) for message in output["messages"]] == ["hello you there"] * 2
        run = await settled(either_client.runs.get(thread.thread_id, started["run_id"]))
        assert run["status"] == "success"


async def test_values_are_read_as_they_change(either_client: Any, transport: str) -> None:
    stream = either_client.threads.stream(assistant_id="agent", transport=transport)
    async with entered(stream) as thread:
        await settled(thread.run.start(input=HELLO))
        seen = [len(values["messages"]) for values in await collected(thread.values) if values]
        assert seen[-1] == 2
        assert set(seen) <= {1, 2}


async def test_a_question_is_answered(either_client: Any, transport: str) -> None:
    stream = either_client.threads.stream(assistant_id="probe", transport=transport)
    async with entered(stream) as thread:
        await settled(thread.run.start(input=ASKING, metadata={"n": 1}))
        question = await asked(thread)
        assert thread.interrupted
        with pytest.raises(RuntimeError, match="does not match"):
            await settled(thread.run.respond("no", interrupt_id="another"))
        await settled(thread.run.respond("yes", interrupt_id=question["interrupt_id"]))
        assert (await settled(thread.output))["note"] == "yes"
        assert thread.interrupts == []
        with pytest.raises(RuntimeError, match="no outstanding interrupt"):
            await settled(thread.run.respond("late"))


async def test_a_question_is_found_by_who_comes_later(either_client: Any, transport: str) -> None:
    stream = either_client.threads.stream(assistant_id="probe", transport=transport)
    async with entered(stream) as thread:
        await settled(thread.run.start(input=ASKING))
        await asked(thread)
    stream = either_client.threads.stream(
        thread.thread_id, assistant_id="probe", transport=transport
    )
    async with entered(stream) as thread:
        await asked(thread)
        await settled(thread.run.respond("yes"))
        assert (await settled(thread.output))["note"] == "yes"


async def test_a_failure_is_raised(either_client: Any, transport: str) -> None:
    fails = {"script": [{"fail": {"error": "ValueError", "message": "boom"}}]}
    stream = either_client.threads.stream(assistant_id="probe", transport=transport)
    async with entered(stream) as thread:
        await settled(thread.run.start(input=fails))
        with pytest.raises(RuntimeError, match="boom"):
            await settled(thread.output)
    nobody = either_client.threads.stream(assistant_id="nobody", transport=transport)
    async with entered(nobody) as thread:
        with pytest.raises(RuntimeError, match="422"):
            await settled(thread.run.start(input=HELLO))


async def test_a_subgraph_is_found_with_its_messages(either_client: Any, transport: str) -> None:
    stream = either_client.threads.stream(assistant_id="probe", transport=transport)
    async with entered(stream) as thread:
        await settled(thread.run.start(input=NESTED))
        (child,) = await collected(thread.subgraphs)
        assert thread.subagents is thread.subgraphs
        assert (child.graph_name, child.status) == ("nest", "completed")
        assert child.path[0].startswith("nest:")
        assert ["".join(pieces) for pieces in await spoken(child.messages)] == ["from inside"]
        assert await collected(child.subgraphs) == []
        assert await collected(child.tool_calls) == []
        assert len((await settled(thread.output))["messages"]) == 2


async def test_events_are_subscribed_to(either_client: Any, transport: str) -> None:
    stream = either_client.threads.stream(assistant_id="probe", transport=transport)
    async with entered(stream) as thread:
        await settled(thread.run.start(input=NESTED))
        events = await collected(thread.subscribe(["messages", "values", "lifecycle"]))
        order = [event["seq"] for event in events]
        assert order == sorted(set(order))
        assert {event["method"] for event in events} == {"messages", "values", "lifecycle"}
        assert is_end(events[-1])
    later = either_client.threads.stream(
        thread.thread_id, assistant_id="probe", transport=transport
    )
    async with entered(later) as thread:
        await settled(thread.run.start(input={"script": []}))
        inner = await collected(thread.subscribe(["messages"], namespaces=[["nest"]], depth=1))
        assert [event["seq"] for event in inner] == [
            event["seq"]
            for event in events
            if event["method"] == "messages" and event["params"]["namespace"]
        ]


async def test_all_events_are_read(either_client: Any, transport: str) -> None:
    stream = either_client.threads.stream(assistant_id="agent", transport=transport)
    async with entered(stream) as thread:
        await settled(thread.run.start(input=HELLO))
        methods = []
        events = thread.events
        async with asyncio.timeout(SECONDS):
            while True:
                event = await anext(events) if hasattr(events, "__anext__") else next(events)
                if event["type"] != "event":
                    continue  # over a socket also the answer to the subscription
                methods.append(event["method"])
                if is_end(event):
                    break
        assert {"lifecycle", "messages", "values"} <= set(methods)


async def test_projections_are_interleaved(either_client: Any, transport: str) -> None:
    stream = either_client.threads.stream(assistant_id="probe", transport=transport)
    async with entered(stream) as thread:
        await settled(thread.run.start(input=NESTED))
        pairs = await collected(
            thread.interleave_projections(["values", "messages", "subgraphs", "tool_calls"])
        )
        assert {name for name, _ in pairs} == {"values", "messages", "subgraphs"}
        (child,) = [item for name, item in pairs if name == "subgraphs"]
        assert child.graph_name == "nest"
        last = [item for name, item in pairs if name == "values"][-1]
        assert [text_of(message) for message in last["messages"]] == ["from inside", "from outside"]


async def test_what_the_api_has_no_events_for_ends_empty(
    either_client: Any, transport: str
) -> None:
    called = {"tool": {"name": "search", "args": {"q": 1}, "result": "found"}}
    stream = either_client.threads.stream(assistant_id="probe", transport=transport)
    async with entered(stream) as thread:
        await settled(thread.run.start(input={"script": [{"custom": {"n": 1}}, called]}))
        assert await collected(thread.tool_calls) == []
        output = await settled(thread.output)
        assert output["messages"][0]["tool_calls"][0]["name"] == "search"
        assert [message["type"] for message in output["messages"]] == ["ai", "tool"]
        tree = await settled(thread.agent.get_tree(xray=True))
        assert "nest:inner" in {node["id"] for node in tree["nodes"]}
    stream = either_client.threads.stream(assistant_id="probe", transport=transport)
    async with entered(stream) as thread:
        await settled(thread.run.start(input={"script": [{"custom": {"n": 1}}]}))
        assert await collected(thread.extensions["progress"]) == []


async def test_a_second_turn_goes_on_with_the_first(either_client: Any, transport: str) -> None:
    thread_id = (await settled(either_client.threads.create()))["thread_id"]
    for turn in (1, 2):
        # what a session is told after a run has ended is the end of that run
        stream = either_client.threads.stream(thread_id, assistant_id="agent", transport=transport)
        async with entered(stream) as thread:
            started = await settled(thread.run.start(input=HELLO))
            await settled(either_client.runs.join(thread_id, started["run_id"]))
            output = await settled(thread.output)
            assert len(output["messages"]) == 2 * turn
    stream = either_client.threads.stream(thread_id, assistant_id="agent", transport=transport)
    async with entered(stream) as thread:
        assert await settled(thread.output) == output


async def test_a_session_is_closed_while_its_run_goes_on(
    either_client: Any, transport: str
) -> None:
    stream = either_client.threads.stream(assistant_id="probe", transport=transport)
    napping = {"script": [{"update": {"note": 1}}, {"sleep": 0.5}]}
    async with entered(stream) as thread:
        started = await settled(thread.run.start(input=napping))
        await settled(thread.close())
        with pytest.raises(RuntimeError):
            await settled(thread.agent.get_tree())
        where = (thread.thread_id, started["run_id"])
        await settled(either_client.runs.join(*where))
        assert (await settled(either_client.threads.get_state(where[0])))["values"]["note"] == 1
        assert (await settled(either_client.runs.get(*where)))["status"] == "success"
