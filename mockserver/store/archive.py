"""What is kept of a finished run's stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from array import array


@dataclass(frozen=True, slots=True)
class Archive:
    """A finished run's packed events; `ids` has an event id for each frame of a resumable run.

    `times` has the epoch milliseconds of each event and of the end, where anybody asked for them.
    """

    events: bytes
    ids: array[int] | None = None
    times: array[int] | None = None
