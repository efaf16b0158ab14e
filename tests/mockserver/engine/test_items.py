from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mockserver.engine.errors import RefusedError

if TYPE_CHECKING:
    from mockserver.engine.items import Items
    from mockserver.store.items import ItemTable
    from tests.mockserver.engine.bench import Bench


def put(items: Items, where: str, value: dict[str, Any] | None = None, **more: Any) -> None:
    """An item, its place written as `a.b/key`."""
    namespace, _, key = where.partition("/")
    items.put({"namespace": namespace.split("."), "key": key, "value": value or {}, **more})


def value(items: Items, where: str, *, refresh: bool = True) -> Any:
    """What is stored there; None where nothing is."""
    namespace, _, key = where.partition("/")
    item = items.get(namespace.split("."), key, refresh=refresh)
    return None if item is None else item.value


def found(items: Items, *prefix: str, **body: Any) -> list[str]:
    """The places of the items that a search finds, in its order."""
    listed = items.search({"namespace_prefix": list(prefix), **body})
    return [f"{'.'.join(item.namespace)}/{item.key}" for item in listed]


async def test_a_value_is_replaced_and_keeps_its_time_of_creation(bench: Bench) -> None:
    items = bench.engine.items
    put(items, "a.b/k", {"n": 1, "old": True})
    await bench.advance(1)
    put(items, "a.b/k", {"n": 2})
    item = items.get(["a", "b"], "k", refresh=False)
    assert item is not None
    assert item.view() == {
        "namespace": ["a", "b"],
        "key": "k",
        "value": {"n": 2},
        "created_at": "2026-01-01T00:00:00.000000+00:00",
        "updated_at": "2026-01-01T00:00:01.000000+00:00",
    }
    items.delete(["a", "b"], "k")
    items.delete(["a", "b"], "k")
    assert value(items, "a.b/k") is None


@pytest.mark.parametrize("namespace", [[], ["langgraph"], ["langgraph", "mine"]])
async def test_namespaces_that_are_refused(bench: Bench, namespace: list[str]) -> None:
    with pytest.raises(RefusedError):
        bench.engine.items.put({"namespace": namespace, "key": "k", "value": {}})
    assert bench.engine.items.namespaces({}) == []


async def test_an_empty_key_can_be_stored_but_not_got(bench: Bench) -> None:
    put(bench.engine.items, "a/", {"n": 1})
    assert found(bench.engine.items, "a") == ["a/"]
    with pytest.raises(RefusedError):
        value(bench.engine.items, "a/")


async def test_a_search_looks_below_and_pages(bench: Bench) -> None:
    items = bench.engine.items
    for where in ("a.b/2", "a/1", "a.b/3", "ab/4", "a.b.c/5"):
        put(items, where)
    assert found(items, "a") == ["a.b/2", "a.b/3", "a/1", "a.b.c/5"]
    assert found(items, "a", "b") == ["a.b/2", "a.b/3", "a.b.c/5"]
    assert found(items, "b") == found(items, "a", "c", "d") == []
    assert items.search({"namespace_prefix": None}) == items.search({})
    assert found(items, "a", limit=2, offset=1) == ["a.b/3", "a/1"]
    assert found(items, "a", offset=9) == []
    for n in range(20):
        put(items, f"many/{n}")
    assert len(found(items, "many")) == len(found(items, "many", limit=0)) == 10


