"""A finished run of the suite, as every report reads it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from conformance.outcome import Result, summary, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from conformance.target import Target


@dataclass(frozen=True)
class Report:
    """Everything that came out. `started_at` is UTC, `duration` seconds."""

    target: Target
    seed: int
    started_at: datetime
    duration: float
    results: tuple[Result, ...]
    baseline: str = ""

    @cached_property
    def verdict(self) -> str:
        """`conformant` or `not-conformant`."""
        return verdict(self.results)

    @cached_property
    def summary(self) -> Mapping[str, int]:
        """How many of each outcome."""
        return summary(self.results)
