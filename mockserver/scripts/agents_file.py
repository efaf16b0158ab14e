"""The agents file: YAML or JSON that maps agents to the turns they play; refused as a whole.

agents:
  support:
    description: what the agent is for
    state: {topic: last}               # further state keys: last, append or merge
    turns:
      - when: {last_message: {contains: refund}, turn: 1}
        steps: [{say: "Which order?"}]
    default: [{say: "Hello."}]         # or "module:function", an async generator of steps
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from mockserver.scripts import language, scripted
from mockserver.scripts.language import ScriptError, hint, kind
from mockserver.scripts.matching import COMPARISONS, CONDITIONS, is_comparison
from mockserver.scripts.scripted import REDUCERS, AgentSpec, Steps, TurnSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Place = tuple[str | int, ...]
_AGENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_AGENT_KEYS = ("description", "state", "turns", "default")
_TURN_KEYS = ("when", "steps")


class AgentsFileError(ValueError):
    """An agents file that cannot be used: file, line, what was expected, the closest valid name."""


class _RefusalError(Exception):
    """What is wrong at a place of the file."""

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(text)
        self.place = place


def load(path: Path) -> dict[str, AgentSpec]:
    """The agents of a file by name. Raises AgentsFileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as reason:
        raise AgentsFileError(f"{path}: cannot be read: {reason}") from reason
    try:
        tree = yaml.compose(text, yaml.SafeLoader)
        content = yaml.load(text, _JsonLoader)
    except yaml.YAMLError as reason:
        raise AgentsFileError(f"{path}{_mark(reason)}: not YAML or JSON: {_problem(reason)}") from (
            reason
        )
    try:
        _check_json((), content)
        return _Reader(path).agents(content)
    except _RefusalError as refusal:
        line = _line(tree, refusal.place)
        where = ".".join(map(str, refusal.place)) or "the file"
        raise AgentsFileError(f"{path}:{line}: {where}: {refusal}") from None


