"""Everything at once in random order: what must hold holds after each step, and all of it ends."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.engine.errors import EngineError
from spec.lifecycle import lifecycle
from tests.mockserver.engine.bench import Bench, drain, parse

if TYPE_CHECKING:
    from mockserver.engine.jobs import Job
    from mockserver.store.rows import Thread

SCRIPTS: list[list[dict[str, Any]]] = [
    [{"say": "a b"}],
    [{"sleep": 1}, {"node": "check"}, {"sleep": 2}, {"update": {"note": 1}}],
    [{"sleep": 0.5}, {"fail": {"error": "ValueError", "message": "x"}}],
    [{"sleep": 0.5}, {"interrupt": "?"}],
    [{"custom": n} for n in range(20)],
]
STRATEGIES = ["reject", "enqueue", "enqueue", "interrupt", "rollback"]


class World:
    """An engine, what was done to it, and who listens."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.bench = Bench(job_timeout_seconds=8.0)
        self.threads: list[Thread] = [self.bench.thread() for _ in range(3)]
        self.jobs: list[Job] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.streams: list[asyncio.Task[bytes]] = []
        self.seen: dict[str, str] = {}

    def act(self) -> None:
        """Begin one random action; it goes on beside the others."""
        choose, runs = self.random, self.bench.engine.runs
        kind = choose.randrange(10)
        job = choose.choice(self.jobs) if self.jobs else None
        if kind < 4 or job is None:
            self.create()
            return
        where = (job.thread.thread_id, job.run.run_id)
        if kind == 4:
            self.begin(runs.cancel(*where, rollback=choose.random() < 0.5))
        elif kind == 5:
            self.begin(runs.delete(*where))
        elif kind == 6:
            status = choose.choice(["pending", "running", "all"])
            self.begin(runs.cancel_status(status, rollback=choose.random() < 0.5))
        elif kind == 7:
            last = choose.choice([None, "-1"])
            cancels = choose.random() < 0.3
            chunks = self.bench.engine.following.join_stream(
                *where, last_event_id=last, modes=[], cancel_on_disconnect=cancels
            )
            self.listen(chunks, leaves=choose.random() < 0.4)
        elif kind == 8:
            self.listen(
                self.bench.engine.following.join(*where, cancel_on_disconnect=False), leaves=False
            )
        elif choose.random() < 0.3:
            self.begin(self.replace(job.thread))

    def create(self) -> None:
        choose, runs = self.random, self.bench.engine.runs
        thread = choose.choice([*self.threads, None])
        try:
            job = self.bench.submit(
                thread,
                choose.choice(SCRIPTS),
                multitask_strategy=choose.choice(STRATEGIES),
                after_seconds=choose.choice([0, 0, 0, 1.5]),
                stream_resumable=choose.random() < 0.5,
                stream_mode=["values", "custom"],
            )
        except EngineError:
            return
        self.jobs.append(job)
        if choose.random() < 0.5:
            cancels = choose.random() < 0.3
            chunks = self.bench.engine.following.stream(job, cancel_on_disconnect=cancels)
            self.listen(chunks, leaves=choose.random() < 0.3)
        self.begin(runs.admitted(job))

    async def replace(self, thread: Thread) -> None:
        if thread in self.threads:
            self.threads.remove(thread)
            self.threads.append(self.bench.thread())
            await self.bench.engine.threads.delete(thread.thread_id)

    def begin(self, action: Any) -> None:
        self.tasks.append(asyncio.ensure_future(action))

    def listen(self, chunks: Any, *, leaves: bool) -> None:
        async def read() -> bytes:
            try:
                return await drain(chunks)
            finally:
                if hasattr(chunks, "aclose"):
                    await chunks.aclose()

        task = asyncio.create_task(read())
        self.streams.append(task)
        if leaves:
            self.bench.engine.clock.call_later(self.random.random() * 2, task.cancel)

    def check(self) -> None:
        """What must hold at any time."""
        engine = self.bench.engine
        for thread in self.threads:
            active = engine.scheduler.active(thread.thread_id)
            rows = list(thread.runs)
            assert [run.key for run in rows] == sorted(run.key for run in rows)
            assert sum(run.status == "running" for run in rows) <= 1
            live = {run.run_id for run in rows if run.status in ("pending", "running")}
            assert live == {job.run.run_id for job in active}
            assert (thread.status == "busy") is bool(active)
            assert all(engine.runs.table.find(run.run_id) is run for run in rows)
        for job in self.jobs:
            run = job.run
            status = run.status if engine.runs.table.find(run.run_id) is run else "deleted"
            before = self.seen.get(run.run_id, "pending")
            assert before == "deleted" or status in {
                "deleted",
                *lifecycle().reachable(before),
            }, (before, status)
            assert run.view()["status"] == run.status
            self.seen[run.run_id] = status


@pytest.mark.parametrize("seed", range(40))
async def test_what_must_hold_holds_whatever_comes_between(seed: int) -> None:
    world = World(seed)
    for _ in range(60):
        for _ in range(world.random.randrange(1, 4)):
            world.act()
            if world.random.random() < 0.5:
                await asyncio.sleep(0)
        if world.random.random() < 0.5:
            await world.bench.advance(world.random.choice([0, 0.25, 1]))
        await asyncio.sleep(0)
        world.check()
    await world.bench.advance(600)
    world.check()
    engine = world.bench.engine
    assert not engine.scheduler.jobs()
    assert all(job.finished and (job.task is None or job.task.done()) for job in world.jobs)
    results = await asyncio.wait_for(
        asyncio.gather(*world.tasks, *world.streams, return_exceptions=True), 5
    )
    for result in results:
        unexpected = isinstance(result, BaseException) and not isinstance(
            result, EngineError | asyncio.CancelledError
        )
        assert not unexpected, repr(result)
    for stream in world.streams:
        if not stream.cancelled() and (sent := stream.result()).startswith(b"event"):
            ids = [event.id for event in parse(sent) if event.id is not None]
            assert len(set(ids)) == len(ids)
    # nothing is left of stateless runs, nobody is still followed
    kept = {thread.thread_id for thread in world.threads}
    assert {run.thread.thread_id for run in engine.runs.table} <= kept
    assert len(engine.threads.table) == len(world.threads)
    await engine.stop()
