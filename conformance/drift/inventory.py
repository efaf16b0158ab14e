"""A document taken apart: each operation, parameter, field and status code under its own name.

`POST /threads/{}/runs` → `request field config.tags[]` → what it may be. Two documents that say the
same in other words (references, `allOf`, names of path parameters) come out equal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = Any
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_DEEPEST = 6
_EVERY = frozenset({"array", "boolean", "null", "number", "object", "string"})
_PARAMETER = re.compile(r"\{[^}]*\}")
# names that a server fills with its own values: their enum says nothing about the contract
OPEN_NAMES = frozenset({"GraphName"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field may be; no types means any. `enum` is None where any value of the types goes."""

    types: frozenset[str] = frozenset()
    required: bool = False
    enum: frozenset[str] | None = None
    is_open: bool = False


Inventory = dict[str, dict[str, Shape]]


def inventory(document: Mapping[str, Json]) -> Inventory:
    """Operations by `METHOD /path/{}`, each with its parts."""
    return _Reader(document).all()


class _Reader:
    def __init__(self, document: Mapping[str, Json]) -> None:
        self._document = document

    def all(self) -> Inventory:
        found: Inventory = {}
        for path, item in self._document.get("paths", {}).items():
            for method in METHODS:
                if method in item:
                    name = f"{method.upper()} {_PARAMETER.sub('{}', path)}"
                    shared = item.get("parameters", ())
                    found[name] = dict(self._operation(item[method], shared))
        return found

    def _operation(self, operation: Json, shared: Json) -> Iterator[tuple[str, Shape]]:
        place = 0
        for given in [*shared, *operation.get("parameters", ())]:
            parameter = self._resolved(given)
            name = parameter.get("name", "?")
            if parameter.get("in") == "path":
                place += 1
                name = str(place)
            shape = self._shape(parameter.get("schema", {}), bool(parameter.get("required")))
            yield f"{parameter.get('in')} parameter {name}", shape
        body = self._resolved(operation.get("requestBody", {}))
        for schema in _schemas(body):
            yield from self._fields(schema, "request", bool(body.get("required")))
        for status, given in operation.get("responses", {}).items():
            yield f"status {status}", Shape()
            if str(status).startswith("2"):
                for schema in _schemas(self._resolved(given)):
                    yield from self._fields(schema, f"response {status}", required=False)

    def _fields(
        self, schema: Json, where: str, required: bool, deep: int = 0, seen: tuple[str, ...] = ()
    ) -> Iterator[tuple[str, Shape]]:
        """The schema and everything beneath it; a schema within itself is not entered."""
        yield where, self._shape(schema, required)
        if deep >= _DEEPEST:
            return
        between = "." if "." in where or " field " in where or where.endswith("]") else " field "
        for branch, names in self._branches(schema, seen):
            needed = branch.get("required", ())
            for name, inner in branch.get("properties", {}).items():
                inside = f"{where}{between}{name}"
                yield from self._fields(inner, inside, name in needed, deep + 1, names)
            if isinstance(branch.get("items"), dict):
                yield from self._fields(branch["items"], f"{where}[]", False, deep + 1, names)

    def _branches(
        self, schema: Json, seen: tuple[str, ...]
    ) -> Iterator[tuple[Mapping[str, Json], tuple[str, ...]]]:
        """The schema, what it refers to, and its alternatives, each as it stands."""
        if not isinstance(schema, dict):
            return
        reference = schema.get("$ref")
        if reference is not None:
            if reference not in seen:
                yield from self._branches(self._resolved(schema), (*seen, reference))
            return
        yield schema, seen
        for word in ("allOf", "anyOf", "oneOf"):
            for branch in schema.get(word, ()):
                yield from self._branches(branch, seen)

    def _shape(self, schema: Json, required: bool) -> Shape:
        types: set[str] = set()
        values: set[str] = set()
        is_open = False
        for branch, names in self._branches(schema, ()):
            is_open = is_open or any(name.rsplit("/", 1)[-1] in OPEN_NAMES for name in names)
            own = branch.get("type")
            types |= {own} if isinstance(own, str) else set(own or ())
            if not own and "properties" in branch:
                types.add("object")
            listed = branch.get("enum", [branch["const"]] if "const" in branch else ())
            values |= {str(value) for value in listed}
            if branch.get("nullable"):
                types.add("null")
        if types >= _EVERY:
            types.clear()
        return Shape(frozenset(types), required, frozenset(values) or None, is_open)

    def _resolved(self, value: Json) -> Json:
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            target: Json = self._document
            for part in value["$ref"].removeprefix("#/").split("/"):
                target = target.get(part.replace("~1", "/").replace("~0", "~"), {})
            value = target
        return value


def _schemas(holder: Json) -> Iterator[Json]:
    """The schemas of JSON contents; what else there is says nothing about fields."""
    for media, content in holder.get("content", {}).items():
        if "json" in media:
            yield content.get("schema", {})
