"""What the metadata of events, messages and checkpoints name: tags, the checkpoint begun from."""

from __future__ import annotations

from conformance.diff.sequence import Sequence
from conformance.diff.steps import looks, on_thread, stream, thread, wait

_RICH = [
    {"say": "One two."},
    {"node": "check"},
    {"subgraph": [{"say": "inner words"}, {"tool": {"name": "f", "result": 1}}]},
    {"parallel": {"left": [{"say": "l"}], "right": []}},
]
_ASKS_INSIDE = [*_RICH, {"subgraph": [{"interrupt": "?"}]}]


def sequences() -> list[Sequence]:
    """Streams by what they are asked to show."""
    return [*_tagged(), *_from_checkpoint(), *_asking_inside()]


def _tagged() -> list[Sequence]:
    return [
        Sequence(
            f"traces/tags-{'-'.join(modes)}{'-nested' * nested}",
            (
                thread(),
                stream(_RICH, stream_mode=modes, config={"tags": ["t"]}, stream_subgraphs=nested),
            ),
        )
        for modes in (["events"], ["events", "messages"], ["events", "messages-tuple"])
        for nested in (False, True)
    ]


def _from_checkpoint() -> list[Sequence]:
    return [
        Sequence(
            f"traces/from-checkpoint-{'-'.join(modes)}",
            (
                thread(),
                wait([{"say": "seed"}]),
                on_thread("get_thread_state", label="at"),
                stream(
                    _ASKS_INSIDE,
                    stream_mode=modes,
                    stream_subgraphs=True,
                    checkpoint="<<at.checkpoint>>",
                ),
                *looks()[1:],  # the thread itself is traces/row-of-asking-subgraph
                on_thread("get_thread_state", query={"subgraphs": "true"}),
                on_thread("get_thread_state_checkpoint", {"checkpoint": {}}),
                on_thread(
                    "search_thread_history",
                    {"checkpoint": "<<state.tasks.0.checkpoint>>", "limit": 20},
                ),
            ),
        )
        for modes in (["events", "debug"], ["messages-tuple", "checkpoints"])
    ]


def _asking_inside() -> list[Sequence]:
    return [
        Sequence(
            "traces/row-of-asking-subgraph",
            (
                thread(),
                stream(
                    [{"subgraph": [{"interrupt": "?"}]}],
                    stream_mode="checkpoints",
                    stream_subgraphs=True,
                ),
                on_thread("get_thread"),
            ),
        )
    ]
