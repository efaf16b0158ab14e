"""A run that has not ended yet: what it was asked, its log, how it is to be stopped."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mockserver.engine.execution import Plan
from mockserver.engine.frames import Projection
from mockserver.engine.protocol import native
from mockserver.engine.revision import RUN_METADATA
from mockserver.engine.streams import Log

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockserver.engine.clock import Timer
    from mockserver.engine.execution import Outcome
    from mockserver.engine.failures import Failure
    from mockserver.engine.server import Engine
    from mockserver.store.assistants import Assistant
    from mockserver.store.rows import Run, Thread
    from spec.lifecycle import Lifecycle


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run is ended from outside: a cause of the lifecycle table, the status it leads to.

    `error` is what the thread shows afterwards, `farewell` an error its streams end with.
    """

    cause: str
    target: str
    error: tuple[str, str] | None = None
    farewell: tuple[str, str] | None = None

    @property
    def deletes(self) -> bool:
        """Whether the run's row goes too."""
        return self.target == "deleted"


def cancelled(reason: str, *, cause: str = "cancel") -> Stop:
    """Keep the run as `interrupted`, and what it wrote."""
    return Stop(cause, "interrupted", ("UserInterrupt", reason))


def rolled_back(reason: str) -> Stop:
    """Remove the run and what it wrote."""
    return Stop("rollback", "deleted", ("UserRollback", reason))


RUN_NOT_FOUND = ("HTTPException", "404: Run not found")
DELETED = Stop("delete", "deleted", None, RUN_NOT_FOUND)
TIMED_OUT = Stop("timeout", "timeout", ("TimeoutError", ""))


class Job:
    """One pending or running run. Its end is one step: row, thread, then streams, then webhook."""

    __slots__ = (
        "_engine",
        "_kwargs",
        "_log",
        "_plan",
        "_settled",
        "assistant_id",
        "begun",
        "checkpoint",
        "failure",
        "finished",
        "graph_id",
        "outcome",
        "row",
        "run",
        "stop",
        "superseded",
        "task",
        "thread",
        "timer",
    )

    def __init__(
        self,
        engine: Engine,
        run: Run,
        assistant: Assistant,
        kwargs: Mapping[str, Any],
        checkpoint: dict[str, Any] | None,
        row: Mapping[str, Any],
    ) -> None:
        self._engine = engine
        self.run = run
        self.row: Mapping[str, Any] | None = row  # as it was made, until the request is answered
        self.thread: Thread = run.thread
        self.assistant_id = assistant.assistant_id
        self.graph_id = assistant.graph_id
        self._kwargs: Mapping[str, Any] | None = kwargs
        self.checkpoint = checkpoint
        self._log: Log | None = None
        self._plan: Plan | None = None
        self.begun: int | None = None  # epoch µs
        self.task: asyncio.Task[Outcome] | None = None
        self.timer: Timer | None = None
        self.stop: Stop | None = None
        self.finished = False
        self.outcome: Outcome | None = None
        self.failure: Failure | None = None
        self.superseded: Sequence[Job] = ()  # jobs that must have ended before this one is answered
        self._settled: asyncio.Event | None = None

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """What the run was asked for."""
        if self._kwargs is None:
            self._kwargs = self.run.view()["kwargs"]
        return self._kwargs

    def rest(self) -> None:
        """The request is answered: of a run that has to wait only the row is kept."""
        self.row = None
        if self.task is None:
            self._kwargs = None

    @property
    def temporary(self) -> bool:
        """Whether the run is stateless, and gone when it ends."""
        temporary: bool = self.kwargs["temporary"]
        return temporary

    @property
    def webhook(self) -> str | None:
        """Where the end is told."""
        url: str | None = self.kwargs["webhook"]
        return url

    @property
    def log(self) -> Log:
        """The run's events. Made when first asked for: a run that only waits needs none."""
        if self._log is None:
            engine, kwargs = self._engine, self.kwargs
            projection = Projection(
                kwargs["stream_mode"],
                subgraphs=kwargs["subgraphs"],
                resumable=kwargs["resumable"],
            )
            self._log = Log(
                self.thread.thread_id,
                projection,
                engine.event_ids,
                engine.feeds,
                engine.transcripts,
                timed=native(kwargs),
            )
        return self._log

    @property
    def plan(self) -> Plan:
        """What the player is told. Made when first asked for."""
        if self._plan is None:
            kwargs = self.kwargs
            self._plan = Plan(
                run_id=self.run.run_id,
                thread_id=self.thread.thread_id,
                assistant_id=self.assistant_id,
                graph_id=self.graph_id,
                input=kwargs["input"],
                command=kwargs["command"],
                config=kwargs["config"],
                context=kwargs["context"],
                interrupt_before=kwargs["interrupt_before"],
                interrupt_after=kwargs["interrupt_after"],
                checkpoint=self.checkpoint,
                durability=kwargs["durability"],
                temporary=kwargs["temporary"],
                attempt=1,
                traced="events" in kwargs["stream_mode"],
            )
        return self._plan

    async def settled(self) -> None:
        """Return once the run has ended and everything it leaves behind is in place."""
        if self.finished:
            return
        if self._settled is None:
            self._settled = asyncio.Event()
        await self._settled.wait()

    def settle(self) -> None:
        """Mark the end: end the streams, wake who waits."""
        self.finished = True
        if self.timer is not None:
            self.timer.cancel()
        self.log.close()
        if self._settled is not None:
            self._settled.set()


def taken(config: Mapping[str, Any], attempt: int) -> dict[str, Any]:
    """The config that a run's row shows once a worker took it: real servers write into it."""
    configurable = {**config["configurable"], "__pregel_node_finished": None}
    configurable.pop("__context_provided__", None)
    metadata = {**config["metadata"], "run_attempt": attempt, **RUN_METADATA}
    return {**config, "configurable": configurable, "metadata": metadata}


def check_move(lifecycle: Lifecycle, origin: str, target: str, cause: str) -> None:
    """Raise RuntimeError for a move the lifecycle does not have: that is a fault of the engine."""
    if not lifecycle.allows(origin, target, cause):
        raise RuntimeError(f"a run may not go from {origin} to {target} by {cause}")
