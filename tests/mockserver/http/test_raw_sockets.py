"""Clients that do not keep to HTTP, or leave in between: nothing of theirs is left behind.

On uvloop, as the mock is served; both sides in one process, so that its tasks can be counted.
"""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import pytest

from mockserver.settings import Settings
from tests.mockserver.http.bare import (
    HANDSHAKE,
    KEY,
    OK,
    PATIENCE,
    TO_WEBSOCKET,
    VERSION,
    Client,
    Mock,
    get,
    on_uvloop,
    post,
    run,
    serving,
    split,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

LIMIT = 64 * 1024
SEED, FUZZED, AT_ONCE = 20_261_120, 300, 16

SEARCH = b'{"limit":1}'
INVALID = b'{"detail":"Invalid HTTP request received."}'


def chunked(raw: bytes, *headers: bytes) -> bytes:
    lines = (b"POST /threads/search HTTP/1.1", b"host: x", b"transfer-encoding: chunked")
    return b"\r\n".join((*lines, *headers, b"", raw))


class Odd(NamedTuple):
    """What a client sends, piece by piece; the statuses it gets; whether that is the end."""

    pieces: Sequence[bytes]
    statuses: tuple[int, ...]
    ends: bool = False


REFUSED = ((400,), True)
EVENTS = "/threads/0192d1a2-b000-7000-8000-0000000000ab/stream/events"
BODY = b"b\r\n" + SEARCH + b"\r\n0\r\n\r\n"
BRIEF = run({"custom": 1}, {"sleep": 0.1}, {"custom": 2}, stream_mode="custom")
TO_HTTP2 = (b"connection: upgrade, http2-settings", b"upgrade: h2c", b"http2-settings: x")
SEARCHED = post("/threads/search", SEARCH)

ODD: dict[str, Odd] = {
    "one byte at a time": Odd([bytes([byte]) for byte in SEARCHED], (200,)),
    "a length twice": Odd([post("/threads/search", SEARCH, b"content-length: 11")], *REFUSED),
    "two lengths": Odd([post("/threads/search", SEARCH, b"content-length: 5")], *REFUSED),
    "a length below zero": Odd([post("/threads/search", SEARCH, length=-1)], *REFUSED),
    "a length past all numbers": Odd([post("/threads/search", SEARCH, length=10**30)], *REFUSED),
    "a length and chunks": Odd([chunked(BODY, b"content-length: 11")], *REFUSED),
    "chunks and no chunks": Odd([chunked(BODY, b"transfer-encoding: identity")], *REFUSED),
    "chunks": Odd(
        [chunked(b""), b"4\r\n" + SEARCH[:4], b"\r\n7\r\n" + SEARCH[4:], b"\r\n0\r\n\r\n"], (200,)
    ),
    "chunks with extras": Odd(
        [chunked(BODY.replace(b"b\r", b"b;x=y\r").replace(b"0\r\n", b"0\r\nt: 1\r\n"))], (200,)
    ),
    "a chunk's size is no number": Odd([chunked(b"zz\r\n")], *REFUSED),
    "a later chunk's size is no number": Odd(
        [chunked(b"4\r\n" + SEARCH[:4] + b"\r\n"), b"zz\r\n"], *REFUSED
    ),
    "a chunk longer than it says": Odd([chunked(b"4\r\n" + SEARCH + b"\r\n")], *REFUSED),
    "a chunk past all numbers": Odd([chunked(b"f" * 40 + b"\r\n")], *REFUSED),
    "wrong chunks nobody reads": Odd(
        [get("/ok", b"transfer-encoding: chunked"), b"zz\r\n"], (200,), True
    ),
    "chunks past the limit": Odd(
        [chunked(b"%x\r\n%b\r\n0\r\n\r\n" % (LIMIT + 1, b" " * (LIMIT + 1)))], (413,), True
    ),
    "a NUL in a header": Odd([get("/ok", b"a: b\0c")], *REFUSED),
    "a folded header": Odd([get("/ok", b"a: b\r\n c")], *REFUSED),
    "no header": Odd([get("/ok", b"a")], *REFUSED),
    "a long header": Odd([get("/ok", b"a: " + b"x" * 100_000)], (200,)),
    "a header without end": Odd([get("/ok", b"a: ")[:-4], *[b"x" * 65_536] * 17], (431,), True),
    "headers without end": Odd([get("/ok")[:-2], *[b"a: b\r\n" * 10_000] * 20], (431,), True),
    "a target without end": Odd([b"GET /", *[b"x" * 65_536] * 17], (431,), True),
    "HTTP/1.0": Odd([get("/ok", version=b"1.0")], (200,), True),
    "HTTP/1.0, kept alive": Odd(
        [get("/ok", b"connection: keep-alive", version=b"1.0")], (200,), True
    ),
    "HTTP/3.7": Odd([get("/ok", version=b"3.7")], *REFUSED),
    "HTTP/2": Odd([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], *REFUSED),
    "TLS": Odd([bytes.fromhex("16030100c8010000c40303") + b"\1" * 60], *REFUSED),
    "a method nobody knows": Odd([OK.replace(b"GET", b"FOO")], *REFUSED),
    "CONNECT": Odd([b"CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n" + OK], *REFUSED),
    "CONNECT to a path": Odd([b"CONNECT /ok HTTP/1.1\r\nhost: x\r\n\r\n"], *REFUSED),
    "an absolute target": Odd([get("http://x/ok")], (200,)),
    "a target with a wrong port": Odd([get("http://a:b@:99999/ok")], *REFUSED),
    "a target that is no UTF-8": Odd([get("/threads/%ff%00%zz?limit=%ff")], (422,)),
    "OPTIONS *": Odd([b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n"], (404,)),
    "headers that are no text": Odd(
        [get("/ok", b"origin: \xff\xfe", b"origin: b", b"last-event-id: \xff")], (200,)
    ),
    "expects to be told to go on": Odd(
        [post("/threads/search", b"", b"expect: 100-continue", length=11), SEARCH], (100, 200)
    ),
    "expects something else": Odd([post("/threads/search", SEARCH, b"expect: tea")], (200,)),
    "offers WebSocket": Odd([get("/ok", *TO_WEBSOCKET) + OK, OK], (200,) * 3),
    "offers HTTP/2 with a body": Odd([post("/threads/search", SEARCH, *TO_HTTP2) + OK], (200, 200)),
    "offers HTTP/2, slowly": Odd(
        [bytes([byte]) for byte in post("/threads/search", SEARCH, *TO_HTTP2)], (200,)
    ),
    "offers WebSocket in chunks": Odd([chunked(BODY, *TO_WEBSOCKET)], (200,)),
    "offers often": Odd([get("/ok", *TO_HTTP2) * 1100], (200,) * 1100),
    "a WebSocket without a good key": Odd(
        [get(EVENTS, *TO_WEBSOCKET, VERSION, b"sec-websocket-key: x")], (400,), True
    ),
    "a WebSocket of another version": Odd(
        [get(EVENTS, *TO_WEBSOCKET, KEY, b"sec-websocket-version: 8")], (400,), True
    ),
    "a WebSocket nowhere": Odd([get("/nowhere", *HANDSHAKE)], (403,), True),
    "a WebSocket with a crowd of headers": Odd(
        [get(EVENTS, *HANDSHAKE, *[b"a: b"] * 200)], (431,), True
    ),
    "a WebSocket with a long header": Odd(
        [get(EVENTS, *HANDSHAKE, b"a: " + b"x" * 10_000)], (431,), True
    ),
    "a WebSocket whose target is no ASCII": Odd(
        [get(EVENTS, *HANDSHAKE).replace(b"/threads", b"/thr\xff\xfeads")], *REFUSED
    ),
    "a WebSocket while streaming": Odd(
        [post("/runs/stream", BRIEF) + get(EVENTS, *HANDSHAKE)], (200, 405)
    ),
    "pipelined": Odd([OK + SEARCHED * 3 + OK], (200,) * 5),
    "pipelined while streaming": Odd([post("/runs/stream", BRIEF), SEARCHED, OK], (200,) * 3),
    "empty lines before": Odd([b"\r\n\r\n" + OK], (200,)),
    "garbage before": Odd([b"\0\1\2" + OK], *REFUSED),
    "garbage after": Odd([OK + b"\0\1\r\n\r\n"], (200,), True),
    "garbage after the end": Odd([get("/ok", b"connection: close") + b"\0\1\r\n"], (200,), True),
    "garbage while streaming": Odd([post("/runs/stream", BRIEF), b"\0\1\r\n", OK], (200,), True),
    "garbage after a pipelined body": Odd(
        [post("/runs/stream", BRIEF) + chunked(b"4\r\n"), b"garbage\r\n", OK], (200, 400), True
    ),
    "a body nobody reads": Odd([get("/ok", b"content-length: 5") + b"hello" + OK], (200, 200)),
}


KNOWN = ("CONNECT", "a WebSocket")  # HTTP all the same, and told what is wrong


async def odd(mock: Mock, name: str) -> str | None:
    """What is wrong with what a client gets; None where nothing is."""
    case = ODD[name]
    async with Client(mock) as client:
        try:
            await client.send(*case.pieces)
        except ConnectionError:
            if not case.ends:
                return f"{name}: cut off"
        try:
            found = await client.read(len(case.statuses))
            ends = case.ends and await client.closed()
        except (ConnectionError, TimeoutError) as error:
            if isinstance(error, ConnectionError) and name.endswith("without end"):
                return None  # it sends past the refusal: the reset may be quicker
            return f"{name}: {error!r} after {client.received[-300:]!r}"
    if tuple(status for status, _ in found) != case.statuses:
        return f"{name}: {found}"
    if ends != case.ends:
        return f"{name}: not closed"
    for status, body in found:
        if status >= 400 and not isinstance(json.loads(body)["detail"], str):
            return f"{name}: {body!r}"
    if case.statuses == (400,) and found[0][1] != INVALID and not name.startswith(KNOWN):
        return f"{name}: {found[0][1]!r}"
    return None


def test_odd_requests_get_one_proper_answer_each(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with serving(Settings(max_body_bytes=LIMIT)) as mock:
            wrong = [await odd(mock, name) for name in ODD]
            assert not any(wrong), "\n".join(filter(None, wrong))

    on_uvloop(test, caplog)


def test_a_stream_is_whole_whatever_follows_its_request(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with serving(Settings()) as mock, Client(mock) as client:
            await client.send(post("/runs/stream", BRIEF))
            while b"data: 1" not in client.received:
                await client.more()
            await client.send(b"\0garbage\r\n\r\n")
            ((status, streamed),) = await client.read(1)
            assert status == 200
            assert streamed.endswith(b"data: 2\r\n\r\n")
            assert await client.closed()

    on_uvloop(test, caplog)


@pytest.mark.parametrize(("version", "framed"), [(b"1.0", False), (b"1.1", True)])
def test_only_clients_that_know_chunks_get_them(
    version: bytes, framed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with serving(Settings()) as mock:
            for order in (post("/runs/stream", BRIEF, version=version), post("/runs/wait", BRIEF)):
                async with Client(mock) as client:
                    await client.send(order.replace(b"HTTP/1.1", b"HTTP/" + version))
                    ((status, streamed),) = await client.read(1)
                    assert status == 200
                    head, _, body = client.received.partition(b"\r\n\r\n")
                    assert (b"transfer-encoding" in head) is framed
                    assert (streamed != body) is framed
                    assert streamed.rstrip().endswith((b"data: 2", b"}"))
                    assert framed or await client.closed()

    on_uvloop(test, caplog)


async def follow(mock: Mock, verb: str, script: Sequence[Any], disconnect: str) -> Client:
    """A client that has been told of a run that plays."""
    thread = str(uuid.uuid4())
    body = run(*script, if_not_exists="create", on_disconnect=disconnect, stream_mode="custom")
    if verb == "stateless":
        path, asked = "/runs/stream", run(*script, on_disconnect=disconnect, stream_mode="custom")
    else:
        path, asked = f"/threads/{thread}/runs/{verb}", body
    if verb in ("join", "join stream", "thread stream", "websocket"):
        async with Client(mock) as client:
            await client.send(post(f"/threads/{thread}/runs", body))
            ((status, row),) = await client.read(1)
        assert status == 200
        run_id = json.loads(row)["run_id"]
        gone = int(disconnect == "cancel")
        path = {
            "join": f"/threads/{thread}/runs/{run_id}/join?cancel_on_disconnect={gone}",
            "join stream": f"/threads/{thread}/runs/{run_id}/stream?cancel_on_disconnect={gone}",
            "thread stream": f"/threads/{thread}/stream",
            "websocket": f"/threads/{thread}/stream/events",
        }[verb]
    client = await Client(mock).__aenter__()
    if verb == "websocket":
        await client.send(get(path, *HANDSHAKE))
    else:
        await client.send(get(path) if verb.startswith(("join", "thread")) else post(path, asked))
    while b"\r\n\r\n" not in client.received:
        assert await client.more()
    assert client.received[9:12] == (b"101" if verb == "websocket" else b"200")
    return client


LEAVING: dict[str, Callable[[Client], Awaitable[None] | None]] = {
    "reset": Client.reset,
    "close": Client.close,
    "half": Client.half_close,
    "garbage": lambda client: _then(client, b"\0\1\r\n"),
    "one more": lambda client: _then(client, OK),
    "half of one more": lambda client: _then(client, SEARCHED[:-4]),
}
ALONE = ("stream", "wait", "stateless", "join", "join stream")


async def _then(client: Client, last: bytes) -> None:
    await client.send(last)
    client.reset()


async def leave(mock: Mock, verb: str, how: str, script: Sequence[Any], disconnect: str) -> None:
    client = await follow(mock, verb, script, disconnect)
    leaving = LEAVING[how](client)
    if leaving is not None:
        await leaving
    if (
        how == "half" and verb != "websocket"
    ):  # the server takes it for the end, as it cannot know better
        await client.read(2)
    client.close()


def test_runs_end_with_the_clients_that_vanish(caplog: pytest.LogCaptureFixture) -> None:
    endless = [{"custom": 1}, {"sleep": 600}]

    async def test() -> None:
        async with serving(Settings(heartbeat_seconds=0.1)) as mock:
            await asyncio.gather(
                *(leave(mock, verb, how, endless, "cancel") for verb in ALONE for how in LEAVING)
            )

    on_uvloop(test, caplog)


def test_runs_go_on_without_the_clients_that_vanish(caplog: pytest.LogCaptureFixture) -> None:
    brief = [{"custom": 1}, {"sleep": 0.5}, {"custom": 2}]

    async def test() -> None:
        async with serving(Settings(heartbeat_seconds=0.1)) as mock:
            cases = [
                (verb, how) for verb in (*ALONE, "thread stream", "websocket") for how in LEAVING
            ]
            await asyncio.gather(
                *(leave(mock, verb, how, brief, "continue") for verb, how in cases)
            )
            assert mock.engine.scheduler.jobs()
            for job in mock.engine.scheduler.jobs():
                await asyncio.wait_for(job.settled(), PATIENCE)
            async with Client(mock) as client:
                await client.send(post("/threads/count", b'{"status":"idle"}'))
                ((_, count),) = await client.read(1)
            assert int(count) == len([verb for verb, _ in cases if verb != "stateless"])

    on_uvloop(test, caplog)


AGENT = orjson.dumps({"assistant_id": "agent", "input": {"messages": "a b c " * 20}})
SEEDS = (
    OK,
    SEARCHED,
    chunked(BODY),
    post("/threads/search", SEARCH, b"expect: 100-continue"),
    post("/runs/wait", AGENT, b"content-type: application/json"),
    post("/runs/stream", AGENT, *TO_HTTP2),
    post("/runs/stream", run({"say": "a b c"}, {"custom": [1, 2]}, stream_mode=["custom"])),
    post("/threads", b'{"metadata":{"a":"b"}}', b"origin: http://x.test"),
    get("/threads/0192d1a2-b000-7000-8000-0000000000ab/stream", b"last-event-id: 1-0"),
    get("/metrics?format=json", version=b"1.0"),
    b"OPTIONS /runs HTTP/1.1\r\nhost: x\r\norigin: http://x.test\r\n\r\n",
)
SPLICES = (
    b"",
    b"\0",
    b"\r\n",
    b"\r\n\r\n",
    b"\xff",
    b": ",
    b"0\r\n\r\n",
    b"a" * 3000,
    b"%",
    b"9",
    b"HTTP/1.1",
    OK,
)


def mutated(chance: random.Random) -> list[bytes]:
    """One or two requests with something wrong in them, in pieces."""
    sent = b"".join(chance.choices(SEEDS, k=chance.choice((1, 1, 2))))
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(sent))
        until = at + chance.choice((0, 1, 1, 8))
        match chance.randrange(4):
            case 0:  # cut off
                sent = sent[: max(1, at)]
            case 1:  # overwritten, or something put in
                sent = sent[:at] + chance.choice(SPLICES) + sent[until:]
            case 2:  # a line twice
                lines = sent.split(b"\r\n")
                lines.insert(chance.randrange(len(lines)), chance.choice(lines))
                sent = b"\r\n".join(lines)
            case _:  # other bytes
                sent = sent[:at] + chance.randbytes(until - at) + sent[until:]
    cuts = sorted(chance.choices(range(len(sent)), k=chance.choice((0, 0, 1, 5))))
    return [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]


async def fuzz(mock: Mock, pieces: list[bytes], end: str) -> None:
    async with Client(mock) as client:
        await client.say(pieces, end)
        found, rest = split(client.received)
    statuses = [status for status, _ in found]
    if rest.startswith(b"HTTP/1.1 "):
        statuses.append(int(rest[9:12].ljust(3, b"0")))
    assert all(status < 500 for status in statuses), (pieces, client.received)
    assert all(
        isinstance(json.loads(body)["detail"], str) for status, body in found if status >= 400
    ), (pieces, client.received)


def test_nothing_a_socket_sends_is_a_fault_or_leaves_anything(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chance = random.Random(SEED)
    ends = ("read", "read", "half", "close", "reset")
    cases = [(mutated(chance), chance.choice(ends)) for _ in range(FUZZED)]

    async def test() -> None:
        settings = Settings(pace="immediate", heartbeat_seconds=0.1, max_body_bytes=LIMIT)
        async with serving(settings) as mock:
            for at in range(0, FUZZED, AT_ONCE):
                await asyncio.gather(*(fuzz(mock, *case) for case in cases[at : at + AT_ONCE]))

    on_uvloop(test, caplog)
