"""`runcontract diff` as its user calls it, with mocks for both servers."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from conformance.diff.cli import diff
from conformance.diff.comparison import Difference
from conformance.diff.findings import explained
from conformance.diff.play import Pair, Played, play
from conformance.diff.sequence import Sequence, step
from conformance.diff.session import Options, Session
from conformance.discover import discover
from conformance.known import Known
from conformance.recording import Exchange
from conformance.scheduler import new_client
from tests.conformance.tiny import tiny_server
from tests.serving import mock_process

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def urls() -> Iterator[tuple[str, str]]:
    """Two mocks that differ in their ids alone."""
    with mock_process() as (one, _), mock_process("--seed", "5") as (other, _):
        yield one, other


def run(*arguments: str) -> Result:
    return CliRunner().invoke(diff, [*arguments, "--sequences", "400"])


def test_two_mocks_are_equal(urls: tuple[str, str], tmp_path: Path) -> None:
    file = tmp_path / "diff.json"
    result = run(*urls, "--seed", "1", "-k", "answers/resume", "--json", str(file))
    assert result.exit_code == 0, result.output
    told = json.loads(file.read_text())
    assert told["same"]
    assert told["answers"]["equal"] == told["answers"]["all"] > 20
    assert told["seed"] == 1


def test_a_known_list_is_not_stale_where_only_some_sequences_were_played(
    urls: tuple[str, str], tmp_path: Path
) -> None:
    known = tmp_path / "known.yaml"
    known.write_text("about: mocks\nentries:\n  - {operation: get_run, reason: never seen}\n")
    result = run(*urls, "-k", "threads/make", "--known", str(known))
    assert result.exit_code == 0, result.output


def test_servers_that_differ_are_told_apart(urls: tuple[str, str], tmp_path: Path) -> None:
    agents = tmp_path / "agents.yaml"
    agents.write_text("agents:\n  agent:\n    default:\n      - say: something else\n")
    file = tmp_path / "diff.json"
    with mock_process("--agents", str(agents)) as (other, _):
        result = run(urls[0], other, "-k", "runs/agent", "--json", str(file))
    assert result.exit_code == 1, result.output
    assert "something else" in result.stdout
    told = json.loads(file.read_text())["differences"]
    values = [one for one in told if one["operation"] == "wait_run"]
    assert values[0]["steps"] == ["create_thread", "wait_run"]
    assert values[0]["curl"]["a"][-1].startswith("curl")
    assert other in values[0]["curl"]["b"][-1]


async def test_a_stream_is_left_after_its_events_or_when_it_is_quiet(urls: tuple[str, str]) -> None:
    channels = {"channels": ["lifecycle"]}
    watch = partial(step, "stream_thread_events", channels, thread_id="<<uuid:1>>")
    started = {"id": 1, "method": "run.start", "params": {"assistant_id": "agent", "input": {}}}
    sequence = Sequence(
        "by-hand",
        (
            step("send_thread_command", started, thread_id="<<uuid:1>>"),
            watch(leave=2),
            watch(leave=1),
            watch(quiet=0.3),
            watch(leave=0),
        ),
    )
    targets = [await discover(url, None, {}) for url in urls]
    async with new_client(targets[0]) as a, new_client(targets[1]) as b:
        played = await play(sequence, (targets[0], targets[1]), (a, b))
    streams = [pair.a.stream for pair in played.pairs[1:] if isinstance(pair.a, Exchange)]
    counts = [len(found.events) for found in streams if found is not None]
    assert counts[0] == counts[2] == 2
    assert [found.ended for found in streams if found is not None] == ["left"] * 4
    assert not any(pair.differences for pair in played.pairs[:2])


def test_a_sequence_nobody_wrote_is_bad_usage(urls: tuple[str, str]) -> None:
    result = run(*urls, "-k", "no such sequence")
    assert result.exit_code == 2
    assert "no such sequence" in result.stderr


def test_a_server_without_the_probe_is_bad_usage() -> None:
    with tiny_server() as (url, _):
        result = run(url, url)
    assert result.exit_code == 2
    assert "probe" in result.stderr


def test_nobody_there_is_told(urls: tuple[str, str]) -> None:
    with tiny_server() as (url, _):
        pass
    result = run(urls[0], url)
    assert result.exit_code == 2
    assert "started?" in result.stderr


def test_a_fault_of_ours_is_never_the_servers(
    urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("conformance.diff.play.compare", broken)
    result = run(*urls, "-k", "threads/make")
    assert result.exit_code == 3
    assert "fault of the harness" in result.stderr


async def test_a_difference_that_is_not_there_again_does_not_count() -> None:
    odd = Difference("body.status", "value", "pending", "running")

    def seen(name: str, *found: Difference) -> Played:
        one = step("get_run")
        return Played(Sequence(name, (one,)), (Pair(0, one, "", "", found),), ((), ()))

    def session(second: Played) -> Awaitable[tuple[list[Played], int]]:
        async def again(_sequence: Sequence) -> Played:
            return second

        options = Options(("", ""), 1, 1, 1, "", {})
        first = [seen("x", odd), seen("y")]
        return Session(options, lambda *_: None)._twice(first, Known(), again)

    lucky, once = await session(seen("x"))
    assert (explained(lucky[0], Known()), once) == (True, 1)
    real, once = await session(seen("x", odd))
    assert (explained(real[0], Known()), once) == (False, 0)
