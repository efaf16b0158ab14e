"""How many requests were answered, by method, operation and status."""

from __future__ import annotations

from collections import Counter


class Requests:
    """Counts answers; `None` as operationId stands for paths that are none of the API's."""

    def __init__(self) -> None:
        self.answered: Counter[tuple[str, str | None, int]] = Counter()

    def count(self, method: str, operation_id: str | None, status: int) -> None:
        """Count one answer."""
        self.answered[method, operation_id, status] += 1
