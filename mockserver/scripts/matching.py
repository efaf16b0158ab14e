"""Which turn of an agents file fits a run: matchers over the input, and why one does not fit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from mockserver.engine import coercion, messages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONDITIONS = ("last_message", "input", "turn", "resumed")
COMPARISONS = ("equals", "contains", "matches")


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a matcher looks at: a run's input, the turn's number from 1, whether it resumes."""

    input: Any
    turn: int
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Miss:
    """A condition that did not hold: which field, what was wanted, what was found."""

    field: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"{self.field}: expected {self.wanted}, got {self.found}"


def misses(when: Mapping[str, Any], occasion: Occasion) -> list[Miss]:
    """The conditions of a matcher that do not hold, in its own order; none means it fits.

    A matcher without `resumed` is for runs that begin a turn, not for answers.
    """
    found: list[Miss] = []
    if "resumed" not in when and occasion.resumed:
        found.append(Miss("resumed", "false", "true"))
    for name, wanted in when.items():
        if name == "last_message":
            found += _compared("last_message", wanted, last_text(occasion.input))
        elif name == "input":
            for path, value in wanted.items():
                found += _at(f"input.{path}", value, occasion.input, path)
        elif name == "turn" and wanted != occasion.turn:
            found.append(Miss("turn", str(wanted), str(occasion.turn)))
        elif name == "resumed" and wanted != occasion.resumed:
            found.append(Miss("resumed", _json(wanted), _json(occasion.resumed)))
    return found


def explain(turns: Sequence[Mapping[str, Any]], occasion: Occasion) -> str:
    """Why no turn fits: the closest one and its first differing field."""
    if not turns:
        return "the agent has no turns and no default"
    scored = [(len(misses(when, occasion)), index) for index, when in enumerate(turns)]
    _, index = min(scored)
    first = misses(turns[index], occasion)[0]
    return f"turn {index + 1} of {len(turns)} came closest; {first}"


def last_text(given: Any) -> str | None:
    """The text of the last message of an input; None when it has none."""
    written = given.get("messages") if isinstance(given, dict) else None
    items = written if isinstance(written, list) else [written]
    try:
        message = coercion.coerce(items[-1])
    except (IndexError, ValueError, KeyError, NotImplementedError):
        return None
    return messages.text_of(message["content"])


def _at(field: str, wanted: Any, given: Any, path: str) -> list[Miss]:
    value = given
    for part in path.split("."):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (LookupError, TypeError, ValueError):
            return [Miss(field, _wish(wanted), "nothing")]
    if is_comparison(wanted):
        return _compared(field, wanted, value if isinstance(value, str) else None)
    return [] if value == wanted else [Miss(field, _json(wanted), _json(value))]


def is_comparison(value: Any) -> bool:
    """Whether a wanted value is an `{equals|contains|matches: text}` object."""
    return isinstance(value, dict) and bool(value) and set(value) <= set(COMPARISONS)


def _compared(field: str, wanted: Mapping[str, Any], text: str | None) -> list[Miss]:
    for how, expected in wanted.items():
        if text is None:
            return [Miss(field, _wish(wanted), "no text")]
        if not _holds(how, expected, text):
            return [Miss(field, f"a text that {how} {expected!r}", repr(text))]
    return []


def _holds(how: str, expected: str, text: str) -> bool:
    if how == "equals":
        return text == expected
    if how == "contains":
        return expected in text
    return re.search(expected, text) is not None


def _wish(wanted: Any) -> str:
    if is_comparison(wanted):
        return "a text that " + " and ".join(f"{how} {text!r}" for how, text in wanted.items())
    return _json(wanted)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
