"""The store as the real Python client uses it, both kinds, over a real socket."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from langgraph_sdk.errors import BadRequestError

if TYPE_CHECKING:
    from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient


@pytest.fixture
def root() -> str:
    return f"clients-{uuid.uuid4().hex}"


async def test_an_item_is_put_got_replaced_and_deleted(client: LangGraphClient, root: str) -> None:
    store, namespace = client.store, [root, "mem"]
    assert await store.get_item(namespace, "food") is None
    await store.put_item(namespace, "food", {"likes": "pizza", "n": 1}, index=False, ttl=5)
    item = await store.get_item(namespace, "food", refresh_ttl=True)
    assert item["namespace"] == namespace
    assert item["key"] == "food"
    assert item["value"] == {"likes": "pizza", "n": 1}
    await store.put_item(namespace, "food", {"likes": "soup"})
    assert (await store.get_item(namespace, "food"))["value"] == {"likes": "soup"}
    await store.delete_item(namespace, "food")
    await store.delete_item(namespace, "food")
    assert await store.get_item(namespace, "food") is None


async def test_items_are_searched_and_namespaces_listed(client: LangGraphClient, root: str) -> None:
    store = client.store
    for user, score in (("ann", 1), ("bob", 2), ("bob", 3)):
        await store.put_item([root, user], f"n{score}", {"score": score, "even": score == 2})
    found = await store.search_items([root, "bob"], limit=5, offset=0, query="whatever")
    assert sorted(item["key"] for item in found["items"]) == ["n2", "n3"]
    assert all(item["score"] is None for item in found["items"])
    for condition, keys in (
        ({"score": {"$gt": 1, "$lte": 2}}, ["n2"]),
        ({"even": False}, ["n1", "n3"]),
        ({"score": {"$ne": 3}}, ["n1", "n2"]),
    ):
        items = (await store.search_items([root], filter=condition))["items"]
        assert sorted(item["key"] for item in items) == keys
    listed = await store.list_namespaces(prefix=[root])
    assert listed["namespaces"] == [[root, "ann"], [root, "bob"]]
    assert (await store.list_namespaces(prefix=[root], max_depth=1))["namespaces"] == [[root]]
    suffixed = await store.list_namespaces(prefix=[root], suffix=["bob"], limit=1)
    assert suffixed["namespaces"] == [[root, "bob"]]
    with pytest.raises(BadRequestError):
        await store.search_items([root], filter={"score": {"$near": 1}})


def test_the_store_synchronously(sync_client: SyncLangGraphClient, root: str) -> None:
    store = sync_client.store
    for n in range(3):
        store.put_item([root, "\u00fcber uns"], f"key/{n}", {"n": n})
    assert store.get_item([root, "\u00fcber uns"], "key/1")["value"] == {"n": 1}
    assert store.get_item([root, "\u00fcber uns"], "key/9") is None
    found = store.search_items([root], filter={"n": {"$gte": 1}}, limit=1, offset=1)
    assert [item["value"] for item in found["items"]] == [{"n": 2}]
    assert store.list_namespaces(prefix=[root])["namespaces"] == [[root, "\u00fcber uns"]]
    for n in range(3):
        store.delete_item([root, "\u00fcber uns"], f"key/{n}")
    assert store.search_items([root])["items"] == []
    with pytest.raises(BadRequestError):
        store.put_item([], "key", {})
