"""Scenarios never break: whatever a server answers, they go on or stop and say why."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from conformance.registry import USUAL_LIMIT, Scenario, scenarios
from conformance.scheduler import record
from conformance.target import Pace, Target
from tests.conformance.served import meet, recordings
from tests.serving import mock_process

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from conformance.recording import Recording

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
IMPATIENT = Pace(round_trip=0.001, pickup=0.01, grace=0.3)
TARGET = Target(
    "http://127.0.0.1:9",  # nobody is there: what is no HTTP finds no server
    assistant_id="fe096781-5601-53d2-b2f6-0d3403f7e9ca",
    graph_id="probe",
    capabilities=frozenset({"probe", "webhook", "parallel", "quiet", "mcp", "a2a"}),
    pace=IMPATIENT,
)
ODD = (b"{}", b"[]", b"null", b"7", b'"x"', b"[null]", b"[7]", b"<html>", b"", b'[{"run_id":7}]')


async def whole(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def driven(
    scenario: Scenario, target: Target, transport: httpx.AsyncBaseTransport
) -> Recording:
    async with httpx.AsyncClient(transport=transport, base_url=target.url) as client:
        return await record(scenario, target, client)


async def test_servers_that_always_say_the_same() -> None:
    async def one(scenario: Scenario, status: int, body: bytes) -> Recording:
        transport = httpx.MockTransport(lambda _: httpx.Response(status, content=whole(body)))
        return await driven(scenario, TARGET, transport)

    works = [
        one(scenario, status, body)
        for scenario in scenarios().values()
        for status in (200, 404, 500)
        for body in ODD
    ]
    for recording in await asyncio.gather(*works):
        assert recording.fault is None, f"{recording.scenario}: {recording.fault}"


class Spoiling(httpx.AsyncBaseTransport):
    """Sends requests on and spoils some of the answers, at random by a seed.

    Which ones depends on what is asked for how often, not on when: a fault that was found is found
    again, however busy the machine.
    """

    def __init__(self, seed: str, share: float) -> None:
        self._seed = seed
        self._share = share
        self._honest = httpx.AsyncHTTPTransport()
        self._asked: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._honest.handle_async_request(request)
        asked = f"{request.method} {UUID.sub('{}', request.url.path)}"
        self._asked[asked] += 1
        chance = random.Random(f"{self._seed} {asked} {self._asked[asked]}")
        if chance.random() > self._share:
            return response
        await response.aclose()
        choices: list[Callable[[], httpx.Response]] = [
            lambda: httpx.Response(200, content=whole(chance.choice(ODD))),
            lambda: httpx.Response(500, content=whole(b"Internal Server Error")),
            lambda: httpx.Response(
                200, headers={"content-type": "text/event-stream"}, content=cut_off()
            ),
        ]
        return chance.choice(choices)()

    async def aclose(self) -> None:
        await self._honest.aclose()


async def cut_off() -> AsyncIterator[bytes]:
    yield b"event: metadata\ndata: {}\n\nevent: values\ndata: {"


@pytest.mark.parametrize(("seed", "share"), [(1, 0.05), (2, 0.2)])
async def test_servers_that_are_wrong_now_and_then(seed: int, share: float) -> None:
    lanes = asyncio.Semaphore(8)
    with mock_process() as (url, _):
        target = replace(await meet(url), pace=IMPATIENT)

        async def one(scenario: Scenario) -> Recording:
            async with lanes:
                return await driven(scenario, target, Spoiling(f"{seed} {scenario.name}", share))

        usual = [found for found in scenarios().values() if found.limit <= USUAL_LIMIT]
        for recording in await asyncio.gather(*map(one, usual)):
            assert recording.fault is None, f"{recording.scenario}: {recording.fault}"


def test_on_a_good_server_every_scenario_gets_to_its_end() -> None:
    _, seen = recordings()
    for name in scenarios():
        assert seen[name].fault is None
        assert seen[name].stopped is None, f"{name}: {seen[name].stopped}"
