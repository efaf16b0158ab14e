"""The real Python client where a key is asked for, and where each user has their own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from httpx import HTTPStatusError
from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk.errors import (
    AuthenticationError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
)

from tests.clients.conftest import GIVEN
from tests.ownership import ALICE, USERS_FILE
from tests.serving import mock_process

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(bool(GIVEN), reason="the server that is given asks nobody")

HELLO: Any = {"messages": [{"role": "user", "content": "hello you there"}]}
ASKS: Any = {"script": [{"interrupt": "?"}, {"update": {"note": {"$": "resume"}}}]}
SECONDS = 15.0
transports = pytest.mark.parametrize("transport", ["sse", "websocket"])


@pytest.fixture(scope="module")
def keyed() -> Iterator[str]:
    """A server that asks for a key."""
    with mock_process("--api-key", "s3cret") as (url, _):
        yield url


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with users, to whose agents a header is passed on."""
    file = tmp_path_factory.mktemp("users") / "users.yaml"
    file.write_text(USERS_FILE)
    options = ("--users", str(file), "--configurable-header", "x-tenant")
    with mock_process(*options) as (url, _):
        yield url


async def test_a_key_opens(keyed: str) -> None:
    async with get_client(url=keyed, api_key="s3cret") as client:
        thread = await client.threads.create()
        pieces = [
            part.data
            async for part in client.runs.stream(
                thread["thread_id"], "agent", input=HELLO, stream_mode="messages-tuple"
            )
            if part.event == "messages"
        ]
        assert len(pieces) > 2
        values: Any = await client.runs.wait(None, "agent", input=HELLO)
        assert len(values["messages"]) == 2
        assert await client.crons.search() == []
        await client.store.put_item(["a"], "k", {"v": 1})
        assert (await client.store.get_item(["a"], "k"))["value"] == {"v": 1}


@pytest.mark.parametrize("key", [None, "wrong"])
async def test_without_the_key_nothing_opens(keyed: str, key: str | None) -> None:
    async with get_client(url=keyed, api_key=key) as client:
        with pytest.raises(PermissionDeniedError):
            await client.threads.create()
        with pytest.raises(HTTPStatusError, match="403"):
            await client.runs.wait(None, "agent", input=HELLO)
        with pytest.raises(PermissionDeniedError):
            async for _ in client.runs.stream(None, "agent", input=HELLO):
                pass
    with get_sync_client(url=keyed, api_key=key) as sync, pytest.raises(PermissionDeniedError):
        sync.assistants.search()


def test_a_key_opens_sync(keyed: str) -> None:
    with get_sync_client(url=keyed, api_key="s3cret") as client:
        values: Any = client.runs.wait(None, "agent", input=HELLO)
        assert len(values["messages"]) == 2


# a session over a socket sends no header of its client, the key included: it has to be told again
@transports
async def test_a_session_of_protocol_v2_is_the_users_own(shared: str, transport: Any) -> None:
    async with get_client(url=shared, api_key="alice-key") as alice:
        async with alice.threads.stream(
            assistant_id="probe", transport=transport, headers=ALICE
        ) as session:
            await session.run.start(input=ASKS)
            async with asyncio.timeout(SECONDS):
                while not session.interrupts:  # noqa: ASYNC110 - the client tells nobody
                    await asyncio.sleep(0.01)
            thread_id = session.thread_id
            async with get_client(url=shared, api_key="bob-key") as bob:
                with pytest.raises(NotFoundError):
                    await bob.threads.get(thread_id)
                with pytest.raises(HTTPStatusError, match="404"):
                    await bob.runs.wait(thread_id, "probe", command={"resume": "his"})
            await session.run.respond("hers")
            async with asyncio.timeout(SECONDS):
                output: Any = await session.output
            assert output["note"] == "hers"
        thread = await alice.threads.get(thread_id)
        assert (thread["metadata"] or {})["owner"] == "alice"


@transports
def test_a_session_of_protocol_v2_with_a_key_sync(keyed: str, transport: Any) -> None:
    with (
        get_sync_client(url=keyed, api_key="s3cret") as client,
        client.threads.stream(
            assistant_id="agent", transport=transport, headers={"x-api-key": "s3cret"}
        ) as session,
    ):
        session.run.start(input=HELLO)
        output: Any = session.output
        assert len(output["messages"]) == 2


async def test_users_are_apart(shared: str) -> None:
    token = {"authorization": "Bearer bob-key"}
    async with (
        get_client(url=shared, api_key="alice-key") as alice,
        get_client(url=shared, api_key=None, headers=token) as bob,
    ):
        thread = await alice.threads.create(metadata={"kind": "hers"})
        thread_id = thread["thread_id"]
        run = await alice.runs.create(thread_id, "agent", input=HELLO)
        await alice.runs.join(thread_id, run["run_id"])
        assert await bob.threads.search(metadata={"kind": "hers"}) == []
        with pytest.raises(ConflictError):
            await bob.threads.create(thread_id=thread_id, if_exists="do_nothing")
        with pytest.raises(HTTPStatusError, match="404"):
            await bob.runs.join(thread_id, run["run_id"])
        told = [part async for part in bob.runs.join_stream(thread_id, run["run_id"])]
        assert [part.event for part in told] == ["error"]
        his = await bob.threads.create()
        assert [one["thread_id"] for one in await bob.threads.search()] == [his["thread_id"]]
        shown = {one["assistant_id"] for one in await bob.assistants.search()}
        assert shown == {one["assistant_id"] for one in await alice.assistants.search()}


async def test_strangers_are_refused(shared: str) -> None:
    async with get_client(url=shared, api_key="stranger") as client:
        with pytest.raises(AuthenticationError):
            await client.threads.create()


async def test_a_header_reaches_the_agents(shared: str) -> None:
    async with get_client(url=shared, api_key="alice-key", headers={"X-Tenant": "t1"}) as client:
        thread = await client.threads.create()
        run: Any = await client.runs.create(thread["thread_id"], "agent", input=HELLO)
        assert run["kwargs"]["config"]["configurable"]["x-tenant"] == "t1"
        await client.runs.join(thread["thread_id"], run["run_id"])
        state: Any = await client.threads.get_state(thread["thread_id"])
        assert state["metadata"]["x-tenant"] == "t1"
        assert "x-api-key" not in state["metadata"]
