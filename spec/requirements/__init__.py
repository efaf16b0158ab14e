"""The numbered promises of the API: `*.yaml` beside this file, typed and checked.

A requirement looks so::

    - id: RUN-CANCEL-03              # AREA-TOPIC-NN, never reused
      level: MUST                    # MUST, SHOULD or MAY (RFC 2119)
      text: A finished run cannot be cancelled; the answer is 404.
      operations: [cancel_run]       # operationIds of the document
      profile: runs                  # what a target may leave out as a whole
      basis: {observed: "..."}       # documented, observed or client, and where
      needs: [probe]                 # what a check of it needs of the target
      exclusion: "..."               # only where there is no check: why
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from spec.data import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

REVISION = "2026-11"
LEVELS = ("MUST", "SHOULD", "MAY")
BASES = ("documented", "observed", "client")
_ID = re.compile(r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+-\d\d$")


class RequirementError(Exception):
    """A requirement file says something a requirement cannot say. Mend the file it names."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One promise of the API."""

    id: str
    level: str
    text: str
    operations: tuple[str, ...]
    profile: str
    basis: Mapping[str, str]
    needs: tuple[str, ...]
    exclusion: str | None


@functools.cache
def requirements() -> Mapping[str, Requirement]:
    """Every requirement by id, in file order.

    Raises RequirementError where a file is malformed or an id stands twice.
    """
    found: dict[str, Requirement] = {}
    for path in sorted(Path(__file__).parent.glob("*.yaml")):
        entries = read_yaml(path) or []
        if not isinstance(entries, list):
            raise RequirementError(f"{path.name}: expected a list, found {type(entries).__name__}")
        for entry in entries:
            requirement = _parse(path.name, entry)
            if requirement.id in found:
                raise RequirementError(f"{path.name}: {requirement.id} stands twice")
            found[requirement.id] = requirement
    return MappingProxyType(found)


def _parse(where: str, entry: Any) -> Requirement:
    if not isinstance(entry, dict):
        raise RequirementError(f"{where}: expected a mapping, found {entry!r}")
    name = entry.get("id", "an entry without id")
    required = {"id", "level", "text", "operations", "profile", "basis"}
    optional = {"needs", "exclusion"}
    if missing := required - entry.keys():
        raise RequirementError(f"{where}: {name} lacks {', '.join(sorted(missing))}")
    if unknown := entry.keys() - required - optional:
        raise RequirementError(f"{where}: {name} has unknown {', '.join(sorted(unknown))}")
    if not isinstance(name, str) or not _ID.match(name):
        raise RequirementError(f"{where}: {name} is no id of the form AREA-TOPIC-NN")
    if entry["level"] not in LEVELS:
        raise RequirementError(f"{where}: {name}: level is one of {', '.join(LEVELS)}")
    for key in ("operations", "needs"):
        named = entry.get(key, [])
        if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
            raise RequirementError(f"{where}: {name}: {key} is a list of names")
    basis = entry["basis"]
    if not isinstance(basis, dict) or not basis or set(basis) - set(BASES):
        raise RequirementError(f"{where}: {name}: basis maps {', '.join(BASES)} to a source")
    return Requirement(
        id=name,
        level=entry["level"],
        text=" ".join(str(entry["text"]).split()),
        operations=tuple(entry["operations"]),
        profile=entry["profile"],
        basis=MappingProxyType({kind: str(source) for kind, source in basis.items()}),
        needs=tuple(entry.get("needs", ())),
        exclusion=entry.get("exclusion"),
    )
