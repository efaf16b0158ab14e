from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from mockserver.engine import Engine
from mockserver.http.app import application
from mockserver.http.server import address, bind, configuration
from mockserver.routes import HANDLERS, SOCKETS
from mockserver.settings import Settings
from spec.document import document
from tests.mockserver.http.serving import Served
from tests.mockserver.routes.calling import calling
from tests.ownership import ALICE, BOB, NOBODY, STRANGER, USERS_FILE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

THREAD = "0a3d5a5e-6d6c-7000-8000-000000000002"
HELLO = {"assistant_id": "agent", "input": {"messages": "hello there"}}
SECONDS = 10.0


# --- over HTTP ------------------------------------------------------------------------------------


BEGUN = '{"id":1,"method":"run.start","params":{"assistant_id":"agent",'


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("[]", 400, "invalid_argument"),
        ("null", 400, "invalid_argument"),
        ('{"id":1}', 400, "invalid_argument"),
        ('{"id":"a","method":"run.start"}', 400, "invalid_argument"),
        ('{"id":true,"method":"run.start"}', 400, "invalid_argument"),
        ('{"id":1,"method":5}', 400, "invalid_argument"),
        ('{"id":1,"method":"run.start","params":[]}', 200, "invalid_argument"),
        ('{"id":1,"method":"run.start","params":{"assistant_id":"nobody"}}', 200, "unknown_error"),
        (
            BEGUN + '"config":{"configurable":{"checkpoint_id":""}}}}',
            200,
            "invalid_argument",
        ),
        (
            BEGUN + '"langsmith_tracer":{"project_name":7}}}',
            200,
            "invalid_argument",
        ),
        ('{"id":-1,"method":"","params":{}}', 200, "unknown_command"),
        ('{"id":1,"method":"agent.getTree"}', 200, "no_such_run"),
        ('{"id":1,"method":"subscription.reconnect"}', 200, "no_such_run"),
        ('{"id":1,"method":"subscription.subscribe"}', 200, "invalid_argument"),
        ('{"id":1,"method":"subscription.unsubscribe"}', 200, "invalid_argument"),
        (
            '{"id":1,"method":"subscription.unsubscribe","params":{"subscription_id":"x"}}',
            200,
            "no_such_subscription",
        ),
    ],
)
async def test_a_refusal_is_an_envelope(body: str, status: int, code: str) -> None:
    async with calling() as client:
        answer = await client.post(f"/threads/{THREAD}/commands", content=body)
    given = orjson.loads(body)
    assert answer.status_code == status
    envelope = answer.json()
    assert (envelope["type"], envelope["error"]) == ("error", code)
    assert envelope["id"] == (given.get("id") if isinstance(given, dict) else None)


async def test_an_engines_refusal_begins_with_its_status() -> None:
    async with calling() as client:
        command = {"id": 1, "method": "run.start", "params": HELLO}
        answer = (await client.post("/threads/nonsense/commands", json=command)).json()
        assert answer["message"].startswith("422: ")
        command["params"] = {"assistant_id": THREAD}
        answer = (await client.post(f"/threads/{THREAD}/commands", json=command)).json()
        assert answer["message"].startswith("404: ")
        assert (await client.get(f"/threads/{THREAD}")).status_code == 404


async def test_a_thread_that_never_ran_has_no_questions() -> None:
    answer = {"interrupt_id": "x", "namespace": [], "response": 1}
    command = {"id": 1, "method": "input.respond", "params": answer}
    async with calling() as client:
        told = (await client.post(f"/threads/{THREAD}/commands", json=command)).json()
        assert told["error"] == "no_such_run"
        made = (await client.post("/threads", json={})).json()["thread_id"]
        told = (await client.post(f"/threads/{made}/commands", json=command)).json()
        assert told["error"] == "no_such_interrupt"


