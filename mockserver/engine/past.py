"""What a thread's stream can replay: the frames of its resumable runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.engine import events
from mockserver.engine.frames import projection_of, replay
from mockserver.engine.thread_stream import run_done

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockserver.engine.frames import Frame
    from mockserver.engine.scheduler import Scheduler
    from mockserver.store.archive import Archive
    from mockserver.store.rows import Run, Thread


def stored(thread: Thread, scheduler: Scheduler, last: int) -> Iterator[Frame]:
    """The frames with an id greater than `last`, oldest first.

    What there is to replay is fixed by the call; the frames are made as they are asked for.
    """
    ended: list[tuple[Run, Archive]] = []
    live: list[Frame] = []
    for run in thread.runs:  # in the order they were created, which is the order they played in
        archive = run.archive
        if archive is not None and archive.ids is not None and archive.ids[-1] > last:
            ended.append((run, archive))
        job = scheduler.job(run.run_id)
        if job is not None and job.log.projection.resumable:
            live += job.log.frames[job.log.position_after(last) :]
    return _frames(ended, live, last)


def _frames(
    ended: Sequence[tuple[Run, Archive]], live: Sequence[Frame], last: int
) -> Iterator[Frame]:
    for run, archive in ended:
        assert archive.ids is not None
        log = events.unpack(archive.events)
        yield from replay(log, archive.ids, projection_of(run), last)
        yield run_done(run.run_id, archive.ids[-1])
    yield from live
