"""A2A's tasks: a message is a run, its context the run's thread, its task the two ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from mockserver.engine.a2a_history import Histories
from mockserver.engine.a2a_parts import (
    INVALID_PARAMS,
    TaskError,
    answers_in,
    graph_input,
    text_of_values,
    text_part,
)
from mockserver.engine.creation import NO_HEADERS
from mockserver.engine.errors import NotFoundError
from mockserver.engine.graph import END
from mockserver.engine.identity import Part
from mockserver.engine.ids import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockserver.engine.jobs import Job
    from mockserver.engine.server import Engine
    from mockserver.store.assistants import Assistant
    from mockserver.store.rows import Run

Json = dict[str, Any]
NOT_FOUND = -32001
NOT_CANCELABLE = -32002
UNSUPPORTED = -32004
TERMINAL = frozenset({"completed", "failed", "canceled"})
_STATES = {
    "pending": "submitted",
    "running": "working",
    "success": "completed",
    "error": "failed",
    "timeout": "failed",
    "interrupted": "canceled",
}
STATES = ("input-required", *dict.fromkeys(_STATES.values()))


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one generation of the protocol spells states and roles."""

    upper: bool

    def state(self, name: str) -> str:
        """A state: `input-required` or `TASK_STATE_INPUT_REQUIRED`."""
        return f"TASK_STATE_{name.upper().replace('-', '_')}" if self.upper else name

    def role(self, name: str) -> str:
        """A role: `agent` or `ROLE_AGENT`."""
        return f"ROLE_{name.upper()}" if self.upper else name