async def test_messages_are_named_by_the_call_that_spoke_them() -> None:
    script = [{"say": "a", "id": "own"}, {"say": "b", "id": "own"}]
    params = {"assistant_id": "probe", "input": {"script": script}}
    command = {"id": 1, "method": "run.start", "params": params}
    async with calling() as client:
        told = (await client.post(f"/threads/{THREAD}/commands", json=command)).json()
        run_id = told["result"]["run_id"]
        values = (await client.get(f"/threads/{THREAD}/runs/{run_id}/join")).json()
    ids = {message["id"] for message in values["messages"]}
    assert len(ids) == 2
    assert all(found.startswith("lc_run--") for found in ids)


@pytest.mark.parametrize("path", ["commands", "stream/events"])
async def test_what_is_no_json_is_a_plain_400(path: str) -> None:
    async with calling() as client:
        for body in (b"{", b"", b"\xff", b'{"id": NaN}'):
            answer = await client.post(f"/threads/{THREAD}/{path}", content=body)
            assert answer.status_code == 400
            assert set(answer.json()) == {"detail"}


@pytest.mark.parametrize("body", ["[]", "{}", '{"channels":[]}', '{"channels":["debug"]}'])
async def test_unknown_channels_are_a_plain_400(body: str) -> None:
    async with calling() as client:
        answer = await client.post(f"/threads/{THREAD}/stream/events", content=body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"detail"}


async def test_what_can_be_no_thread_has_an_empty_stream() -> None:
    async with calling() as client:
        answer = await client.post("/threads/nonsense/stream/events", json={"channels": ["values"]})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


# --- over a WebSocket -----------------------------------------------------------------------------


