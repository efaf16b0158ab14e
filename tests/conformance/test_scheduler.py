"""Scenarios side by side: lanes, exclusive ones, limits, faults."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from conformance.driver import Driver
from conformance.errors import StoppedError
from conformance.registry import USUAL_LIMIT, Exclusive, Scenario
from conformance.scheduler import Loop, Scheduler, new_client, record
from conformance.target import Pace, Target

TARGET = Target("http://127.0.0.1:9", pace=Pace(slots=3))
Drive = Callable[[Driver], Awaitable[None]]


@pytest.fixture
def loop() -> Iterator[Loop]:
    found = Loop()
    yield found
    found.close()


class Watch:
    """Makes scenarios that take a moment, and keeps when each began and ended."""

    def __init__(self) -> None:
        self.spans: dict[str, tuple[float, float]] = {}
        self.most = 0
        self._now = 0

    def scenario(
        self,
        name: str,
        exclusive: Exclusive = "",
        area: str = "a",
        limit: float = USUAL_LIMIT,
        seconds: float = 0.03,
    ) -> Scenario:
        async def drive(_: Driver) -> None:
            began = time.monotonic()
            self._now += 1
            self.most = max(self.most, self._now)
            await asyncio.sleep(seconds)
            self._now -= 1
            self.spans[name] = (began, time.monotonic())

        drive.__module__ = f"x.{area}"
        return Scenario(name, drive, frozenset(), exclusive, False, limit, "")

    def apart(self, one: str, other: str) -> bool:
        (a, b), (c, d) = self.spans[one], self.spans[other]
        return b <= c or d <= a


def run(loop: Loop, *found: Scenario) -> Any:
    scheduler = Scheduler(loop, TARGET, found)
    scheduler.start()
    return scheduler.all()


def plain(drive: Drive, limit: float = USUAL_LIMIT) -> Scenario:
    return Scenario("plain", drive, frozenset(), "", False, limit, "")


def test_not_more_at_once_than_there_are_slots(loop: Loop) -> None:
    watch = Watch()
    seen = run(loop, *(watch.scenario(f"s{n}") for n in range(9)))
    assert len(seen) == 9
    assert watch.most == 3


def test_long_ones_take_no_lane(loop: Loop) -> None:
    watch = Watch()
    long = [watch.scenario(f"l{n}", limit=60.0, seconds=0.2) for n in range(4)]
    run(loop, *long, watch.scenario("s"))
    assert watch.spans["s"][1] < min(watch.spans[f"l{n}"][1] for n in range(4))


def test_exclusive_on_the_server_is_alone(loop: Loop) -> None:
    watch = Watch()
    run(
        loop,
        watch.scenario("alone", "server"),
        watch.scenario("too", "server"),
        *(watch.scenario(f"s{n}") for n in range(5)),
    )
    others = watch.spans.keys() - {"alone"}
    assert all(watch.apart("alone", other) for other in others)


def test_exclusive_in_its_area_waits_for_that_area_only(loop: Loop) -> None:
    watch = Watch()
    run(
        loop,
        watch.scenario("alone", "area", area="crons"),
        watch.scenario("cron", area="crons"),
        watch.scenario("long", area="streams", seconds=0.3),
    )
    assert watch.apart("alone", "cron")
    assert not watch.apart("alone", "long")


async def test_a_stop_is_told_and_a_fault_is_ours() -> None:
    async def stops(_: Driver) -> None:
        raise StoppedError("no run_id")

    async def breaks(_: Driver) -> None:
        raise ZeroDivisionError

    async with new_client(TARGET) as client:
        stopped = await record(plain(stops), TARGET, client)
        broken = await record(plain(breaks), TARGET, client)
    assert (stopped.stopped, stopped.fault) == ("no run_id", None)
    assert broken.fault is not None
    assert "ZeroDivisionError" in broken.fault


async def test_a_scenario_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs(d: Driver) -> None:
        d.note(began=True)
        await asyncio.sleep(3600)

    quick = Target("http://127.0.0.1:9", pace=Pace(0.0, 0.0, grace=0.001))
    async with new_client(quick) as client:
        found = await record(plain(hangs, limit=0.05), quick, client)
    assert found.stopped is not None
    assert "longer than" in found.stopped
    assert found.note("began")


def test_a_closed_loop_ends_what_runs() -> None:
    watch = Watch()
    loop = Loop()
    Scheduler(loop, TARGET, [watch.scenario("s", seconds=3600)]).start()
    began = time.monotonic()
    loop.close()
    assert time.monotonic() - began < 3


def stopping(name: str, times: int) -> Scenario:
    left = [times]

    async def drive(d: Driver) -> None:
        d.note(left=left[0])
        left[0] -= 1
        if left[0] >= 0:
            raise StoppedError("too slow")

    return Scenario(name, drive, frozenset(), "", False, USUAL_LIMIT, "")


def test_what_stopped_is_repeated_once(loop: Loop) -> None:
    seen = run(loop, stopping("slow", 1), stopping("stuck", 2), stopping("fine", 0))
    assert seen["slow"].stopped is None
    assert seen["slow, stopped"].stopped == "too slow"
    assert seen["stuck"].stopped == "too slow"
    assert seen["stuck"].note("left") == 1
    assert seen.keys() == {"slow", "slow, stopped", "stuck", "stuck, stopped", "fine"}


def test_where_much_stopped_nothing_is_repeated(loop: Loop) -> None:
    seen = run(loop, *(stopping(f"s{n}", 1) for n in range(6)))
    assert len(seen) == 6
    assert {found.stopped for found in seen.values()} == {"too slow"}
