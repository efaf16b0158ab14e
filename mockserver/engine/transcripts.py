"""The protocol's view of a thread: its runs one after another, their events numbered through.

A transcript is made of the logs when the first subscriber comes and let go with the last one. What
stays is where the numbers of each run begin, so that they are the same for whoever comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from mockserver.engine import events as ev
from mockserver.engine.frames import MAX_FRAMES_A_CHUNK
from mockserver.engine.pacing import Paced
from mockserver.engine.protocol import INPUT_REQUESTED, Item, Telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mockserver.engine.clock import Clock
    from mockserver.engine.events import Event, Namespace
    from mockserver.engine.jobs import Job
    from mockserver.engine.server import Engine
    from mockserver.engine.subscriptions import Subscription
    from mockserver.store.rows import Run

Wake = Callable[[], None]
# what goes on beside a question that waits, in another branch of the graph
_LIVE = (ev.SpeechStarted, ev.TokenSpoken, ev.SpeechEnded, ev.Custom)


class Entry(NamedTuple):
    """One event of a transcript: its number, what subscribers choose by, and the whole as JSON."""

    seq: int
    method: str
    channel: str
    namespace: Namespace
    name: str | None
    body: bytes


class Transcript:
    """The events of one thread, as long as somebody subscribes to them."""

    def __init__(self, engine: Engine, thread_id: str) -> None:
        self._engine = engine
        self._thread_id = thread_id
        self._starts: dict[str, int] = {}  # the number before a run's first event
        self._held: list[Entry] | None = None
        self._wakes: set[Wake] = set()
        self._moment = 0
        self.seq = 0
        self.entries: list[Entry] = []
        self.telling: Telling | None = None
        self.closed = False

    @property
    def wanted(self) -> bool:
        """Whether anybody subscribes."""
        return bool(self._wakes)

    def attach(self, wake: Wake) -> None:
        """Call back when there is more. The first to come has the past put together."""
        if not self._wakes:
            self._recall()
        self._wakes.add(wake)

    def detach(self, wake: Wake) -> None:
        """Call back no more."""
        self._wakes.discard(wake)
        if not self._wakes:
            self.entries, self._held, self.telling = [], None, None

    def close(self) -> None:
        """End it for everybody: the server stops."""
        self.closed = True
        self._wake()

    # --- the present ------------------------------------------------------------------------------

    def hear(self, event: Event, moment: int) -> None:
        """Take in an event of the run that plays, at this time (epoch ms)."""
        if isinstance(event, ev.Started):
            job = self._engine.scheduler.job(event.run_id)
            if job is None:
                return
            self.telling = Telling(job.kwargs, event.run_id, job.graph_id)
            self._starts.setdefault(event.run_id, self.seq)
        telling = self.telling
        if telling is None or isinstance(event, ev.Failed):
            return  # why a run failed comes with its end
        if self._held is not None and isinstance(event, _LIVE):
            self._release()
        for item in telling.of(event):
            if item.method == INPUT_REQUESTED and self._held is None:
                # a question is answered once the run that asked is over: until then it waits
                self._held = []
            self._add(telling.run_id, item, moment)
        self._wake()

    def settle(self, job: Job, status: str, moment: int) -> None:
        """Take in the end of a run; its row and its thread are final."""
        telling = self.telling
        if telling is None or telling.run_id != job.run.run_id:
            return
        if job.failure is not None:
            telling.error = job.failure.message
        for item in telling.end(status):
            self._add(telling.run_id, item, moment)
        self._release()
        self._wake()

    def _wake(self) -> None:
        for wake in tuple(self._wakes):
            wake()

    def _release(self) -> None:
        held, self._held = self._held, None
        self.entries += held or ()

    def _add(self, run_id: str, item: Item, moment: int) -> None:
        self.seq += 1
        self._moment = moment = max(self._moment, moment)
        params: dict[str, Any] = {
            "namespace": item.namespace,
            "timestamp": moment,
            "data": item.data,
        }
        if item.node is not None:
            params["node"] = item.node
        mark = item.mark
        envelope = {
            "type": "event",
            "event_id": f"{moment}-{self.seq}" if mark is None else f"synth:{run_id}:{mark}",
            "seq": self.seq,
            "method": item.method,
            "params": params,
            "run_id": run_id,
        }
        channel = "input" if item.method == INPUT_REQUESTED else item.method
        name = item.data.get("name") if channel == "custom" else None
        body = orjson.dumps(envelope)
        entry = Entry(self.seq, item.method, channel, item.namespace, name, body)
        (self.entries if self._held is None else self._held).append(entry)

    # --- the past ---------------------------------------------------------------------------------

    def _recall(self) -> None:
        """Put together what the thread's runs did so far."""
        self.entries, self._held, self.telling, self._moment = [], None, None, 0
        thread = self._engine.threads.find(self._thread_id)
        last = self.seq
        known = self._starts
        runs: Iterable[Run] = () if thread is None else thread.runs
        # runs are listed as they were created, which is how new ones follow those known already
        for run in sorted(runs, key=lambda run: known.get(run.run_id, last)):
            self._recall_run(run, last)
        self.seq = max(self.seq, last)

    def _recall_run(self, run: Run, last: int) -> None:
        job = self._engine.scheduler.job(run.run_id)
        if job is not None and job.begun is None:
            return
        archive = run.archive
        if job is None and archive is None:
            return
        self.seq = self._starts.get(run.run_id, max(self.seq, last))
        if job is not None:
            log = job.log
            log.timed = True
            log.times[:] = moments(log.events, log.times, run)
            for event, moment in zip(log.events, log.times, strict=True):
                self.hear(event, moment)
            return
        assert archive is not None
        self._starts.setdefault(run.run_id, self.seq)
        row = run.view()
        events = ev.unpack(archive.events)
        times = moments(events, archive.times or (), run)
        telling = Telling(row["kwargs"], run.run_id, _graph_of(row))
        for event, moment in zip(events, times, strict=False):
            for item in telling.of(event):
                self._add(run.run_id, item, moment)
        for item in telling.end(run.status):
            self._add(run.run_id, item, archive.times[-1] if archive.times else times[-1])
        self.telling = telling


