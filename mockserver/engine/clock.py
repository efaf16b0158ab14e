"""The one clock of a server, and the pace at which scripts spend it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from mockserver.store.times import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

EPOCH_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z: where a seeded virtual clock begins
_SETTLE_TURNS = (
    64  # loop turns without a new or woken sleeper after which the server counts as idle
)


class Timer(Protocol):
    """A callback that has not run yet."""

    def cancel(self) -> None:
        """Forget the callback."""


class Clock:
    """Wall-clock time that never goes back, in UTC."""

    virtual = False

    def __init__(self) -> None:
        self._last = 0

    def epoch_us(self) -> int:
        """Microseconds since 1970."""
        now = time.time_ns() // 1000
        if now < self._last:  # the machine's clock was set back
            return self._last
        self._last = now
        return now

    def epoch_ms(self) -> int:
        """Milliseconds since 1970."""
        return self.epoch_us() // 1000

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.fromtimestamp(self.epoch_us() / 1_000_000, UTC)

    def timestamp(self) -> str:
        """The present moment as ISO-8601 with microseconds and `+00:00`."""
        return iso(self.epoch_us())

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Return after `seconds`; zero and less still give other tasks a turn."""
        return asyncio.sleep(max(0.0, seconds))

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` on the loop after `seconds`."""
        return asyncio.get_running_loop().call_later(max(0.0, seconds), callback)

    def every(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` on the loop every `seconds`."""
        return _Recurring(seconds, callback)


class VirtualClock(Clock):
    """Time that stands still until `advance` moves it."""

    virtual = True

    def __init__(self, start_us: int | None = None) -> None:
        super().__init__()
        self._now = time.time_ns() // 1000 if start_us is None else start_us
        self._order = itertools.count()
        self._recurring: set[_VirtualRecurring] = set()
        self._timers: list[tuple[int, int, _VirtualTimer]] = []
        self._activity = 0  # grows whenever someone begins to wait or is woken
        self._advancing = asyncio.Lock()

    def epoch_us(self) -> int:
        """Microseconds since 1970, as far as the clock has been moved."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return once the clock has been moved `seconds` ahead."""
        if seconds <= 0:
            self._activity += 1
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        timer = self.call_later(seconds, woken.set)
        try:
            await woken.wait()
        finally:
            timer.cancel()

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` when the clock has been moved `seconds` ahead."""
        timer = _VirtualTimer(callback)
        due = self._now + max(0, round(seconds * 1_000_000))
        heapq.heappush(self._timers, (due, next(self._order), timer))
        self._activity += 1
        return timer

    def every(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` once for each move of the clock that passes a multiple of `seconds`."""
        timer = _VirtualRecurring(self._recurring, self._now, seconds, callback)
        self._recurring.add(timer)
        return timer

    async def advance(self, seconds: float) -> None:
        """Move the clock; whatever falls due on the way happens in order, at its own moment.

        Raises ValueError for a negative number: time does not go back.
        """
        if seconds < 0:
            raise ValueError("the clock cannot go back; give a number of seconds of zero or more")
        async with self._advancing:
            target = self._now + round(seconds * 1_000_000)
            await self._settle()
            while self._timers and self._timers[0][0] <= target:
                due, _, timer = heapq.heappop(self._timers)
                if timer.callback is None:
                    continue
                self._now = max(self._now, due)
                self._activity += 1
                timer.callback()
                if not (self._timers and self._timers[0][0] == due):
                    await self._settle()
            self._now = max(self._now, target)
            for recurring in list(self._recurring):
                recurring.reach(self._now)
            await self._settle()

    async def _settle(self) -> None:
        """Give the loop turns until nobody begins to wait or wakes any more."""
        quiet, seen = 0, self._activity
        while quiet < _SETTLE_TURNS:
            await asyncio.sleep(0)
            quiet, seen = (quiet + 1, seen) if seen == self._activity else (0, self._activity)


class _VirtualTimer:
    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None


class _Recurring:
    __slots__ = ("_callback", "_handle", "_seconds")

    def __init__(self, seconds: float, callback: Callable[[], object]) -> None:
        self._seconds = seconds
        self._callback = callback
        self._handle = asyncio.get_running_loop().call_later(seconds, self._fire)

    def _fire(self) -> None:
        self._handle = asyncio.get_running_loop().call_later(self._seconds, self._fire)
        self._callback()

    def cancel(self) -> None:
        self._handle.cancel()


class _VirtualRecurring:
    """A year's move of the clock is one beat, not six million that nobody could hear."""

    def __init__(
        self,
        registry: set[_VirtualRecurring],
        now_us: int,
        seconds: float,
        callback: Callable[[], object],
    ) -> None:
        self._registry = registry
        self._period = max(1, round(seconds * 1_000_000))
        self._due = now_us + self._period
        self._callback = callback

    def reach(self, now_us: int) -> None:
        if now_us >= self._due and self in self._registry:
            self._due += ((now_us - self._due) // self._period + 1) * self._period
            self._callback()

    def cancel(self) -> None:
        self._registry.discard(self)


class Pace:
    """How long a script's delays take: `real` by speed, `immediate` none, `virtual` the clock's."""

    def __init__(self, clock: Clock, kind: str, speed: float = 1.0) -> None:
        if kind not in ("real", "immediate", "virtual"):
            raise ValueError(f"pace {kind!r} is not one of real, immediate, virtual")
        if speed <= 0:
            raise ValueError(f"speed must be greater than zero, not {speed}")
        self._clock = clock
        self.immediate = kind == "immediate"
        self._factor = 0.0 if self.immediate else 1.0 / speed

    def wait(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Spend a delay the script asked for, in seconds; other tasks get a turn in any case."""
        return self._clock.sleep(seconds * self._factor)
