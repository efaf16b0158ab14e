"""`runcontract drift` as its user calls it."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from conformance.drift.cli import drift
from spec.document import document
from tests.conformance.tiny import tiny_server

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(drift, arguments)


def serve(**changes: object) -> dict[str, object]:
    return {"openapi.json": {**copy.deepcopy(document()), **changes}}


def test_our_own_document_has_not_drifted(tmp_path: Path) -> None:
    file = tmp_path / "drift.json"
    with tiny_server(**serve()) as (url, _):
        result = run(url, "--json", str(file))
    assert result.exit_code == 0, result.output
    assert "0 differences" in result.stdout
    told = json.loads(file.read_text())
    assert (told["same"], told["drift"], told["stale"]) == (True, [], [])


def test_a_new_operation_is_drift_until_it_is_known(tmp_path: Path) -> None:
    answers = serve(paths={**document()["paths"], "/new": {"get": {"responses": {}}}})
    known = tmp_path / "known.yaml"
    known.write_text(
        "about: a server\nentries:\n  - {operation: GET /new, kind: new, reason: planned}\n"
    )
    with tiny_server(**answers) as (url, _):
        unknown, explained = run(url), run(url, "--known", str(known))
    assert unknown.exit_code == 1
    assert "GET /new" in unknown.stdout
    assert explained.exit_code == 0, explained.output
    assert "planned" in explained.stdout


def test_a_stale_entry_fails(tmp_path: Path) -> None:
    known = tmp_path / "known.yaml"
    known.write_text("about: a server\nentries:\n  - {operation: GET /old, reason: was so}\n")
    with tiny_server(**serve()) as (url, _):
        result = run(url, "--known", str(known))
    assert result.exit_code == 1
    assert "stale" in result.stdout


@pytest.mark.parametrize("published", [None, {"no": "paths"}, [1]])
def test_no_document_is_bad_usage(published: object) -> None:
    answers = {} if published is None else {"openapi.json": published}
    with tiny_server(**answers) as (url, _):
        result = run(url)
    assert result.exit_code == 2
    assert "openapi.json" in result.stderr


def test_nobody_there() -> None:
    with tiny_server() as (url, _):
        pass
    result = run(url)
    assert result.exit_code == 2
    assert "started?" in result.stderr


def test_a_missing_list_is_bad_usage() -> None:
    result = run("http://127.0.0.1:9", "--known", "nowhere.yaml")
    assert result.exit_code == 2
    assert "nowhere.yaml" in result.stderr
