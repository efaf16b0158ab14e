"""Every public method of both Python clients is called; a method that a release adds fails here."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from langgraph_sdk.errors import ConflictError, NotFoundError, UnprocessableEntityError

from tests.clients.either import Noted, collected, entered, settled, unused

HELLO: Any = {"messages": [{"role": "user", "content": "hello you"}]}
LONG: Any = {"script": [{"custom": 1}, {"sleep": 30}]}
YEARLY = "0 0 1 1 *"


@pytest.fixture
def client(either_client: Any) -> Any:
    return either_client


def test_a_client_has_no_other_rooms(client: Any) -> None:
    rooms = {"http", "assistants", "threads", "runs", "crons", "store"}
    assert {name for name in vars(client) if not name.startswith("_")} == rooms


async def test_assistants(client: Any) -> None:
    assistants: Any = Noted(client.assistants)
    mark = {"mark": uuid.uuid4().hex}
    made = await settled(
        assistants.create("agent", name="First", metadata=mark, context={"tone": "warm"})
    )
    assistant_id = made["assistant_id"]
    assert (made["version"], made["context"]) == (1, {"tone": "warm"})
    with pytest.raises(ConflictError):
        await settled(assistants.create("agent", assistant_id=assistant_id))
    changed = await settled(
        assistants.update(assistant_id, name="Second", metadata={"more": 1}, description="d")
    )
    assert (changed["version"], changed["metadata"]) == (2, {**mark, "more": 1})
    versions = await settled(assistants.get_versions(assistant_id, limit=5))
    assert [version["version"] for version in versions] == [2, 1]
    assert (await settled(assistants.set_latest(assistant_id, 1)))["name"] == "First"
    assert (await settled(assistants.get(assistant_id)))["name"] == "First"
    found = await settled(assistants.search(metadata=mark, graph_id="agent", name="first"))
    assert [row["assistant_id"] for row in found] == [assistant_id]
    page = await settled(assistants.search(limit=1, response_format="object"))
    assert (len(page["assistants"]), page["next"]) == (1, "1")
    assert await settled(assistants.count(metadata=mark)) == 1
    [probe] = await settled(
        assistants.search(graph_id="probe", metadata={"created_by": "system"}, limit=1)
    )
    drawn = await settled(assistants.get_graph(probe["assistant_id"], xray=True))
    assert "nest:inner" in {node["id"] for node in drawn["nodes"]}
    schemas = await settled(assistants.get_schemas(probe["assistant_id"]))
    assert "note" in schemas["state_schema"]["properties"]
    inner = await settled(assistants.get_subgraphs(probe["assistant_id"], recurse=True))
    assert list(inner) == ["nest"]
    one = await settled(assistants.get_subgraphs(probe["assistant_id"], namespace="nest"))
    assert list(one) == ["nest"]
    await settled(assistants.delete(assistant_id, delete_threads=True))
    with pytest.raises(NotFoundError):
        await settled(assistants.get(assistant_id))
    assert unused(assistants) == {"http"}


async def test_threads(client: Any) -> None:
    threads: Any = Noted(client.threads)
    mark = {"mark": uuid.uuid4().hex}
    made = await settled(threads.create(metadata=mark, graph_id="probe"))
    thread_id = made["thread_id"]
    script = [{"update": {"note": 1}}, {"node": "check"}, {"update": {"note": 2}}]
    await settled(client.runs.wait(thread_id, "probe", input={"script": script}))
    assert (await settled(threads.get(thread_id)))["values"]["note"] == 2
    changed = await settled(threads.update(thread_id, metadata={"more": 1}))
    assert changed["metadata"]["more"] == 1
    history = await settled(threads.get_history(thread_id, limit=10))
    assert [state["metadata"]["step"] for state in history] == [2, 1, 0, -1]
    earlier = history[1]["checkpoint"]
    before = {"configurable": {"checkpoint_id": earlier["checkpoint_id"]}}
    older = await settled(threads.get_history(thread_id, limit=10, before=before))
    assert [state["metadata"]["step"] for state in older] == [0, -1]
    for where in (
        {"checkpoint": earlier},
        {"checkpoint_id": earlier["checkpoint_id"]},
    ):
        assert (await settled(threads.get_state(thread_id, **where)))["values"]["note"] == 1
    updated = await settled(
        threads.update_state(thread_id, {"note": 3}, as_node="check", checkpoint=earlier)
    )
    head = await settled(threads.get_state(thread_id, subgraphs=True))
    assert head["checkpoint"]["checkpoint_id"] == updated["checkpoint"]["checkpoint_id"]
    copy = await settled(threads.copy(thread_id))
    assert (await settled(threads.get_state(copy["thread_id"])))["values"]["note"] == 3
    found = await settled(threads.search(metadata=mark, sort_by="created_at"))
    assert thread_id in {row["thread_id"] for row in found}
    assert await settled(threads.count(metadata=mark)) == len(found)
    await settled(threads.delete(thread_id))
    with pytest.raises(NotFoundError):
        await settled(threads.get(thread_id))
    assert (await settled(threads.prune([copy["thread_id"]])))["pruned_count"] == 1

    async with entered(threads.stream(assistant_id="agent")) as thread:
        await settled(thread.run.start(input=HELLO))
        assert len((await settled(thread.output))["messages"]) == 2
    with pytest.raises(UnprocessableEntityError):  # other tests follow a thread that there is
        await collected(threads.join_stream(thread_id="not-a-uuid"))
    assert unused(threads) == {"http"}


async def test_runs(client: Any) -> None:
    runs: Any = Noted(client.runs)
    thread_id = (await settled(client.threads.create()))["thread_id"]
    created: list[Any] = []
    run = await settled(
        runs.create(
            thread_id,
            "agent",
            input=HELLO,
            stream_mode="values",
            stream_resumable=True,
            metadata={"n": 1},
            on_run_created=created.append,
        )
    )
    assert created == [{"run_id": run["run_id"], "thread_id": thread_id}]
    values = await settled(runs.join(thread_id, run["run_id"]))
    assert [message["content"] for message in values["messages"]] == ["hello you"] * 2
    got = await settled(runs.get(thread_id, run["run_id"]))
    assert (got["status"], got["metadata"]["n"]) == ("success", 1)
    parts = await collected(runs.join_stream(thread_id, run["run_id"], last_event_id="-1"))
    assert parts[-1].data["messages"] == values["messages"]
    assert await settled(runs.list(thread_id, status="success", limit=5)) == [got]
    waited = await settled(runs.wait(thread_id, "agent", input=HELLO))
    assert len(waited["messages"]) == 4
    tokens = await collected(
        runs.stream(thread_id, "agent", input=HELLO, stream_mode="messages-tuple")
    )
    assert [part.event for part in tokens] == ["metadata", "messages", "messages"]
    payload = {"assistant_id": "agent", "input": HELLO, "on_completion": "keep"}
    for kept in await settled(runs.create_batch([payload, payload])):
        joined = await settled(runs.join(kept["thread_id"], kept["run_id"]))
        assert len(joined["messages"]) == 2
    playing = [(await settled(runs.create(thread_id, "probe", input=LONG))) for _ in range(3)]
    ids = [run["run_id"] for run in playing]
    await settled(runs.cancel(thread_id, ids[0], wait=True))
    assert (await settled(runs.get(thread_id, ids[0])))["status"] == "interrupted"
    await settled(runs.cancel_many(thread_id=thread_id, run_ids=ids[1:]))
    await settled(runs.delete(thread_id, ids[0]))
    with pytest.raises(NotFoundError):
        await settled(runs.get(thread_id, ids[0]))
    assert unused(runs) == {"http"}


async def test_crons(client: Any) -> None:
    crons: Any = Noted(client.crons)
    mark = {"mark": uuid.uuid4().hex}
    off = {"schedule": YEARLY, "metadata": mark, "enabled": False}
    thread_id = (await settled(client.threads.create()))["thread_id"]
    first = await settled(crons.create("agent", input=HELLO, timezone="Asia/Tokyo", **off))
    second = await settled(crons.create_for_thread(thread_id, "agent", input=HELLO, **off))
    assert second["thread_id"] == thread_id
    found = await settled(crons.search(metadata=mark, sort_by="created_at", sort_order="asc"))
    assert [cron["cron_id"] for cron in found] == [first["cron_id"], second["cron_id"]]
    patched = await settled(crons.update(first["cron_id"], schedule="@daily", timezone=None))
    assert patched["schedule"] == "@daily"
    assert await settled(crons.count(metadata=mark, thread_id=thread_id)) == 1
    for cron in found:
        await settled(crons.delete(cron["cron_id"]))
    assert await settled(crons.count(metadata=mark)) == 0
    with pytest.raises(UnprocessableEntityError):
        await settled(crons.create("agent", schedule="every morning"))
    assert unused(crons) == {"http"}


async def test_the_store(client: Any) -> None:
    store: Any = Noted(client.store)
    root = f"clients-{uuid.uuid4().hex}"
    await settled(store.put_item([root, "a"], "k", {"n": 1}))
    assert (await settled(store.get_item([root, "a"], "k")))["value"] == {"n": 1}
    found = await settled(store.search_items([root], filter={"n": 1}))
    assert [item["key"] for item in found["items"]] == ["k"]
    listed = await settled(store.list_namespaces(prefix=[root]))
    assert listed["namespaces"] == [[root, "a"]]
    await settled(store.delete_item([root, "a"], "k"))
    assert await settled(store.get_item([root, "a"], "k")) is None
    assert unused(store) == {"http"}


async def test_requests_of_its_own(client: Any) -> None:
    http: Any = Noted(client.http)
    created: list[Any] = []
    thread = await settled(http.post("/threads", json={"metadata": {"n": 1}}))
    path = f"/threads/{thread['thread_id']}"
    assert (await settled(http.patch(path, json={"metadata": {"m": 2}})))["metadata"]["m"] == 2
    assert (await settled(http.get(path)))["metadata"] == {"n": 1, "m": 2}
    body = {"assistant_id": "agent", "input": HELLO}
    streamed = http.stream(f"{path}/runs/stream", "POST", json=body)
    assert (await collected(streamed))[0].event == "metadata"
    waited = await settled(
        http.request_reconnect(f"{path}/runs/wait", "POST", json=body, on_response=created.append)
    )
    assert len(waited["messages"]) == 4
    assert created[0].headers["content-location"].startswith(path)
    item = {"namespace": [f"clients-{uuid.uuid4().hex}"], "key": "k", "value": {}}
    assert await settled(http.put("/store/items", json=item)) is None
    await settled(http.delete("/store/items", json={"namespace": item["namespace"], "key": "k"}))
    await settled(http.delete(path))
    with pytest.raises(NotFoundError):
        await settled(http.get(path))
    assert unused(http) == {"client"}