class Peer:
    """A client's end of a socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[Any] = []
        self._last = 0

    async def frame(self) -> Any:
        return orjson.loads(await asyncio.wait_for(self.socket.recv(), SECONDS))

    async def tell(self, method: str, **params: Any) -> Any:
        """The answer to a command; what comes before it is kept."""
        self._last += 1
        command = {"id": self._last, "method": method, "params": params}
        await self.socket.send(orjson.dumps(command).decode())
        while (frame := await self.frame())["type"] == "event":
            self.events.append(frame)
        assert frame["id"] == self._last
        return frame

    async def until(self, word: str) -> list[Any]:
        """The events until the graph has come so far."""
        while not any(
            event["params"]["data"].get("event") == word and not event["params"]["namespace"]
            for event in self.events
        ):
            self.events.append(await self.frame())
        return self.events


@asynccontextmanager
async def serving(users_file: Path | None = None) -> AsyncIterator[tuple[Served, str]]:
    engine = Engine(Settings(pace="immediate", users_file=users_file))
    sock = bind("127.0.0.1", 0)
    url = address(sock)
    app = application(engine, document(), HANDLERS, SOCKETS)
    server = Served(configuration(app), engine, url)
    task = asyncio.create_task(server._serve([sock]))
    await server.up.wait()
    try:
        yield server, url.replace("http", "ws")
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, SECONDS)


@asynccontextmanager
async def connected(
    url: str, thread_id: str = THREAD, who: Mapping[str, str] = NOBODY
) -> AsyncIterator[Peer]:
    path = f"{url}/threads/{thread_id}/stream/events"
    async with connect(path, additional_headers=who) as socket:
        yield Peer(socket)


async def test_a_socket_carries_commands_and_events() -> None:
    async with serving() as (_, url), connected(url) as peer:
        answer = await peer.tell("subscription.subscribe", channels=["lifecycle", "messages"])
        assert answer["result"]["replayed_events"] == 0
        assert (await peer.tell("agent.getTree"))["error"] == "no_such_run"
        early = await peer.tell("subscription.reconnect", channels=["values"], since=0)
        assert early["error"] == "no_such_run"
        run_id = (await peer.tell("run.start", **HELLO))["result"]["run_id"]
        events = await peer.until("completed")
        assert {event["method"] for event in events} == {"lifecycle", "messages"}
        assert {event["run_id"] for event in events} == {run_id}
        tree = (await peer.tell("agent.getTree"))["result"]["tree"]
        assert tree == {"namespace": [], "status": "completed", "graph_name": "agent"}


async def test_the_past_comes_before_the_answer() -> None:
    async with serving() as (_, url):
        async with connected(url) as peer:
            await peer.tell("subscription.subscribe", channels=["lifecycle", "values"])
            await peer.tell("run.start", **HELLO)
            live = list(await peer.until("completed"))
        async with connected(url) as peer:
            answer = await peer.tell("subscription.subscribe", channels=["lifecycle", "values"])
            assert peer.events == live
            assert answer["result"]["replayed_events"] == len(live)
            assert answer["meta"]["applied_through_seq"] == live[-1]["seq"]
        async with connected(url) as peer:
            wanted = {"channels": ["lifecycle", "values"], "since": live[0]["seq"]}
            answer = await peer.tell("subscription.reconnect", subscription_id="mine", **wanted)
            assert peer.events == live[1:]
            assert answer["result"]["subscription_id"] == "mine"
            assert (await peer.tell("subscription.unsubscribe", subscription_id="mine"))[
                "type"
            ] == "success"
            again = await peer.tell("subscription.unsubscribe", subscription_id="mine")
            assert again["error"] == "no_such_subscription"
            needs = await peer.tell("subscription.reconnect", channels=["values"])
            assert needs["error"] == "invalid_argument"


async def test_an_event_is_sent_once_whoever_wants_it() -> None:
    async with serving() as (_, url), connected(url) as peer:
        for channels in (["lifecycle"], ["lifecycle", "values"]):
            await peer.tell("subscription.subscribe", channels=channels)
        await peer.tell("run.start", **HELLO)
        numbers = [event["seq"] for event in await peer.until("completed")]
        assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("frame", ["{", "[]", '{"channels":["values"]}', "", b"\xff", b"{}"])
async def test_a_frame_that_is_no_command_is_answered(frame: str | bytes) -> None:
    async with serving() as (_, url), connected(url) as peer:
        await peer.socket.send(frame)
        answer = await peer.frame()
        assert (answer["id"], answer["error"]) == (None, "invalid_argument")
        assert (await peer.tell("subscription.subscribe", channels=["values"]))["type"] == "success"


async def test_what_can_be_no_thread_closes_the_socket() -> None:
    async with serving() as (_, url), connected(url, "nonsense") as peer:
        with pytest.raises(ConnectionClosed):
            await peer.frame()
        assert peer.socket.close_code == 1011


async def test_other_paths_are_no_sockets() -> None:
    async with serving() as (_, url):
        for path in ("/threads", f"/threads/{THREAD}/commands", "/nowhere"):
            with pytest.raises(InvalidStatus):
                await connect(url + path)


async def test_the_end_of_the_server_closes_every_socket_at_once() -> None:
    async with serving() as (server, url), connected(url) as peer:
        await peer.tell("subscription.subscribe", channels=["values"])
        server.should_exit = True
        with pytest.raises(ConnectionClosed):
            await peer.frame()
        assert peer.socket.close_code == 1012


async def test_a_socket_that_is_closed_leaves_nothing() -> None:
    async with serving() as (server, url):
        async with connected(url) as peer:
            await peer.tell("subscription.subscribe", channels=["values"])
        async with asyncio.timeout(SECONDS):
            while server._engine.transcripts:  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.01)


async def test_a_socket_tells_nobody_of_anothers_thread(tmp_path: Path) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(USERS_FILE)
    async with (
        serving(file) as (_, url),
        connected(url, who=ALICE) as alice,
        connected(url, who=BOB) as bob,
    ):
        for peer in (alice, bob):  # before there is a thread
            await peer.tell("subscription.subscribe", channels=["lifecycle", "values"])
        await alice.tell("run.start", **HELLO)
        await alice.until("completed")
        again = await bob.tell("subscription.subscribe", channels=["lifecycle", "values"])
        assert again["result"]["replayed_events"] == 0
        assert again["meta"]["applied_through_seq"] == 0
        assert (await bob.tell("agent.getTree"))["error"] == "no_such_run"
        assert (await bob.tell("run.start", **HELLO))["error"] == "unknown_error"
        assert bob.events == []
        for who in (NOBODY, STRANGER):
            with pytest.raises(InvalidStatus):
                async with connected(url, who=who):
                    pass
