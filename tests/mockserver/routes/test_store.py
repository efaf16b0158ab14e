"""The store's operations as a caller meets them."""

from __future__ import annotations

import pytest

from mockserver.settings import Settings
from tests.mockserver.routes.calling import calling

ITEM = {"namespace": ["a"], "key": "k", "value": {"n": 1}}
WHERE = {"namespace": "a", "key": "k"}


async def test_a_ttl_below_nothing_is_over_at_once() -> None:
    async with calling() as client:
        assert (await client.put("/store/items", json={**ITEM, "ttl": -1})).status_code == 204
        assert (await client.get("/store/items", params=WHERE)).json() is None


@pytest.mark.parametrize(
    ("text", "lives"),
    [("junk", True), ("", True), ("true", True), ("1", True), ("false", False), ("0", False)],
)
async def test_any_word_says_whether_reading_renews(text: str, lives: bool) -> None:
    async with calling(Settings(pace="virtual")) as client:
        await client.put("/store/items", json={**ITEM, "ttl": 1})
        await client.post("/_mock/clock", json={"advance": 40})
        read = await client.get("/store/items", params={**WHERE, "refresh_ttl": text})
        assert read.json()["value"] == {"n": 1}
        await client.post("/_mock/clock", json={"advance": 40})
        after = (await client.get("/store/items", params=WHERE)).json()
    assert (after is not None) is lives
