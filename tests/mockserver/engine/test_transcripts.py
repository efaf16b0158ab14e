from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mockserver.engine.commands import CommandError, Commands
from mockserver.engine.subscriptions import CHANNELS, Subscription
from mockserver.engine.transcripts import EventReader

if TYPE_CHECKING:
    from mockserver.store.rows import Thread
    from tests.mockserver.engine.bench import Bench

ALL = Subscription(frozenset(CHANNELS))
TWO = "0a3d5a5e-6d6c-7000-8000-000000000002"
ASK = [{"interrupt": "sure?"}, {"say": {"$": "resume"}}]
MANY = [{"say": "a b"}, {"subgraph": [{"say": "c"}, {"update": {"note": 1}}]}, {"custom": 1}]


class Listener:
    """A subscriber, and what it was sent."""

    def __init__(self, bench: Bench, thread_id: str, subscription: Subscription = ALL) -> None:
        engine = bench.engine
        self.reader = EventReader(engine.transcripts, thread_id, subscription, engine.clock, 5.0)
        self.events: list[Any] = []

    def hear(self) -> list[Any]:
        """Everything sent so far."""
        while piece := self.reader.take():
            for frame in piece.split(b"\r\n\r\n")[:-1]:
                name, data, number = (line.split(b": ", 1)[1] for line in frame.split(b"\r\n"))
                event = orjson.loads(data)
                assert name.decode() == event["method"]
                assert int(number) == event["seq"]
                self.events.append(event)
        return self.events

    async def leave(self) -> None:
        await self.reader.aclose()


async def past(bench: Bench, thread_id: str, since: int = 0) -> list[Any]:
    """What a subscriber who comes now is sent."""
    listener = Listener(bench, thread_id, Subscription(frozenset(CHANNELS), since=since))
    found = list(listener.hear())
    await listener.leave()
    return found


async def command(bench: Bench, thread_id: str, method: str, **params: Any) -> Any:
    return await Commands(bench.engine, thread_id, None, str).answer(method, params)


async def start(bench: Bench, thread_id: str, script: Any) -> Any:
    return await command(
        bench, thread_id, "run.start", assistant_id="probe", input={"script": script}
    )


def told(events: list[Any]) -> list[str]:
    return [
        event["params"]["data"]["event"]
        if event["method"] in ("lifecycle", "messages")
        else event["method"]
        for event in events
    ]


