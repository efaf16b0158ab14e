"""Finds out how fast the target is and whether the suite can steer it."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from conformance.agent_protocols import with_agent_protocols
from conformance.discover import PROBE_REMEDY
from conformance.errors import UsageError
from conformance.identities import with_identities
from conformance.protocol_offered import with_protocol
from conformance.recording import decoded
from conformance.target import ENOUGH, Pace, Target

if TYPE_CHECKING:
    from collections.abc import Sequence

TRIED_SLOTS = 8
_NAP = 0.15
_LIMIT = 30.0
_NO_CONTROL = (
    "scripts' sleep steps take no time on this target, so nothing that has to happen during a run "
    "can be judged; let it run at its real pace (our mock: --pace real)"
)
_NO_WEBHOOK = (
    "the target refuses webhooks to this machine; allow loopback addresses in its configuration"
)
_FEW_SLOTS = (
    "the target was seen to run at most {} of our runs at once; give it more workers "
    "(langgraph dev: --n-jobs-per-worker 10)"
)
_NOT_QUIET = (
    "other clients' threads are busy on the target, and a cancel by status would hit their runs; "
    "check it again when it is quiet"
)
_FAR = (
    "the target is on another machine, from where it cannot call our receiver; check it from there"
)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_NO_SCRIPT = f"the assistant does not play scripts: {PROBE_REMEDY}"


async def calibrate(target: Target, client: httpx.AsyncClient) -> Target:
    """The target with its pace, and without capabilities it turned out not to have.

    Drives a few runs to their end and removes their threads. Raises UsageError where the target
    stops answering, or refuses the second user.
    """
    try:
        async with asyncio.timeout(2 * _LIMIT):
            round_trip = await _round_trip(client)
            target = await with_agent_protocols(target, client)
            target = await _with_quiet(await _with_webhook(target, client), client)
            target = await with_identities(await with_protocol(target, client), client)
            if not target.has_probe:
                return _with_slots(replace(target, pace=Pace(round_trip, 1.0, ENOUGH)))
            return _with_slots(await _with_probe(target, client, round_trip))
    except (httpx.HTTPError, TimeoutError) as broken:
        why = f"{type(broken).__name__}: {broken}".rstrip(": ")
        raise UsageError(f"{target.url} stopped answering while it was measured: {why}") from broken


async def _with_quiet(target: Target, client: httpx.AsyncClient) -> Target:
    """Whether nobody else is busy here: what reaches every run must not hit theirs."""
    answer = await client.post("/threads/search", json={"status": "busy", "limit": 1})
    if answer.status_code == 200 and decoded(answer.content):
        return _without(target, "quiet", _NOT_QUIET)
    return replace(target, capabilities=target.capabilities | {"quiet"})


async def _with_webhook(target: Target, client: httpx.AsyncClient) -> Target:
    """Whether it would call us: it says 404 of an unknown assistant if it likes the address."""
    if urlsplit(target.url).hostname not in LOOPBACK:
        return _without(target, "webhook", _FAR)
    made = decoded((await client.post("/threads", json={})).content)
    thread = made.get("thread_id") if isinstance(made, dict) else None
    body = {"assistant_id": str(uuid.uuid4()), "webhook": "http://127.0.0.1:9/runcontract"}
    answer = await client.post(f"/threads/{thread}/runs", json=body)
    await client.delete(f"/threads/{thread}")
    if answer.status_code == 404:
        return replace(target, capabilities=target.capabilities | {"webhook"})
    return _without(target, "webhook", _NO_WEBHOOK)


async def _round_trip(client: httpx.AsyncClient) -> float:
    times = []
    for _ in range(5):
        began = time.monotonic()
        await client.get("/ok")
        times.append(time.monotonic() - began)
    return sorted(times)[2]


async def _with_probe(target: Target, client: httpx.AsyncClient, round_trip: float) -> Target:
    """Naps on several threads at once tell pick-up, slots, and whether sleep sleeps."""
    naps = [await _naps(target, client)]
    if not all(nap.played for nap in naps[0]):
        pace = Pace(round_trip, 1.0, ENOUGH)
        return _without(replace(target, pace=pace), "probe", _NO_SCRIPT)
    if naps[0][0].taken < _NAP * 0.8:
        pace = Pace(round_trip, naps[0][-1].taken, ENOUGH)
        return _without(replace(target, pace=pace), "probe", _NO_CONTROL)
    if _slots(naps[0]) < ENOUGH:  # or it was only slow for once
        naps.append(await _naps(target, client))
    pickup = min(found[0].taken for found in naps) - _NAP
    # beside the runs, requests take longer than alone
    crowded = sorted(nap.made for nap in naps[0])[TRIED_SLOTS // 2] / 2
    slots = max(_slots(found) for found in naps)
    return replace(target, pace=Pace(max(round_trip, crowded), max(0.0, pickup), slots))


@dataclass(frozen=True, slots=True)
class _Nap:
    """A run that slept: seconds it took, seconds its thread took to make, whether it was played."""

    taken: float
    made: float
    played: bool


def _slots(naps: Sequence[_Nap]) -> int:
    """How many ran at once; one that waited for a slot took a nap longer than the first."""
    first = naps[0].taken
    return sum(nap.taken < first + _NAP * 0.9 + max(0.0, first - _NAP) for nap in naps)


def _with_slots(target: Target) -> Target:
    if target.pace.slots < ENOUGH:
        return _without(target, "parallel", _FEW_SLOTS.format(target.pace.slots))
    return replace(target, capabilities=target.capabilities | {"parallel"})


def _without(target: Target, name: str, why: str) -> Target:
    return replace(
        target,
        capabilities=target.capabilities - {name},
        lacking=MappingProxyType({**target.lacking, name: why}),
    )


async def _naps(target: Target, client: httpx.AsyncClient) -> list[_Nap]:
    """Several naps at once, the shortest first."""
    naps = await asyncio.gather(*(_nap(target, client) for _ in range(TRIED_SLOTS)))
    return sorted(naps, key=lambda nap: nap.taken)


async def _nap(target: Target, client: httpx.AsyncClient) -> _Nap:
    before = time.monotonic()
    made = decoded((await client.post("/threads", json={})).content)
    thread = made.get("thread_id") if isinstance(made, dict) else None
    began = time.monotonic()
    script = [{"sleep": _NAP}, {"update": {"note": "calibrated"}}]
    body = {"assistant_id": target.assistant_id, "input": {"script": script}}
    answer = await client.post(f"/threads/{thread}/runs/wait", json=body, timeout=_LIMIT)
    taken = time.monotonic() - began
    await client.delete(f"/threads/{thread}")
    values = decoded(answer.content)
    played = isinstance(values, dict) and values.get("note") == "calibrated"
    return _Nap(taken, began - before, played)
