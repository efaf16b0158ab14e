"""The store: items put, got, searched, deleted; namespaces. Each sequence has a root of its own."""

from __future__ import annotations

from typing import Any

from conformance.diff.sequence import Sequence, Step, step
from conformance.diff.steps import each

ROOT = "<<tag>>"


def sequences() -> list[Sequence]:
    """Items, what is refused, searching, namespaces."""
    return [*_items(), *_refused(), *_searching(), *_namespaces()]


def _put(labels: tuple[str, ...], key: str, value: Any, **fields: Any) -> Step:
    body = {"namespace": [ROOT, *labels], "key": key, "value": value, **fields}
    return step("put_store_item", body)


def _get(labels: tuple[str, ...], key: str, **query: str) -> Step:
    namespace = ".".join((ROOT, *labels))
    return step("get_store_item", query={"namespace": namespace, "key": key, **query})


def _delete(labels: tuple[str, ...], key: str) -> Step:
    return step("delete_store_item", {"namespace": [ROOT, *labels], "key": key})


def _items() -> list[Sequence]:
    odd = {"text": "\u00e4 \u2028 \U0001f600", "list": [1, 2.5, None, True], "": {"deep": {}}}
    return [
        Sequence(
            "store/life",
            (
                _get(("a",), "k"),
                _put(("a",), "k", {"n": 1}),
                _get(("a",), "k"),
                _get(("a",), "k", refresh_ttl="false"),
                _delete(("a",), "k"),
                _get(("a",), "k"),
                _delete(("a",), "k"),
            ),
        ),
        Sequence("store/again", (_put((), "k", {"n": 1}), _put((), "k", {"m": 2}), _get((), "k"))),
        Sequence(
            "store/odd",
            (_put(("\u00fc b",), "a.b/c", odd), _get(("\u00fc b",), "a.b/c"), _put((), "", {})),
        ),
        Sequence(
            "store/options",
            (
                _put((), "a", {}, index=False),
                _put((), "b", {}, index=["a", "b"]),
                _put((), "c", {}, index=None, ttl=None),
                _put((), "d", {}, ttl=5),
                _put((), "e", {}, ttl=0.5, more=1),
                step("search_store_items", {"namespace_prefix": [ROOT]}),
            ),
        ),
    ]


def _refused() -> list[Sequence]:
    good = {"namespace": [ROOT], "key": "k", "value": {}}
    namespaces: tuple[Any, ...] = ([], ["langgraph"], ["a.b"], [""], [1], "a")
    values: tuple[Any, ...] = (None, [], "text", 1)
    indexes: tuple[Any, ...] = (True, "a", [1])
    wrong: tuple[Any, ...] = (
        *({**good, "namespace": labels} for labels in namespaces),
        *({**good, "value": value} for value in values),
        *({**good, "key": key} for key in (None, 1)),
        *({**good, "index": index} for index in indexes),
        {**good, "ttl": "1"},
        *({k: v for k, v in good.items() if k != name} for name in good),
        [],
        None,
    )
    queries: tuple[dict[str, str], ...] = (
        {},
        {"key": "k"},
        {"namespace": "a..b", "key": "k"},
        {"namespace": ".a", "key": "k"},
        {"namespace": "", "key": "k"},
        {"namespace": ROOT, "key": ""},
        {"namespace": ROOT},
    )
    return [
        Sequence("store/put-wrong", each("put_store_item", wrong)),
        Sequence(
            "store/get-wrong", tuple(step("get_store_item", query=query) for query in queries)
        ),
        Sequence(
            "store/delete-wrong",
            each(
                "delete_store_item",
                ({}, {"namespace": [ROOT]}, {"namespace": ["a.b"], "key": "k"}, {"key": 1}, []),
            ),
        ),
    ]


def _searching() -> list[Sequence]:
    filled = (
        _put(("u", "one"), "n1", {"n": 1, "s": "x", "o": {"a": 1, "b": 2}}),
        _put(("u", "two"), "n2", {"n": 2.5, "s": "y", "l": [1, 2]}),
        _put(("u", "one"), "n3", {"n": 3, "s": "x", "b": True}),
        _put(("v",), "n4", {"n": 4, "s": None}),
    )
    # none that is refused: in the reference it fails what other sequences ask at that moment
    filters: tuple[Any, ...] = (
        {},
        {"s": "x"},
        {"n": 1.0},
        {"s": None},
        {"absent": None},
        {"absent": {"$ne": 1}},
        {"n": {"$eq": 1}},
        {"n": {"$ne": 1}},
        {"n": {"$gt": 2}},
        {"n": {"$gte": 2.5, "$lt": 4}},
        {"n": {"$lte": "3"}},
        {"o": {"a": 1}},
        {"o": {}},
        {"l": [1, 2]},
        {"l": [1]},
        {"b": True},
    )
    queries: tuple[dict[str, Any], ...] = (
        {"namespace_prefix": [ROOT, "u"]},
        {"namespace_prefix": [ROOT, "u", "one"]},
        {"namespace_prefix": [ROOT, "u", "o"]},
        {"limit": 2},
        {"limit": 2, "offset": 2},
        {"limit": 0},
        {"offset": 9},
        {"query": "anything", "refresh_ttl": True},
        {"query": None, "filter": None, "refresh_ttl": None},
        {"namespace_prefix": ["a.b"]},
        {"namespace_prefix": "text"},
        {"filter": []},
        {"limit": "ten"},
        {"query": 5},
    )
    base = {"namespace_prefix": [ROOT]}
    return [
        Sequence(
            "store/filter",
            (*filled, *(step("search_store_items", {**base, "filter": f}) for f in filters)),
        ),
        Sequence(
            "store/search",
            (*filled, *(step("search_store_items", {**base, **query}) for query in queries)),
        ),
    ]


def _namespaces() -> list[Sequence]:
    filled = tuple(
        _put(labels, "k", {}) for labels in (("b",), ("a", "x"), ("a", "y", "deep"), ("c", "x"), ())
    )
    queries: tuple[dict[str, Any], ...] = (
        {},
        {"prefix": [ROOT, "a"]},
        {"prefix": [ROOT, "*", "x"]},
        {"suffix": ["x"]},
        {"suffix": ["y", "*"]},
        {"max_depth": 2},
        {"max_depth": 1},
        {"limit": 2},
        {"limit": 2, "offset": 1},
        {"limit": 0},
        {"offset": 9},
        {"prefix": ["a.b"]},
        {"prefix": None},
        {"suffix": "x"},
        {"max_depth": "two"},
    )
    return [
        Sequence(
            "store/namespaces",
            (
                *filled,
                *(step("list_store_namespaces", {"prefix": [ROOT], **query}) for query in queries),
            ),
        ),
        Sequence(
            "store/namespaces-left",
            (
                *filled,
                _delete(("b",), "k"),
                _get(("looked",), "k"),
                step("list_store_namespaces", {"prefix": [ROOT]}),
            ),
        ),
    ]
