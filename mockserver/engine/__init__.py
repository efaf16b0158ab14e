"""Runs, threads, supersteps, checkpoints and streams. Knows no HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.engine.server import Engine

__all__ = ["Engine"]


def __getattr__(name: str) -> Any:
    # Engine imports every room of the engine; those rooms import each other through this package
    if name == "Engine":
        from mockserver.engine.server import Engine

        return Engine
    raise AttributeError(name)
