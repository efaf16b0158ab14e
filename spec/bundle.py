"""Makes one document of the YAML tree in `spec/openapi`.

A reference names a file and one entry of it, `../schemas/runs.yaml#/Run`; `#/Run` is an entry of
the same file. An entry of `paths/`, or a group of `links.yaml`, is put in place. Any other becomes
a component, of the kind its file stands for, under its own name, so two files of a kind may not
share a name. Recursion is fine.

Needs PyYAML and nothing else: the build imports it before anything of ours is installed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from spec.yamlfile import read_yaml

SOURCE = Path(__file__).parent / "openapi"
ROOT = "openapi.yaml"
_KINDS = {
    "callbacks.yaml": "callbacks",
    "examples.yaml": "examples",
    "headers.yaml": "headers",
    "parameters.yaml": "parameters",
    "responses.yaml": "responses",
}


class BundleError(Exception):
    """A reference of the tree leads nowhere, or two entries share a name: mend the named file."""


def sources(folder: Path = SOURCE) -> tuple[Path, ...]:
    """The YAML files of the tree, sorted."""
    return tuple(sorted(folder.rglob("*.yaml")))


def bundle(folder: Path = SOURCE) -> dict[str, Any]:
    """The whole document, every reference in it of the form `#/components/KIND/NAME`.

    Raises BundleError for a reference to nothing and for a name that two files claim.
    """
    return _Bundler(folder).document()


def encode(found: dict[str, Any]) -> bytes:
    """The JSON of a bundle, as `_bundle.json` holds it."""
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


class _Bundler:
    """One pass over the tree: what was read, and the components found so far."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._files: dict[Path, Any] = {}
        self._origins: dict[tuple[str, str], Path] = {}
        self._components: dict[str, dict[str, Any]] = {}

    def document(self) -> dict[str, Any]:
        root = self._folder / ROOT
        found: dict[str, Any] = self._walk(self._read(root, root), root)
        # what the document refers to by name alone, such as its securitySchemes, it holds itself
        components = {**found.get("components", {}), **self._components}
        found["components"] = {
            kind: dict(sorted(entries.items())) for kind, entries in sorted(components.items())
        }
        return found

    def _read(self, path: Path, wanted_by: Path) -> Any:
        if path not in self._files:
            if not path.is_file():
                raise BundleError(f"{self._name(wanted_by)}: there is no file {self._name(path)}")
            self._files[path] = read_yaml(path)
        return self._files[path]

    def _walk(self, node: Any, file: Path) -> Any:
        if isinstance(node, list):
            return [self._walk(item, file) for item in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return {str(key): self._walk(value, file) for key, value in node.items()}
        beside = {key: self._walk(value, file) for key, value in node.items() if key != "$ref"}
        return {**self._resolve(reference, file), **beside}

    def _resolve(self, reference: str, file: Path) -> dict[str, Any]:
        place, _, name = reference.partition("#/")
        target = (file.parent / place).resolve() if place else file
        entries = self._read(target, file)
        if not isinstance(entries, dict) or name not in entries:
            raise BundleError(f"{self._name(file)}: {reference} leads nowhere")
        if target.parent.name == "paths" or target.name == "links.yaml":
            put_in_place: dict[str, Any] = self._walk(entries[name], target)
            return put_in_place
        kind = "schemas" if target.parent.name == "schemas" else _KINDS.get(target.name)
        if kind is None:
            raise BundleError(f"{self._name(file)}: {reference} leads to no kind of component")
        self._place(kind, name, target, entries[name])
        return {"$ref": f"#/components/{kind}/{name}"}

    def _place(self, kind: str, name: str, origin: Path, entry: Any) -> None:
        known = self._origins.setdefault((kind, name), origin)
        if known != origin:
            both = f"{self._name(known)} and {self._name(origin)}"
            raise BundleError(f"{both} both have an entry {name}")
        place = self._components.setdefault(kind, {})
        if name not in place:
            place[name] = None  # claimed before its content is walked: that may lead here again
            place[name] = self._walk(entry, origin)

    def _name(self, path: Path) -> str:
        return (
            str(path.relative_to(self._folder)) if path.is_relative_to(self._folder) else str(path)
        )
