"""Whether a JSON value contains another, as search filters mean it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def contains(value: Any, wanted: Any) -> bool:
    """Whether objects in `wanted` are subsets of those in `value` and all else is equal."""
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(
            key in value and contains(value[key], part) for key, part in wanted.items()
        )
    return same(value, wanted)


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; true is not 1."""
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)
