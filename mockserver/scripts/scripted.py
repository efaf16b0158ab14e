"""A graph that plays the turns of an agents file."""

from __future__ import annotations

import importlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mockserver.engine import channels
from mockserver.engine.graph import END, START, UNNAMED, Action, Branch, Graph, Node
from mockserver.scripts import language, matching
from mockserver.scripts.language import ScriptError
from mockserver.scripts.matching import Occasion
from mockserver.scripts.player import PROBE_KINDS, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockserver.engine.channels import Channel
    from mockserver.engine.graph import State, Turn

HOME = "agent"  # the node that plays what stands before the first boundary
SCRIPT, OCCASION = "__script__", "__occasion__"
REDUCERS: dict[str, Callable[[str], Channel]] = {
    "last": channels.plain,
    "append": channels.appended,
    "merge": channels.merged,
}

Steps = list[dict[str, Any]] | str


class NoTurnError(ValueError):
    """No turn of the agent fits the run. The text says which came closest, and what differed."""


@dataclass(frozen=True, slots=True)
class TurnSpec:
    """One turn of an agents file: when it fits, and its steps or `module:function`."""

    when: Mapping[str, Any]
    steps: Steps


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """One agent of an agents file. `state` maps further state keys to last, append or merge."""

    name: str
    turns: tuple[TurnSpec, ...] = ()
    default: Steps | None = None
    description: str | None = None
    state: Mapping[str, str] = field(default_factory=dict)

    def choose(self, occasion: Occasion) -> Steps | None:
        """The steps of the first turn that fits, else the default; None when nothing does."""
        for turn in self.turns:
            if not matching.misses(turn.when, occasion):
                return turn.steps
        return None if occasion.resumed else self.default

    def scripts(self) -> list[list[dict[str, Any]]]:
        """Every list of steps the agent may play."""
        found = [turn.steps for turn in self.turns]
        found += [] if self.default is None else [self.default]
        return [steps for steps in found if isinstance(steps, list)]


def build(spec: AgentSpec) -> Graph:
    """The graph of an agent: its nodes and state keys are those that its steps name."""
    steps = [step for script in spec.scripts() for step in script]
    named = dict.fromkeys(step["node"] for step in steps if "node" in step)
    sides = ("left", "right") if any("parallel" in step for step in steps) else ()
    deeper = ("nest",) if any("subgraph" in step for step in steps) else ()
    names = tuple(dict.fromkeys((HOME, *named, *sides, *deeper)))

    def route(state: State) -> str | list[str]:
        script = state.get(SCRIPT)
        if isinstance(script, str):
            return HOME
        if not script:
            return END
        head = script[0]
        if "parallel" in head:
            return list(sides)
        return "nest" if "subgraph" in head else str(head.get("node", HOME))

    def route_start(state: State) -> str | list[str]:
        target = route(state)
        return HOME if target == END else target

    branch = Branch("route", route, (*names, END))
    nodes = {name: Node(name, _plays(spec, name), branch=branch) for name in names}
    if deeper:
        nodes["nest"] = Node("nest", subgraph=_nest(spec), branch=branch)
    return Graph(
        name=spec.name,
        channels=_channels(spec),
        nodes=nodes,
        entry=Node(START, branch=Branch("route_start", route_start, names)),
        description=spec.description,
        prepare=_prepare(spec),
    )


def _channels(spec: AgentSpec) -> tuple[Channel, ...]:
    """`messages`, the declared keys, and the keys that updates in the agent's steps write."""
    kinds = _kinds(spec)
    written = [key for script in spec.scripts() for key in _written(script)]
    keys = dict.fromkeys([*written, *spec.state])
    keys.pop("messages", None)
    public = [REDUCERS[kinds.get(key, "last")](key) for key in keys]
    hidden = [channels.private(SCRIPT), channels.private(OCCASION)]
    return (channels.chat(), *public, *hidden)


def _kinds(spec: AgentSpec) -> dict[str, str]:
    """Which state keys append and which merge."""
    return {**PROBE_KINDS, **spec.state}


def _written(steps: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for step in steps:
        found += step.get("update", {})
        for inner in (step.get("subgraph"), *step.get("parallel", {}).values()):
            found += _written(inner or [])
    return found


def _nest(spec: AgentSpec) -> Graph:
    return Graph(
        name=UNNAMED,
        channels=_channels(spec),
        nodes={"inner": Node("inner", _plays(spec, "inner"), after=(END,))},
        entry=Node(START, after=("inner",)),
        own=frozenset(key for key, kind in _kinds(spec).items() if kind == "append"),
    )


def _prepare(spec: AgentSpec) -> Callable[[Any, State], State]:
    """Choose the turn a run's input fits, before anything runs."""

    def prepare(given: Any, state: State) -> State:
        turn = state.get(OCCASION, {}).get("turn", 0) + 1
        noted = {"input": given, "turn": turn}
        if given is None:  # a command starts the run: its goto says what runs
            return {SCRIPT: [], OCCASION: noted}
        occasion = Occasion(given, turn)
        steps = spec.choose(occasion)
        if steps is None:
            why = matching.explain([turn.when for turn in spec.turns], occasion)
            raise NoTurnError(f"agent {spec.name!r}: no turn fits and there is no default; {why}")
        return {SCRIPT: steps, OCCASION: noted}

    return prepare


def _plays(spec: AgentSpec, name: str) -> Action:
    async def play(turn: Turn, state: Any) -> State:
        known = state if isinstance(state, dict) else {}
        noted = known.get(OCCASION, {"input": None, "turn": 0})
        script: Steps = known.get(SCRIPT, [])
        public = {key: value for key, value in known.items() if not key.startswith("__")}
        roots: dict[str, Any] = {"state": public, "input": noted["input"]}
        segment = Segment(turn, roots, _kinds(spec))
        if turn.answered:
            answer = spec.choose(Occasion(noted["input"], noted["turn"], resumed=True))
            if answer is not None:
                roots["resume"] = turn.interrupt(None)
                script = answer
        rest: list[dict[str, Any]] = []
        if isinstance(script, str):
            await _generate(script, segment)
        else:
            steps, rest = language.share(name, script)
            await segment.play(steps)
        log = {"log": segment.log} if segment.log else {}
        return {SCRIPT: rest, **segment.result(), **log}

    return play


def function_of(reference: str) -> Callable[[Any], AsyncGenerator[Any, Any]]:
    """The async generator function at `module:function`. Raises ValueError, ImportError."""
    module, _, name = reference.partition(":")
    if not module or not name:
        raise ValueError(f"{reference!r} is not of the form module:function")
    found = getattr(importlib.import_module(module), name, None)
    if not callable(found):
        raise ImportError(f"module {module!r} has no function {name!r}")
    function: Callable[[Any], AsyncGenerator[Any, Any]] = found
    return function


async def _generate(reference: str, segment: Segment) -> None:
    """Play the steps a Python function yields; an interrupt's answer is what its yield returns."""
    scene = SimpleNamespace(**{"input": None, "state": {}, "resume": None, **segment.roots})
    steps = function_of(reference)(scene)
    if not isinstance(steps, AsyncGenerator):
        raise ScriptError(f"{reference} is not an async generator function: it must yield steps")
    answer: Any = None
    try:
        while True:
            step = await steps.asend(answer)
            language.check([step], keys=None)
            await segment.act(step)
            answer = segment.roots.get("resume") if "interrupt" in step else None
    except StopAsyncIteration:
        pass
    finally:
        await steps.aclose()
