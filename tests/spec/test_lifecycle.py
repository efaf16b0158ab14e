from __future__ import annotations

import pytest

from spec.lifecycle import DELETED, lifecycle


def test_terminal_states_only_go_away() -> None:
    table = lifecycle()
    assert table.run_initial not in table.run_terminal
    for move in table.transitions:
        assert move.origin in table.run_states
        assert move.target in (*table.run_states, DELETED)
        if move.origin in table.run_terminal:
            assert move.target == DELETED


def test_every_state_is_reached_from_the_first() -> None:
    table = lifecycle()
    assert table.reachable(table.run_initial) == {*table.run_states, DELETED}
    assert table.reachable("success") == {"success", DELETED}


def test_moves_have_causes() -> None:
    table = lifecycle()
    assert table.allows("pending", "running")
    assert table.allows("pending", "running", "start")
    assert not table.allows("pending", "running", "cancel")
    assert not table.allows("success", "running")


@pytest.mark.parametrize(
    ("run", "paused", "thread"),
    [
        ("success", False, "idle"),
        ("success", True, "interrupted"),
        ("error", False, "error"),
        ("error", True, "error"),
        ("timeout", True, "error"),
        ("interrupted", True, "interrupted"),
        ("interrupted", False, "idle"),
        (DELETED, True, "idle"),
    ],
)
def test_threads_follow_their_last_run(run: str, paused: bool, thread: str) -> None:
    assert lifecycle().thread_after(run, paused=paused) == thread


def test_thread_outcomes_are_thread_states() -> None:
    table = lifecycle()
    assert set(table.after_run) == {*table.run_terminal, DELETED}
    for outcomes in table.after_run.values():
        assert set(outcomes.values()) <= set(table.thread_states)
    assert {table.thread_initial, table.thread_busy} <= set(table.thread_states)
    assert table.default_strategy in table.strategies
