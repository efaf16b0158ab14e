"""How the API writes times."""

from __future__ import annotations

import functools
import time


def iso(epoch_us: int) -> str:
    """Microseconds since 1970 as the API writes times: `2026-11-20T07:55:38.069630+00:00`."""
    seconds, micros = divmod(epoch_us, 1_000_000)
    return f"{_second(seconds)}.{micros:06d}+00:00"


def forget() -> None:
    """Empty the cache: what it took in during a crowd lies all over the heap."""
    _second.cache_clear()


@functools.lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)).rjust(19, "0")
