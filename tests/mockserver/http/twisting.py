"""Messages with something wrong in them: JSON twisted at random places, by a seed."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

DEEP: Any = None
for _ in range(300):
    DEEP = [DEEP]
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 2**63, -(2**70), 1e308, float("nan"), float("inf")),
    *("", "x", "\0", "é" * 40, "\ud800", "x" * 3000, "0192d1a2-b000-7000-8000-0000000000ab"),
    *([], {}, [[]], [None], {"": None}, {"$ref": "#"}, DEEP),
)
SPLICES = (b"", b"\0", b"\xff", b"\xef\xbb\xbf", b",", b"}", b"]", b'"', b"\\u", b"1e999", b"{")


def twisted(chance: random.Random, message: Any) -> bytes:
    """A message as a client sends it that has made a few mistakes, or as it is."""
    changed = copy.deepcopy(message)
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        changed = _changed(chance, changed)
    raw = json.dumps(changed, ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass")
    if chance.random() < 0.2:
        at = chance.randrange(len(raw))
        raw = raw[:at] + chance.choice(SPLICES) + raw[at + chance.randrange(3) :]
    return raw


def _changed(chance: random.Random, message: Any) -> Any:
    places = list(_places(message))
    if not places or chance.random() < 0.05:
        return copy.deepcopy(chance.choice(ODD))
    within, key = chance.choice(places)
    match chance.randrange(4):
        case 0:
            del within[key]
        case 1 if isinstance(within, dict):
            within[chance.choice(("", "x", str(key).upper(), "messages"))] = within.pop(key)
        case _:
            within[key] = copy.deepcopy(chance.choice(ODD))
    return message


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place below a value, as what holds it and its key."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        here = waiting.pop()
        keys = (
            list(here)
            if isinstance(here, dict)
            else range(len(here) if isinstance(here, list) else 0)
        )
        for key in keys:
            found.append((here, key))
            waiting.append(here[key])
        if len(found) > 500:  # one that is deep already
            break
    return found
