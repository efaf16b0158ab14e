"""Recordings of every scenario on our mock, made once a test session and shared."""

from __future__ import annotations

import functools
from types import MappingProxyType
from typing import TYPE_CHECKING

from conformance.calibrate import calibrate
from conformance.discover import discover
from conformance.registry import scenarios
from conformance.scheduler import Loop, Scheduler, new_client
from tests.serving import mock_process

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.recording import Recording
    from conformance.target import Target


async def meet(url: str) -> Target:
    """The target at a URL, discovered and calibrated."""
    target = await discover(url, None, {})
    async with new_client(target) as client:
        return await calibrate(target, client)


@functools.cache
def recordings() -> tuple[Target, Mapping[str, Recording]]:
    """The mock as a target, and what every scenario saw on it."""
    with mock_process() as (url, _):
        loop = Loop()
        try:
            target = loop.submit(meet(url)).result(60)
            scheduler = Scheduler(loop, target, scenarios().values())
            scheduler.start()
            return target, MappingProxyType(dict(scheduler.all()))
        finally:
            loop.close()
