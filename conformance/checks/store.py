"""The store: items by namespace and key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.errors import Violation
from conformance.registry import check
from conformance.scenarios.store import ODD

if TYPE_CHECKING:
    from conformance.recording import Exchange, Recording


def items_of(exchange: Exchange) -> list[dict[str, Any]]:
    """The items that a search found."""
    found = expect.member(exchange, "items")
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Violation("items as a list of objects", found, exchange)
    return found


def keys_of(exchange: Exchange) -> list[Any]:
    """The keys of the items that a search found, sorted."""
    return sorted(str(item.get("key")) for item in items_of(exchange))


def namespaces_of(exchange: Exchange) -> list[Any]:
    """The namespaces that were listed, their root left out."""
    found = expect.member(exchange, "namespaces")
    if not isinstance(found, list) or not all(isinstance(one, list) for one in found):
        raise Violation("namespaces as a list of lists", found, exchange)
    return [one[1:] for one in found]


def _item(r: Recording, label: str, value: Any) -> dict[str, Any]:
    """An item with this value."""
    found = expect.mapping(r[label])
    expect.equal(found.get("value"), value, "value", r[label])
    return found


def _no_content(exchange: Exchange) -> None:
    expect.status(exchange, 204)
    expect.equal(exchange.body, b"", "body", exchange)


@check("STORE-PUT-01", scenario="stored_items")
def stored_item_is_got(r: Recording) -> None:
    """204 without a body; then namespace, key, value and times."""
    _no_content(r["put"])
    found = _item(r, "got", {"n": 1, "old": True})
    wanted = {"namespace": [r.note("root"), "a"], "key": "first"}
    expect.contains(found, wanted, "an item", r["got"])
    for name in ("created_at", "updated_at"):
        expect.ensure(isinstance(found.get(name), str), name, found.get(name), r["got"])


@check("STORE-PUT-02", scenario="stored_items")
def storing_again_replaces(r: Recording) -> None:
    """The old value is gone, and updated_at later."""
    before, after = expect.mapping(r["got"]), _item(r, "got-again", {"n": 3})
    old, new = str(before.get("updated_at")), str(after.get("updated_at"))
    expect.ensure(new > old, f"updated_at after {old}", new, r["got-again"])


@check("STORE-PUT-03", scenario="stored_items")
def storing_again_keeps_created_at(r: Recording) -> None:
    """It is the time of the first storing."""
    created = expect.member(r["got"], "created_at")
    expect.equal(expect.member(r["got-again"], "created_at"), created, "created_at", r["got-again"])


@check("STORE-PUT-06", scenario="stored_items")
def odd_items_come_back(r: Recording) -> None:
    """Any script in labels and keys, any JSON in values."""
    _no_content(r["put/odd"])
    _item(r, "got-odd", ODD)


@check("STORE-GET-01", scenario="stored_items")
def missing_item_is_null(r: Recording) -> None:
    """200 with null, before it is stored and after it was deleted."""
    for exchange in r.each("missing"):
        expect.equal(expect.body(exchange), None, "body", exchange)


@check("STORE-DELETE-01", scenario="stored_items")
def deleted_item_is_gone(r: Recording) -> None:
    """204 each time; the item beside it stays."""
    for exchange in r.each("deleted"):
        _no_content(exchange)
    expect.equal(expect.body(r["missing/after"]), None, "body", r["missing/after"])
    _item(r, "beside", {"n": 2})


@check("STORE-PUT-04", scenario="refused_items")
def senseless_namespaces_are_refused(r: Recording) -> None:
    """400 for none and for the server's own, 422 for labels that are none."""
    for exchange in r.each("senseless"):
        expect.status(exchange, 400)
    for exchange in r.each("label"):
        expect.status(exchange, 422)


@check("STORE-PUT-05", scenario="refused_items")
def ill_typed_items_are_422(r: Recording) -> None:
    """Each of them, and nothing is stored."""
    for exchange in r.each("ill"):
        expect.status(exchange, 422)
    expect.equal(expect.body(r["nothing"]), None, "body", r["nothing"])


@check("STORE-GET-02", scenario="refused_items")
def nowhere_and_keyless_are_refused(r: Recording) -> None:
    """422 without a namespace, 400 or 422 without a key."""
    for exchange in r.each("nowhere"):
        expect.status(exchange, 422)
    for exchange in r.each("keyless"):
        expect.status(exchange, 400, 422)


@check("STORE-SEARCH-07", scenario="refused_items")
def junk_store_searches_are_422(r: Recording) -> None:
    """Each of them, of items and of namespaces."""
    for exchange in r.each("junk"):
        expect.status(exchange, 422)


