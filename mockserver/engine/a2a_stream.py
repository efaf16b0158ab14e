"""A task as it happens: submitted, each token so far, what it gave, its last status."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mockserver.engine.a2a_parts import parts_of, text_part
from mockserver.engine.projection import frames
from mockserver.engine.streams import RunReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.engine.a2a import Spelling, Task
    from mockserver.engine.jobs import Job
    from mockserver.engine.server import Engine
    from mockserver.store.assistants import Assistant

Encode = Callable[[dict[str, Any]], bytes]


class TaskReader(RunReader):
    """One client's view of a task. `encode` makes a result an event on the wire."""

    def __init__(
        self,
        engine: Engine,
        assistant: Assistant,
        task: Task,
        job: Job,
        message: Mapping[str, Any],
        spelt: Spelling,
        encode: Encode,
    ) -> None:
        super().__init__(job.log, engine.clock, engine.settings.heartbeat_seconds)
        self._engine = engine
        self._assistant = assistant
        self._task = task
        self._job = job
        self._spelt = spelt
        self._encode = encode
        self._seen = 0
        self._first: bytes | None = encode(self._submitted(message))
        self._told = False

    def take(self) -> bytes:
        """What happened since."""
        found = [] if self._first is None else [self._first]
        self._first = None
        events = self._job.log.events
        while self._seen < len(events):
            event = events[self._seen]
            self._seen += 1
            for name, data in frames(event, ("messages",)):
                if name.startswith("messages/") and isinstance(data, list):
                    found += self._working(data)
        if self._job.log.closed and not self._told:
            self._told = True
            found += self._end()
        return b"".join(found)

    def _working(self, told: list[Any]) -> list[bytes]:
        """What a message says so far; nothing where it says nothing."""
        return [
            self._status("working", message=self._engine.tasks.said(self._task, parts, self._spelt))
            for message in told
            if (parts := parts_of(message))
        ]

    def _end(self) -> list[bytes]:
        tasks, task, failure = self._engine.tasks, self._task, self._job.failure
        if failure is not None:
            said = tasks.said(task, [text_part(failure.message)], self._spelt)
            return [self._status("failed", message=said, final=True)]
        state = tasks.state(task)
        last = self._status(state, final=True)
        if state in ("failed", "canceled"):
            return [last]
        update: dict[str, Any] = {
            **task.place(),
            "kind": "artifact-update",
            "artifact": tasks.artifact(self._assistant, task),
        }
        if state == "completed":
            update |= {"append": False, "lastChunk": True}
        return [self._encode(update), last]

    def _submitted(self, message: Mapping[str, Any]) -> dict[str, Any]:
        task, spelt = self._task, self._spelt
        said = {
            "kind": "message",
            "messageId": message["messageId"],
            "role": message["role"],
            "parts": message["parts"],
            **task.place(),
        }
        status = {"state": spelt.state("submitted"), "timestamp": self._engine.clock.timestamp()}
        shown = {
            "kind": "task",
            "id": task.name,
            "contextId": task.context_id,
            "history": [said],
            "status": status,
        }
        return {"task": shown} if spelt.upper else shown

    def _status(
        self, state: str, *, message: dict[str, Any] | None = None, final: bool = False
    ) -> bytes:
        status: dict[str, Any] = {"state": self._spelt.state(state)}
        if message is not None:
            status["message"] = message
        status["timestamp"] = self._engine.clock.timestamp()
        place = self._task.place()
        return self._encode({**place, "kind": "status-update", "status": status, "final": final})
