"""One task at work: what a node may do, and what is emitted for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mockserver.engine import messages
from mockserver.engine.checkpoints import interrupt_id
from mockserver.engine.events import (
    Custom,
    Namespace,
    Speech,
    SpeechEnded,
    SpeechStarted,
    Task,
    TokenSpoken,
    Trace,
)
from mockserver.engine.protocol import MARKER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockserver.engine.tracing import Scope

WAITS_A_TURN = 32  # a fraction of a millisecond; never so many that a cancel would wait
_TOKEN = re.compile(r"\S+\s*|^\s+")


def token_ends(text: str) -> tuple[int, ...]:
    """Where the tokens of a text end, in characters; an empty text is one empty token."""
    return tuple(match.end() for match in _TOKEN.finditer(text)) or (0,)


class GraphInterrupt(BaseException):
    """A node stopped to ask a person: `interrupts` are `{"id", "value"}`. Not an error."""

    def __init__(self, interrupts: tuple[dict[str, Any], ...]) -> None:
        super().__init__(interrupts)
        self.interrupts = interrupts


class TaskTurn:
    """The `Turn` of one task (see engine/graph.py). `answers` are those it had in earlier runs."""

    def __init__(
        self,
        scope: Scope,
        namespace: Namespace,
        task: Task,
        trace: Trace,
        answers: Sequence[Any],
    ) -> None:
        self.scope = scope
        self.namespace = namespace
        self.task = task
        self.trace = trace
        self.asked = 0
        self._waits = 0
        self.used: list[Any] = []
        self.answers = list(answers)
        mapped = scope.answers or {}
        # a map may name the question at hand, or the task's first
        for index in (len(self.answers), 0):
            identity = interrupt_id(task.address, index)
            if identity in mapped:
                self.answers.append(mapped[identity])
                break

    async def say(
        self,
        text: str,
        pace: float,
        message_id: str | None,
        heard: Sequence[dict[str, Any]],
    ) -> dict[str, Any]:
        """Stream an AI message token by token, `pace` seconds before each; returns the message."""
        scope, namespace = self.scope, self.namespace
        blocks = bool((scope.config.get("configurable") or {}).get(MARKER))
        # protocol v2 names a message by the call that spoke it, whatever the script says
        own = message_id or scope.ids.uuid4()
        identity = f"lc_run--{scope.ids.uuid7()}" if blocks else own
        trace = scope.model(self.trace, self.task.address)
        speech = Speech(trace, identity, text, token_ends(text), tuple(heard))
        scope.emit(SpeechStarted(namespace, speech))
        for index in range(len(speech.ends)):
            await self.sleep(pace)
            scope.emit(TokenSpoken(namespace, speech, index))
        scope.emit(SpeechEnded(namespace, speech))
        message = messages.blocks(text, identity) if blocks else messages.ai(text, identity)
        scope.mark([message], root=not namespace)
        return message

    def custom(self, value: Any) -> None:
        """Send one event of stream mode `custom`."""
        self.scope.emit(Custom(self.namespace, value))

    async def sleep(self, seconds: float) -> None:
        """Wait, at the script's pace.

        Where waits take no time, a node that has its superstep to itself lets others go on at some
        of them only: a turn of the loop and a write to each reader cost more than a token does.
        """
        scope = self.scope
        self._waits += 1
        if scope.crowded or not scope.pace.immediate or self._waits % WAITS_A_TURN == 0:
            await scope.pace.wait(seconds)

    def interrupt(self, value: Any) -> Any:
        """Ask a person: returns the resume value, or stops the node with its question."""
        index = self.asked
        self.asked += 1
        if index < len(self.answers):
            self.used = self.answers[: index + 1]
            return self.answers[index]
        answer = self.scope.take_answer()
        if answer is not None:
            self.answers.append(answer)
            self.used = list(self.answers)
            return answer
        identity = interrupt_id(self.task.address, len(self.answers))
        raise GraphInterrupt(({"id": identity, "value": value},))

    @property
    def answered(self) -> bool:
        """Whether this run brings an answer the node has not used yet."""
        return self.asked < len(self.answers) or self.scope.answer is not None

    def new_id(self) -> str:
        """A fresh message or call id."""
        return self.scope.ids.uuid4()
