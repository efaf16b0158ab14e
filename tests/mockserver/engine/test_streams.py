from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.engine.frames import EventIds, ModeFilter, after, event_id
from mockserver.engine.streams import RunReader
from tests.mockserver.engine.bench import Bench, drain, parse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mockserver.engine.jobs import Job

STEPS = [
    {"say": "a b c"},
    {"node": "check"},
    {"custom": 1},
    {"sleep": 5},
    {"update": {"note": 1}},
    {"node": "work"},
    {"sleep": 5},
    {"custom": 2},
]
ALL = ["values", "messages", "updates", "events", "debug", "checkpoints", "tasks", "custom"]


def join(bench: Bench, job: Job, **options: Any) -> AsyncIterator[bytes]:
    options = {"last_event_id": None, "modes": [], "cancel_on_disconnect": False, **options}
    return bench.engine.following.join_stream(job.thread.thread_id, job.run.run_id, **options)


# --- ids ----------------------------------------------------------------------------------------


def test_event_ids_are_unique_and_increase_within_a_millisecond() -> None:
    bench = Bench()
    ids = EventIds(bench.engine.clock)
    made = [ids.next() for _ in range(1000)]
    assert made == sorted(set(made))
    texts = {event_id(value) for value in made}
    assert len(texts) == 1000
    assert len({text.partition("-")[0] for text in texts}) == 1


@pytest.mark.parametrize("everything", ["-1", "-", "", "0", "0-0"])
def test_some_last_event_ids_mean_everything(everything: str) -> None:
    last = after(everything)
    assert last is not None
    assert last < 1_700_000_000_000 << 20


def test_a_last_event_id_is_the_event_itself() -> None:
    value = (1_795_171_917_052 << 20) + 7
    assert after(event_id(value)) == value
    assert after("1795171917052") == (1_795_171_917_052 << 20) - 1
    assert after("1795171917052-*") == ((1_795_171_917_053) << 20) - 1
    assert after("zzz") is None
    assert after("1-2-3") is None


# --- the live stream ----------------------------------------------------------------------------


async def test_a_stream_begins_with_metadata_and_ends_with_the_run(bench: Bench) -> None:
    job = bench.submit(bench.thread(), STEPS)
    stream = await bench.follow(bench.engine.following.stream(job))
    assert not stream.done()
    await bench.advance(10)
    events = parse(await stream)
    assert events[0].name == "metadata"
    assert events[0].data == {"run_id": job.run.run_id, "attempt": 1}
    assert {event.id for event in events} == {None}
    assert events[-1].name == "values"


async def test_row_and_thread_are_final_before_a_stream_ends(bench: Bench) -> None:
    thread = bench.thread()
    job = bench.submit(thread)
    seen = []

    async def read() -> None:
        await drain(bench.engine.following.stream(job))
        seen.append((job.run.status, thread.status, thread.values, bench.engine.scheduler.jobs()))

    reading = asyncio.create_task(read())
    await bench.advance(60)
    await reading
    assert seen == [("success", "idle", thread.values, [])]
    assert thread.values is not None


async def test_a_failure_is_the_last_frame(bench: Bench) -> None:
    job = bench.submit(bench.thread(), [{"fail": {"error": "ValueError", "message": "boom"}}])
    stream = await bench.follow(bench.engine.following.stream(job))
    events = parse(await stream)
    assert (events[-1].name, events[-1].data) == (
        "error",
        {"error": "ValueError", "message": "boom"},
    )
    assert job.run.status == "error"
    assert job.thread.error == {"error": "ValueError", "message": "boom"}


async def test_heartbeats_come_while_nothing_happens(bench: Bench) -> None:
    job = bench.submit(bench.thread(), [{"sleep": 12}], after_seconds=7)
    reader = bench.engine.following.stream(job)
    pieces: list[bytes] = []

    async def read() -> None:
        with contextlib.suppress(StopAsyncIteration):
            while True:
                pieces.append(await anext(reader))

    reading = asyncio.create_task(read())
    await bench.advance()
    assert pieces == []
    await bench.advance(5)
    assert pieces == [b": heartbeat\r\n\r\n"]  # the run is still pending
    for _ in range(14):
        await bench.advance(1)
    await reading
    assert pieces.count(b": heartbeat\r\n\r\n") + b"".join(pieces[1:]).count(b": heartbeat") >= 3
    assert parse(b"".join(pieces))[0].name == "metadata"


