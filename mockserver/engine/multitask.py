"""What a new run does to the runs in its way: the four multitask strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.engine.errors import ConflictError
from mockserver.engine.jobs import Stop, cancelled, rolled_back

if TYPE_CHECKING:
    from collections.abc import Collection

    from mockserver.engine.jobs import Job

STRATEGIES = ("reject", "rollback", "interrupt", "enqueue")


def check(strategy: str, in_the_way: Collection[Job]) -> None:
    """Raise ConflictError where the new run is to be refused."""
    if strategy == "reject" and in_the_way:
        raise ConflictError(
            "The thread has a pending or running run: wait for it, or choose another "
            "multitask_strategy"
        )


def stop_for(strategy: str, run_id: str) -> Stop | None:
    """How the runs in the way of run `run_id` are stopped; None when it waits for them."""
    if strategy == "interrupt":
        return cancelled(f"Run {run_id} came, with strategy interrupt", cause="superseded")
    if strategy == "rollback":
        return rolled_back(f"Run {run_id} came, with strategy rollback")
    return None
