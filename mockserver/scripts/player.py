"""Plays a node's share of a script: each action in turn, gathering what they write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine import coercion, messages
from mockserver.scripts import language
from mockserver.scripts.language import ScriptError, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.engine.graph import Turn

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


PROBE_KINDS: Mapping[str, str] = {"data": "merge", "log": "append"}


class Segment:
    """One node's share of a script at work.

    `roots` are what references may look at. `kinds` says which state keys `append` and which
    `merge`; any other key but `messages` takes the last value written.
    """

    def __init__(
        self,
        turn: Turn,
        roots: dict[str, Any],
        kinds: Mapping[str, str] = PROBE_KINDS,
        *,
        has_log: bool = True,
    ) -> None:
        self.turn = turn
        self.has_log = has_log
        self.roots = roots
        self.kinds = kinds
        self.messages: list[dict[str, Any]] = []
        self.log: list[Any] = []
        self.writes: dict[str, Any] = {}
        self.gathered: dict[str, Any] = {}

    async def play(self, steps: list[Step]) -> None:
        """Play the steps in order. Raises what `fail` and unfit values raise."""
        for step in steps:
            await self.act(step)

    async def act(self, step: Step) -> None:
        """Play one action."""
        verb = language.verb_of(step)
        value: Any = step[verb] if verb else None
        if not language.plain(value):
            value = language.bounded(language.resolve(value, self.roots))
        match verb:
            case "say":
                text, pace = language.text_of(value), step.get("pace", 0)
                said = await self.turn.say(text, pace, step.get("id"), self.messages)
                self.messages.append(said)
            case "tool":
                self.call(value)
            case "update":
                self.update(value)
            case "custom":
                self.turn.custom(value)
            case "sleep":
                await self.turn.sleep(value)
            case "interrupt":
                self.roots["resume"] = self.turn.interrupt(value)
            case "fail":
                raise ERRORS[value["error"]](value["message"])
            case _:
                raise ScriptError(f"a node plays actions only; {list(step)} is none")

    def call(self, tool: dict[str, Any]) -> None:
        """The message that calls a tool and the tool's answer, both whole."""
        turn = self.turn
        call_id = tool.get("id") or "call_" + turn.new_id().replace("-", "")
        wanted = messages.tool_call(tool["name"], tool.get("args", {}), call_id)
        result = language.text_of(tool.get("result", ""))
        self.messages += [
            messages.ai("", turn.new_id(), [wanted]),
            messages.tool(result, call_id, tool["name"], turn.new_id()),
        ]

    def update(self, writes: dict[str, Any]) -> None:
        """State keys: messages and appended ones gather, merged ones merge, others replace."""
        for key, value in writes.items():
            kind = self.kinds.get(key)
            if key == "messages":
                self.messages += coercion.coerce_all(value, self.turn.new_id)
            elif key == "log":
                if not self.has_log:
                    raise ScriptError("update of log: the subgraph has no log")
                self.log += map(language.text_of, value if isinstance(value, list) else [value])
            elif kind == "append":
                entries = value if isinstance(value, list) else [value]
                self.gathered[key] = [*self.gathered.get(key, ()), *entries]
            elif kind == "merge":
                if not isinstance(value, dict):
                    wrong = f"expected an object, got {language.kind(value)}"
                    raise ScriptError(f"update of {key}: {wrong}")
                self.gathered[key] = {**self.gathered.get(key, {}), **value}
            else:
                self.writes[key] = value

    def result(self) -> dict[str, Any]:
        """What the steps wrote, without the log: plain keys, messages, gathered keys."""
        found = dict(self.writes)
        if self.messages:
            found["messages"] = self.messages
        found.update({key: value for key, value in self.gathered.items() if value})
        return found
