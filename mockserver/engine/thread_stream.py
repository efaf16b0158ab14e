"""The stream of a thread: what all its runs send, for as long as the client listens."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from mockserver.engine.frames import MAX_FRAMES_A_CHUNK, Frame, encode, tag
from mockserver.engine.pacing import Paced

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from mockserver.engine.clock import Clock
    from mockserver.engine.frames import EventIds

RUN_MODES, LIFECYCLE, STATE_UPDATE = "run_modes", "lifecycle", "state_update"
_MAX_BACKLOG = 100_000  # frames a client may fall behind; then its stream ends and it may come back


class Feed:
    """The clients that follow one thread."""

    __slots__ = ("readers",)

    def __init__(self) -> None:
        self.readers: set[ThreadReader] = set()

    def publish(self, frames: Iterable[Frame]) -> None:
        """Hand frames with ids to every client."""
        for name, wire, _ in frames:
            for reader in self.readers:
                reader.push(name, wire)

    def close(self) -> None:
        """End every client's stream."""
        for reader in self.readers:
            reader.close()


class Feeds(dict[str, Feed]):
    """The threads somebody follows, by id. Threads nobody follows cost nothing."""

    def attach(self, thread_id: str, reader: ThreadReader) -> None:
        """Add a client to a thread's."""
        feed = self.get(thread_id)
        if feed is None:
            feed = self[thread_id] = Feed()
        feed.readers.add(reader)

    def detach(self, thread_id: str, reader: ThreadReader) -> None:
        """Take a client away."""
        feed = self.get(thread_id)
        if feed is not None:
            feed.readers.discard(reader)
            if not feed.readers:
                del self[thread_id]

    def state_updated(self, thread_id: str, state: Any, ids: EventIds) -> None:
        """Tell the clients of a thread that its state was updated by hand."""
        feed = self.get(thread_id)
        if feed is not None:
            value = ids.next()
            wire = encode(STATE_UPDATE, {"state": state, "thread_id": thread_id})
            feed.publish([(STATE_UPDATE, tag(wire, value), value)])


def run_done(run_id: str, value: int) -> Frame:
    """The frame, with its id, that ends a run on its thread's stream."""
    wire = encode("metadata", {"status": "run_done", "run_id": run_id})
    return ("metadata", tag(wire, value), value)


class ThreadReader(Paced):
    """One client's view of a thread's stream; `past` is what it is sent first."""

    heartbeat = b": heartbeat\r\n\r\n"

    def __init__(
        self,
        feeds: Feeds,
        thread_id: str,
        modes: Collection[str],
        past: Iterable[Frame],
        clock: Clock,
        heartbeat_seconds: float,
        left: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(clock, heartbeat_seconds, left)
        self._feeds = feeds
        self._thread_id = thread_id
        self._modes = frozenset(modes)
        self._past: Iterator[Frame] | None = iter(past)
        self._waiting: deque[bytes] = deque()
        self._closed = False
        feeds.attach(thread_id, self)

    def push(self, name: str, wire: bytes) -> None:
        """Take in a frame for the client."""
        if self._closed or not self._wants(name):
            return
        if len(self._waiting) >= _MAX_BACKLOG:
            self.close()
            return
        self._waiting.append(wire)
        self.wake()

    def _wants(self, name: str) -> bool:
        if name == STATE_UPDATE:
            return STATE_UPDATE in self._modes
        return RUN_MODES in self._modes or (LIFECYCLE in self._modes and name == "metadata")

    def close(self) -> None:
        """End the client's stream once it has got what waits for it."""
        self._closed = True
        self.wake()

    def take(self) -> bytes:
        """The frames that wait, the past before the present, up to a bound."""
        while self._past is not None:
            page = [wire for name, wire, _ in self._page(self._past) if self._wants(name)]
            if page:
                return b"".join(page)
        waiting = self._waiting
        if not waiting:
            return b""
        return b"".join([waiting.popleft() for _ in range(min(len(waiting), MAX_FRAMES_A_CHUNK))])

    def _page(self, past: Iterator[Frame]) -> Iterator[Frame]:
        for _ in range(MAX_FRAMES_A_CHUNK):
            frame = next(past, None)
            if frame is None:
                self._past = None
                return
            yield frame

    def ended(self) -> bool:
        """Whether the server has ended the stream."""
        return self._closed

    def detach(self) -> None:
        """Leave the thread."""
        self._feeds.detach(self._thread_id, self)


class OwnThreadReader(ThreadReader):
    """The same where threads have owners: what comes while the thread is not `shown` is left out.

    A thread may go, and another user may make one with its id.
    """

    def __init__(self, *given: Any, shown: Callable[[], bool]) -> None:
        super().__init__(*given)
        self._shown = shown

    def push(self, name: str, wire: bytes) -> None:
        """Take in a frame for the client, if it is for them."""
        if self._shown():
            super().push(name, wire)
