from __future__ import annotations

import zlib

from mockserver.engine import events
from mockserver.engine.events import SpeechStarted, TaskFinished, TaskStarted, TokenSpoken
from tests.mockserver.engine.stage import Stage

SCRIPT = (
    {"say": "one two three"},
    {"tool": {"name": "t", "result": {"a": 1}}},
    {"node": "check"},
    {"parallel": {"left": [{"custom": None}], "right": [{"sleep": 0}]}},
    {"subgraph": [{"say": "in"}]},
    {"interrupt": {"q": [1]}},
)


async def test_a_log_comes_back_as_it_was() -> None:
    log = (await Stage().script(*SCRIPT)).log
    log = [events.Started((), "run", 1), *log, events.Failed((), "ValueError", "text")]
    assert {type(event) for event in log} > {TokenSpoken, events.TaskInterrupted, events.Custom}
    again = events.unpack(events.pack(log))
    assert again == log
    assert again is not log


async def test_what_events_share_is_shared_again() -> None:
    log = events.unpack(events.pack((await Stage().script({"say": "a b"})).log))
    started, first, second = (e for e in log if isinstance(e, SpeechStarted | TokenSpoken))
    assert first.speech is second.speech is started.speech
    (begun,) = (e for e in log if isinstance(e, TaskStarted))
    (ended,) = (e for e in log if isinstance(e, TaskFinished))
    assert begun.task is ended.task


async def test_a_packed_log_is_small() -> None:
    played = await Stage().play({"messages": [["user", "hello there, how are you?"]]}, "agent")
    packed = events.pack(played.log, "small")
    assert len(packed) < 2500
    alike = await Stage().play({"messages": [["user", "and how is the weather?"]]}, "agent")
    assert len(events.pack(alike.log, "small")) < 1000
    assert len(zlib.compress(repr(alike.log).encode())) > len(events.pack(alike.log, "small"))


def test_an_empty_log_is_packed_too() -> None:
    assert events.unpack(events.pack([])) == []
