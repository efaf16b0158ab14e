"""One log a run, many readers: events become frames once, and all are served the same bytes."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

from mockserver.engine.frames import MAX_FRAMES_A_CHUNK, untagged
from mockserver.engine.pacing import Paced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockserver.engine.clock import Clock
    from mockserver.engine.events import Event
    from mockserver.engine.frames import EventIds, Frame, ModeFilter, Projection
    from mockserver.engine.thread_stream import Feeds
    from mockserver.engine.transcripts import Transcripts


class Log:
    """The events of a run that has not ended, and who reads them.

    Frames are only made when somebody can ever see them: from the start for a resumable run, else
    from the first reader on.
    """

    __slots__ = (
        "_closers",
        "_feeds",
        "_ids",
        "_readers",
        "_transcripts",
        "closed",
        "events",
        "frames",
        "projection",
        "thread_id",
        "timed",
        "times",
    )

    def __init__(
        self,
        thread_id: str,
        projection: Projection,
        ids: EventIds,
        feeds: Feeds,
        transcripts: Transcripts,
        *,
        timed: bool = False,
    ) -> None:
        self.thread_id = thread_id
        self.projection = projection
        self.events: list[Event] = []
        self.frames: list[Frame] = []
        self.closed = False
        self.timed = timed  # whether `times` says when each event was (epoch ms)
        self.times: list[int] = []
        self._ids = ids
        self._feeds = feeds
        self._transcripts = transcripts
        self._readers: set[RunReader] = set()
        self._closers: list[Callable[[], None]] = []

    def emit(self, event: Event) -> None:
        """Add an event and wake the readers. After the end of the run it is ignored."""
        if self.closed:
            return
        self.events.append(event)
        if not self.timed and len(self.events) == 1:
            transcript = self._transcripts.get(self.thread_id)
            self.timed = transcript is not None and transcript.wanted
        feed = self._feeds.get(self.thread_id)
        frames: Sequence[Frame] = ()
        if self.projection.resumable or feed is not None:
            frames = self.projection.numbered(event, self._ids.next)
            if feed is not None:
                feed.publish(frames)
            if not self.projection.resumable:
                frames = [untagged(frame) for frame in frames]
        elif self._readers:
            frames = self.projection.plain(event)
        if frames:
            self.frames += frames
            for reader in self._readers:
                reader.wake()
        if self.timed:
            self._note(event)

    def _note(self, event: Event) -> None:
        """Say when the event was, and tell the thread's transcript where there is one."""
        moment = self._ids.epoch_ms()
        self.times.append(moment)
        transcript = self._transcripts.get(self.thread_id)
        if transcript is not None and transcript.wanted:
            transcript.hear(event, moment)

    def close(self) -> None:
        """End the stream: readers finish what there is, then end."""
        if self.closed:
            return
        self.closed = True
        for reader in self._readers:
            reader.wake()
        closers, self._closers = self._closers, []
        for closer in closers:
            closer()

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call back when the stream ends; at once when it has."""
        if self.closed:
            callback()
        else:
            self._closers.append(callback)

    def forget_close(self, callback: Callable[[], None]) -> None:
        """Do not call back any more."""
        if callback in self._closers:
            self._closers.remove(callback)

    def attach(self, reader: RunReader) -> None:
        """Serve a reader from now on."""
        self._readers.add(reader)

    def detach(self, reader: RunReader) -> None:
        """Serve a reader no more."""
        self._readers.discard(reader)

    def position_after(self, value: int) -> int:
        """The index of the first frame with an id greater than this one."""
        return bisect_right(self.frames, value, key=itemgetter(2))

    def frame_ids(self) -> array[int] | None:
        """The ids of all frames of a resumable run."""
        return (
            array("Q", (value for _, _, value in self.frames))
            if self.projection.resumable
            else None
        )


class RunReader(Paced):
    """One client's view of a run's stream: chunks of whole frames, heartbeats between them.

    Holds nothing but a position, so a slow client costs the run nothing.
    """

    heartbeat = b": heartbeat\r\n\r\n"

    def __init__(
        self,
        log: Log,
        clock: Clock,
        heartbeat_seconds: float,
        *,
        start: int = 0,
        only: ModeFilter | None = None,
        left: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(clock, heartbeat_seconds, left)
        self._log = log
        self._at = start
        self._only = only
        log.attach(self)

    def take(self) -> bytes:
        """The frames not yet sent, up to a bound; empty when there are none."""
        frames = self._log.frames
        while (at := self._at) < len(frames):
            page = frames[at : at + MAX_FRAMES_A_CHUNK]
            self._at = at + len(page)
            if self._only is not None:
                page = [frame for frame in page if self._only(frame[0])]
            if page:
                return page[0][1] if len(page) == 1 else b"".join([wire for _, wire, _ in page])
        return b""

    def ended(self) -> bool:
        """Whether the run's stream is over."""
        return self._log.closed

    def detach(self) -> None:
        """Leave the log."""
        self._log.detach(self)
