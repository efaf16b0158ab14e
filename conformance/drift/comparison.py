"""Two inventories side by side: what the server's has not, has beyond ours, or says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.drift.inventory import Inventory, Shape

FIELDS = ("operation", "part", "kind", "ours", "theirs")


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference.

    `kind` is `gone` (the server's document has it not), `new` (ours has it not), `type`,
    `required` or `enum`. `part` is empty where the whole operation is meant.
    """

    operation: str
    part: str
    kind: str
    ours: str
    theirs: str


def compare(ours: Inventory, theirs: Inventory) -> list[Drift]:
    """Every difference, in our document's order; of a new or gone whole, its parts are not told."""
    found: list[Drift] = []
    for operation in [*ours, *(name for name in theirs if name not in ours)]:
        if operation not in theirs:
            found.append(Drift(operation, "", "gone", "documented", "–"))
        elif operation not in ours:
            found.append(Drift(operation, "", "new", "–", "documented"))
        else:
            found += _parts(operation, ours[operation], theirs[operation])
    return found


def _parts(operation: str, ours: dict[str, Shape], theirs: dict[str, Shape]) -> Iterator[Drift]:
    told: list[str] = []
    for part in [*ours, *(name for name in theirs if name not in ours)]:
        if part in ours and part in theirs:
            yield from _shapes(operation, part, ours[part], theirs[part])
            continue
        if any(part.startswith((f"{whole}.", f"{whole}[]", f"{whole} ")) for whole in told):
            continue
        told.append(part)
        here, there = _told(ours.get(part)), _told(theirs.get(part))
        yield Drift(operation, part, "gone" if part in ours else "new", here, there)


def _shapes(operation: str, part: str, ours: Shape, theirs: Shape) -> Iterator[Drift]:
    if ours.types != theirs.types:
        yield Drift(operation, part, "type", _listed(ours.types), _listed(theirs.types))
    if ours.required != theirs.required:
        words = {True: "required", False: "optional"}
        yield Drift(operation, part, "required", words[ours.required], words[theirs.required])
    if ours.enum != theirs.enum and not ours.is_open:
        yield Drift(operation, part, "enum", _listed(ours.enum), _listed(theirs.enum))


def _told(shape: Shape | None) -> str:
    return "–" if shape is None else _listed(shape.types)


def _listed(values: frozenset[str] | None) -> str:
    return "anything" if not values else " | ".join(sorted(values))
