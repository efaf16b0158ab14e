"""The OpenAPI 3.0.3 skeleton that connexion is given in place of the 3.1 document.

connexion 3.3 loads no 3.1 document and would validate with Draft 4. It needs the paths, the
operationIds and the names of the path parameters; schemas stay in the 3.1 document and are compiled
by us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SLASH = "x-trailing-slash"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of a document as (path, method in lower case, operation object)."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def skeleton(document: Mapping[str, Any]) -> dict[str, Any]:
    """A 3.0.3 document with the paths, operationIds and tags of a 3.1 document, no schema of it.

    `x-trailing-slash` stays: such an operation is served with a trailing slash too, not redirected.
    """
    paths: dict[str, Any] = {}
    for path, method, operation in operations(document):
        bare: dict[str, Any] = {
            "operationId": operation["operationId"],
            "tags": operation.get("tags", []),
            "responses": {"default": {"description": "see the 3.1 document"}},
        }
        if operation.get(SLASH):
            bare[SLASH] = True
        names = path_parameters(path)
        if names:
            bare["parameters"] = [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in names
            ]
        paths.setdefault(path, {})[method] = bare
    info = {"title": document["info"]["title"], "version": document["info"]["version"]}
    return {"openapi": "3.0.3", "info": info, "paths": paths}


def path_parameters(path: str) -> tuple[str, ...]:
    """The names in braces of a path template, in order."""
    return tuple(part[1:-1] for part in path.split("/") if part.startswith("{"))
