"""The real Python client, asynchronous, against the mock over a real socket."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio
from langgraph_sdk.errors import ConflictError, NotFoundError, UnprocessableEntityError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from langgraph_sdk.client import LangGraphClient

HELLO: Any = {"messages": [{"role": "user", "content": "hello you there"}]}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def script(*steps: dict[str, Any]) -> Any:
    return {"script": list(steps)}


LONG: Any = script({"custom": 1}, {"node": "check"}, {"sleep": 30}, {"say": "late"})


@pytest_asyncio.fixture
async def thread_id(client: LangGraphClient) -> str:
    thread = await client.threads.create()
    return thread["thread_id"]


async def until(client: LangGraphClient, thread_id: str, run_id: str, status: str) -> None:
    while (await client.runs.get(thread_id, run_id))["status"] != status:  # noqa: ASYNC110 - HTTP
        await asyncio.sleep(0.005)


# --- create, get, list, join, wait --------------------------------------------------------------


async def test_a_run_is_created_got_listed_and_joined(
    client: LangGraphClient, thread_id: str
) -> None:
    created: list[Any] = []
    run = await client.runs.create(
        thread_id, "agent", input=HELLO, metadata={"m": 1}, on_run_created=created.append
    )
    assert run["status"] == "pending"
    assert created == [{"run_id": run["run_id"], "thread_id": thread_id}]
    values: Any = await client.runs.join(thread_id, run["run_id"])
    assert [message["content"] for message in values["messages"]] == ["hello you there"] * 2
    got = await client.runs.get(thread_id, run["run_id"])
    assert got["status"] == "success"
    assert (got["metadata"] or {})["m"] == 1
    assert await client.runs.list(thread_id) == [got]
    assert await client.runs.list(thread_id, status="error") == []
    (part,) = await client.runs.list(thread_id, select=["run_id", "status"])
    assert dict(part) == {"run_id": run["run_id"], "status": "success"}


async def test_runs_are_listed_newest_first_in_pages(
    client: LangGraphClient, thread_id: str
) -> None:
    made = [(await client.runs.create(thread_id, "agent", input=HELLO))["run_id"] for _ in range(5)]
    listed = [run["run_id"] for run in await client.runs.list(thread_id)]
    assert listed == made[::-1]
    page = await client.runs.list(thread_id, limit=2, offset=1)
    assert [run["run_id"] for run in page] == made[::-1][1:3]


@pytest.mark.parametrize("stateless", [False, True])
async def test_wait_gives_the_final_values(
    client: LangGraphClient, thread_id: str, stateless: bool
) -> None:
    created: list[Any] = []
    values: Any = await client.runs.wait(
        None if stateless else thread_id, "agent", input=HELLO, on_run_created=created.append
    )
    assert values["messages"][-1]["content"] == "hello you there"
    assert created[0]["run_id"]
    if stateless:
        with pytest.raises(NotFoundError):
            await client.threads.get(created[0]["thread_id"])


async def test_wait_raises_the_agents_error(client: LangGraphClient, thread_id: str) -> None:
    failing = script({"fail": {"error": "ValueError", "message": "boom"}})
    with pytest.raises(Exception, match="ValueError: boom"):
        await client.runs.wait(thread_id, "probe", input=failing)
    values: Any = await client.runs.wait(thread_id, "probe", input=failing, raise_error=False)
    assert values == {"__error__": {"error": "ValueError", "message": "boom"}}
    assert (await client.threads.get(thread_id))["status"] == "error"


async def test_wait_outlasts_heartbeats(client: LangGraphClient, thread_id: str) -> None:
    values: Any = await client.runs.wait(
        thread_id, "probe", input=script({"sleep": 5.3}, {"update": {"note": "awake"}})
    )
    assert values["note"] == "awake"


async def test_several_clients_join_one_run(client: LangGraphClient, thread_id: str) -> None:
    napping = script({"sleep": 0.2}, {"update": {"note": 7}})
    run = await client.runs.create(thread_id, "probe", input=napping)
    joins = [client.runs.join(thread_id, run["run_id"]) for _ in range(4)]
    results: list[Any] = list(await asyncio.gather(*joins))
    assert [values["note"] for values in results] == [7] * 4


# --- stream and join_stream ---------------------------------------------------------------------


@pytest.mark.parametrize("stateless", [False, True])
async def test_a_stream_shows_the_run_from_its_first_event(
    client: LangGraphClient, thread_id: str, stateless: bool
) -> None:
    created: list[Any] = []
    where: Any = None if stateless else thread_id
    parts = [
        part
        async for part in client.runs.stream(
            where,
            "agent",
            input=HELLO,
            stream_mode=["values", "messages-tuple", "updates"],
            on_run_created=created.append,
        )
    ]
    assert parts[0].event == "metadata"
    assert parts[0].data == {"run_id": created[0]["run_id"], "attempt": 1}
    tokens = [part.data[0]["content"] for part in parts if part.event == "messages"]
    assert "".join(tokens) == "hello you there"
    assert len(tokens) == 3
    assert parts[-1].event == "values"
    if not stateless:
        run = await client.runs.get(thread_id, created[0]["run_id"])
        assert run["status"] == "success"


async def test_a_stream_ends_with_the_agents_error(client: LangGraphClient, thread_id: str) -> None:
    failing = script({"say": "oh"}, {"fail": {"error": "KeyError", "message": "k"}})
    parts = [part async for part in client.runs.stream(thread_id, "probe", input=failing)]
    assert parts[-1].event == "error"
    assert parts[-1].data["error"] == "KeyError"


async def test_a_stream_is_joined_again_after_any_event(
    client: LangGraphClient, thread_id: str
) -> None:
    steps = script({"custom": 1}, {"say": "a b c d"}, {"node": "check"}, {"custom": 2})
    modes: Any = ["custom", "messages-tuple", "values"]
    live = [
        part
        async for part in client.runs.stream(
            thread_id, "probe", input=steps, stream_mode=modes, stream_resumable=True
        )
    ]
    run_id = live[0].data["run_id"]
    assert all(part.id for part in live)

    async def rejoined(last: str) -> list[Any]:
        return [
            part async for part in client.runs.join_stream(thread_id, run_id, last_event_id=last)
        ]

    assert await rejoined("-1") == live
    for cut, part in enumerate(live):
        assert part.id is not None
        assert await rejoined(part.id) == live[cut + 1 :]
    only: Any = [
        part
        async for part in client.runs.join_stream(
            thread_id, run_id, last_event_id="-1", stream_mode="custom"
        )
    ]
    assert [part.data for part in only] == [1, 2]


async def test_a_playing_run_is_joined_without_a_gap(
    client: LangGraphClient, thread_id: str
) -> None:
    slow = script(*({"custom": n} if n % 2 else {"sleep": 0.05} for n in range(12)))
    run = await client.runs.create(
        thread_id, "probe", input=slow, stream_mode="custom", stream_resumable=True
    )
    seen: list[Any] = []
    async for part in client.runs.join_stream(thread_id, run["run_id"], last_event_id="-1"):
        seen.append(part)
        if len(seen) == 3:
            break  # the connection is lost
    assert seen[-1].id is not None
    rest = client.runs.join_stream(thread_id, run["run_id"], last_event_id=seen[-1].id)
    seen += [part async for part in rest]
    assert [part.data for part in seen if part.event == "custom"] == [1, 3, 5, 7, 9, 11]


@pytest.mark.parametrize("on_disconnect", ["cancel", "continue"])
async def test_leaving_a_stream_ends_the_run_where_it_was_to(
    client: LangGraphClient, thread_id: str, on_disconnect: Any
) -> None:
    created: list[Any] = []
    stream = client.runs.stream(
        thread_id,
        "probe",
        input=script({"sleep": 1}),
        on_disconnect=on_disconnect,
        on_run_created=created.append,
    )
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    expected = "interrupted" if on_disconnect == "cancel" else "success"
    await asyncio.wait_for(until(client, thread_id, created[0]["run_id"], expected), 10)


async def test_a_thread_is_followed_over_its_runs(client: LangGraphClient, thread_id: str) -> None:
    seen: list[Any] = []

    async def follow() -> None:
        async for part in await client.threads.join_stream(thread_id):
            seen.append(part)
            if part.data.get("status") == "run_done":
                return

    task = asyncio.create_task(follow())
    # the server has no sign that says that a client follows: runs go on until one is seen
    while not task.done():
        await client.runs.wait(thread_id, "agent", input=HELLO)
    await task
    assert all(part.id for part in seen)


# --- cancel, cancel_many, delete ----------------------------------------------------------------


@pytest.mark.parametrize("wait", [False, True])
async def test_a_cancelled_run_is_interrupted(
    client: LangGraphClient, thread_id: str, wait: bool
) -> None:
    run = await client.runs.create(thread_id, "probe", input=LONG)
    await until(client, thread_id, run["run_id"], "running")
    await client.runs.cancel(thread_id, run["run_id"], wait=wait)
    assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "interrupted"
    async with asyncio.timeout(10):  # the thread of a cancelled run may be told a little later
        while (await client.threads.get(thread_id))["status"] != "interrupted":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    with pytest.raises(NotFoundError):
        await client.runs.cancel(thread_id, run["run_id"])


async def test_a_rolled_back_run_is_gone(client: LangGraphClient, thread_id: str) -> None:
    run = await client.runs.create(thread_id, "probe", input=LONG)
    await until(client, thread_id, run["run_id"], "running")
    await client.runs.cancel(thread_id, run["run_id"], wait=True, action="rollback")
    with pytest.raises(NotFoundError):
        await client.runs.get(thread_id, run["run_id"])
    assert (await client.threads.get(thread_id))["status"] == "idle"
    assert (await client.threads.get_state(thread_id))["values"] == {}


async def test_several_runs_are_cancelled_at_once(client: LangGraphClient, thread_id: str) -> None:
    runs = [await client.runs.create(thread_id, "probe", input=LONG) for _ in range(3)]
    ids = [run["run_id"] for run in runs]
    await client.runs.cancel_many(thread_id=thread_id, run_ids=[*ids[:2], UNKNOWN])
    statuses = {run["run_id"]: run["status"] for run in await client.runs.list(thread_id)}
    assert [statuses[run_id] for run_id in ids[:2]] == ["interrupted"] * 2
    assert statuses[ids[2]] in ("pending", "running")
    await client.runs.cancel_many(thread_id=thread_id, run_ids=ids)
    with pytest.raises(NotFoundError):
        await client.runs.cancel_many(thread_id=thread_id, run_ids=ids)


async def test_a_run_is_deleted_while_it_plays(client: LangGraphClient, thread_id: str) -> None:
    run = await client.runs.create(thread_id, "probe", input=LONG)
    await client.runs.delete(thread_id, run["run_id"])
    assert await client.runs.list(thread_id) == []
    assert (await client.threads.get(thread_id))["status"] == "idle"
    joined: Any = await client.runs.join(thread_id, run["run_id"])
    assert joined["__error__"]["error"] == "HTTPException"


# --- stateless ----------------------------------------------------------------------------------


async def test_a_batch_makes_all_its_runs_or_none(client: LangGraphClient) -> None:
    mark: Any = {"mark": uuid.uuid4().hex}
    payload: Any = {
        "assistant_id": "agent",
        "input": HELLO,
        "on_completion": "keep",
        "metadata": mark,
    }
    second: Any = {**payload, "metadata": {**mark, "n": 2}}
    runs: Any = await client.runs.create_batch([payload, second])
    assert [run["metadata"].get("n") for run in runs] == [None, 2]
    for run in runs:
        await client.runs.join(run["thread_id"], run["run_id"])
        assert (await client.threads.get(run["thread_id"]))["status"] == "idle"
    assert await client.threads.count(metadata=mark) == 2
    wrong: Any = {**payload, "assistant_id": "nobody"}
    with pytest.raises(UnprocessableEntityError):
        await client.runs.create_batch([payload, wrong])
    assert await client.threads.count(metadata=mark) == 2


async def test_a_stateless_run_leaves_nothing(client: LangGraphClient) -> None:
    run = await client.runs.create(None, "probe", input=script({"sleep": 0.3}))
    thread = await client.threads.get(run["thread_id"])
    assert thread["status"] == "busy"
    await client.runs.join(run["thread_id"], run["run_id"])
    with pytest.raises(NotFoundError):
        await client.threads.get(run["thread_id"])


# --- strategies, commands, state ----------------------------------------------------------------


async def test_reject_is_a_conflict(client: LangGraphClient, thread_id: str) -> None:
    run = await client.runs.create(thread_id, "probe", input=LONG)
    with pytest.raises(ConflictError):
        await client.runs.create(thread_id, "agent", input=HELLO, multitask_strategy="reject")
    values: Any = await client.runs.wait(
        thread_id, "agent", input=HELLO, multitask_strategy="interrupt"
    )
    assert values["messages"]
    assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "interrupted"


async def test_an_interrupt_is_answered(client: LangGraphClient, thread_id: str) -> None:
    asking = script({"interrupt": {"question": "name?"}}, {"update": {"note": {"$": "resume"}}})
    values: Any = await client.runs.wait(thread_id, "probe", input=asking)
    assert values["__interrupt__"][0]["value"] == {"question": "name?"}
    thread = await client.threads.get(thread_id)
    assert thread["status"] == "interrupted"
    (asked,) = thread["interrupts"].values()
    assert asked[0]["value"] == {"question": "name?"}
    answered: Any = await client.runs.wait(thread_id, "probe", command={"resume": "Ada"})
    assert answered["note"] == "Ada"
    assert (await client.threads.get(thread_id))["status"] == "idle"


async def test_state_is_read_updated_and_listed(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "agent", input=HELLO)
    state = await client.threads.get_state(thread_id)
    assert state["next"] == []
    more = [{"role": "user", "content": "more"}]
    await client.threads.update_state(thread_id, {"messages": more})
    history = await client.threads.get_history(thread_id, limit=10)
    assert [entry["metadata"]["source"] for entry in history if entry["metadata"]] == [
        "update",
        "loop",
        "loop",
        "input",
    ]
    copies: Any = client.threads  # the client says that copy returns nothing
    copy = await copies.copy(thread_id)
    values: Any = (await client.threads.get_state(copy["thread_id"]))["values"]
    assert values["messages"][-1]["content"] == "more"


async def test_threads_are_created_found_changed_and_deleted(client: LangGraphClient) -> None:
    mark = {"mark": "here", "deep": {"a": 1, "b": 2}}
    thread = await client.threads.create(metadata=mark)
    thread_id = thread["thread_id"]
    with pytest.raises(ConflictError):
        await client.threads.create(thread_id=thread_id)
    again = await client.threads.create(thread_id=thread_id, if_exists="do_nothing")
    assert again == thread
    changed = await client.threads.update(thread_id, metadata={"more": None})
    assert changed["metadata"] == {**mark, "more": None}
    found = await client.threads.search(metadata={"mark": "here", "deep": {"a": 1}})
    assert [row["thread_id"] for row in found] == [thread_id]
    assert await client.threads.count(metadata={"mark": "here"}) == 1
    await client.threads.delete(thread_id)
    with pytest.raises(NotFoundError):
        await client.threads.get(thread_id)


# --- refusals -----------------------------------------------------------------------------------


async def test_errors_are_raised_by_kind(client: LangGraphClient, thread_id: str) -> None:
    with pytest.raises(NotFoundError):
        await client.runs.create(UNKNOWN, "agent", input=HELLO)
    with pytest.raises(NotFoundError):
        await client.runs.create(thread_id, UNKNOWN, input=HELLO)
    with pytest.raises(UnprocessableEntityError):
        await client.runs.create(thread_id, "nobody", input=HELLO)
    with pytest.raises(UnprocessableEntityError):
        await client.runs.create("not-a-uuid", "agent", input=HELLO)
    stream = client.runs.stream(UNKNOWN, "agent", input=HELLO)
    with pytest.raises(NotFoundError):
        await anext(stream)


async def test_a_thread_is_made_for_the_run_where_asked(client: LangGraphClient) -> None:
    thread_id = "11111111-2222-4333-8444-555555555555"
    run = await client.runs.create(
        thread_id, "agent", input=HELLO, if_not_exists="create", metadata={"made": True}
    )
    await client.runs.join(thread_id, run["run_id"])
    thread = await client.threads.get(thread_id)
    assert (thread["metadata"] or {})["made"] is True
    await client.threads.delete(thread_id)


async def test_a_cut_connection_is_resumed_by_the_client_itself(
    server_url: str, thread_id: str
) -> None:
    """The client is cut off in mid-stream; by Location and event ids it gets every event once."""
    cuts = iter([200, 500])

    class Cutting(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await super().handle_async_request(request)
            limit = next(cuts, None) if "stream" in request.url.path else None
            if limit is not None:
                response.stream = Cut(response.stream, limit)
            return response

    class Cut(httpx.AsyncByteStream):
        def __init__(self, source: Any, limit: int) -> None:
            self.source, self.limit = source, limit

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for chunk in self.source:
                yield chunk[: self.limit]
                self.limit -= len(chunk)
                if self.limit <= 0:
                    raise httpx.RemoteProtocolError("cut")

        async def aclose(self) -> None:
            await self.source.aclose()

    from langgraph_sdk.client import LangGraphClient

    transport = Cutting()
    async with httpx.AsyncClient(base_url=server_url, transport=transport, timeout=10) as http:
        client = LangGraphClient(http)
        steps = script(*({"custom": n} if n % 2 else {"sleep": 0.02} for n in range(20)))
        parts = [
            part
            async for part in client.runs.stream(
                thread_id, "probe", input=steps, stream_mode="custom", stream_resumable=True
            )
        ]
    numbers: list[Any] = [part.data for part in parts if part.event == "custom"]
    assert numbers == list(range(1, 20, 2))
    assert next(cuts, None) is None
