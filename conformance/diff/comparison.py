"""Compares two normalised answers: which field differs, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.recording import NO_JSON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.diff.normalise import Answer

Json = Any


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs: `a` and `b` are what the servers said, NO_JSON for nothing.

    `kind` is `status`, `gone` (only A has it), `new` (only B has it), `type`, `value` or `length`.
    """

    field: str
    kind: str
    a: Json
    b: Json


def compare(a: Answer, b: Answer) -> list[Difference]:
    """Every difference of two answers. Where the status differs, nothing else is looked at."""
    if a.status != b.status:
        return [Difference("status", "status", a.status, b.status)]
    found = list(_objects(a.headers, b.headers, "header", "."))
    if (a.events is None) != (b.events is None):
        kinds = ["stream" if side.events is not None else "body" for side in (a, b)]
        return [*found, Difference("body", "type", *kinds)]
    if a.events is not None and b.events is not None:
        return [*found, *_objects(a.events, b.events, "event", " ")]
    return [*found, *_values(a.body, b.body, "body")]


def _values(a: Json, b: Json, where: str) -> Iterator[Difference]:
    if isinstance(a, dict) and isinstance(b, dict):
        yield from _objects(a, b, where, ".")
    elif isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            yield Difference(f"{where}[]", "length", a, b)
            return
        for one, other in zip(a, b, strict=True):
            yield from _values(one, other, f"{where}[]")
    elif _kind(a) != _kind(b):
        yield Difference(where, "type", a, b)
    elif a != b:
        yield Difference(where, "value", a, b)


def _objects(
    a: Mapping[str, Json], b: Mapping[str, Json], where: str, between: str
) -> Iterator[Difference]:
    for name in [*a, *(name for name in b if name not in a)]:
        field = f"{where}{between}{name}"
        if name not in b:
            yield Difference(field, "gone", a[name], NO_JSON)
        elif name not in a:
            yield Difference(field, "new", NO_JSON, b[name])
        else:
            yield from _values(a[name], b[name], field)


def _kind(value: Json) -> str:
    if isinstance(value, bool) or value is None:
        return str(type(value).__name__)
    return "number" if isinstance(value, int | float) else type(value).__name__