@pytest.mark.parametrize(
    ("condition", "keys"),
    [
        ({"n": 1}, "one"),
        ({"n": 1.0}, "one"),
        ({"n": {"$ne": 1}}, "two text none"),
        ({"n": {"$gt": 1}}, "two text"),
        ({"n": {"$gte": "1"}}, "one two text"),
        ({"n": {"$gte": 1, "$lt": 2}}, "one"),
        ({"n": None}, "none"),
        ({"b": True}, "two"),
        ({"b": 1}, ""),
        ({"b": {"$gt": 0}}, ""),
        ({"o": {"a": 1}}, "one"),
        ({"o": {"$eq": {"b": [1, {"c": 2}]}}}, "one"),
        ({"o": {"b": [1]}}, ""),
        ({"n": {"$lt": 10**400}}, None),
        ({"n": {"$in": [1]}}, None),
        ({"n": {"$gt": "many"}}, None),
        ({"n": {"$gt": True}}, None),
        ({"n": {"$eq": 1, "other": 2}}, None),
    ],
)
async def test_filters(bench: Bench, condition: dict[str, Any], keys: str | None) -> None:
    items = bench.engine.items
    put(items, "r/one", {"n": 1, "o": {"a": 1, "b": [1, {"c": 2, "d": 3}]}})
    put(items, "r/two", {"n": 2.5, "b": True})
    put(items, "r/text", {"n": "5"})
    put(items, "r/none", {"m": 1})
    if keys is None:
        with pytest.raises(RefusedError):
            found(items, filter=condition)
    else:
        assert found(items, filter=condition) == [f"r/{key}" for key in keys.split()]


async def test_namespaces_are_listed_while_they_hold_items(bench: Bench) -> None:
    items = bench.engine.items
    for where in ("b/k", "a.x/k", "a.y.deep/k", "c.x/k"):
        put(items, where)

    def listed(**body: Any) -> list[str]:
        return [".".join(labels) for labels in items.namespaces(body)]

    assert listed() == ["a.x", "a.y.deep", "b", "c.x"]
    assert listed(prefix=["a"]) == ["a.x", "a.y.deep"]
    assert listed(prefix=["*", "x"]) == listed(suffix=["x"]) == ["a.x", "c.x"]
    assert listed(suffix=["y", "*"]) == ["a.y.deep"]
    assert listed(suffix=["no", "a", "x"]) == listed(prefix=["a", "x", "no"]) == []
    assert listed(max_depth=1) == ["a", "b", "c"]
    assert items.namespaces({"max_depth": 0}) == [[]]
    assert listed(limit=2, offset=1) == ["a.y.deep", "b"]
    assert listed(limit=0) == []
    assert value(items, "d.e/k") is None
    items.delete(["a", "y", "deep"], "k")
    assert listed() == ["a.x", "b", "c.x"]


async def test_items_are_forgotten_by_the_clock(bench: Bench) -> None:
    items = bench.engine.items
    for key in ("left", "read", "glanced", "searched", "for-ever"):
        put(items, f"r/{key}", {"k": key}, ttl=None if key == "for-ever" else 1)
    put(items, "s/renewed", {"n": 1}, ttl=0.5)
    await bench.advance(20)
    put(items, "s/renewed", {"n": 2}, ttl=2)
    for _ in range(2):
        await bench.advance(20)
        assert value(items, "r/read") == {"k": "read"}
        value(items, "r/glanced", refresh=False)
        found(items, "r", filter={"k": "searched"})
        found(items, "r", refresh_ttl=False)
    assert found(items, "r", refresh_ttl=False) == ["r/read", "r/searched", "r/for-ever"]
    assert value(items, "s/renewed") == {"n": 2}
    await bench.advance(59)
    assert value(items, "r/read", refresh=False) == {"k": "read"}
    await bench.advance(1)
    assert found(items, refresh_ttl=False) == ["r/for-ever", "s/renewed"]
    await bench.advance(60)
    assert items.namespaces({}) == [["r"]]


async def test_a_ttl_can_be_taken_away_and_made_shorter(bench: Bench) -> None:
    items = bench.engine.items
    put(items, "r/kept", ttl=1)
    put(items, "r/kept")
    put(items, "r/shorter", ttl=10)
    put(items, "r/shorter", ttl=1)
    await bench.advance(61)
    assert found(items) == ["r/kept"]
    put(items, "r/at-once", ttl=0)
    assert found(items) == ["r/kept"]


async def test_storing_and_reading_again_and_again_queues_nothing(bench: Bench) -> None:
    items = bench.engine.items
    for _ in range(500):
        put(items, "r/k", ttl=60)
        value(items, "r/k")
    table: ItemTable = items._table
    assert len(table._expiring) == 1
