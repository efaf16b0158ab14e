"""`RemoteGraph` asynchronously: the client and its reading of streams are others.

Run by `test_remote_graph.py` as `remote_graph.py` is.
"""

# unittest says what it saw; a bare assert outside pytest does not
# ruff: noqa: PT009, PT027

from __future__ import annotations

import os
import unittest
from typing import Any

from langgraph.pregel.remote import RemoteException, RemoteGraph
from langgraph.types import Command

URL = os.environ["SERVER_URL"]
HELLO: Any = {"messages": [{"role": "user", "content": "hello you"}]}


def script(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"script": list(steps)}


async def new_thread(graph: Any) -> dict[str, Any]:
    thread = await graph.client.threads.create()
    return {"configurable": {"thread_id": thread["thread_id"]}}


async def collected(stream: Any) -> list[Any]:
    return [part async for part in stream]


class AsyncRemoteGraphTest(unittest.IsolatedAsyncioTestCase):
    """What an asynchronous program that calls a deployed graph does with it."""

    def setUp(self) -> None:
        self.probe: Any = RemoteGraph("probe", url=URL)
        self.agent: Any = RemoteGraph("agent", url=URL)

    async def test_invoke_gives_the_final_state_or_raises(self) -> None:
        values = await self.agent.ainvoke(HELLO)
        self.assertEqual([m["content"] for m in values["messages"]], ["hello you"] * 2)
        failing = script({"fail": {"error": "ValueError", "message": "boom"}})
        with self.assertRaises(RemoteException) as caught:
            await self.probe.ainvoke(failing)
        self.assertIn("boom", str(caught.exception))

    async def test_stream_gives_each_mode_its_form(self) -> None:
        steps = script({"custom": {"n": 1}}, {"say": "one two"}, {"update": {"note": 1}})
        modes = ["values", "updates", "custom", "messages"]
        parts = await collected(self.probe.astream(steps, stream_mode=modes))
        data = {mode: [part.data for part in parts if part.event == mode] for mode in modes}
        self.assertEqual(data["custom"], [{"n": 1}])
        self.assertEqual("".join(token["content"] for token, _ in data["messages"]), "one two")
        self.assertEqual([update["work"]["note"] for update in data["updates"]], [1])
        self.assertEqual(data["values"][-1]["note"], 1)

    async def test_stream_goes_into_subgraphs(self) -> None:
        steps = script({"subgraph": [{"update": {"note": "deep"}}]})
        stream = self.probe.astream(steps, stream_mode=["updates", "values"], subgraphs=True)
        parts = await collected(stream)
        deep = [data for space, mode, data in parts if space and mode == "updates"]
        self.assertEqual([data["inner"]["note"] for data in deep], ["deep"])
        self.assertTrue(all(space[0].startswith("nest:") for space, _, _ in parts if space))
        outer = [data for space, mode, data in parts if not space and mode == "updates"]
        self.assertEqual([list(data) for data in outer], [["nest"]])

    async def test_an_interrupt_is_seen_and_answered(self) -> None:
        config = await new_thread(self.probe)
        asking = script({"say": "a b"}, {"interrupt": "ok?"}, {"update": {"note": {"$": "resume"}}})
        chunks = await collected(
            self.probe.astream(asking, config, stream_mode=["messages", "updates"], subgraphs=True)
        )
        tokens = [data[0]["content"] for _, mode, data in chunks if mode == "messages"]
        self.assertEqual("".join(tokens), "a b")
        state = await self.probe.aget_state(config)
        self.assertEqual(state.next, ("work",))
        self.assertEqual(state.tasks[0].interrupts[0].value, "ok?")
        values = await self.probe.ainvoke(Command(resume=5), config)
        self.assertEqual(values["note"], 5)

    async def test_history_is_walked_and_updated(self) -> None:
        config = await new_thread(self.probe)
        steps = script({"update": {"note": 1}}, {"node": "check"}, {"update": {"note": 2}})
        await self.probe.ainvoke(steps, config)
        history = await collected(self.probe.aget_state_history(config, limit=20))
        self.assertEqual([state.metadata["step"] for state in history], [2, 1, 0, -1])
        earlier = await self.probe.aget_state(history[1].config)
        self.assertEqual(earlier.values["note"], 1)
        await self.probe.aupdate_state(config, {"note": 6}, as_node="check")
        self.assertEqual((await self.probe.aget_state(config)).values["note"], 6)

    async def test_state_of_a_waiting_subgraph(self) -> None:
        config = await new_thread(self.probe)
        steps = script({"subgraph": [{"interrupt": "go on?"}, {"update": {"note": 1}}]})
        await self.probe.ainvoke(steps, config)
        state = await self.probe.aget_state(config, subgraphs=True)
        self.assertEqual(state.tasks[0].state.next, ("inner",))
        self.assertEqual((await self.probe.ainvoke(Command(resume=True), config))["note"], 1)

    async def test_graph_is_drawn(self) -> None:
        drawn = await self.probe.aget_graph()
        self.assertLessEqual({"__start__", "work", "nest", "__end__"}, set(drawn.nodes))
        self.assertIn("nest:inner", (await self.probe.aget_graph(xray=True)).nodes)

    async def test_a_session_streams_and_is_aborted(self) -> None:
        started = await self.agent.astream_events(HELLO, version="v3")
        async with started as run:
            values = await collected(run.values)
            self.assertEqual(len(values[-1]["messages"]), 2)
            self.assertEqual(len((await run.output())["messages"]), 2)
        nested = script({"subgraph": [{"update": {"note": 1}}]})
        async with await self.probe.astream_events(nested, version="v3") as run:
            names = [child.graph_name async for child in run.subgraphs]
            self.assertEqual(names, ["nest"])
        config = await new_thread(self.probe)
        asking = script({"interrupt": "ok?"})
        async with await self.probe.astream_events(asking, config, version="v3") as run:
            await collected(run.values)
            self.assertTrue(await run.interrupted())
            self.assertEqual(len(await run.interrupts()), 1)
        long = script({"update": {"note": 1}}, {"node": "check"}, {"sleep": 30})
        config = await new_thread(self.probe)
        run = await self.probe.astream_events(long, config, version="v3")
        await run.__aenter__()
        async for snapshot in run.values:
            if snapshot.get("note"):
                break
        await run.abort()
        thread_id = config["configurable"]["thread_id"]
        (cancelled,) = await self.probe.client.runs.list(thread_id)
        self.assertIn(cancelled["status"], ("interrupted", "running"))
        await self.probe.client.runs.join(thread_id, cancelled["run_id"])
        (cancelled,) = await self.probe.client.runs.list(thread_id)
        self.assertEqual(cancelled["status"], "interrupted")
