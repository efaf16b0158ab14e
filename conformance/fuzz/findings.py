"""What fuzzing found, as data: the seam between the fuzzer and the verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise that a generated request brought to light.

    `requirement_id` names the requirement that is broken, `operation` the operationId, `title` what
    kind of break it is in a few words (stable from run to run), `message` what was expected and
    what came, `reproduce` the commands that show it again, in order.
    """

    requirement_id: str
    operation: str
    title: str
    message: str
    reproduce: list[str]
