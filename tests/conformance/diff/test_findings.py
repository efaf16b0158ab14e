"""Differences grouped, explained, minimised."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.diff.comparison import Difference
from conformance.diff.findings import FIELDS, gather
from conformance.diff.minimise import minimised
from conformance.diff.play import Pair, Played
from conformance.diff.sequence import Sequence, step
from conformance.known import Known, parse
from tests.conformance.making import exchange


def pair(place: int, operation: str, *found: Difference) -> Pair:
    return Pair(place, step(operation), exchange(), exchange(), found)


def played(name: str, *pairs: Pair) -> Played:
    return Played(Sequence(name, tuple(one.step for one in pairs)), pairs, ((), ()))


ODD = Difference("body.interrupts.<task:1.1>[].id", "value", "a", "b")
SAME = Difference("body.interrupts.<task:3.2>[].id", "value", "c", "d")
STATUS = Difference("status", "status", 200, 404)


def known(*entries: dict[str, Any]) -> Known:
    return parse({"about": "x", "entries": list(entries)}, "x", FIELDS)


def test_differences_are_grouped_whatever_the_numbers_of_ids() -> None:
    found = gather(
        [played("one", pair(0, "get_run", ODD)), played("two", pair(0, "get_run", SAME))],
        Known(),
        complete=True,
    )
    (group,) = found.groups
    assert group.signature == ("get_run", "body.interrupts.<task>[].id", "value")
    assert (group.count, group.sequences) == (2, ["one", "two"])
    assert (found.answers, found.equal, found.known, found.different) == (2, 0, 0, 2)
    assert not found.same


def test_of_a_status_the_kind_is_which_for_which() -> None:
    other = Difference("status", "status", 200, 500)
    found = gather([played("x", pair(0, "a", STATUS), pair(1, "a", other))], Known(), complete=True)
    assert [group.signature[2] for group in found.groups] == ["200 → 404", "200 → 500"]


def test_an_answer_is_known_only_where_all_that_differs_is() -> None:
    entries = known({"field": "status", "b": "404", "reason": "so"})
    both = played("x", pair(0, "a", STATUS), pair(1, "a", STATUS, ODD), pair(2, "a"))
    found = gather([both], entries, complete=True)
    assert (found.equal, found.known, found.different) == (1, 1, 1)
    assert [group.reason for group in found.groups] == ["so", None]


@pytest.mark.parametrize("complete", [True, False])
def test_stale_entries_are_told_of_a_complete_comparison_alone(complete: bool) -> None:
    entries = known({"field": "status", "reason": "so"})
    found = gather([played("x", pair(0, "a"))], entries, complete=complete)
    assert bool(found.stale) is complete
    assert found.same is not complete


async def test_the_fewest_steps_that_still_show_it_are_found() -> None:
    """A server pair that differs in `c` whenever `a` came before it."""

    async def again(sequence: Sequence) -> Played:
        names = [one.operation for one in sequence.steps]
        return Played(
            sequence,
            tuple(
                Pair(
                    place,
                    one,
                    exchange(),
                    exchange(),
                    (STATUS,) if one.operation == "c" and "a" in names[:place] else (),
                )
                for place, one in enumerate(sequence.steps)
            ),
            ((), ()),
        )

    whole = await again(Sequence("x", tuple(map(step, "babbcbb"))))
    small, where = await minimised(whole, ("c", "status", "200 → 404"), again)
    assert [one.operation for one in small.sequence.steps] == ["a", "c"]
    assert where.place == 1


async def test_minimising_gives_up_after_so_many_tries() -> None:
    tries = 0

    async def again(sequence: Sequence) -> Played:
        nonlocal tries
        tries += 1
        return Played(sequence, (), ((), ()))

    steps = tuple(pair(place, "a") for place in range(30))
    whole = played("x", *steps, pair(30, "c", STATUS))
    small, _ = await minimised(whole, ("c", "status", "200 → 404"), again, most=5)
    assert tries == 5
    assert small is whole


def test_what_is_made_by_chance_is_counted_on_its_own() -> None:
    made = played("generated/1-0", pair(0, "a"), pair(1, "a"), pair(2, "a", STATUS))
    chance = replace(made, sequence=replace(made.sequence, by_chance=True))
    by_hand = played("x", pair(0, "a", STATUS))
    found = gather([chance, by_hand], known({"field": "status", "reason": "so"}), complete=True)
    assert (found.chance_answers, found.chance_equal) == (3, 2)
    assert (round(found.identical), round(found.identical_by_chance)) == (50, 67)
    assert found.explained == 100
    assert gather([], Known(), complete=True).identical == 100
