from __future__ import annotations

import ctypes

import pytest

from mockserver.engine import reserve
from mockserver.store import times


@pytest.fixture(autouse=True)
def fresh() -> None:
    reserve._trim.cache_clear()


def test_what_is_free_goes_back_to_the_system() -> None:
    times.iso(7_000_000)
    assert times._second.cache_info().currsize
    if reserve._trim() is None:
        pytest.skip("not glibc")
    kept = [bytes(1000) for _ in range(50_000)]
    del kept[::2], kept[:-1]
    assert reserve.give_back()
    assert not times._second.cache_info().currsize


@pytest.mark.parametrize("reason", [OSError, AttributeError, TypeError])
def test_another_allocator_is_left_alone(
    reason: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_name: object) -> object:
        raise reason

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    assert reserve.give_back() is False
