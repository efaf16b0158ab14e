"""A run that has not ended yet: what it was asked, its log, how it is to be stopped."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.engine.clock import Timer
    from mockserver.engine.execution import Outcome, Plan
    from mockserver.engine.failures import Failure
    from mockserver.engine.streams import Log
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
        "_settled",
        "begun",
        "failure",
        "finished",
        "log",
        "outcome",
        "plan",
        "run",
        "stop",
        "superseded",
        "task",
        "thread",
        "timer",
        "webhook",
    )

    def __init__(self, run: Run, plan: Plan, log: Log, webhook: str | None) -> None:
        self.run = run
        self.thread: Thread = run.thread
        self.plan = plan
        self.log = log
        self.webhook = webhook
        self.begun: int | None = None  # epoch µs
        self.task: asyncio.Task[Outcome] | None = None
        self.timer: Timer | None = None
        self.stop: Stop | None = None
        self.finished = False
        self.outcome: Outcome | None = None
        self.failure: Failure | None = None
        self.superseded: list[Job] = []  # jobs that must have ended before this one is answered
        self._settled: asyncio.Event | None = None

    @property
    def key(self) -> tuple[int, int]:
        """Its place in the queue."""
        return self.run.key

    def __lt__(self, other: Job) -> bool:
        return self.run.key < other.run.key

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


def check_move(lifecycle: Lifecycle, origin: str, target: str, cause: str) -> None:
    """Raise RuntimeError for a move the lifecycle does not have: that is a fault of the engine."""
    if not lifecycle.allows(origin, target, cause):
        raise RuntimeError(f"a run may not go from {origin} to {target} by {cause}")
