"""Plays graphs without a server: what happened, as events and as frames of any stream mode."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mockserver.engine.clock import Clock, Pace
from mockserver.engine.execution import Outcome, Plan, play
from mockserver.engine.ids import Ids
from mockserver.engine.projection import frames
from mockserver.scripts.agents import Agents
from mockserver.store.checkpoints import Checkpoints

if TYPE_CHECKING:
    from mockserver.engine.checkpoints import Checkpoint
    from mockserver.engine.events import Event

Json = dict[str, Any]
THREAD = "00000000-0000-7000-8000-000000000001"


@dataclass(frozen=True)
class Played:
    """One run that ended: its outcome and its log."""

    outcome: Outcome
    log: list[Event]

    def frames(self, *modes: str, subgraphs: bool = False) -> list[tuple[str, Any]]:
        """The frames of these stream modes."""
        return [frame for event in self.log for frame in frames(event, modes, subgraphs)]

    def data(self, mode: str) -> list[Any]:
        """The data of one mode's frames."""
        return [data for _, data in self.frames(mode)]

    @property
    def values(self) -> Json:
        """The values the run ended with."""
        assert self.outcome.values is not None
        return self.outcome.values

    @property
    def error(self) -> str | None:
        """The class of the run's failure."""
        return None if self.outcome.error is None else self.outcome.error.error


@dataclass
class Stage:
    """Graphs, checkpoints, and no time between steps."""

    agents: Agents = field(default_factory=Agents)
    clock: Clock = field(default_factory=Clock)
    store: Checkpoints[Checkpoint] = field(default_factory=Checkpoints)

    def __post_init__(self) -> None:
        self.ids = Ids(7, self.clock)
        self.pace = Pace(self.clock, "immediate")
        self.runs = 0

    def plan(self, given: Any, graph: str = "probe", **more: Any) -> Plan:
        """A plan as the server would make it; `config` is merged into the server's own."""
        self.runs += 1
        run_id = f"00000000-0000-7000-9000-{self.runs:012}"
        config: Json = {
            "metadata": {"graph_id": graph, "created_by": "system"},
            "configurable": {"run_id": run_id, "thread_id": THREAD, "user_id": ""},
            **more.pop("config", {}),
        }
        return Plan(run_id, THREAD, f"assistant-{graph}", graph, given, config=config, **more)

    async def play(self, given: Any = None, graph: str = "probe", **more: Any) -> Played:
        """Play one run to its end."""
        return await self.perform(self.plan(given, graph, **more))

    async def script(self, *steps: Json, **more: Any) -> Played:
        """Play a script on the probe."""
        return await self.play({"script": list(steps)}, **more)

    async def resume(self, answer: Any, **more: Any) -> Played:
        """Answer what the thread asked."""
        return await self.play(command={"resume": answer}, **more)

    async def perform(self, plan: Plan) -> Played:
        """Play a plan to its end."""
        log: list[Event] = []
        graph = self.agents.graph(plan.graph_id)
        outcome = await play(plan, graph, self.store, self.clock, self.ids, self.pace, log.append)
        return Played(outcome, log)

    async def cut(self, plan: Plan, after: str) -> list[Event]:
        """Play a plan and cancel it once an event of that class has happened."""
        log: list[Event] = []
        seen = asyncio.Event()

        def emit(event: Event) -> None:
            log.append(event)
            if type(event).__name__ == after:
                seen.set()

        graph = self.agents.graph(plan.graph_id)
        work = play(plan, graph, self.store, self.clock, self.ids, Pace(self.clock, "real"), emit)
        task = asyncio.create_task(work)
        await asyncio.wait_for(seen.wait(), 5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        return log

    def lineage(self, namespace: str = "") -> list[Checkpoint]:
        """The checkpoints of the thread, oldest first."""
        return self.store.all(THREAD, namespace)
