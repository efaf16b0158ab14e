from __future__ import annotations

import asyncio
import time

import pytest

from mockserver.engine.clock import EPOCH_US, Clock, Pace, VirtualClock


def test_a_timestamp_has_microseconds_and_an_offset() -> None:
    clock = VirtualClock(EPOCH_US + 1_234_567_000_042)
    assert clock.timestamp() == "2026-01-15T06:56:07.000042+00:00"
    assert clock.epoch_ms() == (EPOCH_US + 1_234_567_000_042) // 1000
    assert clock.now().isoformat() == clock.timestamp()


def test_the_clock_does_not_follow_the_machine_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    first = clock.epoch_us()
    monkeypatch.setattr(time, "time_ns", lambda: (first - 5_000_000) * 1000)
    assert clock.epoch_us() == first


async def test_virtual_time_moves_only_when_told_to() -> None:
    clock = VirtualClock()
    before = clock.epoch_us()
    sleeper = asyncio.create_task(clock.sleep(0.001))
    await asyncio.sleep(0.01)
    assert clock.epoch_us() == before
    assert not sleeper.done()
    await clock.advance(0.001)
    assert sleeper.done()
    assert clock.epoch_us() == before + 1000


async def test_everything_due_on_the_way_happens_at_its_own_moment() -> None:
    clock = VirtualClock(0)
    seen: list[tuple[str, int]] = []

    async def steps(name: str, *waits: float) -> None:
        for wait in waits:
            await clock.sleep(wait)
            seen.append((name, clock.epoch_us()))

    tasks = [asyncio.create_task(steps("a", 1, 3)), asyncio.create_task(steps("b", 2, 1))]
    await clock.advance(10)
    assert seen == [("a", 1_000_000), ("b", 2_000_000), ("b", 3_000_000), ("a", 4_000_000)]
    assert clock.epoch_us() == 10_000_000
    await asyncio.gather(*tasks)


async def test_a_cancelled_timer_does_not_fire() -> None:
    clock = VirtualClock(0)
    seen: list[int] = []
    timer = clock.call_later(1, lambda: seen.append(1))
    clock.call_later(2, lambda: seen.append(2))
    timer.cancel()
    await clock.advance(5)
    assert seen == [2]


async def test_a_beat_that_was_passed_many_times_comes_once() -> None:
    clock = VirtualClock(0)
    beats: list[int] = []
    timer = clock.every(5, lambda: beats.append(clock.epoch_us()))
    await clock.advance(4)
    assert beats == []
    await clock.advance(1)
    assert beats == [5_000_000]
    await clock.advance(31_536_000)
    assert len(beats) == 2
    timer.cancel()
    await clock.advance(100)
    assert len(beats) == 2


async def test_beats_of_real_time_come_until_they_are_cancelled() -> None:
    enough = asyncio.Event()
    beats: list[int] = []

    def beat() -> None:
        beats.append(1)
        if len(beats) == 3:
            timer.cancel()
            enough.set()

    timer = Clock().every(0.001, beat)
    await asyncio.wait_for(enough.wait(), 5)
    await asyncio.sleep(0.005)
    assert len(beats) == 3


async def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        await VirtualClock().advance(-1)


async def test_pace_scales_what_a_script_waits() -> None:
    clock = VirtualClock(0)
    waits = {
        "fast": asyncio.create_task(Pace(clock, "real", 4).wait(8)),
        "slow": asyncio.create_task(Pace(clock, "virtual").wait(8)),
        "none": asyncio.create_task(Pace(clock, "immediate").wait(8)),
    }
    await clock.advance(0)
    assert [name for name, task in waits.items() if task.done()] == ["none"]
    await clock.advance(2)
    assert [name for name, task in waits.items() if task.done()] == ["fast", "none"]
    await clock.advance(6)
    assert all(task.done() for task in waits.values())


@pytest.mark.parametrize(("kind", "speed"), [("slow", 1), ("real", 0), ("real", -2)])
def test_an_impossible_pace_is_refused(kind: str, speed: float) -> None:
    with pytest.raises(ValueError, match=r"pace|speed"):
        Pace(Clock(), kind, speed)
