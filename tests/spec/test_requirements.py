from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

import spec.requirements as module
from spec.requirements import RequirementError, requirements

if TYPE_CHECKING:
    from pathlib import Path

ENTRY: dict[str, Any] = {
    "id": "RUN-CANCEL-03",
    "level": "MUST",
    "text": "A finished run\n  cannot be cancelled.",
    "operations": ["cancel_run"],
    "profile": "runs",
    "basis": {"observed": "404 for every final status"},
    "needs": ["probe"],
}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in ENTRY.items() if name != key}


def test_reads_an_entry() -> None:
    read = module._parse("runs.yaml", ENTRY)
    assert read.id == "RUN-CANCEL-03"
    assert read.text == "A finished run cannot be cancelled."
    assert read.operations == ("cancel_run",)
    assert read.needs == ("probe",)
    assert read.exclusion is None


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("a text", "expected a mapping"),
        *(
            (without(key), f"lacks {key}")
            for key in ("id", "level", "text", "operations", "profile", "basis")
        ),
        (ENTRY | {"comment": "?"}, "RUN-CANCEL-03 has unknown comment"),
        (ENTRY | {"id": "cancel 3"}, "no id of the form"),
        (ENTRY | {"id": 3}, "no id of the form"),
        (ENTRY | {"operations": "get_run"}, "operations is a list of names"),
        (ENTRY | {"needs": [1]}, "needs is a list of names"),
        (ENTRY | {"level": "WILL"}, "level is one of"),
        (ENTRY | {"basis": {}}, "basis maps"),
        (ENTRY | {"basis": {"guessed": "no"}}, "basis maps"),
        (ENTRY | {"basis": "observed"}, "basis maps"),
    ],
)
def test_malformed_entries_are_refused(entry: Any, complaint: str) -> None:
    with pytest.raises(RequirementError, match=f"^runs.yaml: .*{complaint}"):
        module._parse("runs.yaml", entry)


def test_an_id_that_stands_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.yaml").write_text(yaml.safe_dump([ENTRY]))
    (tmp_path / "two.yaml").write_text(yaml.safe_dump([ENTRY]))
    monkeypatch.setattr(module, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(RequirementError, match=r"two.yaml: RUN-CANCEL-03 stands twice"):
        requirements.__wrapped__()


def test_a_file_that_is_no_list_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.yaml").write_text(yaml.safe_dump(ENTRY))
    monkeypatch.setattr(module, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(RequirementError, match=r"one.yaml: expected a list, found dict"):
        requirements.__wrapped__()


def test_the_real_ones_are_read() -> None:
    for name, requirement in requirements().items():
        assert requirement.id == name
        assert requirement.text
