"""The messages of a context as A2A tells them: whose they are, and the last of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine.a2a_parts import parts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.engine.a2a import Shown, Spelling, Task
    from mockserver.engine.server import Engine
    from mockserver.store.rows import Run

Json = dict[str, Any]


class Histories:
    """The histories that one answer tells: what it read of a context it does not read again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._contexts: dict[str, _Context] = {}

    def tell(
        self, task: Task, values: Mapping[str, Any], shown: Shown, spelt: Spelling
    ) -> list[Json]:
        """The last messages in these values that are the assistant's, or the task's alone."""
        context = self._contexts.get(task.context_id)
        if context is None:
            context = self._contexts[task.context_id] = _Context(self._engine, task)
        own, mine = task.place()["taskId"], task.run.assistant_id
        given = values.get("messages")
        messages: list[Any] = given if isinstance(given, list) else []
        told: list[Json] = []
        for message in reversed(messages):
            if len(told) == shown.length:
                break
            parts = parts_of(message) if isinstance(message, dict) else []
            run = context.run_of(str(message.get("id"))) if parts else None
            name = own if run is None else context.task_of(run)
            if not parts or (run is not None and run.assistant_id != mine):
                continue
            if name == own or not shown.task_only:
                role = spelt.role("user" if message.get("type") == "human" else "agent")
                told.append(
                    {
                        "kind": "message",
                        "role": role,
                        "parts": parts,
                        "messageId": message.get("id"),
                        "taskId": name,
                        "contextId": task.context_id,
                    }
                )
        return told[::-1]


class _Context:
    """The runs of a context, the tasks they belong to, and the messages that came with them."""

    def __init__(self, engine: Engine, task: Task) -> None:
        self.runs = {run.run_id: run for run in task.run.thread.runs}
        self.came_with: dict[str, str] = {}
        self.names: dict[str, str] = {}
        for checkpoint in engine.checkpoints.all(task.context_id):
            told = checkpoint.values.get("messages")
            for message in told if isinstance(told, list) else ():
                if isinstance(message, dict):
                    self.came_with.setdefault(str(message.get("id")), checkpoint.run_id or "")
        for run in self.runs.values():  # a message sent again under its id came with its last run
            row = run.view()
            self.names[run.run_id] = _name(run, row["metadata"].get("a2a"))
            given = row["kwargs"]["input"]
            began = given.get("messages") if isinstance(given, dict) else None
            if isinstance(began, list) and began and isinstance(began[0], dict):
                self.came_with[str(began[0].get("id"))] = run.run_id

    def run_of(self, message_id: str) -> Run | None:
        """The run that a message came with, where it is still there."""
        return self.runs.get(self.came_with.get(message_id, ""))

    def task_of(self, run: Run) -> str:
        """The name of the task that a run belongs to."""
        return self.names[run.run_id]


def _name(run: Run, named: Any) -> str:
    """The name of a run's own task, or of the one it went on with."""
    first = named.get("task_id") if isinstance(named, dict) else None
    return str(first or f"{run.thread.thread_id}:{run.run_id}")
