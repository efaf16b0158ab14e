"""What a scenario takes from an answer to go on with; it stops where the answer lacks it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.errors import StoppedError, shown
from conformance.recording import NO_JSON, Exchange

if TYPE_CHECKING:
    from collections.abc import Coroutine


async def together(*works: Coroutine[Any, Any, object]) -> None:
    """Drives several branches side by side, each to its own end.

    A branch that stops does not end the others; the first reason is raised when all are over.
    """
    ends = await asyncio.gather(*works, return_exceptions=True)
    broken = [end for end in ends if isinstance(end, BaseException)]
    faults = [end for end in broken if not isinstance(end, StoppedError)]
    for end in (*faults, *broken):
        raise end


def rows_of(exchange: Exchange) -> list[dict[str, Any]]:
    """The objects in a 2xx answer's array; whatever else the answer holds is left out."""
    ok = exchange.status is not None and 200 <= exchange.status < 300
    found = exchange.json if ok and isinstance(exchange.json, list) else []
    return [row for row in found if isinstance(row, dict)]


def id_of(exchange: Exchange, name: str) -> str:
    """An id in a 2xx answer's object; raises StoppedError where there is none."""
    found = field_of(exchange, name)
    if not isinstance(found, str) or not found:
        raise StoppedError(f"{exchange.title} had no text in `{name}`: {shown(found, 120)}")
    return found


def newest_run(exchange: Exchange) -> str:
    """The id of the first Run of a list; raises StoppedError where there is none."""
    for row in rows_of(exchange)[:1]:
        if isinstance(row.get("run_id"), str):
            return str(row["run_id"])
    raise StoppedError(f"{exchange.title} listed no run to go on with")


def checkpoint_before(exchange: Exchange, node: str) -> dict[str, Any]:
    """The checkpoint of a history at which this node is next; raises StoppedError without one."""
    for state in rows_of(exchange):
        found = state.get("checkpoint")
        if state.get("next") == [node] and isinstance(found, dict) and "checkpoint_id" in found:
            return found
    raise StoppedError(f"{exchange.title} had no checkpoint with {node} next to go on with")


def field_of(exchange: Exchange, name: str) -> Any:
    """A field of a 2xx answer's object; raises StoppedError where there is none."""
    value = exchange.json
    ok = exchange.status is not None and 200 <= exchange.status < 300
    if not ok or not isinstance(value, dict) or name not in value:
        got = exchange.error or shown(value if value is not NO_JSON else exchange.body, 120)
        raise StoppedError(f"{exchange.title} had no `{name}` to go on with: {got}")
    return value[name]
