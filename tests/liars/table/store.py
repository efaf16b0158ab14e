"""Liars about the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.table.runs import JSON_HEADERS, pretends
from tests.liars.wire import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.liars.wire import Asked

PUT = ("put_store_item",)
GET = ("get_store_item",)
SEARCH = ("search_store_items",)
LIST = ("list_store_namespaces",)


def merges() -> Callable[[Asked], None]:
    """A value stored again is merged with the one there was."""
    values: dict[str, dict[str, Any]] = {}

    def ask(asked: Asked) -> None:
        body = asked.json
        if isinstance(body, dict) and isinstance(body.get("value"), dict):
            place = f"{body.get('namespace')} {body.get('key')}"
            values[place] = {**values.get(place, {}), **body["value"]}
            asked.json = {**body, "value": values[place]}

    return ask


async def made_anew(asked: Asked, honest: say.Honest) -> Answer | None:
    """Removes an item before it is stored again."""
    body = asked.json
    if isinstance(body, dict) and "key" in body:
        asked.method, asked.json = "DELETE", {k: body[k] for k in ("namespace", "key") if k in body}
        await honest(asked)
        asked.method, asked.json = "PUT", body
    return await honest(asked)


async def missing_is_404(asked: Asked, honest: say.Honest) -> Answer | None:
    """404 where there is no item."""
    answer = await honest(asked)
    if answer.status == 200 and answer.json is None:
        return Answer(404, JSON_HEADERS, b'{"detail":"Not Found"}')
    return answer


def whole_prefix(asked: Asked) -> None:
    """Compares a prefix letter by letter."""
    prefix = asked.json.get("namespace_prefix") if isinstance(asked.json, dict) else None
    if isinstance(prefix, list) and len(prefix) > 1:
        asked.json = {**asked.json, "namespace_prefix": prefix[:-1]}


def crossed(_asked: Asked, given: Answer) -> None:
    """400 where 422 is due, and the other way round."""
    given.status = {400: 422, 422: 400}.get(given.status, given.status)


def plain(_asked: Asked, given: Answer) -> None:
    """Refusals in plain text."""
    if given.status == 422:
        given.headers, given.body = [("content-type", "text/plain")], b"no"


def as_null(found: dict[str, Any]) -> None:
    """An item without what is odd."""
    found["value"] = {key: value for key, value in found["value"].items() if key}


def numberless(asked: Asked, given: Answer) -> None:
    """Fails in comparisons of numbers."""
    if "$gt" in str(asked.json) or "$lte" in str(asked.json):
        given.status, given.json = 500, {"detail": "no number"}


def backwards(found: dict[str, Any]) -> None:
    """Namespaces from the last to the first, those at the same depth once more."""
    found["namespaces"].reverse()


def one_more(found: dict[str, Any]) -> None:
    """A namespace that has no items."""
    if found["namespaces"]:
        found["namespaces"].append([found["namespaces"][0][0], "zzz"])


def only_after(change: Callable[[dict[str, Any]], None]) -> Callable[[Asked, Answer], None]:
    """Lies once a namespace has been emptied."""
    emptied: list[str] = []

    def answer(asked: Asked, given: Answer) -> None:
        if asked.operation == "delete_store_item":
            emptied.append(asked.path)
        elif emptied and given.status == 200:
            found = given.json
            change(found)
            given.json = found

    return answer


def nothing_found(given: Answer) -> None:
    """No items."""
    if given.status == 200:
        given.json = {"items": []}


LIARS = (
    Liar(
        "values that are merged",
        ("store.storing-again-replaces",),
        PUT,
        ask=merges(),
    ),
    Liar(
        "items made anew each time",
        ("store.storing-again-keeps-created-at",),
        PUT,
        instead=made_anew,
    ),
    Liar(
        "items under another key",
        ("store.stored-item-is-got",),
        GET,
        answer=say.body(lambda found: found and {**found, "key": "other"}),
    ),
    Liar(
        "odd keys of values lost",
        ("store.odd-items-come-back",),
        GET,
        answer=say.body(lambda found: as_null(found) if found else None),
    ),
    Liar("404 for missing items", ("store.missing-item-is-null",), GET, instead=missing_is_404),
    Liar(
        "items that cannot be deleted",
        ("store.deleted-item-is-gone",),
        ("delete_store_item",),
        instead=pretends,
    ),
    Liar(
        "400 for 422 and 422 for 400 of the store",
        (
            *("store.senseless-namespaces-are-refused", "store.ill-typed-items-are-422"),
            *("store.nowhere-and-keyless-are-refused", "store.junk-store-searches-are-422"),
            "store.senseless-filters-are-400",
        ),
        answer=crossed,
    ),
    Liar(
        "refusals of the store in plain text",
        ("universal.errors-of-crons-and-the-store-have-a-detail",),
        PUT,
        answer=plain,
        drives=("refused_items",),
    ),
    Liar("prefixes of labels", ("store.store-search-looks-below",), SEARCH, ask=whole_prefix),
    Liar("filters ignored", ("store.store-filters-hold",), SEARCH, ask=say.without("filter")),
    Liar(
        "500 where a number is missing", ("store.no-number-is-no-match",), SEARCH, answer=numberless
    ),
    Liar(
        "offsets of the store ignored",
        ("store.store-pages-hold-each-item-once",),
        SEARCH,
        ask=say.without("offset"),
    ),
    Liar(
        "nothing where no prefix is",
        ("store.search-of-everything",),
        SEARCH,
        answer=lambda asked, given: (
            None
            if not isinstance(asked.json, dict) or "namespace_prefix" in asked.json
            else nothing_found(given)
        ),
    ),
    Liar(
        "namespaces in no order", ("store.namespaces-are-listed",), LIST, answer=say.body(backwards)
    ),
    Liar(
        "max_depth ignored",
        ("store.namespaces-are-cut-off",),
        LIST,
        ask=say.without("max_depth"),
    ),
    Liar("limits ignored", ("store.namespaces-are-paged",), LIST, ask=say.without("limit")),
    Liar(
        "namespaces that stay when they are empty",
        ("store.empty-namespaces-are-not-listed",),
        (*LIST, "delete_store_item"),
        answer=only_after(one_more),
    ),
    Liar("items that live for ever", ("store.items-are-forgotten",), PUT, ask=say.without("ttl")),
)
