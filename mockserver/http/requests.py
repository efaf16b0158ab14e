"""How many requests were answered, by operation and status."""

from __future__ import annotations

from collections import Counter


class Requests:
    """Counts answers; `None` as operationId stands for paths that are none of the API's."""

    def __init__(self) -> None:
        self.answered: Counter[tuple[str | None, int]] = Counter()

    def count(self, operation_id: str | None, status: int) -> None:
        """Count one answer."""
        self.answered[operation_id, status] += 1
