"""The real Python client, synchronous, against the mock over a real socket."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from langgraph_sdk import get_sync_client
from langgraph_sdk.errors import ConflictError, NotFoundError, UnprocessableEntityError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langgraph_sdk.client import SyncLangGraphClient

HELLO: Any = {"messages": [{"role": "user", "content": "hello you"}]}
LONG: Any = {"script": [{"custom": 1}, {"sleep": 30}]}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def client(server_url: str) -> Iterator[SyncLangGraphClient]:
    with get_sync_client(url=server_url) as client:
        yield client


@pytest.fixture
def thread_id(client: SyncLangGraphClient) -> str:
    return client.threads.create()["thread_id"]


def test_the_life_of_a_run(client: SyncLangGraphClient, thread_id: str) -> None:
    created: list[Any] = []
    run = client.runs.create(thread_id, "agent", input=HELLO, on_run_created=created.append)
    assert run["status"] == "pending"
    assert created == [{"run_id": run["run_id"], "thread_id": thread_id}]
    values: Any = client.runs.join(thread_id, run["run_id"])
    assert values["messages"][-1]["content"] == "hello you"
    got = client.runs.get(thread_id, run["run_id"])
    assert got["status"] == "success"
    assert client.runs.list(thread_id, status="success", limit=5) == [got]
    client.runs.delete(thread_id, run["run_id"])
    assert client.runs.list(thread_id) == []


@pytest.mark.parametrize("stateless", [False, True])
def test_wait_and_stream(client: SyncLangGraphClient, thread_id: str, stateless: bool) -> None:
    where: Any = None if stateless else thread_id
    values: Any = client.runs.wait(where, "agent", input=HELLO)
    parts = list(client.runs.stream(where, "agent", input=HELLO, stream_mode="messages-tuple"))
    assert values["messages"][-1]["content"] == "hello you"
    assert [part.event for part in parts] == ["metadata", "messages", "messages"]


def test_an_error_is_raised_by_wait_and_streamed(
    client: SyncLangGraphClient, thread_id: str
) -> None:
    failing: Any = {"script": [{"fail": {"error": "ValueError", "message": "boom"}}]}
    with pytest.raises(Exception, match="ValueError: boom"):
        client.runs.wait(thread_id, "probe", input=failing)
    *_, last = client.runs.stream(thread_id, "probe", input=failing)
    assert (last.event, last.data) == ("error", {"error": "ValueError", "message": "boom"})


def test_a_stream_is_replayed_and_resumed(client: SyncLangGraphClient, thread_id: str) -> None:
    live = list(
        client.runs.stream(
            thread_id,
            "agent",
            input=HELLO,
            stream_mode=["values", "updates"],
            stream_resumable=True,
        )
    )
    run_id = live[0].data["run_id"]
    for cut, last in enumerate(["-1", *(part.id or "" for part in live)]):
        assert list(client.runs.join_stream(thread_id, run_id, last_event_id=last)) == live[cut:]


def test_a_thread_is_followed(client: SyncLangGraphClient, thread_id: str) -> None:
    seen: list[Any] = []

    def follow() -> None:
        for part in client.threads.join_stream(thread_id=thread_id):
            seen.append(part)
            if part.data.get("status") == "run_done":
                return

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    while thread.is_alive():
        client.runs.wait(thread_id, "agent", input=HELLO)
    assert seen[-1].data["status"] == "run_done"
    assert all(part.id for part in seen)


def test_cancelling_one_and_several(client: SyncLangGraphClient, thread_id: str) -> None:
    runs = [client.runs.create(thread_id, "probe", input=LONG) for _ in range(3)]
    client.runs.cancel(thread_id, runs[0]["run_id"], wait=True)
    assert client.runs.get(thread_id, runs[0]["run_id"])["status"] == "interrupted"
    client.runs.cancel(thread_id, runs[1]["run_id"], action="rollback")
    client.runs.cancel_many(thread_id=thread_id, run_ids=[run["run_id"] for run in runs])
    with pytest.raises(NotFoundError):
        client.runs.cancel_many(thread_id=thread_id, run_ids=[run["run_id"] for run in runs])
    with pytest.raises(NotFoundError):
        client.runs.get(thread_id, runs[1]["run_id"])
    assert client.runs.get(thread_id, runs[2]["run_id"])["status"] == "interrupted"


def test_a_batch(client: SyncLangGraphClient) -> None:
    payload: Any = {"assistant_id": "agent", "input": HELLO, "on_completion": "keep"}
    runs = client.runs.create_batch([payload, payload])
    for run in runs:
        values: Any = client.runs.join(run["thread_id"], run["run_id"])
        assert values["messages"][-1]["content"] == "hello you"


def test_an_interrupt_is_answered_from_the_state(
    client: SyncLangGraphClient, thread_id: str
) -> None:
    asking: Any = {"script": [{"interrupt": "name?"}, {"update": {"note": {"$": "resume"}}}]}
    *_, last = client.runs.stream(thread_id, "probe", input=asking)
    assert last.data["__interrupt__"][0]["value"] == "name?"
    state = client.threads.get_state(thread_id)
    assert state["tasks"][0]["interrupts"][0]["value"] == "name?"
    values: Any = client.runs.wait(thread_id, "probe", command={"resume": "Ada"})
    assert values["note"] == "Ada"


def test_threads_are_searched_in_pages(client: SyncLangGraphClient) -> None:
    made = [client.threads.create(metadata={"page": "me"})["thread_id"] for _ in range(3)]
    first = client.threads.search(metadata={"page": "me"}, limit=2)
    rest = client.threads.search(metadata={"page": "me"}, limit=2, offset=2)
    assert [row["thread_id"] for row in [*first, *rest]] == made[::-1]
    assert client.threads.count(metadata={"page": "me"}) == 3
    picked: Any = client.threads.search(
        ids=made[:1], select=["status"], extract={"page": "metadata.page"}
    )
    assert picked == [{"status": "idle", "extracted": {"page": "me"}}]
    assert client.threads.prune(made)["pruned_count"] == 3


def test_refusals_are_raised_by_kind(client: SyncLangGraphClient, thread_id: str) -> None:
    client.runs.create(thread_id, "probe", input=LONG)
    with pytest.raises(ConflictError):
        client.runs.create(thread_id, "agent", input=HELLO, multitask_strategy="reject")
    with pytest.raises(NotFoundError):
        client.runs.create(UNKNOWN, "agent", input=HELLO)
    with pytest.raises(UnprocessableEntityError):
        client.runs.create(thread_id, "nobody", input=HELLO)
    client.threads.delete(thread_id)
