"""What the liars are shown to the suite on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.liars.stage import judged, served, unmoved
from tests.liars.table import LIARS

LIAR = LIARS["200 for unknown ids"]


@pytest.mark.parametrize("patience", [None, 1e-6])
def test_a_liar_is_caught_however_little_patience_there_is_at_first(
    patience: float | None,
) -> None:
    liar = replace(LIAR, patience=patience)
    with served(LIARS) as url:
        found = asyncio.run(judged(url, [liar], honest=False))
    assert unmoved(liar, found.liars[liar.name]) == {}


def test_one_that_does_not_lie_is_not_caught() -> None:
    honest = replace(LIAR, answer=None)
    with served({**LIARS, honest.name: honest}) as url:
        found = asyncio.run(judged(url, [honest], honest=False))
    assert list(unmoved(honest, found.liars[honest.name])) == list(honest.fails)
