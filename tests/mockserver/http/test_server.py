"""The server's beginning and end."""

from __future__ import annotations

import asyncio
import gc
import socket
import weakref
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from mockserver.http import server
from mockserver.http.app import application
from mockserver.http.server import BusyPortError, address, bind, configuration
from tests.mockserver.http.serving import DOCUMENT, FakeEngine, Served, started
from tests.mockserver.http.test_writing import PATIENCE, Source

if TYPE_CHECKING:
    from mockserver.engine import Engine


def test_a_busy_port_is_refused_with_the_remedy() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BusyPortError, match=f"127.0.0.1:{port}: .*--port 0"):
            bind("127.0.0.1", port)


def test_an_address_that_is_not_here_is_refused() -> None:
    with pytest.raises(BusyPortError, match=r"192\.0\.2\.1"):
        bind("192.0.2.1", 0)


def test_the_address_is_the_one_bound() -> None:
    with bind("127.0.0.1", 0) as sock:
        assert address(sock) == f"http://127.0.0.1:{sock.getsockname()[1]}"


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_an_ipv6_address_is_bracketed() -> None:
    try:
        sock = bind("::1", 0)
    except BusyPortError:
        pytest.skip("no IPv6 loopback here")
    with sock:
        assert address(sock) == f"http://[::1]:{sock.getsockname()[1]}"


async def test_the_line_is_printed_once_when_requests_are_accepted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    server, task, url = await started({}, FakeEngine())
    assert capsys.readouterr().out == f"runcontract mock: listening on {url}\n"
    async with httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/nope")).status_code == 404
    server.should_exit = True
    await task
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "sent",
    [b"HELLO\r\n\r\n", b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n", b"GET / HTTP/1.1\r\nx\r\n\r\n"],
)
async def test_what_is_no_http_is_refused_in_our_shape(sent: bytes) -> None:
    server, task, url = await started({}, FakeEngine())
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()
    server.should_exit = True
    await task
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head
    assert body == b'{"detail":"Invalid HTTP request received."}'


class StoppingEngine(FakeEngine):
    """An engine that ends its one stream when it stops."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source

    async def stop(self) -> None:
        await super().stop()
        self.source.queue.put_nowait(None)


@pytest.mark.parametrize("ends_streams", [True, False])
async def test_the_end_does_not_wait_for_open_streams(ends_streams: bool) -> None:
    source = Source()
    engine = StoppingEngine(source) if ends_streams else FakeEngine()
    server, task, url = await started({"stream_events": source.stream_events}, engine)
    assert engine.started
    async with (
        httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client,
        client.stream("GET", "/events") as answer,
    ):
        source.queue.put_nowait(b"data: 1\n\n")
        received = answer.aiter_raw()
        assert await anext(received) == b"data: 1\n\n"
        server.should_exit = True
        async with asyncio.timeout(PATIENCE):
            await task
            if ends_streams:  # a clean end; the other is cut off
                with pytest.raises(StopAsyncIteration):
                    await anext(received)
    assert source.closed.is_set()
    assert engine.stopped


async def test_garbage_that_outlived_a_young_collection_goes_when_it_is_quiet() -> None:
    class Ring:
        """Garbage that only the collector can free."""

        def __init__(self) -> None:
            self.itself = self

    server, task, _ = await started({}, FakeEngine())
    ring = Ring()
    dead = weakref.ref(ring)
    for _ in range(60):
        gc.collect(0)
    del ring
    server.server_state.total_requests += 1
    await server.on_tick(0)
    assert dead() is not None  # a request was answered since the last look
    await server.on_tick(5)
    assert dead() is not None  # not the time to look
    await server.on_tick(10)
    assert dead() is None
    server.should_exit = True
    await task


async def test_memory_is_given_back_when_a_crowd_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(server, "give_back", lambda: given.append(1))
    sock = bind("127.0.0.1", 0)
    app = application(cast("Engine", FakeEngine()), DOCUMENT, {})
    mock = Served(configuration(app), cast("Engine", FakeEngine()), address(sock))
    sock.close()
    state = mock.server_state

    async def seen(connections: int, *, busy: bool = False) -> int:
        state.connections = cast("Any", set(range(connections)))
        state.total_requests += busy
        await mock.on_tick(10)
        return len(given)

    assert await seen(99) == await seen(0) == 0  # no crowd
    assert await seen(200) == 0  # still there
    assert await seen(100) == 0  # most of it
    assert await seen(10, busy=True) == 0  # somebody waits
    assert await seen(10) == 1
    assert await seen(10) == 1  # once
    assert await seen(150) == 1
    assert await seen(0) == 2
