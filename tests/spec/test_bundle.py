from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from spec.bundle import BundleError, bundle, encode, sources
from spec.document import HERE, document, load

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, **files: str) -> Path:
    """A tree of YAML files; `__` in a name stands for a folder."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def tree(folder: Path) -> Path:
    return write(
        folder,
        openapi='paths: { /a: { $ref: "paths/a.yaml#/item" } }',
        paths__a="""
            item:
              get:
                links: { $ref: "../links.yaml#/OfA" }
                schema: { $ref: "../schemas/a.yaml#/Tree", description: A tree. }
            """,
        schemas__a="""
            Tree: { properties: { child: { $ref: "#/Tree" }, leaf: { $ref: "b.yaml#/Leaf" } } }
            """,
        schemas__b="Leaf: { type: string }",
        links="OfA: { again: { operationId: a } }",
    )


def test_paths_and_links_are_put_in_place_and_the_rest_becomes_components(tmp_path: Path) -> None:
    assert bundle(tree(tmp_path)) == {
        "paths": {
            "/a": {
                "get": {
                    "links": {"again": {"operationId": "a"}},
                    "schema": {"$ref": "#/components/schemas/Tree", "description": "A tree."},
                }
            }
        },
        "components": {
            "schemas": {
                "Leaf": {"type": "string"},
                "Tree": {
                    "properties": {
                        "child": {"$ref": "#/components/schemas/Tree"},
                        "leaf": {"$ref": "#/components/schemas/Leaf"},
                    }
                },
            }
        },
    }


@pytest.mark.parametrize(
    ("reference", "complaint"),
    [
        ("schemas/none.yaml#/A", r"openapi.yaml: there is no file schemas.none.yaml"),
        ("schemas/a.yaml#/None", r"openapi.yaml: schemas/a.yaml#/None leads nowhere"),
        ("other.yaml#/A", r"openapi.yaml: other.yaml#/A leads to no kind of component"),
    ],
)
def test_a_reference_to_nothing_is_told(tmp_path: Path, reference: str, complaint: str) -> None:
    write(tmp_path, openapi=f'a: {{ $ref: "{reference}" }}', schemas__a="A: {}", other="A: {}")
    with pytest.raises(BundleError, match=complaint):
        bundle(tmp_path)


def test_two_entries_of_one_name_are_told(tmp_path: Path) -> None:
    write(
        tmp_path,
        openapi='a: [{ $ref: "schemas/a.yaml#/A" }, { $ref: "schemas/b.yaml#/A" }]',
        schemas__a="A: { type: string }",
        schemas__b="A: { type: integer }",
    )
    with pytest.raises(BundleError, match=r"a.yaml and schemas.b.yaml both have an entry A"):
        bundle(tmp_path)


def test_a_fresh_bundle_is_taken_as_it_is(tmp_path: Path) -> None:
    folder, kept = tree(tmp_path / "openapi"), tmp_path / "kept.json"
    kept.write_bytes(b'{"kept": true}')
    for source in folder.rglob("*.yaml"):
        os.utime(source, ns=(0, kept.stat().st_mtime_ns - 1))
    assert load(kept, folder) == b'{"kept": true}'


@pytest.mark.parametrize("age", [0, 1])
def test_a_bundle_older_than_a_source_is_made_anew_and_kept(tmp_path: Path, age: int) -> None:
    folder, kept = tree(tmp_path / "openapi"), tmp_path / "kept.json"
    kept.write_bytes(b"{}")
    for source in folder.rglob("*.yaml"):
        os.utime(source, ns=(0, 0))
    last = folder / "schemas" / "b.yaml"
    os.utime(last, ns=(0, kept.stat().st_mtime_ns + age))
    assert load(kept, folder) == encode(bundle(folder)) == kept.read_bytes()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["kept.json"]


def test_a_missing_bundle_is_made(tmp_path: Path) -> None:
    folder, kept = tree(tmp_path / "openapi"), tmp_path / "kept.json"
    made = load(kept, folder)
    assert json.loads(made) == bundle(folder)
    assert kept.read_bytes() == made


def test_a_bundle_without_sources_is_fresh(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_bytes(b"{}")
    assert load(kept, tmp_path / "openapi") == b"{}"


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    folder, kept = tree(tmp_path / "openapi"), tmp_path / "nowhere" / "kept.json"
    assert json.loads(load(kept, folder)) == bundle(folder)
    assert not kept.parent.exists()


def test_a_start_with_a_fresh_bundle_parses_no_yaml() -> None:
    document()  # makes the bundle where there is none
    code = "import sys; from spec.document import operations; operations(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE.parent, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert "spec.document" in loaded
    assert "yaml" not in loaded


def test_no_mapping_of_the_real_tree_has_a_key_twice() -> None:
    for path in sources():
        waiting = [yaml.compose(path.read_text(), Loader=yaml.CSafeLoader)]
        while waiting:
            node = waiting.pop()
            if isinstance(node, yaml.MappingNode):
                keys = [key.value for key, _ in node.value]
                assert len(keys) == len(set(keys)), node.start_mark
                waiting += [value for _, value in node.value]
            elif isinstance(node, yaml.SequenceNode):
                waiting += node.value