class _JsonLoader(yaml.SafeLoader):
    """YAML of JSON's types: a date is the text it is written as."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _check_json(place: Place, value: Any) -> None:
    """Refuse what JSON cannot carry: binary data, sets, keys that are no text, NaN."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise _RefusalError((*place, key), f"expected a text as key, got {key!r}")
            _check_json((*place, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_json((*place, index), item)
    elif isinstance(value, float) and not math.isfinite(value):
        raise _RefusalError(place, f"expected a number, got {value}")
    elif value is not None and not isinstance(value, str | int | float | bool):
        raise _RefusalError(place, f"expected JSON, got {type(value).__name__}")


def _mark(reason: yaml.YAMLError) -> str:
    mark = getattr(reason, "problem_mark", None)
    return f":{mark.line + 1}" if mark is not None else ""


def _problem(reason: yaml.YAMLError) -> str:
    return str(getattr(reason, "problem", None) or reason)


def _line(node: yaml.Node | None, place: Place) -> int:
    """The line of the deepest part of a place that the file has."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in place:
        child = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, child = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            child = node.value[part] if part < len(node.value) else None
            line = child.start_mark.line + 1 if child is not None else line
        node = child
    return line


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns a file's content into agents, or refuses it at the first thing wrong."""

    path: Path

    def agents(self, content: Any) -> dict[str, AgentSpec]:
        table = _mapping((), content, ("agents",))
        found = table.get("agents")
        if not isinstance(found, dict) or not found:
            raise _RefusalError(("agents",), "expected an object of agents by name")
        return {str(name): self.agent(name, spec) for name, spec in found.items()}

    def agent(self, name: Any, content: Any) -> AgentSpec:
        place: Place = ("agents", name)
        if not isinstance(name, str) or not _AGENT_NAME.fullmatch(name):
            raise _RefusalError(
                place, "an agent's name is 1 to 128 letters, digits, '_', '.' or '-'"
            )
        table = _mapping(place, content, _AGENT_KEYS)
        description = table.get("description")
        if description is not None and not isinstance(description, str):
            raise _RefusalError(
                (*place, "description"), f"expected a text, got {kind(description)}"
            )
        turns = table.get("turns", [])
        if not isinstance(turns, list):
            raise _RefusalError((*place, "turns"), f"expected a list of turns, got {kind(turns)}")
        if not turns and "default" not in table:
            raise _RefusalError(place, "expected turns or a default: this agent would never answer")
        chosen = tuple(
            self.turn((*place, "turns", index), turn) for index, turn in enumerate(turns)
        )
        default = self.steps((*place, "default"), table["default"]) if "default" in table else None
        state = self.state((*place, "state"), table.get("state", {}))
        return AgentSpec(name, chosen, default, description, state)

    def state(self, place: Place, content: Any) -> Mapping[str, str]:
        table = _mapping(place, content, None)
        for key, reducer in table.items():
            if reducer not in REDUCERS:
                text = f"expected one of {', '.join(REDUCERS)}; got {reducer!r}"
                raise _RefusalError((*place, key), text + hint(reducer, REDUCERS))
            if key == "messages" or str(key).startswith("__"):
                raise _RefusalError((*place, key), "this key has its meaning already")
        return table

    def turn(self, place: Place, content: Any) -> TurnSpec:
        table = _mapping(place, content, _TURN_KEYS)
        if "steps" not in table:
            raise _RefusalError(place, "expected steps: a list of steps or 'module:function'")
        when = _mapping((*place, "when"), table.get("when", {}), CONDITIONS)
        for name, wanted in when.items():
            _CONDITIONS[name]((*place, "when", name), wanted)
        return TurnSpec(when, self.steps((*place, "steps"), table["steps"]))

    def steps(self, place: Place, content: Any) -> Steps:
        if isinstance(content, str):
            self.function(place, content)
            return content
        try:
            language.check(content, keys=None)
        except ScriptError as reason:
            raise _RefusalError((*place, *reason.path), str(reason)) from None
        steps: Steps = content
        return steps

    def function(self, place: Place, reference: str) -> None:
        """Check that a function can be imported, from beside the file too."""
        folder = str(self.path.resolve().parent)
        if folder not in sys.path:
            sys.path.append(folder)
        try:
            scripted.function_of(reference)
        except Exception as reason:
            raise _RefusalError(
                place, f"expected steps or module:function; {reference!r} cannot be used: {reason}"
            ) from reason


def _mapping(place: Place, content: Any, known: Iterable[str] | None) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise _RefusalError(place, f"expected an object, got {kind(content)}")
    for key in content:
        if not isinstance(key, str):
            raise _RefusalError((*place, key), f"expected a name, got {key!r}")
        if known is not None and key not in known:
            text = f"unknown key {key!r}; expected {', '.join(known)}{hint(key, known)}"
            raise _RefusalError((*place, key), text)
    return content


def _last_message(place: Place, wanted: Any) -> None:
    _comparison(place, _mapping(place, wanted, COMPARISONS))


def _comparison(place: Place, wanted: Mapping[str, Any]) -> None:
    if not wanted:
        raise _RefusalError(place, f"expected one of {', '.join(COMPARISONS)}")
    for how, text in wanted.items():
        if not isinstance(text, str):
            raise _RefusalError((*place, how), f"expected a text, got {kind(text)}")
        if how == "matches":
            try:
                re.compile(text)
            except re.error as reason:
                raise _RefusalError((*place, how), f"not a regular expression: {reason}") from None


def _input(place: Place, wanted: Any) -> None:
    for path, value in _mapping(place, wanted, None).items():
        if is_comparison(value):
            _comparison((*place, path), value)


def _turn(place: Place, wanted: Any) -> None:
    if not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 1:
        raise _RefusalError(place, f"expected the number of a turn from 1, got {wanted!r}")


def _resumed(place: Place, wanted: Any) -> None:
    if not isinstance(wanted, bool):
        raise _RefusalError(place, f"expected true or false, got {wanted!r}")


_CONDITIONS = {
    "last_message": _last_message,
    "input": _input,
    "turn": _turn,
    "resumed": _resumed,
}
