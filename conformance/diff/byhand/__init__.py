"""Sequences written by hand, one module a topic: what users do, and every known difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.diff.byhand import (
    a2a,
    a2a_streams,
    answers,
    assistants,
    badinput,
    cancelling,
    crons,
    mcp,
    protocol,
    runs,
    stateless,
    states,
    store,
    streams,
    threads,
    traces,
)

if TYPE_CHECKING:
    from conformance.diff.sequence import Sequence


def sequences() -> tuple[Sequence, ...]:
    """All of them, each with a name of its own."""
    modules = (
        runs,
        streams,
        traces,
        states,
        answers,
        threads,
        assistants,
        stateless,
        cancelling,
        badinput,
        crons,
        store,
        mcp,
        a2a,
        a2a_streams,
        protocol,
    )
    found = tuple(sequence for module in modules for sequence in module.sequences())
    names = [sequence.name for sequence in found]
    assert len(set(names)) == len(names)
    return found
