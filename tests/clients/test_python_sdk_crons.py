"""Crons as the real Python client makes them, both kinds, over a real socket."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from langgraph_sdk.errors import NotFoundError, UnprocessableEntityError

if TYPE_CHECKING:
    from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient

HELLO: Any = {"messages": [{"role": "user", "content": "hello you"}]}
YEARLY = "0 0 1 1 *"
PATIENCE = 30.0
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def test_the_life_of_a_cron(client: LangGraphClient) -> None:
    mark = {"mark": uuid.uuid4().hex}
    made: Any = await client.crons.create(
        "agent",
        schedule=YEARLY,
        input=HELLO,
        metadata=mark,
        timezone="Asia/Tokyo",
        enabled=False,
        on_run_completed="keep",
    )
    cron_id = made["cron_id"]
    assert made["next_run_date"].endswith("-12-31T15:00:00+00:00")
    assert made["payload"]["input"] == HELLO
    assert made["on_run_completed"] == "keep"
    [found] = await client.crons.search(metadata=mark)
    assert found == made
    assert await client.crons.count(metadata=mark) == 1
    end = datetime.now(UTC) + timedelta(days=400)
    patched = await client.crons.update(
        cron_id, schedule="@daily", metadata={"more": 1}, end_time=end
    )
    assert patched["schedule"] == "@daily"
    assert patched["metadata"] == {**mark, "more": 1}
    assert patched["end_time"] is not None
    assert datetime.fromisoformat(str(patched["end_time"])) == end
    assert (await client.crons.update(cron_id, end_time=None))["end_time"] is None
    await client.crons.delete(cron_id)
    assert await client.crons.search(metadata=mark) == []
    with pytest.raises(NotFoundError):
        await client.crons.delete(cron_id)


def test_the_life_of_a_cron_synchronously(sync_client: SyncLangGraphClient) -> None:
    crons, mark = sync_client.crons, {"mark": uuid.uuid4().hex}
    made: list[Any] = [
        crons.create("agent", schedule=f"0 0 {day} 1 *", input=HELLO, metadata=mark, enabled=False)
        for day in (1, 2, 3)
    ]
    ids = [cron["cron_id"] for cron in made]
    found = crons.search(metadata=mark, sort_by="next_run_date", sort_order="asc", limit=2)
    assert [cron["cron_id"] for cron in found] == ids[:2]
    assert crons.count(metadata=mark, assistant_id=made[0]["assistant_id"]) == 3
    assert crons.search(metadata=mark, enabled=True) == []
    assert crons.update(ids[2], schedule="0 0 4 1 *")["schedule"] == "0 0 4 1 *"
    selected = crons.search(metadata=mark, select=["cron_id"], limit=1)
    assert selected == [{"cron_id": ids[2]}]
    for cron_id in ids:
        crons.delete(cron_id)
    assert crons.count(metadata=mark) == 0


async def test_a_cron_of_a_thread_runs_on_it_and_goes_with_it(client: LangGraphClient) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    cron: Any = await client.crons.create_for_thread(
        thread_id, "agent", schedule="* * * * * *", input=HELLO, metadata={"source": "cron"}
    )
    deadline = time.monotonic() + PATIENCE
    runs: Any = []
    while not (runs := await client.runs.list(thread_id, status="success")):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    first: Any = runs[-1]
    assert first["metadata"]["source"] == "cron"
    values: Any = (await client.threads.get_state(thread_id))["values"]
    assert values["messages"][-1]["content"] == "hello you"
    await client.threads.delete(thread_id)
    with pytest.raises(NotFoundError):
        await client.crons.delete(cron["cron_id"])


def test_a_cron_keeps_its_threads_synchronously(sync_client: SyncLangGraphClient) -> None:
    mark = {"mark": uuid.uuid4().hex}
    cron: Any = sync_client.crons.create(
        "agent", schedule="* * * * * *", input=HELLO, metadata=mark, on_run_completed="keep"
    )
    deadline = time.monotonic() + PATIENCE
    while not (threads := sync_client.threads.search(metadata=mark, status="idle")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    sync_client.crons.delete(cron["cron_id"])
    [run] = sync_client.runs.list(threads[0]["thread_id"])
    assert run["status"] == "success"
    for thread in sync_client.threads.search(metadata=mark, limit=100):
        sync_client.threads.delete(thread["thread_id"])


async def test_crons_that_cannot_be(client: LangGraphClient) -> None:
    with pytest.raises(UnprocessableEntityError):
        await client.crons.create("agent", schedule="every morning")
    with pytest.raises(UnprocessableEntityError):
        await client.crons.create("agent", schedule=YEARLY, timezone="Nowhere/Land")
    with pytest.raises(NotFoundError):
        await client.crons.create(UNKNOWN, schedule=YEARLY)
    with pytest.raises(NotFoundError):
        await client.crons.create_for_thread(UNKNOWN, "agent", schedule=YEARLY)
    with pytest.raises(NotFoundError):
        await client.crons.update(UNKNOWN, enabled=False)


def test_crons_that_cannot_be_synchronously(sync_client: SyncLangGraphClient) -> None:
    with pytest.raises(UnprocessableEntityError):
        sync_client.crons.create("agent", schedule="every morning")
    with pytest.raises(NotFoundError):
        sync_client.crons.create_for_thread(UNKNOWN, "agent", schedule=YEARLY)
