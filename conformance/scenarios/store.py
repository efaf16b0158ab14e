"""The store: items put, got, searched, deleted; namespaces listed. What is stored is removed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from conformance.registry import scenario

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from conformance.driver import Driver

ODD: dict[str, Any] = {
    "text": "a\u0301 \u2028 \U0001f600",
    "list": [1, 2.5, None, True, {"a": []}],
    "": {"deep": {}},
}
TTL_SECONDS = 1.5
# where servers are known to fail: one that drops the connection then drops it for nobody else
CLOSING = {"connection": "close"}


class Shelf:
    """What a scenario stores under a root of its own."""

    def __init__(self, d: Driver) -> None:
        self._d = d
        self.root = d.tag
        self.kept: dict[tuple[tuple[str, ...], str], None] = {}

    async def put(
        self, labels: tuple[str, ...], key: str, value: Any, label: str = "", **fields: Any
    ) -> None:
        """Stores an item below the root."""
        namespace = (self.root, *labels)
        self.kept[namespace, key] = None
        body = {"namespace": namespace, "key": key, "value": value, **fields}
        await self._d.call("put_store_item", body, label=label)

    async def get(self, labels: tuple[str, ...], key: str, label: str, **query: Any) -> None:
        """Gets an item below the root."""
        where = ".".join((self.root, *labels))
        await self._d.call(
            "get_store_item", query={"namespace": where, "key": key, **query}, label=label
        )

    async def delete(self, labels: tuple[str, ...], key: str, label: str) -> None:
        """Deletes an item below the root."""
        body = {"namespace": (self.root, *labels), "key": key}
        await self._d.call("delete_store_item", body, label=label)

    async def search(
        self,
        labels: tuple[str, ...],
        label: str,
        *,
        headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> None:
        """Searches below the root."""
        body = {"namespace_prefix": (self.root, *labels), **fields}
        await self._d.call("search_store_items", body, headers=headers, label=label)

    async def namespaces(self, label: str, **fields: Any) -> None:
        """Lists namespaces below the root, unless another prefix is given."""
        body = {"prefix": [self.root], **fields}
        await self._d.call("list_store_namespaces", body, label=label)


@asynccontextmanager
async def shelf(d: Driver) -> AsyncIterator[Shelf]:
    """A root of the scenario's own, emptied at the end."""
    found = Shelf(d)
    d.note(root=found.root)
    try:
        yield found
    finally:
        for namespace, key in found.kept:
            await d.call("delete_store_item", {"namespace": namespace, "key": key})


@scenario(quick=True)
async def stored_items(d: Driver) -> None:
    """One item from its storing to its deletion, beside another; odd labels, keys and values."""
    async with shelf(d) as own:
        await own.get(("a",), "first", "missing/before")
        await own.put(("a",), "first", {"n": 1, "old": True}, "put")
        await own.put(("a",), "second", {"n": 2}, "put/second")
        await own.get(("a",), "first", "got")
        await own.put(("a",), "first", {"n": 3}, "put/again")
        await own.get(("a",), "first", "got-again")
        await own.put(
            ("\u00fcml\u00e4ut \U0001f600", "with space"), "key.with/odd?&=", ODD, "put/odd"
        )
        await own.get(("\u00fcml\u00e4ut \U0001f600", "with space"), "key.with/odd?&=", "got-odd")
        await own.delete(("a",), "first", "deleted/first")
        await own.get(("a",), "first", "missing/after")
        await own.get(("a",), "second", "beside")
        await own.delete(("a",), "first", "deleted/again")
        await own.delete(("nowhere",), "first", "deleted/nowhere")


@scenario(quick=True)
async def refused_items(d: Driver) -> None:
    """Namespaces, keys and values that are none; searches and lists of the wrong form."""
    root, good = d.tag, {"namespace": [d.tag], "key": "k", "value": {}}
    senseless: dict[str, list[str]] = {"empty": [], "reserved": ["langgraph", root]}
    for name, namespace in senseless.items():
        body = {**good, "namespace": namespace}
        await d.call("put_store_item", body, label=f"senseless/{name}")
    for name, label in {"dot": "a.b", "nothing": ""}.items():
        body = {**good, "namespace": [root, label]}
        await d.call("put_store_item", body, label=f"label/{name}")
    ill: dict[str, Any] = {
        "value-list": {**good, "value": []},
        "value-null": {**good, "value": None},
        "value-missing": {"namespace": [root], "key": "k"},
        "key-missing": {"namespace": [root], "value": {}},
        "key-number": {**good, "key": 1},
        "namespace-missing": {"key": "k", "value": {}},
        "namespace-text": {**good, "namespace": root},
        "namespace-number": {**good, "namespace": [1]},
        "index-true": {**good, "index": True},
        "ttl-text": {**good, "ttl": "1"},
    }
    for name, body in ill.items():
        await d.call("put_store_item", body, label=f"ill/{name}")
    await d.call("delete_store_item", {"namespace": [root]}, label="ill/delete-without-key")
    await d.call("get_store_item", query={"namespace": root, "key": "k"}, label="nothing")
    await d.call("get_store_item", query={"key": "k"}, label="nowhere/no-namespace")
    query = {"namespace": "a..b", "key": "k"}
    await d.call("get_store_item", query=query, label="nowhere/empty-label")
    await d.call("get_store_item", query={"namespace": root}, label="keyless/missing")
    await d.call("get_store_item", query={"namespace": root, "key": ""}, label="keyless/empty")
    junk: dict[str, Any] = {
        "prefix-text": {"namespace_prefix": root},
        "filter-list": {"namespace_prefix": [root], "filter": []},
        "limit-text": {"namespace_prefix": [root], "limit": "ten"},
        "offset-null": {"namespace_prefix": [root], "offset": None},
        "query-number": {"namespace_prefix": [root], "query": 1},
        "array": [],
    }
    for name, body in junk.items():
        await d.call("search_store_items", body, label=f"junk/{name}")
    lists: dict[str, Any] = {
        "namespaces-prefix": {"prefix": root},
        "namespaces-depth": {"max_depth": "two"},
        "namespaces-null": {"suffix": None},
    }
    for name, body in lists.items():
        await d.call("list_store_namespaces", body, label=f"junk/{name}")


