"""`RemoteGraph` from langgraph against the server SERVER_URL names.

Run by `test_remote_graph.py` in the reference server's environment, which holds langgraph; hence
unittest, and nothing of ours is imported.
"""

# unittest says what it saw; a bare assert outside pytest does not
# ruff: noqa: PT009, PT027

from __future__ import annotations

import os
import unittest
import uuid
from typing import Any

from langgraph.pregel.remote import RemoteException, RemoteGraph
from langgraph.types import Command

URL = os.environ["SERVER_URL"]
HELLO: Any = {"messages": [{"role": "user", "content": "hello you"}]}


def script(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"script": list(steps)}


def text_of(message: dict[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


def new_thread(graph: Any) -> dict[str, Any]:
    thread = graph.sync_client.threads.create(thread_id=str(uuid.uuid4()))
    return {"configurable": {"thread_id": thread["thread_id"]}}


class RemoteGraphTest(unittest.TestCase):
    """What a program that calls a deployed graph does with it, synchronously."""

    def setUp(self) -> None:
        self.probe: Any = RemoteGraph("probe", url=URL)
        self.agent: Any = RemoteGraph("agent", url=URL)

    def test_invoke_gives_the_final_state(self) -> None:
        question = {"messages": [{"role": "user", "content": "hello you"}]}
        values = self.agent.invoke(question)
        self.assertEqual([m["content"] for m in values["messages"]], ["hello you"] * 2)
        config = new_thread(self.agent)
        self.agent.invoke(question, config)
        self.assertEqual(len(self.agent.invoke(question, config)["messages"]), 4)

    def test_invoke_raises_what_the_agent_raised(self) -> None:
        failing = script({"fail": {"error": "ValueError", "message": "boom"}})
        with self.assertRaises(RemoteException) as caught:
            self.probe.invoke(failing)
        self.assertIn("boom", str(caught.exception))

    def test_stream_gives_each_mode_its_form(self) -> None:
        steps = script({"custom": {"n": 1}}, {"say": "one two"}, {"update": {"note": 1}})
        modes = ["values", "updates", "custom", "messages"]
        parts = list(self.probe.stream(steps, stream_mode=modes))
        self.assertEqual({part.event for part in parts}, set(modes))
        data = {mode: [part.data for part in parts if part.event == mode] for mode in modes}
        self.assertEqual(data["custom"], [{"n": 1}])
        self.assertEqual("".join(token["content"] for token, _ in data["messages"]), "one two")
        self.assertEqual([update["work"]["note"] for update in data["updates"]], [1])
        self.assertEqual(data["values"][-1]["note"], 1)

    def test_stream_goes_into_subgraphs(self) -> None:
        steps = script({"subgraph": [{"update": {"note": "deep"}}]})
        chunks = list(self.probe.stream(steps, stream_mode="updates", subgraphs=True))
        inner = [(space, data) for space, data in chunks if space]
        self.assertEqual([data["inner"]["note"] for _, data in inner], ["deep"])
        ((space,),) = {space for space, _ in inner}
        self.assertTrue(space.startswith("nest:"), space)
        outer = [data for space, data in chunks if not space]
        self.assertEqual([list(data) for data in outer], [["nest"]])

    def test_an_interrupt_is_seen_and_answered(self) -> None:
        config = new_thread(self.probe)
        asking = script({"interrupt": {"q": "name?"}}, {"update": {"note": {"$": "resume"}}})
        chunks = list(self.probe.stream(asking, config, stream_mode="updates"))
        (asked,) = chunks[-1]["__interrupt__"]
        self.assertEqual(asked["value"], {"q": "name?"})
        state = self.probe.get_state(config)
        self.assertEqual(state.next, ("work",))
        self.assertEqual(state.tasks[0].name, "work")
        self.assertEqual(state.tasks[0].interrupts[0].id, asked["id"])
        values = self.probe.invoke(Command(resume="Ada"), config)
        self.assertEqual(values["note"], "Ada")
        self.assertEqual(self.probe.get_state(config).next, ())

    def test_interrupt_before_a_node(self) -> None:
        config = new_thread(self.probe)
        steps = script({"update": {"note": 1}}, {"node": "check"}, {"update": {"note": 2}})
        values = self.probe.invoke(steps, config, interrupt_before=["check"])
        self.assertEqual(values["note"], 1)
        self.assertEqual(self.probe.get_state(config).next, ("check",))
        self.assertEqual(self.probe.invoke(None, config)["note"], 2)

    def test_history_is_walked_updated_and_forked(self) -> None:
        config = new_thread(self.probe)
        steps = script({"update": {"note": 1}}, {"node": "check"}, {"update": {"note": 2}})
        self.probe.invoke(steps, config)
        history = list(self.probe.get_state_history(config, limit=20))
        self.assertEqual(
            [state.next for state in history], [(), ("check",), ("work",), ("__start__",)]
        )
        self.assertEqual([state.metadata["step"] for state in history], [2, 1, 0, -1])
        parents = [state.parent_config["configurable"]["checkpoint_id"] for state in history[:-1]]
        own = [state.config["configurable"]["checkpoint_id"] for state in history]
        self.assertEqual(parents, own[1:])
        self.assertEqual(self.probe.get_state(history[1].config).values["note"], 1)

        updated = self.probe.update_state(config, {"note": "by hand"}, as_node="check")
        head = self.probe.get_state(config)
        self.assertEqual(
            head.config["configurable"]["checkpoint_id"],
            updated["configurable"]["checkpoint_id"],
        )
        self.assertEqual((head.values["note"], head.next), ("by hand", ()))

    def test_state_of_a_waiting_subgraph(self) -> None:
        config = new_thread(self.probe)
        steps = script({"subgraph": [{"interrupt": "go on?"}, {"update": {"note": 1}}]})
        self.probe.invoke(steps, config)
        state = self.probe.get_state(config, subgraphs=True)
        inner = state.tasks[0].state
        self.assertEqual(inner.next, ("inner",))
        self.assertEqual(inner.tasks[0].interrupts[0].value, "go on?")
        self.assertTrue(inner.config["configurable"]["checkpoint_ns"].startswith("nest:"))
        self.assertEqual(self.probe.invoke(Command(resume=True), config)["note"], 1)

    def test_graph_is_drawn(self) -> None:
        drawn = self.probe.get_graph()
        self.assertLessEqual({"__start__", "work", "nest", "__end__"}, set(drawn.nodes))
        self.assertTrue(any(edge.conditional for edge in drawn.edges))
        deep = self.probe.get_graph(xray=True)
        self.assertIn("nest:inner", deep.nodes)
        self.assertIn("work", drawn.draw_mermaid())

    def test_a_configuration_is_kept(self) -> None:
        config = new_thread(self.probe)
        bound = self.probe.with_config(config).copy({"name": "bound"})
        self.assertEqual(bound.name, "bound")
        bound.invoke(script({"update": {"note": 1}}))
        self.assertEqual(self.probe.get_state(config).values["note"], 1)

    def test_a_session_streams_and_goes_on_after_a_question(self) -> None:
        config = new_thread(self.probe)
        steps = script({"subgraph": [{"say": "a b"}]}, {"say": "c d"})
        with self.probe.stream_events(steps, version="v3") as run:
            pairs = list(run.interleave("values", "messages", "subgraphs"))
            self.assertEqual({name for name, _ in pairs}, {"values", "messages", "subgraphs"})
        asking = script({"say": "e f"}, {"interrupt": "ok?"}, {"say": "g h"})
        with self.probe.stream_events(asking, config, version="v3") as run:
            list(run.values)
            self.assertTrue(run.interrupted)
            self.assertEqual(len(run.interrupts), 1)
        with self.probe.stream_events(Command(resume=True), config, version="v3") as run:
            self.assertEqual(
                [text_of(message) for message in run.output["messages"]], ["e f", "g h"]
            )
        with self.agent.stream_events(HELLO, version="v3") as run:
            self.assertEqual([str(message.text) for message in run.messages], ["hello you"])
        with self.agent.stream_events(HELLO, version="v3") as run:
            self.assertEqual(len(list(run.values)[-1]["messages"]), 2)

    def test_a_remote_graph_is_a_node_of_a_local_one(self) -> None:
        from langgraph.graph import START, MessagesState, StateGraph

        local: Any = StateGraph(MessagesState)
        local.add_node("remote", self.agent)
        local.add_edge(START, "remote")
        app = local.compile()
        question = {"messages": [{"role": "user", "content": "hello you", "id": "q"}]}
        values = app.invoke(question)
        self.assertEqual([m.content for m in values["messages"]], ["hello you"] * 2)
        spaces = {space for space, _ in app.stream(question, subgraphs=True)}
        self.assertTrue(any(spaces), spaces)


class CompletenessTest(unittest.TestCase):
    """What a release of langgraph adds is seen here."""

    def test_nothing_is_left_out(self) -> None:
        both = {"invoke", "stream", "stream_events"}
        both |= {"get_graph", "get_state", "get_state_history", "update_state"}
        refused = {"bulk_update_state", "abulk_update_state"}  # not implemented by langgraph
        methods = {name for name in vars(RemoteGraph) if not name.startswith("_")}
        tried = both | {f"a{name}" for name in both} | {"copy", "with_config"}
        self.assertEqual(methods, tried | refused)