@dataclass(frozen=True, slots=True)
class Shown:
    """How much of the messages a caller wants: the last `length`, of the task or the context."""

    length: int = 10
    task_only: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One task. `name` is how the caller called it, `run` the latest of its runs."""

    name: str
    first: str
    run: Run

    @property
    def context_id(self) -> str:
        """The thread."""
        return self.run.thread.thread_id

    def place(self) -> dict[str, str]:
        """What names the task in everything that is told of it."""
        name = f"{self.context_id}:{self.first}"
        return {"taskId": name, "contextId": self.context_id}


class Tasks(Part):
    """The tasks of one server. Methods raise TaskError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # By a task's first run: the id of the one that goes on with it. What is kept of a run goes
        # when the run does.
        self._latest: WeakKeyDictionary[Run, str] = WeakKeyDictionary()
        self._resumptions: WeakSet[Run] = WeakSet()
        self._canceled: WeakSet[Run] = WeakSet()  # first runs whose question nobody will answer

    def send(
        self,
        assistant: Assistant,
        message: Mapping[str, Any],
        headers: Mapping[str, Any] = NO_HEADERS,
        *,
        streams: bool = False,
    ) -> tuple[Task, Job]:
        """Make the run that a message means: a new task, or an answer to one that asks.

        `headers` are those of the request that reach the run's config; `streams` says whether
        somebody watches. The run and the messages it is given name the task in their metadata.
        """
        modes = ["messages", "values"] if streams else ["values"]
        order: Json = {"stream_mode": modes}
        if message.get("taskId"):
            return self._resume(assistant, message, order, headers)
        started = {"task_start_id": self._engine.ids.uuid7()}
        order |= {"input": self._input(assistant, message, started), "if_not_exists": "create"}
        thread_id = self._context(message)
        job = self._run(assistant, thread_id, order, started, headers)
        run_id = job.run.run_id
        return Task(f"{thread_id}:{run_id}", run_id, job.run), job

    def _input(
        self, assistant: Assistant, message: Mapping[str, Any], named: Mapping[str, str]
    ) -> Json:
        given, holds = graph_input(message)
        if not holds:
            return given
        if not self._chats(assistant):
            raise TaskError(INVALID_PARAMS, f"{assistant.active.name} takes no messages: send data")
        if isinstance(given["messages"], list):
            for told in given["messages"]:
                if isinstance(told, dict) and told.get("id") == message["messageId"]:
                    told["additional_kwargs"] = {"a2a": dict(named)}
        return given

    def _context(self, message: Mapping[str, Any]) -> str:
        given = message.get("contextId")
        if given is None or given == "":
            return self._engine.ids.uuid4()
        try:
            return canonical(given)
        except (ValueError, TypeError, AttributeError):
            raise TaskError(INVALID_PARAMS, "contextId is a UUID") from None

    def _chats(self, assistant: Assistant) -> bool:
        schema = self._engine.assistants.graph_of(assistant).schemas()["input_schema"]
        return "messages" in schema["properties"]

    def _run(
        self,
        assistant: Assistant,
        thread_id: str,
        order: Json,
        named: Mapping[str, str],
        headers: Mapping[str, Any],
    ) -> Job:
        runs = self._engine.runs
        metadata = {"a2a": dict(named)}
        body = {"assistant_id": assistant.assistant_id, "metadata": metadata, **order}
        return runs.submit(runs.draft(body, thread_id, None, headers))

    def _resume(
        self,
        assistant: Assistant,
        message: Mapping[str, Any],
        order: Json,
        headers: Mapping[str, Any],
    ) -> tuple[Task, Job]:
        if not isinstance(message["taskId"], str):
            raise TaskError(INVALID_PARAMS, "taskId is a text")
        task = self.find(assistant, message["taskId"], message.get("contextId"))
        state = self.state(task)
        if state != "input-required":
            raise TaskError(UNSUPPORTED, f"The task is {state}: it takes no message")
        named = {"task_id": task.place()["taskId"]}
        given = self._input(assistant, message, named)
        if answers := answers_in(message):
            order["command"] = {"resume": answers[0]}
            spent = "resume" if "command" in message or "resume" in given else "messages"
            given.pop(spent, None)
        order["input"] = given
        job = self._run(assistant, task.context_id, order, named, headers)
        if (first := self._first(task)) is not None:
            self._latest[first] = job.run.run_id
        self._resumptions.add(job.run)
        return Task(task.name, task.first, job.run), job

    @property
    def remembered(self) -> int:
        """How much is kept beside the runs themselves."""
        return len(self._latest) + len(self._resumptions) + len(self._canceled)

    def find(self, assistant: Assistant, name: object, context_id: object = None) -> Task:
        """The assistant's task of this name: `<thread>:<run>`, or a run beside its context."""
        missing = TaskError(NOT_FOUND, f"There is no task {name}")
        if not isinstance(name, str) or not (context_id is None or isinstance(context_id, str)):
            raise missing
        thread_id, colon, run_id = name.partition(":")
        if not colon:
            thread_id, run_id = context_id or "", name
        elif context_id and context_id != thread_id:
            raise missing
        first = self._engine.runs.find(thread_id, run_id)
        if first is None or first.assistant_id != assistant.assistant_id:
            raise missing
        return self._task(name, first)

    def _task(self, name: str, first: Run) -> Task:
        latest = self._latest.get(first)
        run = None if latest is None else self._engine.runs.table.find(latest)
        return Task(name, first.run_id, run or first)

    def _first(self, task: Task) -> Run | None:
        return self._engine.runs.table.find(task.first)

    def of_assistant(self, assistant: Assistant, context_id: str | None) -> list[Task]:
        """All tasks, or those of one context, the newest first."""
        if context_id is None:
            runs = list(self._engine.runs.table)
        else:
            thread = self._engine.threads.find(context_id)
            runs = [] if thread is None else list(thread.runs)
        mine = [
            run
            for run in sorted(runs, key=lambda run: run.key, reverse=True)
            if run.assistant_id == assistant.assistant_id
            and run not in self._resumptions
            and self._engine.sees(run.thread.metadata)
        ]
        return [self._task(f"{run.thread.thread_id}:{run.run_id}", run) for run in mine]

    def state(self, task: Task) -> str:
        """Where a task stands, as the older generation spells it."""
        if self._first(task) in self._canceled:
            return "canceled"
        run = task.run
        newest = next(iter(run.thread.runs.newest(1)), None)
        if run.status == "success" and run.thread.interrupts and newest is run:
            return "input-required"
        return _STATES[run.status]

    async def cancel(self, task: Task) -> None:
        """End a task that has not ended."""
        state = self.state(task)
        if state == "input-required":
            self._engine.states.update(task.context_id, None, END)
            if (first := self._first(task)) is not None:
                self._canceled.add(first)
            return
        if state in TERMINAL:
            raise TaskError(NOT_CANCELABLE, f"The task is {state} already")
        try:
            await self._engine.runs.cancel(task.context_id, task.run.run_id, rollback=False)
        except NotFoundError:
            raise TaskError(NOT_CANCELABLE, "The task has ended meanwhile") from None

    # --- telling ----------------------------------------------------------------------------------

    def values(self, task: Task) -> Json:
        """The state that the task's latest run reached."""
        if self._engine.threads.find(task.context_id) is None:
            return {}
        states = self._engine.states
        found = states.history(task.context_id, metadata={"run_id": task.run.run_id})
        values: Json = (found[0]["values"] if found else None) or {}
        return values

    def artifact(self, assistant: Assistant, task: Task) -> Json:
        """What a task gives: the questions it asks, or what it has to say."""
        artifact: Json = {"artifactId": self._engine.ids.uuid4()}
        if self.state(task) == "input-required":
            asked = [
                {"id": item["id"], "value": item["value"]}
                for items in task.run.thread.interrupts.values()
                for item in items
            ]
            return artifact | {
                "name": "Interrupt",
                "description": "The agent waits for an answer",
                "parts": [{"kind": "data", "data": question} for question in asked],
            }
        return artifact | {
            "name": "Assistant Response",
            "description": f"What assistant {assistant.assistant_id} answered",
            "parts": [text_part(text_of_values(self.values(task)))],
        }

    def said(self, task: Task, parts: list[Json], spelt: Spelling) -> Json:
        """A message of the agent beside a status."""
        return {
            "kind": "message",
            "role": spelt.role("agent"),
            "parts": parts,
            "messageId": self._engine.ids.uuid4(),
            **task.place(),
        }

    def noted(self, task: Task, text: str, spelt: Spelling) -> Json:
        """The same beside the status of a task that is looked up."""
        said = self.said(task, [text_part(text)], spelt) | {"taskId": task.name}
        del said["contextId"]
        return said

    def page(self, tasks: Sequence[Task], shown: Shown, spelt: Spelling) -> list[Json]:
        """Tasks as `ListTasks` tells them."""
        histories = Histories(self._engine)
        return [self.show(task, shown, spelt, histories) for task in tasks]

    def show(
        self, task: Task, shown: Shown, spelt: Spelling, histories: Histories | None = None
    ) -> Json:
        """A task as `tasks/get` tells it; `histories` is what tells those of one answer."""
        state = self.state(task)
        status: Json = {
            "state": spelt.state(state),
            "timestamp": task.run.updated_at,
        }
        if state in ("completed", "failed"):
            status["message"] = self.noted(task, f"The task has {state}", spelt)
        found: Json = {
            "kind": "task",
            "id": task.name,
            "contextId": task.context_id,
            "status": status,
        }
        if shown.length:
            histories = histories or Histories(self._engine)
            found["history"] = histories.tell(task, self.values(task), shown, spelt)
        return found

    def answer(
        self, assistant: Assistant, task: Task, job: Job, shown: Shown, spelt: Spelling
    ) -> Json:
        """A task as `message/send` answers once its run has ended."""
        found: Json = {"kind": "task", "id": task.name, "contextId": task.context_id}
        if shown.length:
            histories = Histories(self._engine)
            found["history"] = histories.tell(task, self.values(task), shown, spelt)
        state = self.state(task)
        if job.failure is not None:
            words = [text_part(f"The run failed: {job.failure.error}")]
            said = self.said(task, words, spelt)
            return found | {"status": {"state": spelt.state("failed"), "message": said}}
        status = {"state": spelt.state(state), "timestamp": self._engine.clock.timestamp()}
        found["status"] = status
        if state not in ("failed", "canceled"):
            found["artifacts"] = [self.artifact(assistant, task)]
        return found
