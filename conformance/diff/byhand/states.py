"""State and history: reading, updating by hand, branching."""

from __future__ import annotations

from conformance.diff.sequence import Sequence, step
from conformance.diff.steps import ASK, T, looks, on_thread, thread, wait

_TWO = [
    {"update": {"log": "one", "note": 1}},
    {"node": "check"},
    {"update": {"log": "two", "note": 2}},
]


def sequences() -> list[Sequence]:
    """Reads, updates, forks."""
    return [*_reads(), *_updates(), *_forks()]


def _reads() -> list[Sequence]:
    at = "<<h.1.checkpoint.checkpoint_id>>"
    return [
        Sequence(
            "states/never-run",
            (
                thread(),
                *looks(),
                on_thread("get_thread_storage"),
                on_thread(
                    "get_thread_state_checkpoint", {"checkpoint": {"checkpoint_id": "<<uuid:1>>"}}
                ),
            ),
        ),
        Sequence(
            "states/reads",
            (
                thread(),
                wait(_TWO),
                on_thread("get_thread_history"),
                on_thread("get_thread_history", query={"limit": 2}),
                on_thread("search_thread_history", {"limit": 20}, label="h"),
                on_thread("search_thread_history", {"limit": 20, "metadata": {"step": 0}}),
                on_thread(
                    "search_thread_history",
                    {"limit": 20, "before": {"configurable": {"checkpoint_id": at}}},
                ),
                step("get_thread_state_at", thread_id=T, checkpoint_id=at),
                step("get_thread_state_at", thread_id=T, checkpoint_id="nope"),
                step("get_thread_state_at", thread_id=T, checkpoint_id="<<uuid:1>>"),
                on_thread("get_thread_state_checkpoint", {"checkpoint": {"checkpoint_id": at}}),
                on_thread("get_thread_state_checkpoint", {"checkpoint": {}}),
                on_thread("get_thread_state_checkpoint", {}),
                on_thread("get_thread_storage"),
            ),
        ),
        Sequence(
            "states/nested",
            (
                thread(),
                wait([{"subgraph": [{"interrupt": "in"}]}]),
                on_thread("get_thread_state", label="p"),
                on_thread("get_thread_state", query={"subgraphs": "true"}, label="n"),
                on_thread(
                    "get_thread_state_checkpoint", {"checkpoint": "<<p.tasks.0.checkpoint>>"}
                ),
                on_thread(
                    "search_thread_history",
                    {"checkpoint": {"checkpoint_ns": "<<p.tasks.0.checkpoint.checkpoint_ns>>"}},
                ),
                wait(command={"resume": "out"}),
                *looks(),
            ),
        ),
        *(
            Sequence(f"states/durability-{name}", (thread(), wait(_TWO, durability=name), *looks()))
            for name in ("sync", "async", "exit")
        ),
        Sequence(
            "states/durability-exit-asks",
            (
                thread(),
                wait(ASK, durability="exit"),
                *looks(),
                wait(command={"resume": 1}, durability="exit"),
                *looks(),
            ),
        ),
    ]


