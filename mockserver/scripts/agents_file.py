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

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mockserver.scripts import language, scripted
from mockserver.scripts.language import ScriptError, hint, kind
from mockserver.scripts.matching import COMPARISONS, CONDITIONS, is_comparison
from mockserver.scripts.scripted import REDUCERS, AgentSpec, Steps, TurnSpec
from mockserver.written import FileRefusedError, RefusalError, mapping, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mockserver.written import Place

_AGENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_AGENT_KEYS = ("description", "state", "turns", "default")
_TURN_KEYS = ("when", "steps")


class AgentsFileError(FileRefusedError):
    """An agents file that cannot be used: file, line, what was expected, the closest valid name."""


def load(path: Path) -> dict[str, AgentSpec]:
    """The agents of a file by name. Raises AgentsFileError."""
    return read(path, _Reader(path).agents, AgentsFileError)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns a file's content into agents, or refuses it at the first thing wrong."""

    path: Path

    def agents(self, content: Any) -> dict[str, AgentSpec]:
        table = mapping((), content, ("agents",))
        found = table.get("agents")
        if not isinstance(found, dict) or not found:
            raise RefusalError(("agents",), "expected an object of agents by name")
        return {str(name): self.agent(name, spec) for name, spec in found.items()}

    def agent(self, name: Any, content: Any) -> AgentSpec:
        place: Place = ("agents", name)
        if not isinstance(name, str) or not _AGENT_NAME.fullmatch(name):
            raise RefusalError(
                place, "an agent's name is 1 to 128 letters, digits, '_', '.' or '-'"
            )
        table = mapping(place, content, _AGENT_KEYS)
        description = table.get("description")
        if description is not None and not isinstance(description, str):
            raise RefusalError((*place, "description"), f"expected a text, got {kind(description)}")
        turns = table.get("turns", [])
        if not isinstance(turns, list):
            raise RefusalError((*place, "turns"), f"expected a list of turns, got {kind(turns)}")
        if not turns and "default" not in table:
            raise RefusalError(place, "expected turns or a default: this agent would never answer")
        chosen = tuple(
            self.turn((*place, "turns", index), turn) for index, turn in enumerate(turns)
        )
        default = self.steps((*place, "default"), table["default"]) if "default" in table else None
        state = self.state((*place, "state"), table.get("state", {}))
        return AgentSpec(name, chosen, default, description, state)

    def state(self, place: Place, content: Any) -> Mapping[str, str]:
        table = mapping(place, content, None)
        for key, reducer in table.items():
            if reducer not in REDUCERS:
                text = f"expected one of {', '.join(REDUCERS)}; got {reducer!r}"
                raise RefusalError((*place, key), text + hint(reducer, REDUCERS))
            if key == "messages" or str(key).startswith("__"):
                raise RefusalError((*place, key), "this key has its meaning already")
        return table

    def turn(self, place: Place, content: Any) -> TurnSpec:
        table = mapping(place, content, _TURN_KEYS)
        if "steps" not in table:
            raise RefusalError(place, "expected steps: a list of steps or 'module:function'")
        when = mapping((*place, "when"), table.get("when", {}), CONDITIONS)
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
            raise RefusalError((*place, *reason.path), str(reason)) from None
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
            raise RefusalError(
                place, f"expected steps or module:function; {reference!r} cannot be used: {reason}"
            ) from reason


def _last_message(place: Place, wanted: Any) -> None:
    _comparison(place, mapping(place, wanted, COMPARISONS))


def _comparison(place: Place, wanted: Mapping[str, Any]) -> None:
    if not wanted:
        raise RefusalError(place, f"expected one of {', '.join(COMPARISONS)}")
    for how, text in wanted.items():
        if not isinstance(text, str):
            raise RefusalError((*place, how), f"expected a text, got {kind(text)}")
        if how == "matches":
            try:
                re.compile(text)
            except re.error as reason:
                raise RefusalError((*place, how), f"not a regular expression: {reason}") from None


def _input(place: Place, wanted: Any) -> None:
    for path, value in mapping(place, wanted, None).items():
        if is_comparison(value):
            _comparison((*place, path), value)


def _turn(place: Place, wanted: Any) -> None:
    if not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 1:
        raise RefusalError(place, f"expected the number of a turn from 1, got {wanted!r}")


def _resumed(place: Place, wanted: Any) -> None:
    if not isinstance(wanted, bool):
        raise RefusalError(place, f"expected true or false, got {wanted!r}")


_CONDITIONS = {
    "last_message": _last_message,
    "input": _input,
    "turn": _turn,
    "resumed": _resumed,
}
