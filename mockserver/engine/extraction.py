"""`extract` of a thread search: values picked by path, e.g. `values.messages[-1].content`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mockserver.engine.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROOTS = ("values", "metadata", "config", "interrupts")
_FIELDS = frozenset(
    (*_ROOTS, "thread_id", "created_at", "updated_at", "state_updated_at", "status", "error")
)
_MOST = 10
_ALIAS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART = re.compile(r"([^.\[\]]+)((?:\[-?[0-9]{1,9}\])*)")
_INDEX = re.compile(r"\[(-?[0-9]+)\]")

Path = tuple[str | int, ...]


def paths(extract: Mapping[str, str]) -> dict[str, Path]:
    """The steps of each path by alias. Raises InvalidError for an alias or path that cannot be."""
    if len(extract) > _MOST:
        raise InvalidError(f"extract takes at most {_MOST} paths, not {len(extract)}")
    return {_checked(alias): _path(text) for alias, text in extract.items()}


def _checked(alias: str) -> str:
    if _ALIAS.fullmatch(alias) is None or alias in _FIELDS:
        raise InvalidError(
            f"extract alias {alias!r} must be an identifier that is not a property of a thread"
        )
    return alias


def _path(text: str) -> Path:
    steps: list[str | int] = []
    for part in text.split("."):
        found = _PART.fullmatch(part)
        if found is None:
            raise InvalidError(f"extract path {text!r} is malformed at {part!r}")
        steps.append(found[1])
        steps += map(int, _INDEX.findall(found[2]))
    if steps[0] not in _ROOTS:
        raise InvalidError(f"extract path {text!r} must start with one of {', '.join(_ROOTS)}")
    return tuple(steps)


def pick(row: Mapping[str, Any], path: Path) -> Any:
    """What is at the path, None where there is nothing."""
    value: Any = row
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or not -len(value) <= step < len(value):
                return None
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return None
    return value
