"""Known differences, each with a reason. Two-way: an entry that explains nothing is stale.

A list is YAML::

    about: runcontract mock and langgraph-api 0.16
    entries:
      - operation: get_run               # patterns: `*` stands for anything
        field: body.kwargs.config.*
        reason: The reference changes the stored row when a worker takes the run.
        sometimes: true                  # it depends on timing, so it is never called stale

Which fields an entry may match on is the reader's to say; one that is left out matches anything.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

from conformance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_OWN = frozenset({"reason", "sometimes"})


@dataclass(frozen=True)
class Entry:
    """One known difference: patterns by the name of what they match, and why it is so."""

    patterns: Mapping[str, str]
    reason: str
    sometimes: bool = False

    @cached_property
    def _compiled(self) -> Mapping[str, re.Pattern[str]]:
        return {
            name: re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
            for name, pattern in self.patterns.items()
        }

    def covers(self, found: Mapping[str, str]) -> bool:
        """Whether every pattern matches."""
        return all(
            pattern.fullmatch(found.get(name, "")) is not None
            for name, pattern in self._compiled.items()
        )

    @property
    def title(self) -> str:
        """The patterns, for a reader."""
        return ", ".join(f"{name}: {pattern}" for name, pattern in self.patterns.items())


@dataclass
class Known:
    """The list, and which of its entries have explained something so far."""

    about: str = ""
    entries: tuple[Entry, ...] = ()
    used: set[int] = field(default_factory=set)

    def explain(self, **found: str) -> Entry | None:
        """The first entry that covers a difference; it then counts as used."""
        for place, entry in enumerate(self.entries):
            if entry.covers(found):
                self.used.add(place)
                return entry
        return None

    @property
    def stale(self) -> tuple[Entry, ...]:
        """The entries that have explained nothing, except those that only sometimes do."""
        return tuple(
            entry
            for place, entry in enumerate(self.entries)
            if place not in self.used and not entry.sometimes
        )


def load(path: Path, fields: Sequence[str]) -> Known:
    """The list in a file, whose entries may match on these fields.

    Raises UsageError where there is none, or it says what a list cannot say.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"no list of known differences at {path}") from None
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as broken:
        raise UsageError(f"{path.name}: no readable YAML: {broken}") from broken
    return parse(content, path.name, fields)


def parse(content: Any, source: str, fields: Sequence[str]) -> Known:
    """The list from its decoded content; `source` is named in errors. Raises UsageError."""
    if not isinstance(content, dict) or not isinstance(content.get("about"), str):
        raise UsageError(f"{source}: expected a mapping with `about` and `entries`")
    if unknown := sorted(set(content) - {"about", "entries"}):
        raise UsageError(f"{source}: unknown key {unknown[0]!r}; a list has about, entries")
    listed = content.get("entries") or []
    if not isinstance(listed, list):
        raise UsageError(f"{source}: `entries` is a list")
    return Known(
        content["about"],
        tuple(_entry(entry, f"{source}: entry {n}", fields) for n, entry in enumerate(listed, 1)),
    )


def _entry(entry: Any, where: str, fields: Sequence[str]) -> Entry:
    if not isinstance(entry, dict):
        raise UsageError(f"{where}: expected a mapping with {', '.join(fields)} and `reason`")
    for name in entry:
        if name not in fields and name not in _OWN:
            closest = difflib.get_close_matches(str(name), [*fields, *_OWN], n=1, cutoff=0.0)
            raise UsageError(f"{where}: unknown key {name!r}; the closest is {closest[0]!r}")
    patterns = {name: str(value) for name, value in entry.items() if name not in _OWN}
    if not patterns:
        raise UsageError(f"{where}: it would explain anything; give one of {', '.join(fields)}")
    reason = entry.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise UsageError(f"{where}: it needs a `reason`")
    if not isinstance(entry.get("sometimes", False), bool):
        raise UsageError(f"{where}: `sometimes` is true or false")
    return Entry(patterns, " ".join(reason.split()), entry.get("sometimes", False))
