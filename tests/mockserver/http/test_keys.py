"""Which keys a header can carry."""

from __future__ import annotations

import pytest

from mockserver.http.keys import sendable


@pytest.mark.parametrize("key", ["k", "a key", "sk-1234_~!"])
def test_a_key_of_printable_ascii_can_be_sent(key: str) -> None:
    assert sendable(key)


@pytest.mark.parametrize("key", ["", " k", "k ", "k\n", "a\tb", "pässword", "\x00"])
def test_what_a_header_would_lose_or_change_cannot(key: str) -> None:
    assert not sendable(key)
