"""The store: items by namespace and key, which may be forgotten when their time is over."""

from __future__ import annotations

import copy
from itertools import islice
from typing import TYPE_CHECKING, Any

from mockserver.engine.errors import RefusedError
from mockserver.store.conditions import compile_filter
from mockserver.store.items import Item, ItemTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockserver.engine.clock import Clock
    from mockserver.engine.server import Engine

_RESERVED_ROOT = "langgraph"
_SEARCH_LIMIT = 10
_LIST_LIMIT = 100
_MINUTE_US = 60_000_000


class Items:
    """Every item of one server. What has outlived its time is gone before anything is looked at."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._table = ItemTable()
        self._owner: str | None = None

    def within(self, engine: Engine) -> Items:
        """The same items, for another view of the engine."""
        twin = copy.copy(self)
        twin._owner = None if engine.identity is None else engine.identity.name
        return twin

    def _scoped(self, namespace: Sequence[str]) -> tuple[str, ...]:
        """A namespace as it is stored: what is somebody's begins with them."""
        labels = tuple(namespace)
        if self._owner is None or labels[:1] == (self._owner,):
            return labels
        return (self._owner, *labels)

    def put(self, body: Mapping[str, Any]) -> None:
        """Store an item; one that is there keeps its time of creation, and gets the new `ttl`.

        Raises RefusedError (the namespace).
        """
        namespace, key = self._scoped(body["namespace"]), body["key"]
        if not namespace:
            raise RefusedError("A namespace has at least one label")
        if namespace[0] == _RESERVED_ROOT:
            raise RefusedError(f"No namespace may begin with {_RESERVED_ROOT!r}")
        now = self._now()
        old = self._table.find(namespace, key)
        item = Item(namespace, key, body["value"], now if old is None else old.created_us, now)
        ttl = body.get("ttl")
        if ttl is not None:
            item.ttl_us = round(ttl * _MINUTE_US)
            item.expires_us = now + item.ttl_us
        self._table.put(item)

    def get(self, namespace: Sequence[str], key: str, *, refresh: bool) -> Item | None:
        """An item, its `ttl` begun anew with `refresh`. Raises RefusedError (no key)."""
        if not key:
            raise RefusedError("Say which key: it is empty")
        now = self._now()
        item = self._table.find(self._scoped(namespace), key)
        if item is not None and refresh:
            _refresh((item,), now)
        return item

    def delete(self, namespace: Sequence[str], key: str) -> None:
        """Forget an item, if there is one."""
        self._now()
        self._table.remove(self._scoped(namespace), key)

    def search(self, body: Mapping[str, Any]) -> list[Item]:
        """A page of items, those of older namespaces first. Raises RefusedError (the filter)."""
        now = self._now()
        try:
            passes = compile_filter(body.get("filter") or {})
        except ValueError as error:
            raise RefusedError(str(error)) from None
        offset, limit = body.get("offset", 0), body.get("limit", 0) or _SEARCH_LIMIT
        below = self._table.below(self._scoped(body.get("namespace_prefix") or ()))
        found = list(islice((i for i in below if passes(i.value)), offset, offset + limit))
        if body.get("refresh_ttl") is not False:
            _refresh(found, now)
        return found

    def namespaces(self, body: Mapping[str, Any]) -> list[list[str]]:
        """A page of the namespaces that hold items, sorted; cut off at `max_depth`, each once."""
        self._now()
        suffix, depth = body.get("suffix") or (), body.get("max_depth")
        found = {
            namespace[:depth]
            for namespace in self._table.namespaces(self._scoped(body.get("prefix") or ()))
            if _ends_with(namespace, suffix)
        }
        offset = body.get("offset", 0)
        page = sorted(found)[offset : offset + body.get("limit", _LIST_LIMIT)]
        return list(map(list, page))

    def _now(self) -> int:
        now = self._clock.epoch_us()
        self._table.expire(now)
        return now


def _refresh(items: Iterable[Item], now_us: int) -> None:
    for item in items:
        if item.ttl_us is not None:
            item.expires_us = now_us + item.ttl_us


def _ends_with(namespace: Sequence[str], suffix: Sequence[str]) -> bool:
    return len(suffix) <= len(namespace) and all(
        wanted in ("*", label)
        for wanted, label in zip(reversed(suffix), reversed(namespace), strict=False)
    )
