"""What was found: differences grouped by operation, field and kind, the known ones with reasons."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.diff.play import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.diff.comparison import Difference
    from conformance.diff.play import Pair, Played
    from conformance.known import Entry, Known

FIELDS = ("operation", "field", "kind", "sequence", "a", "b")
_NAMED = re.compile(r"<(\w+):[\d.]+>")
Signature = tuple[str, str, str]


def signature(operation: str, difference: Difference) -> Signature:
    """What makes two differences the same: operation, field without numbers of ids, kind.

    Of a status the kind is which came in place of which.
    """
    kind = difference.kind
    if kind == "status":
        kind = f"{difference.a} → {difference.b}"
    return operation, _NAMED.sub(r"<\1>", difference.field), kind


@dataclass(slots=True)
class Group:
    """The differences with one signature: how often, where first, why if that is known."""

    signature: Signature
    played: Played
    pair: Pair
    difference: Difference
    reason: str | None = None
    count: int = 0
    sequences: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Findings:
    """The whole comparison.

    An answer is `equal` where nothing differs, `known` where all that differs is known. Those by
    chance are counted on their own too: the ones by hand show every known difference on purpose.
    `once` are sequences with a difference that was not there when they were played again.
    """

    sequences: int = 0
    answers: int = 0
    equal: int = 0
    known: int = 0
    chance_answers: int = 0
    chance_equal: int = 0
    once: int = 0
    groups: list[Group] = field(default_factory=list)
    stale: tuple[Entry, ...] = ()

    @property
    def different(self) -> int:
        """The answers with a difference that nobody has explained."""
        return self.answers - self.equal - self.known

    @property
    def identical(self) -> float:
        """How much of the answers is equal in everything, in per cent."""
        return _share(self.equal, self.answers)

    @property
    def identical_by_chance(self) -> float:
        """The same of the answers to sequences made by chance."""
        return _share(self.chance_equal, self.chance_answers)

    @property
    def explained(self) -> float:
        """How much of the answers is equal or differs in known ways alone, in per cent."""
        return _share(self.equal + self.known, self.answers)

    @property
    def unexplained(self) -> list[Group]:
        """The groups without a reason, the most frequent first."""
        found = [group for group in self.groups if group.reason is None]
        return sorted(found, key=lambda group: -group.count)

    @property
    def same(self) -> bool:
        """Whether the servers are equal, apart from what is known."""
        return not self.unexplained and not self.stale


def _share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0


def gather(played: Iterable[Played], known: Known, *, complete: bool) -> Findings:
    """Groups what differed. Stale entries are looked for only in a `complete` comparison."""
    findings = Findings()
    groups: dict[tuple[Signature, str | None], Group] = {}
    for one in played:
        findings.sequences += 1
        for pair in one.pairs:
            findings.answers += 1
            reasons = [_take(groups, known, one, pair, found) for found in pair.differences]
            findings.equal += not reasons
            if one.sequence.by_chance:
                findings.chance_answers += 1
                findings.chance_equal += not reasons
            findings.known += bool(reasons) and None not in reasons
    findings.groups = list(groups.values())
    findings.stale = known.stale if complete else ()
    return findings


def explained(played: Played, known: Known) -> bool:
    """Whether all that differs in a sequence is known."""
    return all(
        _entry(known, played, pair, difference) is not None
        for pair in played.pairs
        for difference in pair.differences
    )


def _entry(known: Known, played: Played, pair: Pair, difference: Difference) -> Entry | None:
    operation, place, kind = signature(pair.step.operation, difference)
    return known.explain(
        operation=operation,
        field=place,
        kind=kind,
        sequence=played.sequence.name,
        a=shown(difference.a),
        b=shown(difference.b),
    )


def _take(
    groups: dict[tuple[Signature, str | None], Group],
    known: Known,
    played: Played,
    pair: Pair,
    difference: Difference,
) -> str | None:
    mark = signature(pair.step.operation, difference)
    entry = _entry(known, played, pair, difference)
    reason = entry.reason if entry else None
    group = groups.setdefault((mark, reason), Group(mark, played, pair, difference, reason))
    group.count += 1
    if played.sequence.name not in group.sequences:
        group.sequences.append(played.sequence.name)
    return reason
