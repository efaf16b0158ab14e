"""One call of `runcontract diff`: meet both servers, play every sequence on them, gather."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.diff.byhand import sequences
from conformance.diff.findings import Findings, explained, gather
from conformance.diff.generator import generated
from conformance.diff.minimise import minimised
from conformance.diff.play import play
from conformance.discover import discover
from conformance.errors import UsageError
from conformance.scheduler import new_client

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import httpx

    from conformance.diff.play import Played
    from conformance.diff.sequence import Sequence
    from conformance.known import Known
    from conformance.target import Target

_SHOWN = 12
_SEQUENCE_SECONDS = 240.0
_MINIMISE_SECONDS = 60.0
_AGAIN = 40  # where more differ, it is not for want of time


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for. `count` is how many sequences: those by hand first."""

    urls: tuple[str, str]
    seed: int
    count: int
    side_by_side: int
    only: str
    headers: Mapping[str, str]


class Session:
    """Both servers, and how to play a sequence on them."""

    def __init__(self, options: Options, tell: Callable[[int, int], None]) -> None:
        self._options = options
        self._tell = tell
        self.targets: tuple[Target, Target] | None = None

    async def run(self, known: Known) -> Findings:
        """Plays everything and says what differed, the unexplained minimised.

        Raises UsageError where a server does not answer or has no probe graph.
        """
        options = self._options
        targets = await asyncio.gather(*(_meet(url, options.headers) for url in options.urls))
        self.targets = both = (targets[0], targets[1])
        async with new_client(both[0]) as a, new_client(both[1]) as b:
            clients = (a, b)
            shared = frozenset.intersection(*[await _own_assistants(c) for c in clients])

            async def again(sequence: Sequence) -> Played:
                async with asyncio.timeout(_SEQUENCE_SECONDS):
                    return await play(sequence, both, clients, shared)

            chosen, complete = self._chosen()
            seen, once = await self._twice(await self._all(chosen, again), known, again)
            findings = gather(seen, known, complete=complete)
            findings.once = once
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_MINIMISE_SECONDS):
                    for group in findings.unexplained[:_SHOWN]:
                        found = await minimised(group.played, group.signature, again)
                        group.played, group.pair = found
        return findings

    async def _twice(
        self, seen: list[Played], known: Known, again: Callable[[Sequence], Awaitable[Played]]
    ) -> tuple[list[Played], int]:
        """What differs for no known reason is played once more, alone, and the second time counts.

        A difference that is not there again was a matter of time: how many sequences had one.
        """
        odd = [place for place, one in enumerate(seen) if not explained(one, known)]
        once = 0
        for place in odd[:_AGAIN]:
            seen[place] = await again(seen[place].sequence)
            once += explained(seen[place], known)
        return seen, once

    def _chosen(self) -> tuple[list[Sequence], bool]:
        options = self._options
        by_hand = list(sequences())
        chosen = by_hand[: options.count]
        chosen += generated(options.seed, options.count - len(chosen))
        if options.only:
            chosen = [found for found in chosen if options.only in found.name]
            if not chosen:
                raise UsageError(f"no sequence has {options.only!r} in its name")
        return chosen, options.count >= len(by_hand) and not options.only

    async def _all(
        self, chosen: list[Sequence], again: Callable[[Sequence], Awaitable[Played]]
    ) -> list[Played]:
        gate = asyncio.Semaphore(self._options.side_by_side)
        done: list[Played] = []

        async def one(sequence: Sequence) -> None:
            async with gate:
                done.append(await again(sequence))
            self._tell(len(done), len(chosen))

        async with asyncio.TaskGroup() as group:
            for sequence in chosen:
                if not sequence.alone:
                    group.create_task(one(sequence))
        for sequence in chosen:
            if sequence.alone:
                await one(sequence)
        order = {sequence.name: place for place, sequence in enumerate(chosen)}
        return sorted(done, key=lambda played: order[played.sequence.name])


async def _meet(url: str, headers: Mapping[str, str]) -> Target:
    target = await discover(url, None, headers)
    if not target.has_probe:
        raise UsageError(f"{url}: {target.lacking['probe']}")
    return target


async def _own_assistants(client: httpx.AsyncClient) -> frozenset[str]:
    """The ids of the assistants that come with the server's graphs: the same on every server."""
    wanted = {"metadata": {"created_by": "system"}, "limit": 100}
    listed = await client.post("/assistants/search", json=wanted)
    return frozenset(str(found["assistant_id"]) for found in listed.json())
