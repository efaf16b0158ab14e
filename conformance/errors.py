"""What a check, a scenario or the command line may raise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.recording import Exchange


class Violation(Exception):  # noqa: N818 - it is a finding, no error of ours
    """The target broke a promise.

    `expected` says what the requirement asks for, `actual` what was seen, `exchange` where; `frame`
    is the index of the event where it was seen in a stream.
    """

    def __init__(
        self, expected: str, actual: Any, exchange: Exchange | None = None, frame: int | None = None
    ) -> None:
        self.expected = expected
        self.actual = actual if isinstance(actual, str) else shown(actual)
        self.exchange = exchange
        self.frame = frame
        super().__init__(f"expected {expected}; got {self.actual}")


class NotExercisedError(Exception):
    """A check found nothing to judge. The message says why; it counts against the verdict."""


class StoppedError(Exception):
    """A scenario cannot go on: an answer lacks what the next step needs. The message says which."""


class UsageError(Exception):
    """Bad usage or an unreachable target. The message says what, where, and what to do next."""


def shown(value: Any, limit: int = 300) -> str:
    """A value as a reader wants it in a message: compact, cut off where it is long."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
