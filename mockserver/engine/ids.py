"""Ids: random ones from one source, so that a seed makes them repeat."""

from __future__ import annotations

import random
import uuid

from mockserver.engine.clock import EPOCH_US, Clock
from mockserver.engine.errors import InvalidError

_GRAPH_NAMESPACE = uuid.UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
_GREGORIAN_100NS = 0x01B21DD213814000  # from 1582-10-15 to 1970-01-01, in UUID ticks
_V7_COUNTER_BITS = 12


def assistant_id_for(graph_id: str) -> str:
    """The id of a graph's default assistant, the same on every server."""
    return str(uuid.uuid5(_GRAPH_NAMESPACE, graph_id))


def canonical(text: str) -> str:
    """A UUID in lower case with dashes. Raises ValueError for anything that is not a UUID."""
    return str(uuid.UUID(text))


def uuid_of(text: str, what: str) -> str:
    """A caller's id in canonical form. Raises InvalidError, which names it as `what`."""
    try:
        return canonical(text)
    except ValueError:
        raise InvalidError(f"Invalid {what} {text!r}: must be a UUID") from None


def _dashed(bits: int) -> str:
    text = bits.to_bytes(16, "big").hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Ids:
    """Makes every id of one server.

    With a seed the ids repeat from start to start: the time inside them is then a count of the ids
    made, not the clock's, so that they still sort by age.
    """

    def __init__(self, seed: int | None, clock: Clock) -> None:
        self.random = random.Random(seed)
        self._clock = clock
        self._logical_us = None if seed is None else EPOCH_US
        self._last_v7 = (0, 0)
        self._last_v6 = 0

    def _moment_us(self) -> int:
        if self._logical_us is None:
            return self._clock.epoch_us()
        self._logical_us += 1000
        return self._logical_us

    def uuid4(self) -> str:
        """A random UUID."""
        bits = self.random.getrandbits(128)
        return _dashed(bits & ~(0xF << 76) & ~(0x3 << 62) | (0x4 << 76) | (0x2 << 62))

    def uuid7(self) -> str:
        """A UUID that sorts after every one made before."""
        moment = self._moment_us() // 1000
        last, counter = self._last_v7
        if moment > last:
            counter = self.random.getrandbits(_V7_COUNTER_BITS - 1)  # leaves room to count up
        else:
            moment, counter = last, counter + 1
            if counter >> _V7_COUNTER_BITS:
                moment, counter = moment + 1, 0
        self._last_v7 = (moment, counter)
        return _dashed(
            moment << 80 | 0x7 << 76 | counter << 64 | 0x2 << 62 | self.random.getrandbits(62)
        )

    def checkpoint_id(self, step: int) -> str:
        """A UUIDv6 that sorts after all made before; the step (from −1) is its clock sequence."""
        ticks = max(self._moment_us() * 10 + _GREGORIAN_100NS, self._last_v6 + 1)
        self._last_v6 = ticks
        return _dashed(
            ticks >> 12 << 80
            | 0x6 << 76
            | (ticks & 0xFFF) << 64
            | 0x2 << 62
            | (step & 0x3FFF) << 48
            | self.random.getrandbits(48)
        )

    def hex32(self) -> str:
        """Thirty-two random hexadecimal digits."""
        return f"{self.random.getrandbits(128):032x}"
