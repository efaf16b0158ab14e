"""Plays a node's share of a script: each action in turn, gathering what they write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine import messages
from mockserver.scripts import language
from mockserver.scripts.language import ScriptError, Step

if TYPE_CHECKING:
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


class Segment:
    """One node's share of a script at work. `roots` are what references may look at."""

    def __init__(self, turn: Turn, roots: dict[str, Any]) -> None:
        self.turn = turn
        self.roots = roots
        self.messages: list[dict[str, Any]] = []
        self.log: list[str] = []
        self.data: dict[str, Any] = {}
        self.writes: dict[str, Any] = {}

    async def play(self, steps: list[Step]) -> None:
        """Play the steps in order. Raises what `fail` and unfit values raise."""
        for step in steps:
            await self.act(step)

    async def act(self, step: Step) -> None:
        """Play one action."""
        verb = language.verb_of(step)
        value: Any = language.resolve(step[verb], self.roots) if verb else None
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
        """State keys: `note` is replaced, `data` merged, `messages` and `log` appended."""
        if "note" in writes:
            self.writes["note"] = writes["note"]
        data = writes.get("data", {})
        if not isinstance(data, dict):
            raise ScriptError(f"update of data: expected an object, got {language.kind(data)}")
        self.data.update(data)
        if "messages" in writes:
            self.messages += messages.coerce_all(writes["messages"], self.turn.new_id)
        entries = writes.get("log", [])
        entries = entries if isinstance(entries, list) else [entries]
        self.log += [language.text_of(item) for item in entries]

    def result(self) -> dict[str, Any]:
        """What the steps wrote, without the log: note, messages, data."""
        found = dict(self.writes)
        if self.messages:
            found["messages"] = self.messages
        if self.data:
            found["data"] = self.data
        return found
