"""The routes: one module a tag, each with its HANDLERS by operationId."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.http.call import Handler, SocketHandler

MODULES = (
    "assistants",
    "threads",
    "state",
    "runs",
    "stateless",
    "crons",
    "store",
    "protocol",
    "mcp",
    "a2a",
    "cards",
    "system",
)


def _merged() -> dict[str, Handler]:
    """Every module's handlers. Raises RuntimeError where two serve the same operation."""
    merged: dict[str, Handler] = {}
    for name in MODULES:
        try:
            module = importlib.import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":
                raise
            continue
        handlers: dict[str, Handler] = module.HANDLERS
        twice = merged.keys() & handlers.keys()
        if twice:
            raise RuntimeError(f"served twice, the second time by {name}: {sorted(twice)}")
        merged |= handlers
    return merged


HANDLERS: dict[str, Handler] = _merged()
SOCKETS: dict[str, SocketHandler] = importlib.import_module(f"{__name__}.protocol").SOCKETS
