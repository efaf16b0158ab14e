"""Streams: every mode with every kind of step, subgraphs, several modes, joins and replays."""

from __future__ import annotations

from conformance.diff.byhand.runs import SCRIPTS
from conformance.diff.sequence import Sequence, step
from conformance.diff.steps import (
    T,
    create,
    on_run,
    on_thread,
    running,
    settled,
    stream,
    thread,
)
from conformance.streams.grammar import MODES

_TOLD = ("say", "tool", "update", "nodes", "subgraph", "parallel", "interrupt", "fail", "custom")
_MANY = ["values", "updates", "custom", "messages-tuple"]


def sequences() -> list[Sequence]:
    """Modes by scripts, then the ways to follow."""
    rich = [
        {"say": "One two."},
        {"custom": {"n": 1}},
        {"node": "check"},
        {"subgraph": [{"say": "inner words"}, {"update": {"data": {"k": 1}}}]},
        {"parallel": {"left": [{"tool": {"name": "f", "result": 1}}], "right": []}},
        {"update": {"note": "done"}},
    ]
    modes = [
        Sequence(f"streams/{mode}-{name}", (thread(), stream(SCRIPTS[name], stream_mode=mode)))
        for mode in MODES
        for name in _TOLD
    ]
    subgraphs = [
        Sequence(
            f"streams/{mode}-nested",
            (thread(), stream(rich, stream_mode=[mode], stream_subgraphs=True)),
        )
        for mode in MODES
    ]
    resumed = [
        Sequence(
            f"streams/{mode}-resumed",
            (
                thread(),
                stream([{"interrupt": {"q": 1}}, {"say": {"$": "resume"}}], stream_mode=mode),
                stream(command={"resume": "yes"}, stream_mode=mode),
            ),
        )
        for mode in MODES
    ]
    return [
        *modes,
        *subgraphs,
        *resumed,
        Sequence("streams/several", (thread(), stream(rich, stream_mode=_MANY))),
        Sequence(
            "streams/several-nested",
            (thread(), stream(rich, stream_mode=_MANY, stream_subgraphs=True)),
        ),
        Sequence(
            "streams/messages-both",
            (thread(), stream([{"say": "a b"}], stream_mode=["messages", "messages-tuple"])),
        ),
        Sequence(
            "streams/messages-twice",
            (
                thread(),
                stream([{"say": "a", "id": "m"}, {"say": "b", "id": "m"}], stream_mode="messages"),
            ),
        ),
        Sequence("streams/no-modes", (thread(), stream([{"say": "a"}], stream_mode=[]))),
        Sequence("streams/same-twice", (thread(), stream([], stream_mode=["values", "values"]))),
        Sequence(
            "streams/interrupt-before",
            (
                thread(),
                stream(
                    [{"node": "check"}, {"say": "x"}],
                    interrupt_before=["check"],
                    stream_mode=["values", "updates", "tasks"],
                ),
                stream(input=None, stream_mode=["values", "updates", "tasks"]),
                on_thread("get_thread"),
            ),
        ),
        Sequence(
            "streams/interrupt-after-all",
            (
                thread(),
                stream(
                    [{"node": "check"}, {"say": "x"}],
                    interrupt_after="*",
                    stream_mode=["values", "updates", "debug"],
                ),
                stream(input=None, interrupt_after="*"),
                on_thread("get_thread_state"),
            ),
        ),
        Sequence(
            "streams/resumable",
            (
                thread(),
                stream(rich, stream_mode=_MANY, stream_resumable=True, label="s"),
                on_thread("list_runs", label="l"),
                step(
                    "join_run_stream",
                    thread_id=T,
                    run_id="<<l.0.run_id>>",
                    headers={"last-event-id": "-1"},
                ),
                step(
                    "join_run_stream",
                    thread_id=T,
                    run_id="<<l.0.run_id>>",
                    headers={"last-event-id": "-1"},
                    query={"stream_mode": "updates"},
                ),
                step("join_run_stream", thread_id=T, run_id="<<l.0.run_id>>"),
                step(
                    "join_run_stream",
                    thread_id=T,
                    run_id="<<l.0.run_id>>",
                    headers={"last-event-id": "zzz"},
                ),
            ),
        ),
        Sequence(
            "streams/resumable-messages",
            (
                thread(),
                create(
                    [{"say": "a b"}, {"fail": {"error": "ValueError", "message": "boom"}}],
                    stream_mode=["messages", "updates"],
                    stream_resumable=True,
                ),
                settled(),
                on_run("join_run_stream", headers={"last-event-id": "-1"}),
            ),
        ),
        Sequence(
            "streams/join-running",
            (
                thread(),
                create(
                    [{"sleep": 1.5}, {"say": "late words"}],
                    stream_resumable=True,
                    stream_mode=["values", "messages-tuple"],
                ),
                running(),
                on_run("join_run_stream", headers={"last-event-id": "-1"}),
                settled(),
            ),
        ),
        Sequence(
            "streams/join-pending",
            (
                thread(),
                create([{"say": "words"}], after_seconds=1, stream_mode=["updates"]),
                on_run("join_run_stream"),
                settled(),
            ),
        ),
        Sequence(
            "streams/thread",
            (
                thread(),
                on_thread("stream_thread", background=True, leave=4),
                stream([{"say": "a"}], pause=0.5),
            ),
        ),
        Sequence(
            "streams/thread-lifecycle",
            (
                thread(),
                on_thread(
                    "stream_thread", query={"stream_modes": "lifecycle"}, background=True, leave=2
                ),
                stream([{"say": "a"}], pause=0.5),
            ),
        ),
        Sequence(
            "streams/thread-state",
            (
                thread(metadata={"graph_id": "probe"}),
                on_thread(
                    "stream_thread",
                    query={"stream_modes": "state_update"},
                    background=True,
                    leave=1,
                ),
                on_thread("update_thread_state", {"values": {"note": 1}}, pause=0.5),
            ),
        ),
        Sequence(
            "streams/thread-bad-mode",
            (thread(), on_thread("stream_thread", query={"stream_modes": "bogus"})),
        ),
        Sequence(
            "streams/agent",
            (
                thread(),
                step(
                    "stream_run",
                    {
                        "assistant_id": "agent",
                        "input": {"messages": [{"type": "human", "content": "Say this again"}]},
                        "stream_mode": ["messages-tuple", "values"],
                    },
                    thread_id=T,
                ),
            ),
        ),
    ]
