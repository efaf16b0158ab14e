"""The probe: two LangGraph graphs that a conformance suite can steer from outside.

`probe` plays the script it finds in its state; `agent` answers what the last human message says.
The file stands alone: put it beside the `langgraph.json` that `runcontract probe DIR` writes, and
serve the folder with `langgraph dev`. Needs langgraph 1.x and nothing else.

A script is a list of steps, each an object named by its one verb:

    {"say": text, "pace"?: seconds before each token, "id"?: message id}
    {"tool": {"name", "args"?, "result"?, "id"?}}
    {"update": {"note"?, "data"?, "messages"?, "log"?}}
    {"custom": value}   {"sleep": seconds}   {"interrupt": value}
    {"fail": {"error": class name, "message": text}}
    {"node": name}      {"parallel": {"left": [...], "right": [...]}}      {"subgraph": [...]}

A value may be {"$": "resume" | "input.PATH" | "state.PATH"}, looked up when its step is played.
A script that is no script fails in the first node that sees it, with a ValueError that names the
step and the reason.
"""

# LangGraph and pydantic resolve annotations at run time.
# ruff: noqa: TC002, TC003

from __future__ import annotations

import asyncio
import json
import operator
import re
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    ToolMessage,
    convert_to_messages,
)
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import interrupt

# that of `typing` has no schema before Python 3.12: the assistants would be no tools
from typing_extensions import TypedDict

NODES = ("work", "check", "left", "right", "nest")
ACTIONS = ("say", "tool", "update", "custom", "sleep", "interrupt", "fail")
BOUNDARIES = ("node", "parallel", "subgraph")
ERRORS: dict[str, type[Exception]] = {
    error.__name__: error
    for error in (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RuntimeError,
        NotImplementedError,
        TimeoutError,
    )
}
REFERENCE = re.compile(r"(resume|input|state)(\.[^.]+)*")
TOKEN = re.compile(r"\S+\s*|^\s+")


# --- state ---------------------------------------------------------------------------------------


def newest(_old: Any, new: Any) -> Any:
    """Reducer of `script`: the newest list wins, so `left` and `right` may both drop a step."""
    return new


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Reducer of `data`: key by key, the newer value wins."""
    return {**old, **new}


class State(TypedDict, total=False):
    """State of `probe`; `note` and `input` are absent until somebody writes them."""

    messages: Annotated[list[BaseMessage], add_messages]
    script: Annotated[list, newest]
    log: Annotated[list[str], operator.add]
    data: Annotated[dict, merged]
    note: Any
    input: Any


class Inner(TypedDict, total=False):
    """State of the subgraph `nest`: the probe's without `log`."""

    messages: Annotated[list[BaseMessage], add_messages]
    script: Annotated[list, newest]
    data: Annotated[dict, merged]
    note: Any
    input: Any


class Chat(TypedDict, total=False):
    """State of `agent`."""

    messages: Annotated[list[BaseMessage], add_messages]


# --- the chat model ------------------------------------------------------------------------------


