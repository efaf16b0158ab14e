"""The OpenAPI 3.1 document, bundled: as a dict, as bytes, and by operation.

The bundle is kept in `spec/_bundle.json`. While that is newer than every YAML file it came from, no
YAML is parsed.
"""

from __future__ import annotations

import functools
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: `method` in lower case, `path` a template, `spec` its part of the document."""

    id: str
    method: str
    path: str
    spec: dict[str, Any]


def document() -> dict[str, Any]:
    """The document. One dict for everybody: do not change it.

    Raises spec.bundle.BundleError where the YAML tree has to be read and is at fault.
    """
    return _parsed()


@functools.cache
def document_json(graphs: tuple[str, ...] = ()) -> bytes:
    """The document as JSON, in UTF-8; with graphs, as a server publishes it that hosts these.

    Such a one says which names a GraphName can be, so that a reader needs no other source.
    """
    if not graphs:
        return _encoded()
    made: dict[str, Any] = orjson.loads(_encoded())
    made["components"]["schemas"]["GraphName"]["enum"] = list(graphs)
    return orjson.dumps(made)


@functools.cache
def operations() -> Mapping[str, Operation]:
    """Every operation by its operationId, in the document's order."""
    return MappingProxyType(
        {
            item[method]["operationId"]: Operation(
                item[method]["operationId"], method, path, item[method]
            )
            for path, item in document()["paths"].items()
            for method in METHODS
            if method in item
        }
    )


def load(kept: Path, folder: Path) -> bytes:
    """The bundle of the tree in `folder`: as the file `kept` has it, or made anew and kept."""
    if _is_fresh(kept, folder):
        return kept.read_bytes()
    # imported late: a start with a fresh bundle needs no YAML parser
    from spec.bundle import bundle, encode

    encoded = encode(bundle(folder))
    _keep(kept, encoded)
    return encoded


@functools.cache
def _parsed() -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(_encoded())
    return found


@functools.cache
def _encoded() -> bytes:
    return load(HERE / "_bundle.json", HERE / "openapi")


def _is_fresh(kept: Path, folder: Path) -> bool:
    try:
        made = kept.stat().st_mtime_ns
    except FileNotFoundError:
        return False
    return all(source.stat().st_mtime_ns < made for source in folder.rglob("*.yaml"))


def _keep(kept: Path, encoded: bytes) -> None:
    """Replaces the file at once: nobody reads half of it. A read-only folder keeps nothing."""
    try:
        handle, name = tempfile.mkstemp(prefix=kept.name, dir=kept.parent)
    except OSError:
        return
    with os.fdopen(handle, "wb") as stream:
        stream.write(encoded)
    Path(name).replace(kept)
