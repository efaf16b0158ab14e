"""The engine of one mock server: its parts, put together."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Any

from mockserver.engine import execution
from mockserver.engine.a2a import Tasks
from mockserver.engine.assistants import Assistants
from mockserver.engine.clock import EPOCH_US, Clock, Pace, VirtualClock
from mockserver.engine.crons import Crons
from mockserver.engine.following import Following
from mockserver.engine.frames import EventIds
from mockserver.engine.identity import OWNER
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
    from collections.abc import Awaitable, Callable, Mapping

    from mockserver.engine.checkpoints import Checkpoint
    from mockserver.engine.events import Event
    from mockserver.engine.execution import Outcome, Plan
    from mockserver.engine.identity import Identity
    from mockserver.settings import Settings

    Player = Callable[[Plan, Callable[[Event], None]], Awaitable[Outcome]]


class Engine:
    """Everything one mock server knows and does. Used on one event loop.

    `identity` is whose view of it this is: None sees everything.
    """

    def __init__(self, settings: Settings, *, player: Player | None = None) -> None:
        self.settings = settings
        self.identity: Identity | None = None
        self.whole = self
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

    # --- whose ------------------------------------------------------------------------------------

    def seen_by(self, identity: Identity) -> Engine:
        """The same engine for somebody with resources of their own; those of others are not there.

        A view shares everything with the whole; it is cheap, and is to be kept.
        """
        view = copy.copy(self.whole)
        view.identity = identity
        view.assistants = view.assistants.within(view)
        view.threads = view.threads.within(view)
        view.runs = view.runs.within(view)
        view.following = view.following.within(view)
        view.states = view.states.within(view)
        view.items = view.items.within(view)
        view.crons = view.crons.within(view)
        view.tools = view.tools.within(view)
        view.tasks = view.tasks.within(view)
        return view

    def sees(self, metadata: Mapping[str, Any]) -> bool:
        """Whether what has this metadata is there for whom this view is."""
        return self.identity is None or self.identity.owns(metadata)

    def marked(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """Metadata of what is made or changed or looked for, with its owner."""
        if self.identity is None:
            return metadata
        return {**metadata, OWNER: self.identity.name}

    def play(self, plan: Plan, emit: Callable[[Event], None]) -> Awaitable[Outcome]:
        """Play one run to its end. Raises only CancelledError, once awaited."""
        return self._player(plan, emit)

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