def _graph_of(row: Mapping[str, Any]) -> str:
    graph_id: str = row["kwargs"]["config"]["configurable"]["graph_id"]
    return graph_id


def moments(events: Sequence[Event], times: Sequence[int], run: Run) -> list[int]:
    """When each event was (epoch ms): as noted, or as the nearest event before it says.

    Nobody notes the times of a run that the protocol has nothing to do with.
    """
    if len(times) >= len(events):
        return list(times[: len(events)])
    return list(_told(events, run.created_us // 1000))


def _told(events: Iterable[Event], moment: int) -> Iterator[int]:
    for event in events:
        at = getattr(event, "at", None)
        if at is not None:
            moment = max(moment, int(datetime.fromisoformat(at).timestamp() * 1000))
        yield moment


class Transcripts(dict[str, Transcript]):
    """The threads that somebody subscribed to, by id. Others cost nothing."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    def attach(self, thread_id: str, wake: Wake) -> Transcript:
        """A subscriber's transcript of a thread, which need not exist."""
        found = self.get(thread_id)
        if found is None:
            found = self[thread_id] = Transcript(self._engine, thread_id)
        found.attach(wake)
        return found

    def detach(self, thread_id: str, transcript: Transcript, wake: Wake) -> None:
        """Let a subscriber go."""
        transcript.detach(wake)
        if not transcript.wanted and self._engine.threads.find(thread_id) is None:
            self.pop(thread_id, None)

    def forget(self, thread_id: str) -> None:
        """The thread is gone; those who subscribed may wait for another of its id."""
        found = self.get(thread_id)
        if found is not None and not found.wanted:
            del self[thread_id]

    def close(self) -> None:
        """End every subscriber's stream."""
        for transcript in self.values():
            transcript.close()


def _always() -> bool:
    return True


class EventReader(Paced):
    """One subscriber's stream of server-sent events: what was, then what comes.

    What comes while it is not `shown` is not for this subscriber.
    """

    heartbeat = b": heartbeat\r\n\r\n"

    def __init__(
        self,
        transcripts: Transcripts,
        thread_id: str,
        subscription: Subscription,
        clock: Clock,
        heartbeat_seconds: float,
        shown: Callable[[], bool] = _always,
    ) -> None:
        super().__init__(clock, heartbeat_seconds, None)
        self._shown = shown
        self._transcripts = transcripts
        self._thread_id = thread_id
        self._subscription = subscription
        self._at = 0
        self._transcript = transcripts.attach(thread_id, self.wake)

    def take(self) -> bytes:
        """The events not yet sent, up to a bound; empty when there are none."""
        entries = self._transcript.entries
        while (at := self._at) < len(entries):
            page = entries[at : at + MAX_FRAMES_A_CHUNK]
            self._at = at + len(page)
            if not self._shown():
                continue
            wanted = b"".join([_wire(entry) for entry in page if self._subscription.wants(entry)])
            if wanted:
                return wanted
        return b""

    def ended(self) -> bool:
        """Whether the server has ended the stream."""
        return self._transcript.closed

    def detach(self) -> None:
        """Subscribe no more."""
        self._transcripts.detach(self._thread_id, self._transcript, self.wake)


def _wire(entry: Entry) -> bytes:
    return b"event: %b\r\ndata: %b\r\nid: %d\r\n\r\n" % (
        entry.method.encode(),
        entry.body,
        entry.seq,
    )
