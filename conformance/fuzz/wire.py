"""A request as it went over the wire, against the document.

A fuzzer breaks values, and some of them are whole again once they are written down: a text and a
list of one text look alike in a query, and of a parameter that is given twice a server may read
either value. What counts is what the target could see.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from uuid import UUID

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_BASE = "fuzzed:"
_INTEGER = re.compile(r"-?[0-9]{1,300}").fullmatch
_NUMBER = re.compile(r"-?[0-9]{1,300}(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?").fullmatch
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "": None}


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it was sent: its URI, absolute or not, the values of each header, the body."""

    uri: str
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: bytes = b""


class Wire:
    """Judges requests by an OpenAPI 3.1 document with local references only.

    Validators are compiled on first use and kept.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._registry = jsonschema_rs.Registry([(_BASE, dict(document))])
        self._validators: dict[str, Any] = {}
        self._places = {
            operation["operationId"]: (path, method)
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if isinstance(operation, dict) and "operationId" in operation
        }

    def conforms(self, operation_id: str, sent: Sent) -> bool:
        """Whether the document allows this request of an operation.

        A parameter that is no array and was given more than once conforms by its first or its last
        value. One that is not declared does no harm. An operation the document does not have
        allows nothing.
        """
        if operation_id not in self._places:
            return False
        path, method = self._places[operation_id]
        given = _Given(path, sent)
        pointer = f"/paths/{_escaped(path)}"
        item = self._document["paths"][path]
        operation = item[method]
        listed = [
            *(
                (each, f"{pointer}/parameters/{n}")
                for n, each in enumerate(item.get("parameters", ()))
            ),
            *(
                (each, f"{pointer}/{method}/parameters/{n}")
                for n, each in enumerate(operation.get("parameters", ()))
            ),
        ]
        return given.fits and all(
            [
                *(self._parameter(*self._resolved(each, at), given) for each, at in listed),
                self._body(
                    operation, f"{pointer}/{method}", given.header("content-type"), sent.body
                ),
            ]
        )

    def _parameter(self, declared: Mapping[str, Any], pointer: str, given: _Given) -> bool:
        texts = given.texts(declared["in"], declared["name"])
        if not texts:
            return not declared.get("required", False)
        schema, at = self._resolved(declared.get("schema", {}), f"{pointer}/schema")
        valid = self._validator(f"{pointer}/schema").is_valid
        if schema.get("type") != "array":
            return any(valid(value) for text in (texts[0], texts[-1]) for value in _readings(text))
        if not declared.get("explode", declared["in"] == "query"):
            return any(
                valid(self._listed(text.split(","), f"{at}/items"))
                for text in (texts[0], texts[-1])
            )
        return bool(valid(self._listed(texts, f"{at}/items")))

    def _listed(self, texts: Sequence[str], pointer: str) -> list[Any]:
        valid = self._validator(pointer).is_valid
        return [next(filter(valid, _readings(text)), text) for text in texts]

    def _body(self, operation: Mapping[str, Any], pointer: str, kind: str, body: bytes) -> bool:
        if "requestBody" not in operation:
            return True
        declared, at = self._resolved(operation["requestBody"], f"{pointer}/requestBody")
        if not body:
            return not declared.get("required", False)
        kind = kind.partition(";")[0].strip().lower()
        if kind not in declared["content"]:
            return False
        if "schema" not in declared["content"][kind]:
            return True
        schema = f"{at}/content/{_escaped(kind)}/schema"
        try:
            return bool(self._validator(schema).is_valid(json.loads(body)))
        except ValueError:  # no JSON, or a number or a text that no JSON can hold
            return False

    def _validator(self, pointer: str) -> Any:
        if pointer not in self._validators:
            self._validators[pointer] = jsonschema_rs.validator_for(
                {"$ref": f"{_BASE}#{quote(pointer, safe='/~')}"},
                registry=self._registry,
                validate_formats=True,
                formats={"uuid": _is_uuid},
            )
        return self._validators[pointer]

    def _resolved(self, value: Mapping[str, Any], pointer: str) -> tuple[Mapping[str, Any], str]:
        """A value with its reference followed, and the pointer to where it stands."""
        while "$ref" in value:
            pointer = value["$ref"].removeprefix("#")
            found: Any = self._document
            for part in pointer.removeprefix("/").split("/"):
                key = part.replace("~1", "/").replace("~0", "~")
                found = found[int(key)] if isinstance(found, list) else found[key]
            value = found
        return value, pointer


class _Given:
    """The texts a request gives for parameters; `fits` says whether its path is the template's."""

    def __init__(self, template: str, sent: Sent) -> None:
        parts = urlsplit(sent.uri)
        pattern = re.sub(r"\\\{([^}]*)\\\}", "([^/]+)", re.escape(template))
        found = re.search(f"{pattern}$", parts.path)
        names = re.findall(r"\{([^}]*)\}", template)
        self.fits = found is not None
        self._path = dict(zip(names, found.groups(), strict=True)) if found else {}
        self._query: dict[str, list[str]] = {}
        for name, text in parse_qsl(parts.query, keep_blank_values=True):
            self._query.setdefault(name, []).append(text)
        self._headers = {name.lower(): list(values) for name, values in sent.headers.items()}

    def texts(self, where: str, name: str) -> Sequence[str]:
        """What was given for a parameter, in order."""
        if where == "path":
            return [unquote(self._path[name])] if name in self._path else []
        if where == "query":
            return self._query.get(name, [])
        return self._headers.get(name.lower(), []) if where == "header" else []

    def header(self, name: str) -> str:
        """The last value of a header, or nothing."""
        return next(reversed(self._headers.get(name, [])), "")


def _readings(text: str) -> Iterator[Any]:
    """Every value that a text may stand for in a path, a query or a header."""
    yield text
    if text in _WORDS:
        yield _WORDS[text]
    if _INTEGER(text):
        yield int(text)
    elif _NUMBER(text):
        yield float(text)


def _is_uuid(text: str) -> bool:
    """Whether a text is an id in any of the spellings that a server may read."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _escaped(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1")