# alone: on a server that asks its store for several requests at once, a filter that is refused
# fails those of other scenarios too
@scenario(quick=True, exclusive=True)
async def store_search(d: Driver) -> None:
    """Six items in three namespaces, searched in every way."""
    async with shelf(d) as own:
        values: dict[tuple[str, ...], dict[str, Any]] = {
            ("u", "one"): {
                "n1": {"n": 1, "s": "x", "o": {"a": 1, "b": 2}},
                "n2": {"n": 2, "s": "y"},
            },
            ("u", "two"): {"n3": {"n": 3, "s": "x", "l": [1, 2]}, "n4": {"n": 4, "s": "y"}},
            ("users",): {"n5": {"n": 5, "s": "x"}, "n6": {"n": 6, "s": "z"}},
        }
        for labels, items in values.items():
            for key, value in items.items():
                await own.put(labels, key, value)
        await own.search((), "below/all")
        await own.search(("u",), "below/u")
        await own.search(("u", "one"), "below/one")
        await own.search(("u", "o"), "below/part")
        for name, conditions in FILTERS.items():
            await own.search((), f"filter/{name}", filter=conditions)
        for offset in (0, 2, 4, 6):
            await own.search((), f"page/{offset}", limit=2, offset=offset)
        await own.search((), "query", query="anything")
        for name, conditions in SENSELESS.items():
            await own.search((), f"senseless/{name}", filter=conditions)
        everything = {"limit": 1000}
        await d.call("search_store_items", everything, headers=CLOSING, label="everything")
        await own.put(("users",), "none", {"s": "no number"})
        await own.search((), "numberless/gt", headers=CLOSING, filter={"n": {"$gt": 4}})
        await own.search((), "numberless/lte", headers=CLOSING, filter={"n": {"$lte": 2}})


FILTERS: dict[str, dict[str, Any]] = {
    "n1 n3 n5": {"s": "x"},
    "n2 n4 n6": {"s": {"$ne": "x"}},
    "n4": {"n": {"$eq": 4}},
    "n5 n6": {"n": {"$gt": 4}},
    "n4 n5 n6": {"n": {"$gte": 4}},
    "n1": {"n": {"$lt": 2}},
    "n1 n2": {"n": {"$lte": 2}},
    "n2 n3": {"n": {"$gt": 1, "$lt": 4}},
    "n3": {"s": "x", "l": [1, 2]},
    "": {"s": "x", "n": 2},
}
SENSELESS: dict[str, dict[str, Any]] = {
    "unknown": {"n": {"$in": [1]}},
    "text": {"n": {"$gt": "many"}},
}


@scenario(quick=True)
async def store_namespaces(d: Driver) -> None:
    """Namespaces of a root, listed by prefix, suffix, depth and page; one that is emptied."""
    async with shelf(d) as own:
        for labels in (("b",), ("a", "x"), ("a", "y", "deep"), ("c", "x"), ()):
            await own.put(labels, "k", {})
        await own.namespaces("all")
        await own.namespaces("prefix", prefix=[own.root, "a"])
        await own.namespaces("suffix", suffix=["x"])
        await own.namespaces("wild", prefix=[own.root, "*", "x"])
        await own.namespaces("wild-suffix", suffix=["y", "*"])
        await own.namespaces("depth", max_depth=2)
        for offset in (0, 2, 4):
            await own.namespaces(f"page/{offset}", limit=2, offset=offset)
        await own.put(("gone",), "k", {})
        await own.delete(("gone",), "k", "")
        await own.get(("looked",), "k", "")
        await own.namespaces("after")


@scenario()
async def store_ttl(d: Driver) -> None:
    """Items that live for a second and a half: one left alone, one read, one glanced at."""
    async with shelf(d) as own:
        minutes = TTL_SECONDS / 60
        for key in ("left", "read", "glanced"):
            await own.put((), key, {"k": key}, ttl=minutes)
        await own.get((), "left", "alive", refresh_ttl="false")
        for _ in range(4):
            await asyncio.sleep(TTL_SECONDS / 2)
            await own.get((), "read", "read")
            await own.get((), "glanced", "glanced", refresh_ttl="false")
        await own.get((), "left", "forgotten")
