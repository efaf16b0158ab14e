"""The fewest steps that still show a difference: the sequence is played again without some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.diff.findings import Signature, signature

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.diff.play import Pair, Played
    from conformance.diff.sequence import Sequence


def shows(played: Played, wanted: Signature) -> Pair | None:
    """The first answers that differ in this way."""
    for pair in played.pairs:
        if any(signature(pair.step.operation, found) == wanted for found in pair.differences):
            return pair
    return None


async def minimised(
    played: Played,
    wanted: Signature,
    again: Callable[[Sequence], Awaitable[Played]],
    most: int = 12,
) -> tuple[Played, Pair]:
    """The shortest sequence found in at most so many tries, and the answers that differ in it.

    What comes behind the difference goes first, then one step after the other from the end.
    """
    pair = shows(played, wanted)
    assert pair is not None
    tries = 0

    async def attempt(places: list[int]) -> bool:
        nonlocal played, pair, tries
        tries += 1
        found = await again(played.sequence.only(places))
        seen = shows(found, wanted)
        if seen is None:
            return False
        played, pair = found, seen
        return True

    if pair.place + 1 < len(played.sequence.steps):
        await attempt(list(range(pair.place + 1)))
    place = pair.place - 1
    while place >= 0 and tries < most:
        total = len(played.sequence.steps)
        await attempt([other for other in range(total) if other != place])
        place -= 1
    return played, pair
