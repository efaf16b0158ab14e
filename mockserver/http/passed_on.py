"""Which headers of a request reach the agents: by name, and what a tracer sends along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mockserver.http.call import Select
    from mockserver.settings import Settings

# Secrets of the caller: no pattern lets them through.
NEVER = frozenset(("authorization", "x-api-key", "x-service-key", "x-tenant-id"))
EXCLUDES = "!"
_TRACE = "langsmith-trace"


def selection(settings: Settings) -> Select:
    """The headers a server passes on, by lower-case name: chosen by its settings' patterns.

    In a pattern `*` is any text; one that begins with `!` excludes. A name passes that fits a
    pattern and none that excludes. The headers of a tracer always pass, as on real servers.
    """
    wanted = _any_of(text for text in settings.passed_on if not text.startswith(EXCLUDES))
    unwanted = _any_of(text[1:] for text in settings.passed_on if text.startswith(EXCLUDES))

    def passes(name: str) -> bool:
        return name not in NEVER and wanted(name) and not unwanted(name)

    def select(headers: Mapping[str, str]) -> Mapping[str, Any]:
        trace = headers.get(_TRACE)
        found: dict[str, Any] = {} if trace is None else _traced(trace, headers.get("baggage", ""))
        if settings.passed_on:
            found |= {name: headers[name] for name in headers if passes(name)}
        return found

    return select


def _any_of(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a name is what one of the patterns says."""
    parts = [".*".join(map(re.escape, text.lower().split("*"))) for text in patterns]
    if not parts:
        return lambda _: False
    fits = re.compile("|".join(parts), re.DOTALL).fullmatch
    return lambda name: fits(name) is not None


def _traced(trace: str, baggage: str) -> dict[str, Any]:
    """A tracer's headers. What of the baggage cannot be read is left out."""
    found: dict[str, Any] = {_TRACE: trace}
    for item in baggage.split(","):
        name, _, value = item.partition("=")
        text = unquote(value)
        if name == "langsmith-metadata" and name not in found:
            try:
                metadata = orjson.loads(text)
            except orjson.JSONDecodeError:
                continue
            if isinstance(metadata, dict):
                found[name] = metadata
        elif name == "langsmith-tags":
            found[name] = text.split(",")
        elif name == "langsmith-project":
            found[name] = text
    return found
