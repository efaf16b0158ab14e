"""Conditions on the values of stored items, as searches of the store write them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.store.matching import same

Condition = Callable[[Any], bool]
_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def compile_filter(wanted: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a value fulfils all conditions, each on one of its top-level keys.

    Raises ValueError for an unknown operator, and for one of numbers that is given none.
    """
    conditions = [(key, _condition(part)) for key, part in wanted.items()]
    return lambda value: all(holds(value.get(key)) for key, holds in conditions)


def _condition(wanted: Any) -> Condition:
    if isinstance(wanted, Mapping) and any(key.startswith("$") for key in wanted):
        parts = [_operation(name, operand) for name, operand in wanted.items()]
        return lambda value: all(holds(value) for holds in parts)
    return lambda value: _contains(value, wanted)


def _operation(name: str, operand: Any) -> Condition:
    if name == "$eq":
        return lambda value: _contains(value, operand)
    if name == "$ne":
        return lambda value: not _contains(value, operand)
    compare = _ORDERS.get(name)
    if compare is None:
        known = ", ".join(("$eq", "$ne", *_ORDERS))
        raise ValueError(f"There is no operator {name!r}; there are {known}")
    limit = _number(operand)
    if limit is None:
        raise ValueError(f"{name} compares with a number, not with {operand!r}")

    def holds(value: Any) -> bool:
        found = _number(value)
        return found is not None and compare(found, limit)

    return holds


def _number(value: Any) -> float | None:
    """A number, or the one a text spells; a whole number beyond a float's range counts as none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _contains(value: Any, wanted: Any) -> bool:
    """Objects by containment, lists item by item, all else by equality; what is absent is null."""
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(
            _contains(value.get(key), part) for key, part in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(value, list)
            and len(value) == len(wanted)
            and all(map(_contains, value, wanted))
        )
    return same(value, wanted)
