"""Finds out how fast the target is and whether the suite can steer it."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import httpx

from conformance.discover import PROBE_REMEDY
from conformance.errors import UsageError
from conformance.recording import decoded
from conformance.target import Pace, Target

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
_FAR = (
    "the target is on another machine, from where it cannot call our receiver; check it from there"
)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_NO_SCRIPT = f"the assistant does not play scripts: {PROBE_REMEDY}"


async def calibrate(target: Target, client: httpx.AsyncClient) -> Target:
    """The target with its pace, and without capabilities it turned out not to have.

    Drives a few runs to their end and removes their threads. Raises UsageError where the target
    stops answering.
    """
    try:
        async with asyncio.timeout(2 * _LIMIT):
            round_trip = await _round_trip(client)
            target = await _with_webhook(target, client)
            if not target.has_probe:
                return replace(target, pace=Pace(round_trip, 1.0, 4))
            return await _with_probe(target, client, round_trip)
    except (httpx.HTTPError, TimeoutError) as broken:
        why = f"{type(broken).__name__}: {broken}".rstrip(": ")
        raise UsageError(f"{target.url} stopped answering while it was measured: {why}") from broken


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
    script = [{"sleep": _NAP}, {"update": {"note": "calibrated"}}]
    answers = await asyncio.gather(*(_nap(target, client, script) for _ in range(TRIED_SLOTS)))
    times = sorted(taken for taken, _ in answers)
    values = [value for _, value in answers]
    if not all(isinstance(value, dict) and value.get("note") == "calibrated" for value in values):
        pace = Pace(round_trip, 1.0, 4)
        return _without(replace(target, pace=pace), "probe", _NO_SCRIPT)
    if times[0] < _NAP * 0.8:
        pace = Pace(round_trip, times[-1], 8)
        return _without(replace(target, pace=pace), "probe", _NO_CONTROL)
    pickup = max(0.0, times[0] - _NAP)
    # runs that waited for a slot took at least one nap longer than the first
    slots = sum(taken < times[0] + _NAP * 0.9 + pickup for taken in times)
    return replace(target, pace=Pace(round_trip, pickup, max(1, slots)))


def _without(target: Target, name: str, why: str) -> Target:
    return replace(
        target,
        capabilities=target.capabilities - {name},
        lacking=MappingProxyType({**target.lacking, name: why}),
    )


async def _nap(target: Target, client: httpx.AsyncClient, script: list[Any]) -> tuple[float, Any]:
    """Seconds a scripted run took, and its final values."""
    made = decoded((await client.post("/threads", json={})).content)
    thread = made.get("thread_id") if isinstance(made, dict) else None
    began = time.monotonic()
    body = {"assistant_id": target.assistant_id, "input": {"script": script}}
    answer = await client.post(f"/threads/{thread}/runs/wait", json=body, timeout=_LIMIT)
    taken = time.monotonic() - began
    await client.delete(f"/threads/{thread}")
    return taken, decoded(answer.content)
