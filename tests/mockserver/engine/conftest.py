from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from tests.mockserver.engine.bench import Bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.engine.start()
    yield bench
    await bench.engine.stop()
