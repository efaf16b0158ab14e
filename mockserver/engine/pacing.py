"""An answer sent piece by piece: pieces as they come, a heartbeat every few seconds, an end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.engine.clock import Clock, Timer


class Paced:
    """An async iterator of bytes for one client. Subclasses say what there is to send.

    The heartbeat runs from the making of the object. `left` is called when the client closes it
    before the end.
    """

    heartbeat: bytes

    def __init__(
        self, clock: Clock, heartbeat_seconds: float, left: Callable[[], None] | None
    ) -> None:
        self._left = left
        self._due = False  # whether a heartbeat is to be sent
        self._waiter: asyncio.Future[None] | None = None
        self._timer: Timer | None = clock.every(heartbeat_seconds, self._beat)
        self._open = True
        self._loop = asyncio.get_running_loop()

    def take(self) -> bytes:
        """What there is to send now; empty when there is nothing."""
        raise NotImplementedError

    def ended(self) -> bool:
        """Whether nothing more will come once `take` has nothing."""
        raise NotImplementedError

    def detach(self) -> None:
        """Let go of what is read. Called once."""
        raise NotImplementedError

    def _beat(self) -> None:
        self._due = True
        self.wake()

    def wake(self) -> None:
        """There may be something to send."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def __aiter__(self) -> Paced:
        return self

    async def __anext__(self) -> bytes:
        while self._open:
            ended = self.ended()  # before take: what came until the end is still sent
            piece = self.take()
            if self._due:
                self._due = False
                if not ended:
                    return self.heartbeat + piece
            if piece:
                return piece
            if ended:
                self._release()
                break
            self._waiter = self._loop.create_future()
            await self._waiter
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the reading. The client has left if the end had not come."""
        if self._open:
            left = self._left
            self._release()
            if left is not None:
                left()

    def _release(self) -> None:
        if self._open:
            self._open = False
            # the timer calls us: together we would be a ring that only the collector frees
            timer, self._timer, self._left = self._timer, None, None
            if timer is not None:
                timer.cancel()
            self.detach()
            self.wake()
