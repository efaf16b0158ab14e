"""A run's frames are those of the projection, whatever is left out or encoded only once."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from mockserver.engine import events
from mockserver.engine.frames import Projection, encode
from mockserver.engine.projection import MODES, frames
from tests.mockserver.engine.stage import Stage

SAID = ('one "two"\r\n\t drei', " \u2028", "", "ein", '"content":""', "😀 \x00")
SCRIPT: list[dict[str, Any]] = [
    {"custom": {"n": 1}},
    *({"say": text} for text in SAID),
    {"say": "a b c", "id": '"content":""'},
    {"parallel": {"left": [{"say": "l l l"}], "right": [{"say": "r r"}, {"custom": 2}]}},
    {"subgraph": [{"say": "deep down"}, {"update": {"note": 1}}]},
    {"tool": {"name": "t"}},
    {"node": "check"},
    {"interrupt": "?"},
    {"fail": {"error": "KeyError", "message": "k"}},
]


async def happened() -> list[events.Event]:
    """The events of two runs: one that asks, one that is answered and fails."""
    stage = Stage()
    log = (await stage.script(*SCRIPT)).log
    log += (await stage.resume("!")).log
    log += (await stage.script({"say": "x"}, interrupt_after=["work"])).log
    return [events.Started((), "r", 1), *log, events.Failed((), "E", "m")]


async def test_the_events_are_of_every_kind() -> None:
    kinds = {kind.__name__ for kind in events.Event.__subclasses__()}
    assert {type(event).__name__ for event in await happened()} == kinds


@pytest.mark.parametrize("subgraphs", [True, False])
@pytest.mark.parametrize("resumable", [True, False])
async def test_frames_are_the_projections(*, subgraphs: bool, resumable: bool) -> None:
    log = await happened()
    for modes in ((), *combinations(MODES, 1), *combinations(MODES, 2), MODES):
        made = Projection(modes, subgraphs=subgraphs, resumable=resumable)
        for event in log:
            expected = [
                (name, encode(name, data), 0) for name, data in frames(event, modes, subgraphs)
            ]
            assert made.plain(event) == expected, (modes, event)
            ids = [number for _, _, number in made.numbered(event, iter(range(1, 9)).__next__)]
            assert ids == list(range(1, len(expected) + 1))
