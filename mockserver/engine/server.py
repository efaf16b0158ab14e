"""The engine of one mock server: its parts, put together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mockserver.engine import execution
from mockserver.engine.a2a import Tasks
from mockserver.engine.assistants import Assistants
from mockserver.engine.clock import EPOCH_US, Clock, Pace, VirtualClock
from mockserver.engine.crons import Crons
from mockserver.engine.following import Following
from mockserver.engine.frames import EventIds
from mockserver.engine.ids import Ids
from mockserver.engine.items import Items
from mockserver.engine.runs import Runs
from mockserver.engine.scheduler import Scheduler
from mockserver.engine.state import States
from mockserver.engine.thread_stream import Feeds
from mockserver.engine.threads import Threads
from mockserver.engine.tools import Tools
from mockserver.engine.transcripts import Transcripts
from mockserver.engine.webhooks import Webhooks
from mockserver.scripts.agents import Agents
from mockserver.store.checkpoints import Checkpoints

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mockserver.engine.checkpoints import Checkpoint
    from mockserver.engine.events import Event
    from mockserver.engine.execution import Outcome, Plan
    from mockserver.settings import Settings

    Player = Callable[[Plan, Callable[[Event], None]], Awaitable[Outcome]]


class Engine:
    """Everything one mock server knows and does. Used on one event loop."""

    def __init__(self, settings: Settings, *, player: Player | None = None) -> None:
        self.settings = settings
        seed, virtual = settings.seed, settings.pace == "virtual"
        # a seeded server whose time stands still begins at a fixed moment: timestamps repeat too
        start = None if seed is None else EPOCH_US
        self.clock: Clock = VirtualClock(start) if virtual else Clock()
        self.pace = Pace(self.clock, settings.pace, settings.speed)
        self.ids = Ids(seed, self.clock)
        self.event_ids = EventIds(self.clock)
        self.feeds = Feeds()
        self.transcripts = Transcripts(self)
        self.agents = Agents.load(settings.agents_file)
        self.assistants = Assistants(self.agents, self.clock, self.ids)
        self.checkpoints: Checkpoints[Checkpoint] = Checkpoints()
        self.threads = Threads(self)
        self.runs = Runs(self)
        self.following = Following(self)
        self.scheduler = Scheduler(self.clock, self.runs.begin)
        self.states = States(self)
        self.webhooks = Webhooks(self.clock)
        self.items = Items(self.clock)
        self.crons = Crons(self)
        self.tools = Tools(self)
        self.tasks = Tasks(self)
        self.stopping = False
        self._player = player or self._play

    async def play(self, plan: Plan, emit: Callable[[Event], None]) -> Outcome:
        """Play one run to its end. Raises only CancelledError."""
        return await self._player(plan, emit)

    async def _play(self, plan: Plan, emit: Callable[[Event], None]) -> Outcome:
        graph = self.agents.graph(plan.graph_id)
        return await execution.play(
            plan, graph, self.checkpoints, self.clock, self.ids, self.pace, emit
        )

    async def start(self) -> None:
        """Begin work. The engine needs nothing but a running loop."""
        self.stopping = False

    async def stop(self) -> None:
        """End every run's task, stream and webhook at once; rows stay as they are."""
        self.stopping = True
        self.crons.halt()
        tasks = []
        for job in self.scheduler.halt():
            if job.task is not None:
                job.task.cancel()
                tasks.append(job.task)
            job.log.close()
        for feed in list(self.feeds.values()):
            feed.close()
        self.transcripts.close()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)
        await self.webhooks.stop()
