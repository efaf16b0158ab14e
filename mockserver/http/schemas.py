"""Schemas of the 3.1 document, compiled where they stand: found by JSON pointer, one registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

Pointer = tuple[str | int, ...]

_BASE = "urn:runcontract:document"


class Schemas:
    """The document, its references and its validators."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._registry = jsonschema_rs.Registry([(_BASE, dict(document))])

    def resolve(self, node: Any, pointer: Pointer) -> tuple[Any, Pointer]:
        """Follow a node's `$ref`s inside the document: (the node meant, where it stands).

        Raises KeyError where a reference leads nowhere.
        """
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            pointer = tuple(
                part.replace("~1", "/").replace("~0", "~")
                for part in node["$ref"].removeprefix("#/").split("/")
            )
            node = self.at(pointer)
        return node, pointer

    def at(self, pointer: Pointer) -> Any:
        """The node at a pointer."""
        node: Any = self._document
        for part in pointer:
            node = node[int(part)] if isinstance(node, list) else node[part]
        return node

    def flat(self, node: Any) -> dict[str, Any]:
        """A schema with its references replaced by what they mean; keywords beside them win."""
        if not isinstance(node, Mapping):
            return {}
        meant, _ = self.resolve(node, ())
        siblings = {key: value for key, value in node.items() if key != "$ref"}
        return {**meant, **siblings} if isinstance(meant, Mapping) else siblings

    def validator(self, pointer: Pointer, *, formats: bool) -> jsonschema_rs.Validator:
        """A compiled validator of the schema at a pointer.

        `formats` asserts `format` too: right for what we send; what we get is judged by code, since
        the API takes ids more leniently than `uuid` says.
        """
        path = "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in pointer)
        return jsonschema_rs.Draft202012Validator(
            {"$ref": f"{_BASE}#/{_escape(path)}"}, registry=self._registry, validate_formats=formats
        )


def _escape(fragment: str) -> str:
    """A pointer as a URI fragment: templates' braces and the percent sign must be escaped."""
    return fragment.replace("%", "%25").replace("{", "%7B").replace("}", "%7D").replace(" ", "%20")