async def test_readers_share_the_bytes_of_a_frame(bench: Bench) -> None:
    job = bench.submit(bench.thread(), STEPS, stream_mode=ALL)
    readers = [bench.engine.following.stream(job) for _ in range(3)]
    streams = [await bench.follow(reader) for reader in readers]
    frames = job.log.frames
    await bench.advance(10)
    results = [await stream for stream in streams]
    assert results[0] == results[1] == results[2]
    assert b"".join(wire for _, wire, _ in frames) == results[0]


async def test_a_slow_reader_holds_up_nothing(bench: Bench) -> None:
    job = bench.submit(bench.thread(), [{"custom": n} for n in range(1000)], stream_mode="custom")
    slow = bench.engine.following.stream(job)
    quick = await bench.follow(bench.engine.following.stream(job))
    assert job.finished
    assert len(parse(await quick)) == 1001
    first = await anext(slow)
    assert 1 < len(parse(first)) < 1001
    assert len(parse(first + await drain(slow))) == 1001


async def test_no_frame_is_made_where_nobody_looks(bench: Bench) -> None:
    job = bench.submit(bench.thread(), STEPS, stream_mode=ALL)
    await bench.advance(5)
    assert job.log.events
    assert job.log.frames == []


# --- joining ------------------------------------------------------------------------------------


async def test_joining_a_pending_run_shows_all_of_it(bench: Bench) -> None:
    job = bench.submit(bench.thread(), STEPS, after_seconds=5)
    joined = await bench.follow(join(bench, job))
    await bench.advance(20)
    assert parse(await joined)[0].name == "metadata"


async def test_joining_a_playing_run_shows_what_comes(bench: Bench) -> None:
    job = bench.submit(bench.thread(), STEPS, stream_mode="custom")
    await bench.advance(6)
    joined = await bench.follow(join(bench, job))
    await bench.advance(10)
    assert [event.data for event in parse(await joined)] == [2]


async def test_an_ended_run_that_is_not_resumable_has_nothing_to_show(bench: Bench) -> None:
    job = await bench.run(bench.thread(), STEPS)
    assert await drain(join(bench, job)) == b""
    assert await drain(join(bench, job, last_event_id="-1")) == b""


@pytest.mark.parametrize(
    "script", [STEPS, [*STEPS, {"fail": {"error": "KeyError", "message": "k"}}]]
)
@pytest.mark.parametrize("subgraphs", [False, True])
async def test_the_replay_of_a_resumable_run_is_what_was_live(
    bench: Bench, script: Any, subgraphs: bool
) -> None:
    script = [{"subgraph": [{"say": "in side"}]}, {"parallel": {"left": [], "right": []}}, *script]
    job = bench.submit(
        bench.thread(),
        script,
        stream_mode=ALL,
        stream_resumable=True,
        stream_subgraphs=subgraphs,
    )
    live = await bench.follow(bench.engine.following.stream(job))
    await bench.advance(60)
    sent = await live
    events = parse(sent)
    ids = [event.id for event in events]
    assert None not in ids
    assert len(set(ids)) == len(ids)
    assert await drain(join(bench, job, last_event_id="-1")) == sent
    assert await drain(join(bench, job)) == b""  # without an id there is no replay
    for cut, event in enumerate(events):
        rest = parse(await drain(join(bench, job, last_event_id=event.id)))
        assert rest == events[cut + 1 :]
    only = parse(await drain(join(bench, job, last_event_id="-1", modes=["custom"])))
    wanted = [event for event in events if event.name.partition("|")[0] in ("custom", "error")]
    assert only == wanted


