"""Pruning threads: away with them, or with all but their present state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.engine.errors import NotFoundError

if TYPE_CHECKING:
    from tests.mockserver.engine.bench import Bench

UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def test_deleted_threads_are_counted_and_gone(bench: Bench) -> None:
    gone, kept = bench.thread(), bench.thread()
    assert await bench.engine.threads.prune([gone.thread_id, UNKNOWN], "delete") == 1
    with pytest.raises(NotFoundError):
        bench.engine.threads.get(gone.thread_id)
    assert bench.engine.threads.get(kept.thread_id) is kept


async def test_keep_latest_leaves_the_present_state_alone(bench: Bench) -> None:
    thread = bench.thread()
    await bench.run(thread, [{"update": {"note": 1}}, {"node": "check"}, {"update": {"note": 2}}])
    before = bench.state(thread)
    assert await bench.engine.threads.prune([thread.thread_id, UNKNOWN], "keep_latest") == 1
    assert bench.state(thread) == before
    history = bench.engine.states.history(thread.thread_id, limit=10)
    assert [state["checkpoint"] for state in history] == [before["checkpoint"]]


async def test_a_run_goes_on_from_a_state_that_was_kept(bench: Bench) -> None:
    thread = bench.thread()
    await bench.run(thread, [{"update": {"log": ["first"]}}, {"interrupt": "?"}])
    await bench.engine.threads.prune([thread.thread_id], "keep_latest")
    assert bench.state(thread)["next"] == ["work"]
    await bench.run(thread, [{"update": {"log": ["second"]}}])
    assert bench.state(thread)["values"]["log"] == ["work", "second"]
