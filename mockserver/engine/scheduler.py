"""Which run begins when: one running run a thread, by creation time, without polling.

A thread with active runs has a lane; a thread without costs nothing.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from mockserver.engine.clock import Clock, Timer
    from mockserver.engine.jobs import Job


class Lane:
    """The active runs of one thread as they were accepted; the queue by creation time."""

    __slots__ = ("jobs", "queue", "running", "timer", "wakes_us")

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.queue: list[tuple[int, int, Job]] = []
        self.running: Job | None = None
        self.timer: Timer | None = None
        self.wakes_us = 0  # what the timer is set to


class Scheduler:
    """Calls `begin` for each run when its turn has come."""

    def __init__(self, clock: Clock, begin: Callable[[Job], None]) -> None:
        self._clock = clock
        self._begin = begin
        self._lanes: dict[str, Lane] = {}
        self._jobs: dict[str, Job] = {}

    def job(self, run_id: str) -> Job | None:
        """The job of an active run."""
        return self._jobs.get(run_id)

    def jobs(self) -> Collection[Job]:
        """Every active job of the server, longest accepted first."""
        return list(self._jobs.values())

    def active(self, thread_id: str) -> Collection[Job]:
        """The active jobs of a thread, longest accepted first."""
        lane = self._lanes.get(thread_id)
        return () if lane is None else list(lane.jobs.values())

    def busy(self, thread_id: str) -> bool:
        """Whether a thread has a pending or running run."""
        return thread_id in self._lanes

    def enqueue(self, job: Job) -> None:
        """Take in a pending run."""
        thread_id = job.thread.thread_id
        lane = self._lanes.get(thread_id)
        if lane is None:
            lane = self._lanes[thread_id] = Lane()
        self._jobs[job.run.run_id] = lane.jobs[job.run.run_id] = job
        heappush(lane.queue, (*job.run.key, job))
        self._kick(lane)

    def release(self, job: Job) -> bool:
        """Let go of a run that has ended; whether other runs of its thread are active."""
        thread_id, run_id = job.thread.thread_id, job.run.run_id
        lane = self._lanes[thread_id]
        del self._jobs[run_id], lane.jobs[run_id]
        if lane.running is job:
            lane.running = None
        if not lane.jobs:
            self._halt(lane)
            del self._lanes[thread_id]
            return False
        self._kick(lane)
        return True

    def _kick(self, lane: Lane) -> None:
        while lane.queue and lane.queue[0][2].run.run_id not in lane.jobs:
            heappop(lane.queue)  # it was cancelled while it waited
        if lane.running is not None or not lane.queue:
            self._halt(lane)
            return
        due = lane.queue[0][0]  # the first is due before all others
        ahead = due - self._clock.epoch_us()
        if ahead > 0:
            if lane.timer is None or lane.wakes_us != due:
                self._halt(lane)
                lane.wakes_us = due
                lane.timer = self._clock.call_later(ahead / 1_000_000, lambda: self._wake(lane))
            return
        self._halt(lane)
        lane.running = heappop(lane.queue)[2]
        self._begin(lane.running)

    def _wake(self, lane: Lane) -> None:
        lane.timer = None
        self._kick(lane)

    @staticmethod
    def _halt(lane: Lane) -> None:
        if lane.timer is not None:
            lane.timer.cancel()
            lane.timer = None

    def halt(self) -> Iterator[Job]:
        """Begin no further run; yields every active job."""
        for lane in self._lanes.values():
            self._halt(lane)
            lane.queue.clear()
        yield from self.jobs()
