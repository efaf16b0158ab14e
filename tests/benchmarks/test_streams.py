"""The streams of the benchmark: a lost token, a missing heartbeat, a broken end are seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.processes import REAL, serving
from benchmarks.streams import (
    HEARTBEAT,
    Load,
    Seen,
    follow,
    judge,
    lateness,
    most_at_once,
    whole,
)

LOAD = Load(streams=4, a_second=100, silent=0.0, pace=0.01)


def seen(number: int = 0) -> Seen:
    """A stream as it should be."""
    said = [f"{word} " for word in "".join(LOAD.text(number)).split()]
    return Seen(100.0, 100.1, 111.0, [105.0, 110.2], said, len(said))


async def test_streams_are_followed_to_their_ends() -> None:
    with serving("streams", REAL) as server:
        streams = await follow(server, LOAD, patience=10.0)
    assert [whole(LOAD, number, one) for number, one in enumerate(streams)] == [True] * 4
    assert all(one.first is not None and one.asked < one.first for one in streams)
    assert [figure.value for figure in judge(LOAD, streams)[:2]] == [4, 0]


@pytest.mark.parametrize(
    "broken",
    [
        {"said": seen().said[:-1]},
        {"said": seen().said[::-1]},
        {"said": seen(1).said},
        {"ended": None},
        {"fault": "cut off"},
    ],
)
def test_what_is_lost_is_seen(broken: dict[str, object]) -> None:
    assert whole(LOAD, 0, seen())
    assert not whole(LOAD, 0, replace(seen(), **broken))  # type: ignore[arg-type]


def test_heartbeats_are_held_against_their_times() -> None:
    assert lateness(seen()) == pytest.approx([0.0, 0.2])
    assert lateness(replace(seen(), beats=[105.0])) == [0.0, HEARTBEAT]
    assert lateness(replace(seen(), beats=[])) == [HEARTBEAT] * 2


def test_streams_at_once_are_counted() -> None:
    assert most_at_once([Seen(0, ended=2), Seen(1, ended=3), Seen(2.5, ended=4)]) == 2
