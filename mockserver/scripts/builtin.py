"""The built-in graphs: `agent`, a chat echo, and `probe`, which plays the script in its state."""

from __future__ import annotations

from typing import Any

from mockserver.engine import channels, messages
from mockserver.engine.graph import END, START, UNNAMED, Action, Branch, Graph, Node, State, Turn
from mockserver.scripts import language
from mockserver.scripts.player import Segment

AGENT_PACE = 0.02  # seconds before each token of the echo
PROBE_NODES = ("work", "check", "left", "right", "nest")


async def _answer(turn: Turn, state: Any) -> State:
    """Say again what the last human message says; nothing where there is none."""
    heard = state.get("messages", [])
    asked = next((m for m in reversed(heard) if m.get("type") == "human"), None)
    text = messages.text_of(asked["content"]) if asked else ""
    return {"messages": [await turn.say(text, AGENT_PACE, None, heard)]}


def agent() -> Graph:
    """The graph `agent`: key `messages`, one node `agent`."""
    return Graph(
        name="agent",
        channels=(channels.chat(),),
        nodes={"agent": Node("agent", _answer, after=(END,))},
        entry=Node(START, after=("agent",)),
        state_name="Chat",
        description="Answers with the text of the last human message, token by token.",
    )


def _route(state: State) -> str | list[str]:
    """The node or nodes that play the head of the script; a broken step is left to `work`."""
    script = state.get("script", [])
    if script == []:
        return END
    head = script[0] if isinstance(script, list) else {}
    if not isinstance(head, dict):
        return "work"
    if "parallel" in head:
        return ["left", "right"]
    if "subgraph" in head:
        return "nest"
    name = head.get("node")
    return name if isinstance(name, str) and name in PROBE_NODES else "work"


def _route_start(state: State) -> str | list[str]:
    """As `_route`, but every run runs one node."""
    target = _route(state)
    return "work" if target == END else target


def _plays(name: str) -> Action:
    async def play(turn: Turn, state: Any) -> State:
        known = state if isinstance(state, dict) else {}  # a Send may hand a node anything
        script = known.get("script", [])
        language.check(script, PROBE_NODES)
        steps, rest = language.share(name, script)
        roots: dict[str, Any] = {"state": known}
        if "input" in known:
            roots["input"] = known["input"]
        segment = Segment(turn, roots, has_log=name != "inner")
        await segment.play(steps)
        result = {"script": rest, **segment.result()}
        return result if name == "inner" else {**result, "log": [name, *segment.log]}

    return play


def _nest() -> Graph:
    return Graph(
        name=UNNAMED,
        channels=(
            channels.chat(),
            channels.newest("script"),
            channels.merged("data"),
            channels.plain("note"),
            channels.plain("input"),
        ),
        nodes={"inner": Node("inner", _plays("inner"), after=(END,))},
        entry=Node(START, after=("inner",)),
        state_name="Inner",
    )


def probe() -> Graph:
    """The graph `probe`, node for node the probe graph of the real server."""
    branch = Branch("route", _route, (*PROBE_NODES, END))
    nodes = {name: Node(name, _plays(name), branch=branch) for name in PROBE_NODES[:-1]}
    nodes["nest"] = Node("nest", subgraph=_nest(), branch=branch)
    return Graph(
        name="probe",
        channels=(
            channels.chat(),
            channels.newest("script"),
            channels.appended("log", {"type": "string"}),
            channels.merged("data"),
            channels.plain("note"),
            channels.plain("input"),
        ),
        nodes=nodes,
        entry=Node(START, branch=Branch("route_start", _route_start, PROBE_NODES)),
        state_name="State",
        description="Plays the script in its input: see the script language.",
    )
