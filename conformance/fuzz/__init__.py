"""Fuzzing: requests generated from our document, sent to the target by Schemathesis.

`run` is the whole of it. Nothing here imports Schemathesis; it is started as a process of its own.
"""

from __future__ import annotations

from conformance.fuzz.events import Progress
from conformance.fuzz.findings import Finding
from conformance.fuzz.process import FuzzerFailedError, run

__all__ = ["Finding", "FuzzerFailedError", "Progress", "run"]
