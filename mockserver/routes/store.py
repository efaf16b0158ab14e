"""Routes of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.http.call import Call, Empty, Reply

if TYPE_CHECKING:
    from mockserver.http.call import Handler

_NO = (False, "0", "False")


async def put_store_item(call: Call) -> Empty:
    """An item stored."""
    call.engine.items.put(call.body)
    return Empty()


async def get_store_item(call: Call) -> Reply:
    """One item, or null."""
    query = call.query
    item = call.engine.items.get(
        query["namespace"].split("."),
        query["key"],
        refresh=query.get("refresh_ttl", True) not in _NO,
    )
    return Reply(b"null" if item is None else item.view())


async def delete_store_item(call: Call) -> Empty:
    """An item gone, whether or not it was there."""
    call.engine.items.delete(call.body.get("namespace", ()), call.body["key"])
    return Empty()


async def search_store_items(call: Call) -> Reply:
    """A page of items."""
    found = call.engine.items.search(call.body)
    return Reply({"items": [{**item.view(), "score": None} for item in found]})


async def list_store_namespaces(call: Call) -> Reply:
    """A page of namespaces."""
    return Reply({"namespaces": call.engine.items.namespaces(call.body)})


HANDLERS: dict[str, Handler] = {
    "put_store_item": put_store_item,
    "get_store_item": get_store_item,
    "delete_store_item": delete_store_item,
    "search_store_items": search_store_items,
    "list_store_namespaces": list_store_namespaces,
}
