"""`/_mock/clock`: what time it is, and for a virtual clock the way to move it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine.clock import VirtualClock
from mockserver.http.errors import HttpError

if TYPE_CHECKING:
    from mockserver.engine import Engine

_MOST_SECONDS = 31_536_000.0


def show(engine: Engine) -> dict[str, Any]:
    """`{"now", "pace"}`."""
    return {"now": engine.clock.timestamp(), "pace": engine.settings.pace}


async def move(engine: Engine, body: Any) -> dict[str, Any]:
    """Move the clock by `{"advance": seconds}`; what falls due has happened when this returns.

    Raises HttpError 422 for another body, 409 for a server whose time runs by itself.
    """
    seconds = body.get("advance") if isinstance(body, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise HttpError(422, 'Say {"advance": seconds}')
    if not 0 <= seconds <= _MOST_SECONDS:
        raise HttpError(422, f"advance takes 0 to {_MOST_SECONDS:.0f} seconds, a year")
    if not isinstance(engine.clock, VirtualClock):
        raise HttpError(409, "Time runs by itself here; start the mock with --pace virtual")
    await engine.clock.advance(seconds)
    return show(engine)
