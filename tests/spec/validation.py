"""Validators of the document's parts, for its tests."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from spec.document import document

if TYPE_CHECKING:
    from collections.abc import Iterator

_BASE = "urn:document"


@functools.cache
def _registry() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([(_BASE, document())])


def problems(schema: Any, value: Any) -> list[str]:
    """What is wrong with a value, by a schema of the document. JSON inside of texts counts."""
    return [error.message for error in _compile(schema).iter_errors(value)]


def _compile(schema: Any) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        _absolute(schema),
        registry=_registry(),
        validate_formats=True,
        keywords={"contentSchema": _Content},
    )


def _absolute(node: Any) -> Any:
    """The schema with its references made to lead into the registered document."""
    if isinstance(node, list):
        return [_absolute(item) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        return {**node, "$ref": _BASE + reference}
    return {key: _absolute(value) for key, value in node.items()}


class _Content:
    """The keyword `contentSchema`: the JSON that a text holds."""

    def __init__(self, parent: dict[str, Any], value: Any, path: list[str | int]) -> None:
        self._validator = _compile(value)

    def validate(self, text: Any) -> None:
        """Raises ValueError for a text that is no JSON, ValidationError for a wrong one."""
        self._validator.validate(json.loads(text))


def resolve(node: Any) -> Any:
    """A node of the document, its reference followed. Raises KeyError where that leads nowhere."""
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        target: Any = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def nodes(node: Any, where: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object below a node, itself included, with the place where it stands."""
    if isinstance(node, dict):
        yield where, node
        for key, value in node.items():
            yield from nodes(value, f"{where}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from nodes(value, f"{where}/{index}")