@check("STORE-SEARCH-01", scenario="store_search")
def store_search_looks_below(r: Recording) -> None:
    """In the namespace and below it; a part of a label is another label."""
    wanted = {
        "all": ["n1", "n2", "n3", "n4", "n5", "n6"],
        "u": ["n1", "n2", "n3", "n4"],
        "one": ["n1", "n2"],
        "part": [],
    }
    for name, keys in wanted.items():
        exchange = r[f"below/{name}"]
        expect.equal(keys_of(exchange), keys, "keys", exchange)
        for item in items_of(exchange):
            has = "score" in item and isinstance(item["score"], float | int | None)
            expect.ensure(has, "a score or null", item.get("score", "absent"), exchange)


@check("STORE-SEARCH-02", scenario="store_search")
def store_filters_hold(r: Recording) -> None:
    """Equality and each operator."""
    for exchange in r.each("filter"):
        wanted = exchange.label.partition("/")[2].split()
        expect.equal(keys_of(exchange), wanted, "keys", exchange)


@check("STORE-SEARCH-03", scenario="store_search")
def no_number_is_no_match(r: Recording) -> None:
    """The item that lacks it is left out, and the search succeeds."""
    for name, wanted in (("gt", ["n5", "n6"]), ("lte", ["n1", "n2"])):
        exchange = r[f"numberless/{name}"]
        expect.equal(keys_of(exchange), wanted, "keys", exchange)


@check("STORE-SEARCH-04", scenario="store_search")
def senseless_filters_are_400(r: Recording) -> None:
    """An unknown operator, a comparison with a text."""
    for exchange in r.each("senseless"):
        expect.status(exchange, 400)


@check("STORE-SEARCH-05", scenario="store_search")
def store_pages_hold_each_item_once(r: Recording) -> None:
    """Two on a page, three pages, then nothing."""
    pages = {offset: keys_of(r[f"page/{offset}"]) for offset in (0, 2, 4, 6)}
    for offset, keys in pages.items():
        expect.equal(len(keys), 0 if offset == 6 else 2, "number of items", r[f"page/{offset}"])
    found = sorted(key for keys in pages.values() for key in keys)
    expect.equal(found, ["n1", "n2", "n3", "n4", "n5", "n6"], "keys", r["page/0"])


@check("STORE-SEARCH-06", scenario="store_search")
def search_of_everything(r: Recording) -> None:
    """Ours are among what is found."""
    items = items_of(r["everything"])
    found = {str(item.get("key")) for item in items if r.note("root") in _labels(item)}
    wanted = {"n1", "n2", "n3", "n4", "n5", "n6"}
    full = len(items) >= 1000
    expect.ensure(full or wanted <= found, "our six items", sorted(found), r["everything"])


def _labels(item: dict[str, Any]) -> list[Any]:
    found = item.get("namespace")
    return found if isinstance(found, list) else []


@check("STORE-NS-01", scenario="store_namespaces")
def namespaces_are_listed(r: Recording) -> None:
    """In order, once each, by prefix and suffix."""
    wanted: dict[str, list[list[str]]] = {
        "all": [[], ["a", "x"], ["a", "y", "deep"], ["b"], ["c", "x"]],
        "prefix": [["a", "x"], ["a", "y", "deep"]],
        "suffix": [["a", "x"], ["c", "x"]],
        "wild": [["a", "x"], ["c", "x"]],
        "wild-suffix": [["a", "y", "deep"]],
    }
    for label, namespaces in wanted.items():
        expect.equal(namespaces_of(r[label]), namespaces, "namespaces", r[label])


@check("STORE-NS-02", scenario="store_namespaces")
def namespaces_are_cut_off(r: Recording) -> None:
    """Two labels at most, the root being the first."""
    expect.equal(namespaces_of(r["depth"]), [[], ["a"], ["b"], ["c"]], "namespaces", r["depth"])


@check("STORE-NS-03", scenario="store_namespaces")
def namespaces_are_paged(r: Recording) -> None:
    """Two, two and one, in the order of the whole."""
    pages = [namespaces_of(r[f"page/{offset}"]) for offset in (0, 2, 4)]
    expect.equal([len(page) for page in pages], [2, 2, 1], "sizes of pages", r["page/0"])
    together = [one for page in pages for one in page]
    expect.equal(together, namespaces_of(r["all"]), "namespaces", r["page/4"])


@check("STORE-NS-04", scenario="store_namespaces")
def empty_namespaces_are_not_listed(r: Recording) -> None:
    """Neither the one that was emptied nor the one that was only looked at."""
    expect.equal(namespaces_of(r["after"]), namespaces_of(r["all"]), "namespaces", r["after"])


@check("STORE-TTL-01", scenario="store_ttl")
def items_are_forgotten(r: Recording) -> None:
    """The one left alone and the one only glanced at; the one that was read stays."""
    _item(r, "alive", {"k": "left"})
    _item(r, "read", {"k": "read"})
    for label in ("forgotten", "glanced"):
        expect.equal(expect.body(r[label]), None, "body", r[label])
