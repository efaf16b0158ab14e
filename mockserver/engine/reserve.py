"""Memory that a crowd of streams leaves behind: free, and still held by the allocators.

glibc keeps what is freed in the middle of its heap; Python keeps each of its arenas, 1 MB, while an
object is left in it, and what a cache took in meanwhile lies in all of them.
"""

from __future__ import annotations

import ctypes
import functools
import gc
from typing import TYPE_CHECKING

from mockserver.store import times

if TYPE_CHECKING:
    from collections.abc import Callable


def give_back() -> bool:
    """Give what is free back to the system; False where its allocator has no way to say so.

    Takes some milliseconds, more the larger the heap: for a time when nobody waits.
    """
    times.forget()
    gc.collect(1)
    trim = _trim()
    return trim is not None and bool(trim(0))


@functools.cache
def _trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # not glibc
        return None
    return found