async def test_the_first_command_makes_the_thread_for_those_who_wait(bench: Bench) -> None:
    listener = Listener(bench, TWO)
    result = await start(bench, TWO, [{"say": "one two"}])
    await bench.advance(60)
    events = listener.hear()
    spoken = ["message-start", "content-block-start", *["content-block-delta"] * 2]
    whole = ["content-block-finish", "message-finish"]
    assert told(events) == ["running", "values", *spoken, *whole, "values", "completed"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["event_id"] == f"synth:{result['run_id']}:lc||running"
    assert events[-1]["params"]["data"] == {"event": "completed", "graph_name": "probe"}
    message = events[-2]["params"]["data"]["messages"][0]
    assert message["content"] == [{"type": "text", "text": "one two", "index": 0}]
    assert message["id"] == events[2]["params"]["data"]["id"]


async def test_the_end_is_told_when_row_and_thread_are_final(bench: Bench) -> None:
    result = await start(bench, TWO, [{"say": "one"}])
    transcript = bench.engine.transcripts.attach(TWO, lambda: check())
    seen = []

    def check() -> None:
        if transcript.entries and b'"completed"' in transcript.entries[-1].body:
            run = bench.engine.runs.get(TWO, result["run_id"])
            seen.append((run.status, run.thread.status, bench.state(run.thread)["next"]))

    await bench.advance(60)
    assert seen == [("success", "idle", [])]


async def test_whoever_comes_later_is_sent_the_same(bench: Bench) -> None:
    thread = bench.thread()
    listener = Listener(bench, thread.thread_id)
    await bench.run(thread, MANY, stream_mode=["values", "updates", "custom", "tasks"])
    await start(bench, thread.thread_id, MANY)
    await bench.advance(60)
    await start(bench, thread.thread_id, [{"fail": {"error": "ValueError", "message": "boom"}}])
    await bench.advance(60)
    live = listener.hear()
    assert live[-1]["params"]["data"]["error"] == "boom"
    assert {"updates", "custom", "tasks"} <= {event["method"] for event in live}
    assert len({event["event_id"] for event in live}) == len(live)
    assert await past(bench, thread.thread_id) == live
    assert await past(bench, thread.thread_id, 7) == live[7:]
    await listener.leave()
    assert await past(bench, thread.thread_id) == live


async def test_who_comes_in_the_middle_is_sent_the_same(bench: Bench) -> None:
    thread = bench.thread()
    early = Listener(bench, thread.thread_id)
    await start(bench, thread.thread_id, [{"say": "a"}, {"sleep": 5}, {"say": "b"}])
    await bench.advance(1)
    late = Listener(bench, thread.thread_id)
    assert late.hear() == early.hear() != []
    await early.leave()
    await late.leave()
    again = Listener(bench, thread.thread_id)
    await bench.advance(60)
    assert again.hear()[: len(early.events)] == early.events
    assert again.hear()[-1]["params"]["data"]["event"] == "completed"


async def test_a_run_cancelled_while_it_waits_tells_nothing(bench: Bench) -> None:
    listener = Listener(bench, TWO, Subscription(frozenset({"lifecycle"})))
    first = await start(bench, TWO, [{"sleep": 5}])
    waiting = await start(bench, TWO, [{"say": "never"}])
    await bench.engine.runs.cancel(TWO, waiting["run_id"], rollback=False)
    last = await start(bench, TWO, [])
    await bench.advance(60)
    events = listener.hear()
    assert told(events) == ["running", "completed"] * 2
    assert [event["run_id"] for event in events[::2]] == [first["run_id"], last["run_id"]]
    assert [event["seq"] for event in await past(bench, TWO)][-1] == events[-1]["seq"]


async def test_numbers_stay_where_a_run_is_deleted(bench: Bench) -> None:
    thread = bench.thread()
    first = await bench.run(thread)
    await bench.run(thread)
    before = await past(bench, thread.thread_id)
    await bench.engine.runs.delete(thread.thread_id, first.run.run_id)
    after = await past(bench, thread.thread_id)
    assert after == [event for event in before if event["run_id"] != first.run.run_id]
    await bench.run(thread)
    third = (await past(bench, thread.thread_id))[len(after) :]
    assert third[0]["seq"] == before[-1]["seq"] + 1


async def test_a_run_without_subgraphs_in_its_stream_shows_none(bench: Bench) -> None:
    thread = bench.thread()
    await bench.run(thread, MANY)
    events = await past(bench, thread.thread_id)
    assert told(events) == ["running", *["values"] * 4, "completed"]
    assert all(not event["params"]["namespace"] for event in events)


async def test_a_subgraph_has_a_beginning_and_an_end(bench: Bench) -> None:
    await start(bench, TWO, MANY)
    await bench.advance(60)
    events = await past(bench, TWO)
    inner = [event for event in events if event["params"]["namespace"]]
    (segment,) = inner[0]["params"]["namespace"]
    assert segment.startswith("nest:")
    assert [word for word in told(inner) if "e-" not in word and "k-" not in word] == [
        *("values", "started", "values", "completed")
    ]
    assert inner[-1]["event_id"].endswith(f":lc|{segment}|completed")


# --- questions ------------------------------------------------------------------------------------


async def asked(bench: Bench, thread_id: str) -> list[Any]:
    events = await past(bench, thread_id)
    return [event for event in events if event["method"] == "input.requested"]


async def refusal(bench: Bench, thread_id: str, method: str, **params: Any) -> str:
    try:
        await command(bench, thread_id, method, **params)
    except CommandError as error:
        return error.code
    return "none"


async def test_a_question_is_told_and_answered_once(bench: Bench) -> None:
    await start(bench, TWO, ASK)
    await bench.advance(60)
    assert told(await past(bench, TWO)) == [
        *("running", "values", "input.requested", "interrupted", "values")
    ]
    (question,) = await asked(bench, TWO)
    data = question["params"]["data"]
    assert data["payload"] == data["value"] == "sure?"
    identity = data["interrupt_id"]
    assert await refusal(bench, TWO, "input.respond", interrupt_id="x") == "no_such_interrupt"
    answer = {"interrupt_id": identity, "response": "yes"}
    assert await command(bench, TWO, "input.respond", **answer) == {}
    assert await refusal(bench, TWO, "input.respond", **answer) == "no_such_interrupt"
    await bench.advance(60)
    assert await refusal(bench, TWO, "input.respond", **answer) == "no_such_interrupt"
    state = bench.state(thread_of(bench))
    assert state["values"]["messages"][0]["content"][0]["text"] == "yes"


def thread_of(bench: Bench) -> Thread:
    return bench.engine.threads.get(TWO)


async def test_a_new_input_answers_the_question(bench: Bench) -> None:
    await start(bench, TWO, ASK)
    await bench.advance(60)
    await command(bench, TWO, "run.start", assistant_id="probe", input="because")
    await bench.advance(60)
    state = bench.state(thread_of(bench))
    assert state["values"]["messages"][0]["content"][0]["text"] == "because"


async def test_several_questions_are_answered_at_once(bench: Bench) -> None:
    sides = {"left": [{"interrupt": "a"}], "right": [{"interrupt": "b"}]}
    await start(bench, TWO, [{"parallel": sides}])
    await bench.advance(60)
    ids = [event["params"]["data"]["interrupt_id"] for event in await asked(bench, TWO)]
    assert len(ids) == 2
    responses = [{"interrupt_id": identity, "response": 1} for identity in ids]
    await command(bench, TWO, "input.respond", responses=responses, update={"note": "n"})
    await bench.advance(60)
    thread = thread_of(bench)
    assert thread.status == "idle"
    assert bench.state(thread)["values"]["note"] == "n"


async def test_the_question_of_a_subgraph_is_told_once_in_its_place(bench: Bench) -> None:
    await start(bench, TWO, [{"subgraph": [{"interrupt": "in?"}]}])
    await bench.advance(60)
    (question,) = await asked(bench, TWO)
    assert question["params"]["namespace"][0].startswith("nest:")
    words = told(await past(bench, TWO))
    assert words[-1] == "interrupted"  # the subgraph
    assert words.count("interrupted") == 2


async def test_commands_that_make_no_sense_are_refused(bench: Bench) -> None:
    bad = "invalid_argument"
    for params in (
        {},
        {"assistant_id": 5},
        {"assistant_id": "probe", "metadata": 5},
        {"assistant_id": "probe", "config": {"recursion_limit": "x"}},
        {"assistant_id": "probe", "config": {"tags": [5]}},
        {"assistant_id": "probe", "config": {"configurable": {"checkpoint_id": "x"}}},
    ):
        assert await refusal(bench, TWO, "run.start", **params) == bad, params
    assert await refusal(bench, TWO, "run.start", assistant_id="nobody") == "unknown_error"
    assert await refusal(bench, TWO, "input.respond", interrupt_id="x") == "no_such_run"
    wrong: list[dict[str, Any]] = [
        {"interrupt_id": 5},
        {"responses": []},
        {"responses": [5]},
        {"interrupt_id": "x", "namespace": "root"},
        {"interrupt_id": "x", "update": 5},
        {"interrupt_id": "x", "goto": [5]},
    ]
    for params in wrong:
        assert await refusal(bench, TWO, "input.respond", **params) == bad, params
    assert await refusal(bench, TWO, "run.cancel") == "unknown_command"
    assert await refusal(bench, TWO, "agent.getTree") == "no_such_run"
    assert bench.engine.threads.find(TWO) is None


async def test_stop_ends_every_subscriber(bench: Bench) -> None:
    listener = Listener(bench, TWO)
    await bench.engine.stop()
    assert listener.reader.ended()


async def test_a_thread_nobody_follows_keeps_nothing(bench: Bench) -> None:
    thread = bench.thread()
    await bench.run(thread)
    assert bench.engine.transcripts == {}
    listener = Listener(bench, thread.thread_id)
    assert listener.hear()
    await listener.leave()
    assert bench.engine.transcripts[thread.thread_id].entries == []
    await bench.engine.threads.delete(thread.thread_id)
    assert bench.engine.transcripts == {}
