"""Lists of known differences: what they may say, what they explain, when they are stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.diff.findings import FIELDS
from conformance.drift.comparison import FIELDS as DRIFT_FIELDS
from conformance.errors import UsageError
from conformance.known import Known, load, parse
from tests.serving import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("operation", "field")


def known(*entries: Any) -> Known:
    return parse({"about": "two servers", "entries": list(entries)}, "list.yaml", NAMES)


def test_an_entry_explains_what_all_its_patterns_match() -> None:
    found = known({"operation": "get_*", "field": "body.*.id", "reason": "so it is"})
    entry = found.explain(operation="get_run", field="body.tasks[].id")
    assert entry is not None
    assert entry.reason == "so it is"
    assert found.explain(operation="list_runs", field="body.tasks[].id") is None
    assert found.explain(operation="get_run", field="body.tasks[].name") is None


def test_brackets_and_dots_in_a_pattern_are_themselves() -> None:
    found = known({"field": "body[].a.b", "reason": "r"})
    assert found.explain(operation="x", field="body[].a.b")
    assert not found.explain(operation="x", field="bodyx.a.b")
    assert not found.explain(operation="x", field="body[].axb")


def test_an_entry_that_explained_nothing_is_stale_unless_it_only_sometimes_does() -> None:
    found = known(
        {"operation": "a", "reason": "used"},
        {"operation": "b", "reason": "unused"},
        {"operation": "c", "reason": "racy", "sometimes": True},
    )
    found.explain(operation="a", field="")
    assert [entry.reason for entry in found.stale] == ["unused"]


def test_the_first_entry_that_fits_counts() -> None:
    found = known({"operation": "*", "reason": "one"}, {"operation": "a", "reason": "two"})
    entry = found.explain(operation="a", field="")
    assert entry is not None
    assert entry.reason == "one"
    assert [entry.reason for entry in found.stale] == ["two"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "expected a mapping"),
        ({"about": "x", "entries": {}, "more": 1}, "unknown key 'more'"),
        ({"about": "x", "entries": 5}, "`entries` is a list"),
        ({"about": "x", "entries": ["y"]}, "entry 1: expected a mapping"),
        ({"about": "x", "entries": [{"operatoin": "a", "reason": "r"}]}, "'operation'"),
        ({"about": "x", "entries": [{"reason": "r"}]}, "explain anything"),
        ({"about": "x", "entries": [{"operation": "a"}]}, "needs a `reason`"),
        ({"about": "x", "entries": [{"operation": "a", "reason": " "}]}, "needs a `reason`"),
        (
            {"about": "x", "entries": [{"operation": "a", "reason": "r", "sometimes": "no"}]},
            "`sometimes`",
        ),
    ],
)
def test_what_a_list_cannot_say_is_refused(content: Any, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(content, "list.yaml", NAMES)
    assert words in str(refused.value)
    assert "list.yaml" in str(refused.value)


def test_a_file_that_is_not_there_or_no_yaml(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no list"):
        load(tmp_path / "none.yaml", NAMES)
    (tmp_path / "bad.yaml").write_text("a: [")
    with pytest.raises(UsageError, match="no readable YAML"):
        load(tmp_path / "bad.yaml", NAMES)


@pytest.mark.parametrize(("room", "fields"), [("diff", FIELDS), ("drift", DRIFT_FIELDS)])
def test_the_shipped_lists_load(room: str, fields: tuple[str, ...]) -> None:
    files = sorted((ROOT / "conformance" / room / "known").glob("*.yaml"))
    assert files
    assert all(load(file, fields).entries for file in files)
