"""The state's channels: how several writes to one key become its next value.

A channel is stateless: `merge(old, writes)` gives the new value from the old one (`ABSENT` when the
key was never written) and the writes of one superstep in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockserver.engine import coercion, messages
from mockserver.engine.failures import InvalidUpdateError


class _Absent:
    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Channel:
    """One state key: its name, its reducer, its value before any write, its JSON Schema.

    `normalise` gives what callers write its form. A hidden channel is saved but shown to nobody.
    """

    name: str
    merge: Callable[[Any, list[Any]], Any]
    initial: Callable[[], Any] = lambda: ABSENT
    schema: Json | None = None
    normalise: Callable[[Any, Callable[[], str]], Any] | None = None
    hidden: bool = False


_ANYTHING: Json = {}
_NULLABLE = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
_OBJECT = {"type": "object", "additionalProperties": True}
_BLOCKS = {"items": {"anyOf": [{"type": "string"}, _OBJECT]}}
MESSAGE = "BaseMessage"
DEFINITIONS: Mapping[str, Json] = {
    MESSAGE: {
        "title": MESSAGE,
        "type": "object",
        "properties": {
            "content": {
                "title": "Content",
                "anyOf": [{"type": "string"}, {"type": "array", **_BLOCKS}],
            },
            "additional_kwargs": {"title": "Additional Kwargs", **_OBJECT},
            "response_metadata": {"title": "Response Metadata", **_OBJECT},
            "type": {"title": "Type", "type": "string"},
            "name": {"title": "Name", **_NULLABLE},
            "id": {"title": "Id", **_NULLABLE},
        },
        "required": ["content", "type"],
        "additionalProperties": True,
    }
}
"""What schemas of state keys refer to, by the names that `#/$defs/` leads to."""


def _append_messages(old: Any, writes: list[Any]) -> Any:
    for write in writes:
        old = messages.merge(old, write)
    return old


def _newest(_old: Any, writes: list[Any]) -> Any:
    return writes[-1]


def _append(old: Any, writes: list[Any]) -> Any:
    for write in writes:
        if not isinstance(write, list):
            raise TypeError(f"only a list can be appended to a list, not {type(write).__name__}")
        old = [*old, *write]
    return old


def _update(old: Any, writes: list[Any]) -> Any:
    for write in writes:
        if not isinstance(write, dict):
            raise TypeError(f"only an object can be merged, not {type(write).__name__}")
        old = {**old, **write}
    return old


def chat(name: str = "messages") -> Channel:
    """Messages: appended, replaced by id, removed by `remove` messages; each gets an id."""
    schema = {"type": "array", "items": {"$ref": f"#/$defs/{MESSAGE}"}}
    return Channel(name, _append_messages, list, schema, coercion.coerce_all)


def newest(name: str) -> Channel:
    """A list of which the newest write wins, several in one superstep included."""
    return Channel(name, _newest, list, {"type": "array", "items": {}})


def appended(name: str, items: Json = _ANYTHING) -> Channel:
    """A list every write is appended to; `items` is the JSON Schema of its items."""
    return Channel(name, _append, list, {"type": "array", "items": items})


def merged(name: str) -> Channel:
    """An object merged key by key, the newer value wins."""
    return Channel(name, _update, dict, {"type": "object", "additionalProperties": True})


def private(name: str) -> Channel:
    """A value an agent keeps for itself; the newest write wins."""
    return Channel(name, _newest, hidden=True)


def plain(name: str) -> Channel:
    """Any value, absent until written; two writes in one superstep are an InvalidUpdateError."""

    def one(_old: Any, writes: list[Any]) -> Any:
        if len(writes) > 1:
            raise InvalidUpdateError(
                f"key {name!r} takes one value a superstep and got {len(writes)}: "
                "let one node write it, or give the key a reducer"
            )
        return writes[0]

    return Channel(name, one, schema={})


def initial(channels: tuple[Channel, ...]) -> dict[str, Any]:
    """The values before any write: reducers' empty values, nothing for plain keys."""
    values = {channel.name: channel.initial() for channel in channels}
    return {name: value for name, value in values.items() if value is not ABSENT}


def aligned(channels: tuple[Channel, ...], values: Json) -> dict[str, Any]:
    """Values that another graph may have left, as these channels see them: known keys in order."""
    found = {channel.name: values.get(channel.name, ABSENT) for channel in channels}
    for channel in channels:
        if found[channel.name] is ABSENT:
            found[channel.name] = channel.initial()
    return {name: value for name, value in found.items() if value is not ABSENT}


def apply(
    channels: tuple[Channel, ...], values: Json, writes: list[tuple[str, Any]]
) -> tuple[dict[str, Any], set[str]]:
    """The values after `writes` (in channel order) and the names of the keys written.

    Writes to unknown keys are dropped. Raises what the reducers raise; `values` is not changed.
    """
    grouped: dict[str, list[Any]] = {}
    for name, value in writes:
        grouped.setdefault(name, []).append(value)
    result: dict[str, Any] = {}
    touched: set[str] = set()
    for channel in channels:
        name = channel.name
        if name in grouped:
            old = values[name] if name in values else channel.initial()
            result[name] = channel.merge(old, grouped[name])
            touched.add(name)
        elif name in values:
            result[name] = values[name]
    return result, touched


def normalise(
    channels: tuple[Channel, ...], update: Json, new_id: Callable[[], str]
) -> list[tuple[str, Any]]:
    """The writes of one update in its own order, known keys only; messages in wire form."""
    known = {channel.name: channel for channel in channels}
    writes = []
    for name, value in update.items():
        channel = known.get(name)
        if channel is not None:
            made = channel.normalise
            writes.append((name, value if made is None else made(value, new_id)))
    return writes
