"""Every liar, by what it lies about."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from tests.liars.table import (
    a2a,
    auth,
    cancelling,
    crons,
    endings,
    http,
    mcp,
    multitask,
    protocol,
    protocol_sockets,
    runs,
    steering,
    store,
    streams,
    threads,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.liars.liar import Liar

_MODULES = (
    auth,
    runs,
    http,
    endings,
    cancelling,
    multitask,
    steering,
    streams,
    threads,
    store,
    crons,
    mcp,
    a2a,
    protocol,
    protocol_sockets,
)

LIARS: Mapping[str, Liar] = MappingProxyType(
    {liar.name: liar for module in _MODULES for liar in module.LIARS}
)
