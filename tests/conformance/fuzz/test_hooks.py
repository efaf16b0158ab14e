"""What generated requests must leave alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

KEPT = "48528212-457f-5d25-96eb-28212162677b"


@pytest.fixture
def spares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "kept.json").write_text(json.dumps([KEPT]))
    monkeypatch.setenv("RUNCONTRACT_KEEP", str(tmp_path / "kept.json"))
    from conformance.fuzz import hooks  # registers itself with Schemathesis where it is imported

    hooks.kept.cache_clear()
    return hooks.spares


@pytest.mark.parametrize(
    ("method", "path", "body", "spared"),
    [
        ("DELETE", {"assistant_id": KEPT}, None, False),
        ("PATCH", {"thread_id": "urn:uuid:" + KEPT.upper()}, None, False),
        ("DELETE", {"thread_id": "{" + KEPT.replace("-", "") + "}"}, None, False),
        ("POST", None, {"thread_ids": ["other", KEPT]}, False),
        ("POST", None, {"thread_id": KEPT, "run_ids": []}, False),
        ("GET", {"assistant_id": KEPT}, None, True),
        ("POST", {"thread_id": "other"}, {"assistant_id": KEPT}, True),
        ("DELETE", {"assistant_id": "other"}, None, True),
        ("POST", None, ["anything"], True),
        ("POST", None, {"thread_ids": 5}, True),
    ],
)
def test_what_was_there_before_is_spared(
    spares: Any, method: str, path: Any, body: Any, spared: bool
) -> None:
    assert spares(method, path, body) is spared
