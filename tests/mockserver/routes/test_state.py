from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from mockserver.http.call import Call, Reply
from mockserver.routes.state import HANDLERS
from tests.mockserver.engine.bench import Bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]


class Client:
    """Calls the state operations of one thread that has run."""

    def __init__(self, bench: Bench, thread_id: str) -> None:
        self.bench = bench
        self.thread_id = thread_id

    async def call(self, operation: str, body: Any = None, query: Any = None, **path: str) -> Any:
        call = Call(
            engine=self.bench.engine,
            operation_id=operation,
            path={"thread_id": self.thread_id, **path},
            query=query or {},
            headers={},
            body=body,
            disconnected=_never,
        )
        reply = await HANDLERS[operation](call)
        assert isinstance(reply, Reply)
        assert reply.status == 200
        return reply.body


async def _never() -> None:
    raise AssertionError("no state operation waits for its client")


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Client]:
    bench = Bench()
    await bench.engine.start()
    thread = bench.thread()
    await bench.run(thread, [{"update": {"note": 1}}, {"subgraph": [{"interrupt": "in?"}]}])
    yield Client(bench, thread.thread_id)
    await bench.engine.stop()


async def test_the_state_with_and_without_subgraphs(client: Client) -> None:
    plain = await client.call("get_thread_state")
    assert plain["tasks"][0]["checkpoint"]["checkpoint_ns"].startswith("nest:")
    opened = await client.call("get_thread_state", query={"subgraphs": True})
    assert opened["tasks"][0]["state"]["next"] == ["inner"]


async def test_a_state_by_id_and_by_checkpoint(client: Client) -> None:
    past = await client.call("search_thread_history", {"limit": 10})
    old = past[1]["checkpoint_id"]
    by_path = await client.call("get_thread_state_at", checkpoint_id=old)
    assert by_path == {**past[1], "checkpoint": by_path["checkpoint"]}
    assert by_path["checkpoint"] == {"checkpoint_id": old, "thread_id": client.thread_id}
    body = {"checkpoint": {"checkpoint_id": old, "checkpoint_ns": "", "thread_id": "ignored"}}
    assert await client.call("get_thread_state_checkpoint", body) == past[1]
    latest = await client.call("get_thread_state_checkpoint", {"checkpoint": {}})
    assert latest == await client.call("get_thread_state")
    opened = {"checkpoint": {}, "subgraphs": True}
    assert (await client.call("get_thread_state_checkpoint", opened))["tasks"][0]["state"]


async def test_a_subgraph_by_the_address_its_task_shows(client: Client) -> None:
    address = (await client.call("get_thread_state"))["tasks"][0]["checkpoint"]
    inner = await client.call("get_thread_state_checkpoint", {"checkpoint": address})
    assert inner["next"] == ["inner"]
    past = await client.call("search_thread_history", {"limit": 9, "checkpoint": address})
    assert past[0]["checkpoint_id"] == inner["checkpoint_id"]
    assert [state["metadata"]["step"] for state in past] == [0, -1]


@pytest.mark.parametrize(
    "body",
    [
        {"values": {"note": 2}, "as_node": "work"},
        {"values": {"note": 2}, "checkpoint": {}, "as_node": "work"},
    ],
)
async def test_an_update_answers_with_the_new_checkpoint(client: Client, body: Json) -> None:
    reply = await client.call("update_thread_state", body)
    state = await client.call("get_thread_state")
    assert reply == {
        "checkpoint": state["checkpoint"],
        "configurable": state["checkpoint"],
        "checkpoint_id": state["checkpoint_id"],
    }
    assert state["values"]["note"] == 2


async def test_the_old_way_to_name_a_checkpoint_still_counts(client: Client) -> None:
    old = (await client.call("search_thread_history", {"limit": 10}))[2]["checkpoint_id"]
    body = {"values": {"note": 2}, "as_node": "work", "checkpoint_id": old}
    await client.call("update_thread_state", body)
    assert (await client.call("get_thread_state"))["parent_checkpoint_id"] == old


async def test_the_history_by_query(client: Client) -> None:
    past = await client.call("search_thread_history", {"limit": 10})
    assert await client.call("get_thread_history") == past[:1]
    assert await client.call("get_thread_history", query={"limit": 2}) == past[:2]
    query = {"limit": 10, "before": past[1]["checkpoint_id"]}
    assert await client.call("get_thread_history", query=query) == past[2:]


async def test_before_may_be_written_in_every_form_clients_use(client: Client) -> None:
    past = await client.call("search_thread_history", {"limit": 10})
    identity = past[0]["checkpoint_id"]
    forms: list[Any] = [
        identity,
        {"checkpoint_id": identity, "thread_id": client.thread_id, "checkpoint_ns": ""},
        {"configurable": {"checkpoint_id": identity}},
    ]
    for form in forms:
        found = await client.call("search_thread_history", {"limit": 10, "before": form})
        assert found == past[1:], form
    for form in (None, {}, {"configurable": {}}, {"configurable": 5}, {"checkpoint_id": 5}):
        found = await client.call("search_thread_history", {"limit": 10, "before": form})
        assert found == past, form


async def test_the_history_by_metadata_and_default_limit(client: Client) -> None:
    found = await client.call("search_thread_history", {"metadata": {"source": "input"}})
    assert [state["metadata"]["step"] for state in found] == [-1]