def _updates() -> list[Sequence]:
    bound = thread(metadata={"graph_id": "probe", "sequence": "<<tag>>"})
    return [
        Sequence(
            "states/update",
            (
                bound,
                on_thread("update_thread_state", {"values": {"note": 1, "log": ["by hand"]}}),
                on_thread("update_thread_state", {"values": {"data": {"a": 1}}, "as_node": "work"}),
                *looks(),
            ),
        ),
        Sequence(
            "states/update-after-run",
            (
                thread(),
                wait(_TWO),
                on_thread("update_thread_state", {"values": {"note": 3}}),
                on_thread("update_thread_state", {"values": {"note": 4}, "as_node": "check"}),
                *looks(),
            ),
        ),
        Sequence(
            "states/update-script",
            (
                thread(),
                wait([]),
                on_thread(
                    "update_thread_state",
                    {"values": {"script": [{"say": "planned"}]}, "as_node": "work"},
                    label="u",
                ),
                on_thread("get_thread_state"),
                wait(input=None),
                *looks(),
            ),
        ),
        Sequence(
            "states/update-asked",
            (
                thread(),
                wait(ASK),
                on_thread("update_thread_state", {"values": {"note": "hand"}}),
                on_thread("get_thread"),
                wait(command={"resume": "later"}),
                *looks(),
            ),
        ),
        Sequence(
            "states/update-asked-as-node",
            (
                thread(),
                wait(ASK),
                on_thread("update_thread_state", {"values": {"note": "hand"}, "as_node": "check"}),
                *looks(),
            ),
        ),
        Sequence(
            "states/update-checkpoint",
            (
                thread(),
                wait(_TWO),
                on_thread("search_thread_history", {"limit": 20}, label="h"),
                on_thread(
                    "update_thread_state",
                    {
                        "values": {"note": 9},
                        "checkpoint": {"checkpoint_id": "<<h.1.checkpoint.checkpoint_id>>"},
                    },
                    label="u",
                ),
                *looks(),
                wait(input=None, checkpoint="<<u.checkpoint>>"),
                *looks(),
            ),
        ),
        Sequence(
            "states/update-null",
            (
                thread(),
                wait(ASK),
                on_thread("update_thread_state", {"values": None}),
                on_thread("update_thread_state", {"values": None, "as_node": "__copy__"}),
                on_thread("update_thread_state", {}),
                on_thread("update_thread_state", {"values": None, "as_node": "__end__"}),
                *looks(),
            ),
        ),
        Sequence(
            "states/update-wrong",
            (
                bound,
                on_thread("update_thread_state", {"values": {"note": 1}, "as_node": "bogus"}),
                on_thread("update_thread_state", {"values": {"bogus": 1}}),
                on_thread("update_thread_state", {"values": 5}),
                on_thread("update_thread_state", {"values": [{"note": 1}]}),
                on_thread("update_thread_state", {"values": {"note": 1}, "as_node": None}),
                *looks(),
            ),
        ),
        Sequence(
            "states/update-unbound",
            (thread(), on_thread("update_thread_state", {"values": {"note": 1}}), *looks()),
        ),
        Sequence(
            "states/update-unknown-graph",
            (
                thread(metadata={"graph_id": "bogus"}),
                on_thread("get_thread_state"),
                on_thread("update_thread_state", {"values": {}}),
            ),
        ),
        Sequence(
            "states/update-messages",
            (
                bound,
                on_thread(
                    "update_thread_state",
                    {
                        "values": {
                            "messages": [
                                {"role": "user", "content": "one", "id": "a"},
                                {"type": "ai", "content": "two", "id": "b"},
                            ]
                        },
                        "as_node": "work",
                    },
                ),
                on_thread(
                    "update_thread_state",
                    {
                        "values": {
                            "messages": [{"type": "human", "content": "changed", "id": "a"}]
                        },
                        "as_node": "work",
                    },
                ),
                on_thread(
                    "update_thread_state",
                    {
                        "values": {"messages": [{"type": "remove", "content": "", "id": "b"}]},
                        "as_node": "work",
                    },
                ),
                *looks(),
            ),
        ),
    ]


def _forks() -> list[Sequence]:
    at = "<<h.1.checkpoint.checkpoint_id>>"
    made = (thread(), wait(_TWO), on_thread("search_thread_history", {"limit": 20}, label="h"))
    return [
        Sequence(
            "states/replay", (*made, wait(input=None, checkpoint={"checkpoint_id": at}), *looks())
        ),
        Sequence("states/replay-id", (*made, wait(input=None, checkpoint_id=at), *looks())),
        Sequence("states/branch", (*made, wait([{"say": "other"}], checkpoint_id=at), *looks())),
        Sequence(
            "states/branch-first",
            (*made, wait([{"say": "x"}], checkpoint="<<h.2.checkpoint>>"), *looks()),
        ),
        Sequence(
            "states/replay-input",
            (*made, wait(input=None, checkpoint_id="<<h.3.checkpoint.checkpoint_id>>"), *looks()),
        ),
        Sequence(
            "states/branch-unknown",
            (
                *made,
                wait([{"say": "x"}], checkpoint={"checkpoint_id": "<<uuid:1>>"}),
                on_thread("get_thread_state"),
            ),
        ),
    ]
