"""JSON Schema takes `2.0` for an integer, Python does not: whole floats become ints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.http.schemas import Pointer, Schemas

_DEEPEST = 5
_LARGEST = 2**63


@dataclass(slots=True)
class Integers:
    """Where a schema has integers: here, in properties, in items. False where it has none."""

    here: bool = False
    properties: dict[str, Integers] = field(default_factory=dict)
    items: Integers | None = None

    def __bool__(self) -> bool:
        return self.here or bool(self.properties) or self.items is not None

    def whole(self, value: Any) -> Any:
        """The value with whole floats made ints, in place; past 64 bits they stay floats."""
        if isinstance(value, float):
            fits = self.here and value.is_integer() and abs(value) < _LARGEST
            return int(value) if fits else value
        if isinstance(value, dict):
            for key, inner in self.properties.items():
                if key in value:
                    value[key] = inner.whole(value[key])
        elif isinstance(value, list) and self.items is not None:
            for at, item in enumerate(value):
                value[at] = self.items.whole(item)
        return value


def compile_integers(schemas: Schemas, pointer: Pointer) -> Integers:
    """The integers of the schema at a pointer, its references and alternatives followed."""
    return _compile(schemas, schemas.at(pointer), 0)


def _compile(schemas: Schemas, node: Any, depth: int) -> Integers:
    found = Integers()
    node, _ = schemas.resolve(node, ())
    if depth > _DEEPEST or not isinstance(node, dict):
        return found
    types = node.get("type", ())
    found.here = "integer" in types and "number" not in types
    for key, child in node.get("properties", {}).items():
        inner = _compile(schemas, child, depth + 1)
        if inner:
            found.properties[key] = inner
    if "items" in node:
        found.items = _compile(schemas, node["items"], depth + 1) or None
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in node.get(keyword, ()):
            _merge(found, _compile(schemas, branch, depth + 1))
    return found


def _merge(into: Integers, other: Integers) -> None:
    into.here = into.here or other.here
    for key, inner in other.properties.items():
        if key in into.properties:
            _merge(into.properties[key], inner)
        else:
            into.properties[key] = inner
    if other.items is not None:
        if into.items is None:
            into.items = other.items
        else:
            _merge(into.items, other.items)
