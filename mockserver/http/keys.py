"""Keys that people send in a header: which ones can be sent at all."""

from __future__ import annotations

EXPECTED = "what a header can carry: printable ASCII, no blanks around it"


def sendable(key: str) -> bool:
    """Whether a header can carry a key as it is; `EXPECTED` says to people what that takes."""
    return bool(key) and key.isascii() and key.isprintable() and key == key.strip()
