"""The arrows of ARCHITECTURE.md, held by walking every import of the source tree."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
OURS = ("spec", "mockserver", "conformance")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module a file imports at run time, with the line; not those for types only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def sources(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found
    return found


def offences(folder: str, forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sources(folder)
        for line, module in imports(path)
        if any(module == name or module.startswith(f"{name}.") for name in forbidden)
    ]


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("spec", ("mockserver", "conformance", "runcontract", "tests")),
        ("mockserver", ("conformance", "runcontract", "tests", "schemathesis", "openapi_core")),
        ("conformance", ("mockserver", "runcontract", "tests", "connexion")),
        ("mockserver/engine", ("mockserver.http", "mockserver.routes", "connexion", "starlette")),
        ("mockserver/store", ("mockserver.http", "mockserver.routes", "connexion", "starlette")),
        ("mockserver/scripts", ("mockserver.http", "mockserver.routes", "connexion", "starlette")),
        ("mockserver/routes", ("connexion", "starlette", "uvicorn")),
    ],
)
def test_arrows_point_one_way(folder: str, forbidden: tuple[str, ...]) -> None:
    assert offences(folder, forbidden) == []


def test_no_module_is_a_catch_all() -> None:
    names = {path.stem for folder in OURS for path in sources(folder)}
    assert not names & {"utils", "util", "helpers", "misc", "common"}
