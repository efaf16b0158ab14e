"""The middleware that liars speak through, over a small application."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.lying import HEADER, Lying
from tests.liars.wire import Answer, Asked, Event, find_operation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

THREAD = "/threads/0198c0de-0000-7000-8000-000000000000"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers what it was asked; `/runs/stream` streams three events with a heartbeat between."""
    message = await receive()
    streams = scope["path"] == "/runs/stream"
    kind = b"text/event-stream" if streams else b"application/json"
    headers = [(b"content-type", kind), (b"x-one", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if streams:
        for chunk in (
            b"event: a\r\nda",
            b"ta: 1\r\nid: 7\r\n\r\n: heartbeat\r\n\r\n",
            b"event: b\r\ndata: 2\r\n\r\n",
        ):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    seen = {
        "path": scope["path"],
        "query": scope["query_string"].decode(),
        "headers": [name.decode() for name, _ in scope["headers"]],
        "body": json.loads(message["body"] or b"null"),
    }
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})


async def ask(
    lie: Liar, method: str = "POST", path: str = "/threads", **more: Any
) -> httpx.Response:
    transport = httpx.ASGITransport(Lying(app, {lie.name: lie}))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://x", headers={HEADER: lie.name}
    ) as client:
        return await client.request(method, path, **more)


async def drop_one(_asked: Asked, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    async for event in events:
        if event.data != "1":
            yield event


async def test_without_a_lie_everything_passes_through() -> None:
    got = await ask(Liar("x", ()), json={"a": 1}, params={"q": "ä b"})
    assert got.json()["body"] == {"a": 1}
    assert got.json()["query"] == "q=%C3%A4+b"
    assert got.headers["x-one"] == "1"


async def test_only_the_named_operations_are_lied_about() -> None:
    lie = Liar("x", (), operations=("count_threads",), answer=say.status(500))
    assert (await ask(lie, path="/threads/count")).status_code == 500
    assert (await ask(lie)).status_code == 200


async def test_the_honest_server_does_not_see_what_is_ignored() -> None:
    got = await ask(Liar("x", (), ask=say.without("a")), json={"a": 1, "b": 2})
    assert got.json()["body"] == {"b": 2}
    got = await ask(Liar("x", (), ask=say.with_fields(a=5)), json={"a": 1, "b": 2})
    assert got.json()["body"] == {"a": 5, "b": 2}
    got = await ask(Liar("x", (), ask=say.without_query("a")), params={"a": "1", "b": "2"})
    assert got.json()["query"] == "b=2"
    got = await ask(Liar("x", (), ask=say.without_header("x-two")), headers={"x-two": "2"})
    assert "x-two" not in got.json()["headers"]


async def test_an_answer_is_changed() -> None:
    got = await ask(Liar("x", (), answer=say.status(418, body={"detail": "no"})))
    assert (got.status_code, got.json()) == (418, {"detail": "no"})
    assert (await ask(Liar("x", (), answer=say.status(418, when=[404])))).status_code == 200
    assert "x-one" not in (await ask(Liar("x", (), answer=say.no_header("x-one")))).headers
    assert (await ask(Liar("x", (), answer=say.header("x-one", lambda old: old + "!")))).headers[
        "x-one"
    ] == "1!"
    got = await ask(Liar("x", (), answer=say.body(lambda value: value["path"])))
    assert got.json() == "/threads"


async def test_a_liar_may_answer_in_the_servers_place() -> None:
    async def instead(asked: Asked, honest: say.Honest) -> Answer | None:
        asked.path = "/elsewhere"
        answer = await honest(asked)
        answer.status = 201
        return answer if asked.method == "POST" else None

    got = await ask(Liar("x", (), instead=instead))
    assert (got.status_code, got.json()["path"]) == (201, "/elsewhere")
    assert (await ask(Liar("x", (), instead=instead), "PUT")).status_code == 200


FIRST = b"event: a\r\ndata: 1\r\nid: 7\r\n\r\n"
BEAT = b": heartbeat\r\n\r\n"
LAST = b"event: b\r\ndata: 2\r\n\r\n"


@pytest.mark.parametrize(
    ("rewrite", "expected"),
    [
        (None, FIRST + BEAT + LAST),
        (drop_one, BEAT + LAST),
        (
            say.each_event(lambda event: None if event.event == "b" else [event, event]),
            2 * FIRST + BEAT,
        ),
        (say.at_the_end(reversed), LAST + BEAT + FIRST),
        (say.followed_by(lambda seen: seen[-1:]), FIRST + BEAT + LAST + LAST),
    ],
    ids=["as it is", "one left out", "mapped", "held back", "longer"],
)
async def test_a_stream_is_rewritten_frame_by_frame(
    rewrite: say.Rewrite | None, expected: bytes
) -> None:
    got = await ask(Liar("x", (), events=rewrite), path="/runs/stream")
    assert got.content == expected


async def test_a_stream_that_is_left_ends_the_applications_part() -> None:
    ended = asyncio.Event()

    async def endless(_scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send(
            {
                "type": "http.response.body",
                "body": b"event: a\r\ndata: 1\r\n\r\n",
                "more_body": True,
            }
        )
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        ended.set()

    sent: list[Any] = []
    told = iter([{"type": "http.request", "body": b""}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(told)

    async def send(message: Any) -> None:
        sent.append(message)

    lie = Liar("x", (), events=say.each_event(lambda event: event))
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/runs/stream",
        "query_string": b"",
        "headers": [(b"x-liar", b"x")],
    }
    await Lying(endless, {"x": lie})(scope, receive, send)
    assert ended.is_set()
    assert b"".join(message.get("body", b"") for message in sent) == b"event: a\r\ndata: 1\r\n\r\n"


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/ok", "get_ok"),
        ("POST", "/threads/search", "search_threads"),
        ("DELETE", f"{THREAD}/runs/1", "delete_run"),
        ("GET", f"{THREAD}/runs/1/stream", "join_run_stream"),
        ("PUT", "/ok", None),
    ],
)
def test_operations_are_told_by_method_and_path(method: str, path: str, name: str | None) -> None:
    found, values = find_operation(method, path)
    assert found == name
    assert values.get("run_id") == ("1" if "/runs/1" in path else None)


async def test_messages_of_sockets_are_changed_both_ways() -> None:
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})

    texts = iter(["a", "b"])

    async def receive() -> dict[str, Any]:
        text = next(texts, None)
        if text is None:
            return {"type": "websocket.disconnect"}
        return {"type": "websocket.receive", "text": text}

    told: list[str] = []

    async def send(message: Any) -> None:
        told.append(message["text"])

    def hears(message: dict[str, Any]) -> list[dict[str, Any]]:
        return [] if message.get("text") == "a" else [message]

    def says(message: dict[str, Any]) -> list[dict[str, Any]]:
        return [message, {**message, "text": "more"}]

    lie = Liar("socket", ("a.b",), hears=hears, says=says)
    scope = {"type": "websocket", "path": THREAD, "headers": [(HEADER.encode(), b"socket")]}
    await Lying(echo, {"socket": lie})(scope, receive, send)
    assert told == ["b", "more"]
    texts = iter(["a"])
    told.clear()
    await Lying(echo, {"socket": lie})({**scope, "headers": []}, receive, send)
    assert told == ["a"]
