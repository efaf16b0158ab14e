"""What must hold for every run in every recording: its life, its times, whose it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from conformance.checks.universal import exchanges, runs_in
from conformance.errors import Violation
from conformance.recording import Exchange, Recording
from conformance.registry import universal
from spec.lifecycle import DELETED, lifecycle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@universal("RUN-LIFE-01")
def statuses_are_known(recordings: Sequence[Recording]) -> int:
    """Every status of every Run in every answer."""
    judged = 0
    for exchange in exchanges(recordings):
        for run in runs_in(exchange):
            if "status" not in run:
                continue
            judged += 1
            if run["status"] not in lifecycle().run_states:
                raise Violation(
                    f"one of {', '.join(lifecycle().run_states)}", run["status"], exchange
                )
    return judged


Sight = tuple[Exchange, dict[str, Any]]


def sights(recordings: Sequence[Recording]) -> Iterator[list[Sight]]:
    """Of each run, every look at it: the exchange and the Run it showed, or that it was gone."""
    for recording in recordings:
        seen: dict[str, list[Sight]] = defaultdict(list)
        for exchange in recording.exchanges:
            for run in runs_in(exchange):
                seen[str(run["run_id"])].append((exchange, run))
            unseen = exchange.status == 404 and not exchange.second
            if exchange.operation == "get_run" and unseen:
                run_id = exchange.path.rpartition("/")[2]
                if run_id in seen:
                    gone = {"run_id": run_id, "status": DELETED}
                    if seen[run_id][0][0].path.split("/")[2:3] == exchange.path.split("/")[2:3]:
                        seen[run_id].append((exchange, gone))
        yield from seen.values()


def follow(looks: list[Sight]) -> Iterator[tuple[Sight, Sight]]:
    """Pairs of looks of which the first was over before the second was asked for."""
    for index, later in enumerate(looks):
        before = [look for look in looks[:index] if look[0].finished <= later[0].started]
        if before:
            yield max(before, key=lambda look: look[0].finished), later


@universal("RUN-LIFE-02")
def runs_move_as_the_lifecycle_allows(recordings: Sequence[Recording]) -> int:
    """From each look to the next one."""
    return _lawful_moves([r for r in recordings if r.scenario != _IN_BULK])


@universal("RUN-LIFE-02")
def runs_cancelled_in_bulk_move_as_the_lifecycle_allows(recordings: Sequence[Recording]) -> int:
    """The same, where runs were cancelled by their status."""
    return _lawful_moves([r for r in recordings if r.scenario == _IN_BULK])


# judged by a check of its own: a server known to do this wrong is still held to the rest
_IN_BULK = "bulk_by_status"


def _lawful_moves(recordings: Sequence[Recording]) -> int:
    judged = 0
    for looks in sights(recordings):
        known = [look for look in looks if str(look[1].get("status")) in _LAWFUL]
        for (_, before), (exchange, after) in follow(known):
            judged += 1
            reachable = lifecycle().reachable(before["status"])
            if after["status"] not in reachable and before["status"] != DELETED:
                raise Violation(
                    f"{', '.join(sorted(reachable))} after {before['status']}",
                    f"run {after['run_id']} is {after['status']}",
                    exchange,
                )
            if before["status"] == DELETED and after["status"] != DELETED:
                raise Violation("a deleted run to stay deleted", after["status"], exchange)
    return judged


_LAWFUL = frozenset({*lifecycle().run_states, DELETED})


@universal("RUN-LIFE-03")
def run_times_only_grow(recordings: Sequence[Recording]) -> int:
    """created_at is fixed, updated_at never goes back."""
    judged = 0
    for looks in sights(recordings):
        whole = [look for look in looks if "created_at" in look[1] and "updated_at" in look[1]]
        for (_, before), (exchange, after) in follow(whole):
            judged += 1
            if after["created_at"] != before["created_at"]:
                raise Violation(f"created_at {before['created_at']}", after["created_at"], exchange)
            if _instant(after["updated_at"]) < _instant(before["updated_at"]):
                raise Violation(
                    f"updated_at from {before['updated_at']} on", after["updated_at"], exchange
                )
    return judged


def _instant(text: Any) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0


@universal("RUN-ISOLATION-01")
def answers_speak_of_what_was_asked(recordings: Sequence[Recording]) -> int:
    """A thread's answers hold that thread, its runs, its states and no others."""
    judged = 0
    for exchange in exchanges(recordings):
        parts = exchange.path.partition("?")[0].split("/")
        if len(parts) < 3 or parts[1] != "threads" or exchange.status != 200:
            continue
        if exchange.operation == "copy_thread" or parts[2] in ("search", "count", "prune"):
            continue
        rows = exchange.json if isinstance(exchange.json, list) else [exchange.json]
        for row in rows:
            owner = row.get("thread_id") if isinstance(row, dict) else None
            if isinstance(row, dict) and isinstance(row.get("checkpoint"), dict):
                owner = row["checkpoint"].get("thread_id", owner)
            if not isinstance(owner, str) or exchange.operation in ("wait_run", "join_run"):
                continue
            judged += 1
            if owner != parts[2].lower():
                raise Violation(f"thread {parts[2]}", f"thread {owner}", exchange)
    return judged


@universal("RUN-ISOLATION-01")
def ids_are_nobody_elses(recordings: Sequence[Recording]) -> int:
    """No run id is given twice, over all scenarios."""
    made: Counter[str] = Counter()
    last: dict[str, Exchange] = {}
    for exchange in exchanges(recordings):
        if exchange.operation in ("create_run", "create_stateless_run", "create_run_batch"):
            for run in runs_in(exchange):
                made[str(run["run_id"])] += 1
                last[str(run["run_id"])] = exchange
    for run_id, count in made.items():
        if count > 1:
            raise Violation("a run id of its own for each run", f"{run_id} twice", last[run_id])
    return len(made)
