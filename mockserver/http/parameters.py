"""Parameters: text of the path, the query and the headers, read as the document types it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from uuid import UUID

from mockserver.http.errors import HttpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import jsonschema_rs

    from mockserver.http.schemas import Pointer, Schemas

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}").fullmatch
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?").fullmatch
_TRUE = frozenset(("true", "1", "yes"))
_FALSE = frozenset(("false", "0", "no"))
_LARGEST = 2**63 - 1


def canonical_uuid(text: str) -> str:
    """An id in lower case with dashes; takes what Python's UUID parser takes. Raises ValueError."""
    return text if _CANONICAL(text) else str(UUID(text))


def integer(text: str) -> int:
    """A whole number of 64 bits. Raises ValueError."""
    if not _INTEGER(text) or abs(int(text)) > _LARGEST:
        raise ValueError("is not an integer of 64 bits")
    return int(text)


def number(text: str) -> float:
    """A decimal number. Raises ValueError."""
    if not _NUMBER(text):
        raise ValueError("is not a number")
    return float(text)


def boolean(text: str) -> bool:
    """true/false, 1/0, yes/no in any case. Raises ValueError."""
    word = text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("is not a boolean: say true or false")


def null(text: str) -> None:
    """Nothing. Raises ValueError for any text but an empty one and `null`."""
    if text not in ("", "null"):
        raise ValueError("is not null")


# In the order they are tried where a parameter may be of several types: the narrowest first.
_READERS: Mapping[str, Callable[[str], Any]] = {
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "null": null,
    "string": str,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter: how to read its text and what its value must satisfy."""

    name: str
    where: str
    required: bool
    readers: tuple[Callable[[str], Any], ...]
    many: bool
    split: bool  # an array in one comma-separated value rather than by repetition
    validator: jsonschema_rs.Validator | None
    default: Any = None
    has_default: bool = False

    def value(self, texts: list[str]) -> Any:
        """The value of the texts given, the last one where there may be only one.

        Raises HttpError 422.
        """
        if not self.many:
            return self._read(texts[-1])
        if self.split:
            texts = [part for text in texts for part in text.split(",")]
        return self._checked([self._item(text) for text in texts])

    def _read(self, text: str) -> Any:
        problem = ""
        for reader in self.readers:
            try:
                return self._checked(reader(text))
            except (ValueError, HttpError) as error:
                problem = problem or getattr(error, "detail", None) or self._refusal(error)
        raise HttpError(422, problem)

    def _item(self, text: str) -> Any:
        for reader in self.readers:
            try:
                return reader(text)
            except ValueError:
                continue
        raise HttpError(422, self._refusal(ValueError(f"has the unreadable item {text!r}")))

    def _checked(self, value: Any) -> Any:
        if self.validator is not None and not self.validator.is_valid(value):
            for error in self.validator.iter_errors(value):
                raise HttpError(422, self._refusal(error))
        return value

    def _refusal(self, error: Exception) -> str:
        reason = "must be a UUID" if canonical_uuid in self.readers else str(error)
        return f"Invalid {self.where} parameter {self.name!r}: {reason}"


def compile_parameter(schemas: Schemas, node: Any, pointer: Pointer) -> Parameter:
    """A parameter object of the document, references followed, its schema compiled."""
    declared, pointer = schemas.resolve(node, pointer)
    schema = schemas.flat(declared.get("schema", {}))
    types = _types(schemas, schema)
    many = "array" in types
    item = schemas.flat(schema.get("items", {})) if many else schema
    where = declared["in"]
    if item.get("format") == "uuid" and where == "path":
        readers: tuple[Callable[[str], Any], ...] = (canonical_uuid,)
        validator = None
    else:
        kinds = _types(schemas, item)
        readers = tuple(reader for kind, reader in _READERS.items() if kind in kinds) or (str,)
        plain = set(schema) <= {"type", "title", "description", "default", "examples", "example"}
        validator = None if plain else schemas.validator((*pointer, "schema"), formats=False)
    return Parameter(
        name=declared["name"].lower() if where == "header" else declared["name"],
        where=where,
        required=declared.get("required", False),
        readers=readers,
        many=many,
        split=many and declared.get("explode", where == "query") is False,
        validator=validator,
        default=schema.get("default"),
        has_default="default" in schema,
    )


def _types(schemas: Schemas, schema: Any) -> set[str]:
    """All JSON types a schema names, its alternatives' included."""
    found = schema.get("type", ())
    types = {found} if isinstance(found, str) else set(found)
    for keyword in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(keyword, ()):
            types |= _types(schemas, schemas.flat(branch))
    constants: Iterable[Any] = [
        *schema.get("enum", ()),
        *([schema["const"]] if "const" in schema else ()),
    ]
    names = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    return types or {names[type(value)] for value in constants if type(value) in names}


class Query:
    """All query parameters of an operation. Readings are remembered: callers repeat themselves."""

    _REMEMBERED = 256

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._parameters = {parameter.name: parameter for parameter in parameters}
        self._defaults = {p.name: p.default for p in self._parameters.values() if p.has_default}
        self._required = [p.name for p in self._parameters.values() if p.required]
        self._read: dict[bytes, Mapping[str, Any]] = {}

    def values(self, query_string: bytes) -> Mapping[str, Any]:
        """The declared parameters by name, defaults filled in, unknown ones left out.

        The mapping is shared between calls: it must not be changed. Raises HttpError 422.
        """
        known = self._read.get(query_string)
        if known is None:
            known = self._parse(query_string)
            if len(self._read) >= self._REMEMBERED:
                self._read.clear()
            if len(query_string) < 200:
                self._read[query_string] = known
        return known

    def _parse(self, query_string: bytes) -> Mapping[str, Any]:
        given: dict[str, list[str]] = {}
        for name, text in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
            given.setdefault(name, []).append(text)
        values = dict(self._defaults)
        for name, texts in given.items():
            parameter = self._parameters.get(name)
            if parameter is not None:
                values[name] = parameter.value(texts)
        for name in self._required:
            if name not in values:
                raise HttpError(422, f"Missing query parameter {name!r}")
        return values
