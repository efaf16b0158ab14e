"""The mock served honestly and by every liar, in this process, and the suite judging each."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import uvicorn

from conformance.calibrate import calibrate
from conformance.discover import discover
from conformance.judging import judge, lacking
from conformance.outcome import Outcome
from conformance.registry import Check, Scenario, checks, scenarios
from conformance.scheduler import new_client, record
from conformance.target import Pace, Target
from mockserver.engine import Engine
from mockserver.engine.identity import Identity
from mockserver.http.app import application
from mockserver.http.auth import Auth
from mockserver.http.server import address, bind, configuration
from mockserver.routes import HANDLERS, SOCKETS
from mockserver.settings import Settings
from spec.document import document
from tests.liars.lying import HEADER, Lying

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conformance.outcome import Result
    from conformance.recording import Recording
    from mockserver.http.auth import Gate
    from tests.liars.liar import Liar

SIDE_BY_SIDE = 12
SECOND: Mapping[str, str] = MappingProxyType({"x-api-key": "second"})
BROKEN = (Outcome.FAIL, Outcome.WARN)


def either(engine: Engine) -> Gate:
    """The second user is known by their header; without it everything is seen."""
    theirs = engine.seen_by(Identity("second"))
    return lambda headers: theirs if b"x-api-key" in headers else engine


@contextmanager
def served(liars: Mapping[str, Liar]) -> Iterator[str]:
    """The URL of a mock on a free port, behind the liars."""
    settings = Settings(port=0)
    sock = bind(settings.host, 0)
    engine = Engine(settings)
    honest = Auth(application(engine, document(), HANDLERS, SOCKETS), gate=either(engine))
    app = Lying(honest, liars)
    server = uvicorn.Server(configuration(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()
    try:
        yield address(sock)
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        sock.close()


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Every result by check id: of the honest mock, and of each liar that was asked for."""

    honest: Mapping[str, Result]
    liars: Mapping[str, Mapping[str, Result]]


async def judged(url: str, liars: Iterable[Liar], *, honest: bool = True) -> Verdicts:
    """Drives what each liar's checks read, side by side; scenarios that must be alone come last.

    Before that everything, without a liar, where `honest` is wanted; after it once more what was
    not caught.
    """
    target = replace(await discover(url, "probe", {}), other_headers=SECOND)
    async with new_client(target) as client:
        target = await calibrate(target, client)
    chosen = {liar.name: liar for liar in liars}
    wanted = {
        name: list(
            dict.fromkeys([*_read_by(liar.fails), *map(scenarios().__getitem__, liar.drives)])
        )
        for name, liar in chosen.items()
    }
    everything = _read_by(
        [check.id for check in checks().values() if lacking(check, target) is None]
    )
    jobs = [("", scenario) for scenario in everything if honest]
    jobs += [(name, scenario) for name, needed in wanted.items() for scenario in needed]
    recordings: dict[str, dict[str, Recording]] = {name: {} for name in ("", *wanted)}
    lanes = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(name: str, scenario: Scenario) -> None:
        lied_to = _told(target, chosen[name]) if name else target
        async with lanes, new_client(lied_to) as client:
            recordings[name][scenario.name] = await record(scenario, lied_to, client)

    async def together(wanted: list[tuple[str, Scenario]]) -> None:
        await asyncio.gather(*(one(*job) for job in wanted if not job[1].exclusive))
        for job in wanted:
            if job[1].exclusive:
                await one(*job)

    # The honest server first: it must not look late because the liars keep the machine busy.
    await together([job for job in jobs if not job[0]])
    await together([job for job in jobs if job[0]])
    plain = _judged(checks().values(), recordings.pop(""), target)
    found = _each(recordings, target)
    # Those that were missed once more, with all patience: the machine may have been too busy.
    missed = {name: liar for name, liar in chosen.items() if unmoved(liar, found[name])}
    chosen |= {name: replace(liar, patience=None) for name, liar in missed.items()}
    await together([job for job in jobs if job[0] in missed])
    return Verdicts(plain, found | _each({name: recordings[name] for name in missed}, target))


def unmoved(liar: Liar, found: Mapping[str, Result]) -> dict[str, str]:
    """The checks that should have caught a liar and did not, each with what it said."""
    return {
        name: f"{found[name].outcome}: {found[name].message}"
        for name in liar.fails
        if found[name].outcome not in BROKEN
    }


class Hurried(Pace):
    """A pace whose patience is short, for liars that would keep the suite waiting."""

    seconds: ClassVar[float]

    @property
    def patience(self) -> float:
        """So many seconds."""
        return self.seconds


def _told(target: Target, liar: Liar) -> Target:
    pace = target.pace
    if liar.patience is not None:
        kind = type("Hurried", (Hurried,), {"seconds": liar.patience})
        pace = kind(pace.round_trip, pace.pickup, pace.slots)
    headers = MappingProxyType({**target.headers, HEADER: liar.name})
    other = MappingProxyType({**target.other_headers, HEADER: liar.name})
    return replace(target, headers=headers, other_headers=other, pace=pace)


def _read_by(names: Iterable[str]) -> list[Scenario]:
    """The scenarios these checks read."""
    read = dict.fromkeys(checks()[name].scenario for name in names)
    return [scenarios()[name] for name in read if name is not None]


def _judgeable(recordings: Mapping[str, Recording]) -> list[Check]:
    """The checks that the recordings are enough for."""
    return [
        check
        for check in checks().values()
        if check.scenario is None or check.scenario in recordings
    ]


def _each(
    recordings: Mapping[str, Mapping[str, Recording]], target: Target
) -> dict[str, Mapping[str, Result]]:
    return {
        name: _judged(_judgeable(recording), recording, target)
        for name, recording in recordings.items()
    }


def _judged(
    found: Iterable[Check], recordings: Mapping[str, Recording], target: Target
) -> Mapping[str, Result]:
    return {
        check.id: judge(check, recordings, target, strict=True)
        for check in found
        if check.scenario is None or check.scenario in recordings
    }