class ProbeModel(BaseChatModel):
    """A chat model that says `text`, one token at a time, `pace` seconds before each.

    The last token carries `chunk_position: "last"`, so there are as many chunks as tokens (an
    empty text is one empty chunk).
    """

    text: str
    pace: float = 0.0
    message_id: str

    @property
    def _llm_type(self) -> str:
        return "probe"

    def _chunks(self) -> Iterator[ChatGenerationChunk]:
        tokens = TOKEN.findall(self.text) or [""]
        for index, token in enumerate(tokens, start=1):
            last = "last" if index == len(tokens) else None
            message = AIMessageChunk(content=token, id=self.message_id, chunk_position=last)
            yield ChatGenerationChunk(message=message)

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        message = AIMessage(content=self.text, id=self.message_id)
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(self, *_: Any, **__: Any) -> ChatResult:
        for _chunk in self._chunks():
            await asyncio.sleep(self.pace)
        return self._generate()

    def _stream(self, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        yield from self._chunks()

    async def _astream(self, *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._chunks():
            await asyncio.sleep(self.pace)
            yield chunk


# --- validation ----------------------------------------------------------------------------------


def check_script(script: Any) -> None:
    """Raise ValueError naming the first step that breaks the grammar, and why."""
    if not isinstance(script, list):
        raise ValueError(f"script: expected a list of steps, got {kind(script)}")
    for index, step in enumerate(script):
        check_step(f"step {index}", step, ACTIONS + BOUNDARIES)


def check_step(where: str, step: Any, verbs: tuple[str, ...]) -> None:
    """Raise ValueError when `step` is none of `verbs` or its argument does not fit."""
    if not isinstance(step, dict):
        raise ValueError(f"{where}: expected an object, got {kind(step)}")
    names = [key for key in step if key in verbs]
    if len(names) != 1:
        raise ValueError(f"{where}: expected exactly one of {', '.join(verbs)}; got {list(step)}")
    verb = names[0]
    extra = set(step) - {verb} - ({"pace", "id"} if verb == "say" else set())
    if extra:
        raise ValueError(f"{where} ({verb}): unknown key {min(extra)!r}")
    reason = CHECKS[verb](where, step) if verb in CHECKS else None
    if reason:
        raise ValueError(f"{where} ({verb}): {reason}")


def kind(value: Any) -> str:
    """The JSON name of a value's type."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")


def is_reference(value: Any) -> bool:
    """Whether a value is looked up when its step is played: an object whose one key is `$`."""
    return isinstance(value, dict) and set(value) == {"$"}


def _seconds(value: Any, most: float) -> str | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
    return None if fits else f"expected seconds from 0 to {most:g}, got {value!r}"


def _only(value: Any, keys: tuple[str, ...]) -> str | None:
    if not isinstance(value, dict):
        return f"expected an object, got {kind(value)}"
    unknown = sorted(set(value) - set(keys))
    return f"unknown key {unknown[0]!r}; expected {', '.join(keys)}" if unknown else None


def _word(value: Any, what: str) -> str | None:
    return None if isinstance(value, str) and value else f"{what} must be a non-empty string"


def _say(_where: str, step: dict[str, Any]) -> str | None:
    if not isinstance(step["say"], str) and not is_reference(step["say"]):
        return f"expected a text or a reference, got {kind(step['say'])}"
    if "id" in step and _word(step["id"], "id"):
        return _word(step["id"], "id")
    return _seconds(step["pace"], 60) if "pace" in step else None


def _tool(_where: str, step: dict[str, Any]) -> str | None:
    tool = step["tool"]
    if reason := _only(tool, ("name", "args", "result", "id")):
        return reason
    if not isinstance(tool.get("args", {}), dict):
        return f"args: expected an object, got {kind(tool['args'])}"
    if "id" in tool and _word(tool["id"], "id"):
        return _word(tool["id"], "id")
    return _word(tool.get("name"), "name")


def _update(_where: str, step: dict[str, Any]) -> str | None:
    return _only(step["update"], ("note", "data", "messages", "log"))


def _sleep(_where: str, step: dict[str, Any]) -> str | None:
    return _seconds(step["sleep"], 3600)


def _fail(_where: str, step: dict[str, Any]) -> str | None:
    fail = step["fail"]
    if reason := _only(fail, ("error", "message")):
        return reason
    if fail.get("error") not in ERRORS:
        return f"error must be one of {', '.join(ERRORS)}; got {fail.get('error')!r}"
    return None if isinstance(fail.get("message"), str) else "message must be a string"


def _node(_where: str, step: dict[str, Any]) -> str | None:
    fits = isinstance(step["node"], str) and step["node"] in NODES
    return None if fits else f"no node {step['node']!r}; there are {', '.join(NODES)}"


def _parallel(where: str, step: dict[str, Any]) -> str | None:
    sides = step["parallel"]
    if reason := _only(sides, ("left", "right")):
        return reason
    return _actions(where, "left", sides.get("left")) or _actions(
        where, "right", sides.get("right")
    )


def _subgraph(where: str, step: dict[str, Any]) -> str | None:
    return _actions(where, "subgraph", step["subgraph"])


def _actions(where: str, name: str, steps: Any) -> str | None:
    if not isinstance(steps, list):
        return f"{name}: expected a list of actions, got {kind(steps)}"
    for index, step in enumerate(steps):
        check_step(f"{where}, {name} step {index}", step, ACTIONS)
    return None


CHECKS: dict[str, Callable[[str, dict[str, Any]], str | None]] = {
    "say": _say,
    "tool": _tool,
    "update": _update,
    "sleep": _sleep,
    "fail": _fail,
    "node": _node,
    "parallel": _parallel,
    "subgraph": _subgraph,
}


# --- references ----------------------------------------------------------------------------------


def resolve(value: Any, roots: dict[str, Any]) -> Any:
    """`value` with every reference in it replaced; raises ValueError when one leads nowhere."""
    if is_reference(value):
        return lookup(value["$"], roots)
    if isinstance(value, dict):
        return {key: resolve(item, roots) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, roots) for item in value]
    return value


def lookup(path: Any, roots: dict[str, Any]) -> Any:
    """The value at `resume`, `input.PATH` or `state.PATH`; path parts are keys or list indexes."""
    if not isinstance(path, str) or not REFERENCE.fullmatch(path):
        raise ValueError(f"{path!r} is no reference; expected resume, input.PATH or state.PATH")
    value: Any = roots
    for part in path.split("."):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (LookupError, TypeError, ValueError) as reason:
            raise ValueError(f"reference {path!r} leads nowhere at {part!r}") from reason
        if isinstance(value, BaseMessage):
            value = value.model_dump(mode="json")
    return value


def text_of(value: Any) -> str:
    """A text as it is, anything else as compact JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


# --- playing -------------------------------------------------------------------------------------


class Segment:
    """One node's share of a script: plays actions one by one and gathers what they write."""

    def __init__(self, name: str, state: dict[str, Any], config: RunnableConfig) -> None:
        self.name = name
        self.config = config
        self.messages: list[BaseMessage] = []
        self.log: list[str] = []
        self.data: dict[str, Any] = {}
        self.writes: dict[str, Any] = {}
        self.roots: dict[str, Any] = {"state": state}
        if "input" in state:
            self.roots["input"] = state["input"]

    async def play(self, steps: list[dict[str, Any]]) -> None:
        """Play the steps in order."""
        for step in steps:
            verb = next(key for key in step if key in ACTIONS)
            value = resolve(step[verb], self.roots)
            if verb == "say":
                await self.say(text_of(value), step.get("pace", 0), step.get("id"))
            elif verb == "tool":
                self.tool(value)
            elif verb == "update":
                self.update(value)
            elif verb == "custom":
                get_stream_writer()(value)
            elif verb == "sleep":
                await asyncio.sleep(value)
            elif verb == "interrupt":
                self.roots["resume"] = interrupt(value)
            else:
                raise ERRORS[value["error"]](value["message"])

    async def say(self, text: str, pace: float, message_id: str | None) -> None:
        """One AI message, streamed through the model so that messages modes see its tokens."""
        model = ProbeModel(text=text, pace=pace, message_id=message_id or str(uuid.uuid4()))
        self.messages.append(await model.ainvoke(self.messages, self.config))

    def tool(self, call: dict[str, Any]) -> None:
        """The message that calls a tool and the tool's answer, both whole."""
        call_id = call.get("id") or f"call_{uuid.uuid4().hex}"
        wanted = {"name": call["name"], "args": call.get("args", {}), "id": call_id}
        self.messages += [
            AIMessage(content="", tool_calls=[wanted], id=str(uuid.uuid4())),
            ToolMessage(
                content=text_of(call.get("result", "")),
                tool_call_id=call_id,
                name=call["name"],
                id=str(uuid.uuid4()),
            ),
        ]

    def update(self, writes: dict[str, Any]) -> None:
        """State keys: `note` is replaced, `data` merged, `messages` and `log` appended."""
        if "note" in writes:
            self.writes["note"] = writes["note"]
        data = writes.get("data", {})
        if not isinstance(data, dict):
            raise ValueError(f"update of data: expected an object, got {kind(data)}")
        self.data.update(data)
        messages = writes.get("messages", [])
        for message in convert_to_messages(messages if isinstance(messages, list) else [messages]):
            message.id = message.id or str(uuid.uuid4())
            self.messages.append(message)
        if self.name == "inner" and "log" in writes:
            raise ValueError("update of log: the subgraph has no log")
        entries = writes.get("log", [])
        self.log += [
            text_of(item) for item in (entries if isinstance(entries, list) else [entries])
        ]

    def result(self, rest: list[dict[str, Any]]) -> dict[str, Any]:
        """What the node writes: the rest of the script, its name, and what the segment gathered."""
        result: dict[str, Any] = {"script": rest, **self.writes}
        if self.name != "inner":
            result["log"] = [self.name, *self.log]
        if self.messages:
            result["messages"] = self.messages
        if self.data:
            result["data"] = self.data
        return result


def share(name: str, script: list[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """The actions that node `name` plays at the head of a script, and what is left after them."""
    head = script[0] if script else {}
    if name in ("left", "right") and "parallel" in head:
        return head["parallel"].get(name, []), script[1:]
    if name == "inner" and "subgraph" in head:
        return head["subgraph"], script[1:]
    start = 1 if "node" in head else 0
    end = start
    while end < len(script) and not any(verb in script[end] for verb in BOUNDARIES):
        end += 1
    return script[start:end], script[end:]


async def play(name: str, state: Any, config: RunnableConfig) -> dict[str, Any]:
    """Play the head of the script as node `name`; returns the node's one update."""
    # A Send may hand a node anything.
    known = state if isinstance(state, dict) else {}
    script = known.get("script", [])
    check_script(script)
    steps, rest = share(name, script)
    segment = Segment(name, known, config)
    await segment.play(steps)
    return segment.result(rest)


def node(name: str) -> Callable[..., Any]:
    """The node function of that name."""

    async def run(state: State, config: RunnableConfig) -> dict[str, Any]:
        return await play(name, state, config)

    run.__name__ = name
    return run


async def inner(state: Inner, config: RunnableConfig) -> dict[str, Any]:
    """The one node of the subgraph."""
    return await play("inner", state, config)


def route(state: State) -> list[str] | str:
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
    return next((name for name in NODES if name == head.get("node")), "work")


def route_start(state: State) -> list[str] | str:
    """As `route`, but every run runs one node."""
    target = route(state)
    return "work" if target == END else target


def build_probe() -> Any:
    """The graph `probe`."""
    nest = StateGraph(Inner)
    nest.add_node("inner", inner)
    nest.add_edge(START, "inner")
    nest.add_edge("inner", END)
    builder = StateGraph(State)
    for name in ("work", "check", "left", "right"):
        builder.add_node(name, node(name))
    builder.add_node("nest", nest.compile())
    builder.add_conditional_edges(START, route_start, [*NODES])
    for name in NODES:
        builder.add_conditional_edges(name, route, [*NODES, END])
    return builder.compile(name="probe")


async def answer(state: Chat, config: RunnableConfig) -> dict[str, Any]:
    """Say again what the last human message says; nothing where there is none."""
    messages = state.get("messages", [])
    asked = next((m for m in reversed(messages) if isinstance(m, HumanMessage)), None)
    text = str(asked.text) if asked else ""
    model = ProbeModel(text=text, message_id=str(uuid.uuid4()))
    return {"messages": [await model.ainvoke(messages, config)]}


def build_agent() -> Any:
    """The graph `agent`."""
    builder = StateGraph(Chat)
    builder.add_node("agent", answer)
    builder.add_edge(START, "agent")
    builder.add_edge("agent", END)
    return builder.compile(name="agent")


probe = build_probe()
agent = build_agent()
