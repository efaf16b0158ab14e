"""`runcontract probe DIR`."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from conformance.probe import cli

if TYPE_CHECKING:
    from pathlib import Path

if TYPE_CHECKING:
    from pathlib import Path


def test_writes_both_files_into_a_new_folder(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "deep"
    done = CliRunner().invoke(cli.probe, [str(folder)])
    assert done.exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["graph.py", "langgraph.json"]
    assert f"cd {folder} && langgraph dev" in done.output


def test_the_configuration_names_graphs_that_the_module_has(tmp_path: Path) -> None:
    cli.write_probe(tmp_path)
    graphs = json.loads((tmp_path / "langgraph.json").read_text())["graphs"]
    module = ast.parse((tmp_path / "graph.py").read_text())
    assigned = {
        target.id
        for statement in module.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    assert set(graphs) == {"probe", "agent"}
    for graph in graphs.values():
        assert graph["description"]
        file, _, name = graph["path"].partition(":")
        assert (tmp_path / file).exists()
        assert name in assigned


def test_the_module_imports_nothing_of_ours(tmp_path: Path) -> None:
    cli.write_probe(tmp_path)
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse((tmp_path / "graph.py").read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }
    assert not imported & {"spec", "conformance", "mockserver", "tests", "runcontract", ""}


def test_a_second_call_changes_nothing(tmp_path: Path) -> None:
    paths = cli.write_probe(tmp_path)
    before = [path.stat().st_mtime_ns for path in paths]
    assert cli.write_probe(tmp_path) == paths
    assert [path.stat().st_mtime_ns for path in paths] == before


def test_foreign_content_is_kept_and_nothing_else_is_written(tmp_path: Path) -> None:
    (tmp_path / "langgraph.json").write_text("{}")
    with pytest.raises(cli.ForeignFileError, match=r"langgraph\.json exists"):
        cli.write_probe(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["langgraph.json"]
    assert (tmp_path / "langgraph.json").read_text() == "{}"


@pytest.mark.parametrize("kind", ["foreign", "folder", "file"])
def test_what_cannot_be_written_is_one_line_and_exit_2(tmp_path: Path, kind: str) -> None:
    where = tmp_path
    if kind == "foreign":
        (tmp_path / "graph.py").write_text("mine")
    elif kind == "folder":
        (tmp_path / "graph.py").mkdir()
    else:
        (tmp_path / "plain").write_text("")
        where = tmp_path / "plain" / "below"
    done = CliRunner().invoke(cli.probe, [str(where)])
    assert done.exit_code == 2
    assert done.output.startswith("runcontract probe: ")
    assert len(done.output.strip().splitlines()) == 1