async def test_a_resumed_live_stream_has_no_gap_and_no_repetition(bench: Bench) -> None:
    job = bench.submit(bench.thread(), STEPS, stream_mode=ALL, stream_resumable=True)
    whole = await bench.follow(bench.engine.following.stream(job))
    await bench.advance(6)
    so_far = list(job.log.frames)
    cuts = [0, 1, len(so_far) // 2, len(so_far) - 1]
    resumed = [
        await bench.follow(join(bench, job, last_event_id=event_id(so_far[cut][2]))) for cut in cuts
    ]
    plain = await bench.follow(join(bench, job))
    junk = await bench.follow(join(bench, job, last_event_id="zzz"))
    await bench.advance(60)
    events = parse(await whole)
    for cut, stream in zip(cuts, resumed, strict=True):
        assert parse(await stream) == events[cut + 1 :]
    assert parse(await plain) == parse(await junk) == events[len(so_far) :]


async def test_an_unknown_run_is_one_error_frame(bench: Bench) -> None:
    job, other = await bench.run(bench.thread()), bench.thread()
    chunks = bench.engine.following.join_stream(
        other.thread_id, job.run.run_id, last_event_id=None, modes=[], cancel_on_disconnect=False
    )
    (event,) = parse(await drain(chunks))
    assert (event.name, event.data["error"]) == ("error", "HTTPException")


@pytest.mark.parametrize(
    ("modes", "passing"),
    [
        (["values"], {"values", "values|n:1", "error"}),
        (['["values","updates"]'], {"values", "values|n:1", "updates", "error"}),
        (["values,updates"], {"values", "values|n:1", "updates", "error"}),
        (["messages"], {"messages", "messages/partial", "messages/complete", "error"}),
        (["messages-tuple"], {"messages", "messages/partial", "messages/complete", "error"}),
        (["junk"], {"error"}),
        (["[oops"], {"error"}),
    ],
)
def test_a_filter_lets_pass_what_was_asked_for(modes: list[str], passing: set[str]) -> None:
    only = ModeFilter.of(modes)
    assert only is not None
    names = {"metadata", "values", "values|n:1", "updates", "messages", "messages/partial"}
    names |= {"messages/complete", "custom", "error", "debug"}
    assert {name for name in names if only(name)} == passing
    assert ModeFilter.of([]) is None


# --- leaving ------------------------------------------------------------------------------------


@pytest.mark.parametrize("cancels", [True, False])
@pytest.mark.parametrize("way", ["stream", "wait", "join", "join_stream"])
@pytest.mark.parametrize("begun", [True, False])
async def test_leaving_ends_the_run_where_it_was_to(
    bench: Bench, way: str, cancels: bool, begun: bool
) -> None:
    thread = bench.thread()
    job = bench.submit(thread, [{"sleep": 5}, {"node": "check"}], after_seconds=0 if begun else 3)
    following, where = bench.engine.following, (thread.thread_id, job.run.run_id)
    if way == "join_stream":
        chunks = join(bench, job, cancel_on_disconnect=cancels)
    elif way == "join":
        chunks = following.join(*where, cancel_on_disconnect=cancels)
    else:
        chunks = getattr(following, way)(job, cancel_on_disconnect=cancels)
    reading = await bench.follow(chunks)
    reading.cancel()  # the client has gone
    await asyncio.wait([reading])
    await chunks.aclose()  # type: ignore[attr-defined]
    await bench.advance()
    if cancels:
        assert job.run.status == "interrupted"
        assert thread.status == ("interrupted" if begun else "idle")
    else:
        await bench.advance(60)
        assert job.run.status == "success"


async def test_a_stream_read_to_its_end_cancels_nothing(bench: Bench) -> None:
    job = bench.submit(bench.thread())
    chunks = bench.engine.following.stream(job, cancel_on_disconnect=True)
    assert isinstance(chunks, RunReader)
    await bench.advance(60)
    await drain(chunks)
    await chunks.aclose()
    assert job.run.status == "success"


async def test_a_stream_that_was_never_read_counts_as_left(bench: Bench) -> None:
    job = bench.submit(bench.thread(), [{"sleep": 5}])
    chunks = bench.engine.following.stream(job, cancel_on_disconnect=True)
    assert isinstance(chunks, RunReader)
    await bench.advance()
    await chunks.aclose()
    await chunks.aclose()
    await bench.advance()
    assert job.run.status == "interrupted"


# --- the thread's stream ------------------------------------------------------------------------


async def test_a_thread_stream_shows_every_run_with_ids_and_an_end(bench: Bench) -> None:
    thread = bench.thread()
    reading = await bench.follow(
        bench.engine.following.thread(thread.thread_id, ["run_modes"], None)
    )
    first, second = await bench.run(thread), await bench.run(thread, [{"custom": 1}])
    await bench.engine.stop()
    events = parse(await reading)
    ends = [event.data["run_id"] for event in events if event.data.get("status") == "run_done"]
    assert ends == [first.run.run_id, second.run.run_id]
    starts = [event.data["run_id"] for event in events if "attempt" in event.data]
    assert starts == ends
    ids = [after(event.id or "") or 0 for event in events]
    assert ids == sorted(set(ids))
    assert {event.name for event in events} == {"metadata", "values"}


@pytest.mark.parametrize("resumable", [False, True])
async def test_a_followed_threads_runs_stream_as_ever(bench: Bench, resumable: bool) -> None:
    """The thread's stream has ids, a run's own only where it is resumable."""
    thread = bench.thread()
    following = await bench.follow(
        bench.engine.following.thread(thread.thread_id, ["run_modes"], None)
    )
    job = bench.submit(thread, STEPS, stream_resumable=resumable)
    own = await bench.follow(bench.engine.following.stream(job))
    await bench.advance(60)
    await bench.engine.stop()
    seen, shown = parse(await following), parse(await own)
    assert [event.id is not None for event in shown] == [resumable] * len(shown)
    same = [(event.name, event.data) for event in seen[:-1]]
    assert same == [(event.name, event.data) for event in shown]


async def test_lifecycle_shows_starts_and_ends_alone(bench: Bench) -> None:
    thread = bench.thread()
    reading = await bench.follow(
        bench.engine.following.thread(thread.thread_id, ["lifecycle"], None)
    )
    await bench.run(thread, [{"fail": {"error": "ValueError", "message": "x"}}])
    await bench.engine.stop()
    events = parse(await reading)
    assert [sorted(event.data) for event in events] == [["attempt", "run_id"], ["run_id", "status"]]


async def test_state_update_shows_updates_by_hand_alone(bench: Bench) -> None:
    thread = bench.thread()
    await bench.run(thread)
    modes = [["state_update"], ["run_modes"], ["lifecycle", "state_update"]]
    readings = [
        await bench.follow(bench.engine.following.thread(thread.thread_id, mode, None))
        for mode in modes
    ]
    bench.engine.states.update(thread.thread_id, {"note": "by hand"}, "work")
    await bench.engine.stop()
    by_hand, runs, both = [parse(await reading) for reading in readings]
    assert [event.name for event in by_hand] == ["state_update"]
    assert by_hand[0].data["thread_id"] == thread.thread_id
    assert by_hand[0].data["state"]["values"]["note"] == "by hand"
    assert runs == []
    assert both == by_hand


async def test_a_thread_stream_replays_resumable_runs_only(bench: Bench) -> None:
    thread = bench.thread()
    whole = await bench.follow(bench.engine.following.thread(thread.thread_id, ["run_modes"], None))
    await bench.run(thread, STEPS, stream_resumable=True)
    plain = await bench.run(thread)
    live = bench.submit(thread, STEPS, stream_resumable=True)
    await bench.advance(6)
    replay = await bench.follow(bench.engine.following.thread(thread.thread_id, ["run_modes"], "-"))
    await bench.advance(60)
    assert live.finished
    await bench.engine.stop()
    sent = parse(await whole)
    begin = next(
        at for at, event in enumerate(sent) if event.data.get("run_id") == plain.run.run_id
    )
    end = next(
        at
        for at, event in enumerate(sent)
        if event.data == {"status": "run_done", "run_id": plain.run.run_id}
    )
    assert parse(await replay) == sent[:begin] + sent[end + 1 :]
    again = Bench()
    assert await drain_some(again, "no-such-thread") == b""


async def drain_some(bench: Bench, thread_id: str) -> bytes:
    reading = await bench.follow(bench.engine.following.thread(thread_id, ["run_modes"], "-"))
    assert not reading.done()  # an unknown thread is silent, not an error
    await bench.engine.stop()
    return await reading


async def test_a_thread_stream_goes_on_where_it_was_left(bench: Bench) -> None:
    thread = bench.thread()
    whole = await bench.follow(bench.engine.following.thread(thread.thread_id, ["run_modes"], None))
    await bench.run(thread, stream_resumable=True)
    await bench.run(thread, stream_resumable=True)
    seen = [value for _, _, value in parse_ids(bench, thread.thread_id)]
    streams = [
        await bench.follow(
            bench.engine.following.thread(thread.thread_id, ["run_modes"], event_id(value))
        )
        for value in seen
    ]
    await bench.engine.stop()
    sent = parse(await whole)
    assert [event.id for event in sent] == [event_id(value) for value in seen]
    for cut, stream in enumerate(streams):
        assert parse(await stream) == sent[cut + 1 :]


def parse_ids(bench: Bench, thread_id: str) -> list[Any]:
    from mockserver.engine.past import stored

    return list(stored(bench.engine.threads.get(thread_id), bench.engine.scheduler, -1))


async def test_a_client_that_falls_too_far_behind_is_let_go(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockserver.engine.thread_stream._MAX_BACKLOG", 10)
    thread = bench.thread()
    stuck = bench.engine.following.thread(thread.thread_id, ["run_modes"], None)
    await bench.run(thread, [{"custom": n} for n in range(100)], stream_mode="custom")
    assert len(parse(await drain(stuck))) == 10
    assert thread.thread_id not in bench.engine.feeds
