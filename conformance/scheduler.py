"""Runs scenarios side by side in a thread of its own; whoever needs a recording waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl
import threading
import traceback
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from conformance.driver import Driver
from conformance.errors import StoppedError
from conformance.registry import USUAL_LIMIT

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Mapping

    from conformance.recording import Recording
    from conformance.registry import Scenario
    from conformance.target import Target

T = TypeVar("T")
SIDE_BY_SIDE = 8
_GRACE = 0.5
_MOST_AGAIN = 4


def new_client(target: Target) -> httpx.AsyncClient:
    """A client bound to the target; no redirects, no compression, no environment proxies.

    One a scenario: a pool looks at each of its connections for every request.
    """
    return httpx.AsyncClient(
        base_url=target.url,
        verify=_trusted() if target.url.startswith("https:") else False,
        headers={"accept-encoding": "identity", **target.headers},
        timeout=httpx.Timeout(None, connect=10.0),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        trust_env=False,
    )


@functools.cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()  # slow to make, so made once


async def record(scenario: Scenario, target: Target, client: httpx.AsyncClient) -> Recording:
    """Drives one scenario, bounded in time, and returns what it saw; never raises.

    A fault in the scenario itself is in the recording's `fault`.
    """
    driver = Driver(target, client, scenario.name)
    stopped: str | None = None
    fault: str | None = None
    limit = scenario.limit + 10 * target.pace.patience
    try:
        async with asyncio.timeout(limit):
            await scenario.drive(driver)
    except StoppedError as reason:
        stopped = str(reason)
    except TimeoutError:
        stopped = f"scenario {scenario.name} took longer than {limit:.0f} s"
    except Exception:  # noqa: BLE001 - a fault of ours must not pass for one of the target's
        fault = traceback.format_exc()
    recording = driver.recording(stopped, fault)
    with contextlib.suppress(Exception):
        await driver.clean()
    return recording


class Loop:
    """An event loop in a thread of its own, so that pytest may wait in the main one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Starts a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """Cancels what still runs, and ends the thread."""

        async def end() -> None:
            own = asyncio.current_task()
            rest = [task for task in asyncio.all_tasks() if task is not own]
            if rest:  # what is done but for closing its connections may do that
                await asyncio.wait(rest, timeout=_GRACE)
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
            await asyncio.sleep(0)  # closed transports say so in the loop's next round
            await asyncio.sleep(0)

        with contextlib.suppress(Exception):
            self.submit(end()).result(timeout=5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        if not self._loop.is_running():
            self._loop.close()


class Scheduler:
    """Scenarios under way: at most so many at once, exclusive ones last, each alone in its area.

    Where a few stopped, they are driven once more at the end, alone: a busy machine may have been
    too slow for them. Universal checks read both attempts.
    """

    def __init__(self, loop: Loop, target: Target, scenarios: Iterable[Scenario]) -> None:
        self._loop = loop
        self._target = target
        self._scenarios = list(scenarios)
        self._recordings: dict[str, Future[Recording]] = {
            scenario.name: Future() for scenario in self._scenarios
        }
        self._stopped: dict[str, Recording] = {}
        self._work: Future[None] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The scenarios, in the order in which they start."""
        return tuple(self._recordings)

    def start(self) -> None:
        """Starts them."""
        self._work = self._loop.submit(self._run())

    def wait(self, name: str) -> Recording:
        """Blocks until the scenario is over; its recording."""
        return self._recordings[name].result()

    def all(self) -> Mapping[str, Recording]:
        """Blocks until every scenario is over; the recordings by name.

        A first attempt that was repeated stands beside the second, as `NAME, stopped`.
        """
        found = {name: future.result() for name, future in self._recordings.items()}
        repeated = {
            f"{name}, stopped": first
            for name, first in self._stopped.items()
            if found[name] is not first
        }
        return found | repeated

    def running(self) -> int:
        """How many scenarios are not over yet."""
        return sum(not future.done() for future in self._recordings.values())

    async def _run(self) -> None:
        by: dict[str, list[Scenario]] = {"": [], "area": [], "server": []}
        for scenario in self._scenarios:
            by[scenario.exclusive].append(scenario)
        lanes = asyncio.Semaphore(max(1, min(SIDE_BY_SIDE, self._target.pace.slots)))
        try:
            tasks = {
                scenario.name: asyncio.create_task(self._one(scenario, lanes))
                for scenario in by[""]
            }
            waiting = [
                self._after([tasks[s.name] for s in by[""] if s.area == area], alone, lanes)
                for area in dict.fromkeys(scenario.area for scenario in by["area"])
                if (alone := [s for s in by["area"] if s.area == area])
            ]
            await asyncio.gather(*tasks.values(), *waiting)
            for scenario in by["server"]:
                await self._one(scenario, lanes)
            await self._again()
        except BaseException as broken:
            for future in self._recordings.values():
                if not future.done():
                    future.set_exception(broken)
            raise

    async def _after(
        self, first: list[asyncio.Task[None]], then: list[Scenario], lanes: asyncio.Semaphore
    ) -> None:
        """The exclusive ones of an area, one by one when its others are over."""
        await asyncio.gather(*first)
        for scenario in then:
            await self._one(scenario, lanes)

    async def _one(self, scenario: Scenario, lanes: asyncio.Semaphore) -> None:
        # those that mostly wait take no lane from the others
        lane = lanes if scenario.limit <= USUAL_LIMIT else contextlib.nullcontext()
        async with lane, new_client(self._target) as client:
            found = await record(scenario, self._target, client)
        if found.stopped and scenario.name not in self._stopped:
            self._stopped[scenario.name] = found  # told when it is clear whether it is repeated
        else:
            self._recordings[scenario.name].set_result(found)

    async def _again(self) -> None:
        """Repeats what stopped; where much did, that is how the target is."""
        lanes = asyncio.Semaphore(1)
        for scenario in self._scenarios:
            if scenario.name not in self._stopped:
                continue
            if len(self._stopped) > _MOST_AGAIN:
                self._recordings[scenario.name].set_result(self._stopped[scenario.name])
            else:
                await self._one(scenario, lanes)
