"""What no file of the repository may hold, and what the lock must hold."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from tests.serving import ROOT

# spelt so that this file does not name what it forbids
FORBIDDEN = {
    "a package registry": re.compile(r"py[p]i[.]org|python[h]osted|registry[.]np[m]|np[m]js[.]com"),
    "a download address": re.compile(r'"resol[v]ed": *"http'),
    "a machine path": re.compile(r"(?<![\w.])/(?:wor[k]|roo[t]|hom[e])/\w"),
    "the founders' notes": re.compile(r"[.][.]/share[d]\b"),
}
VENDORED = ("mockserver/http/docs_ui/",)


def tracked() -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listing.stdout.splitlines() if not name.startswith(VENDORED)]


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_no_file_names(what: str) -> None:
    names = [name for name in tracked() if (ROOT / name).is_file()]
    assert len(names) > 50
    found = [
        name
        for name in names
        if FORBIDDEN[what].search((ROOT / name).read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_the_lock_pins_and_hashes_every_dependency() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z])", lock.strip())
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    pinned = {entry.split("==")[0].split("[")[0] for entry in entries}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[\[<>=]", line)[0].strip().lower() for line in asked}
    assert names <= pinned
