"""Discovery and calibration: what is found out about a target before it is judged."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

from conformance.calibrate import calibrate
from conformance.discover import discover
from conformance.errors import UsageError
from conformance.judging import unserved
from conformance.protocol_offered import with_protocol
from conformance.target import ENOUGH, PROBE_NODES, Pace, Target
from tests.conformance.making import exchange
from tests.conformance.served import meet
from tests.conformance.tiny import ASSISTANT, tiny_server
from tests.serving import mock_process


async def test_a_plain_server_is_met() -> None:
    with tiny_server() as (url, _):
        target = await discover(f"{url}/", None, {"x-api-key": "k"})
    assert target.url == url
    assert (target.name, target.version) == ("unknown", "1.2.3")
    assert target.assistant_id == ASSISTANT["assistant_id"]
    assert not target.has_probe
    assert "runcontract probe DIR" in target.lacking["probe"]
    assert target.documented is None
    assert target.nowhere == b'{"detail": "Not Found"}'


@pytest.mark.parametrize("name", ["agent", ASSISTANT["assistant_id"]])
async def test_an_assistant_is_found_by_name_and_id(name: Any) -> None:
    with tiny_server() as (url, _):
        target = await discover(url, name, {})
    assert target.assistant_id == ASSISTANT["assistant_id"]


@pytest.mark.parametrize("url", ["", "here", "ftp://here", "http://"])
async def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="no URL"):
        await discover(url, None, {})


async def test_a_document_tells_name_and_routes() -> None:
    document = {
        "info": {"title": "Mine", "version": "9"},
        "paths": {"/threads/{id}": {"get": {}}, "/odd": None},
    }
    with tiny_server(**{"openapi.json": document, "info": {}}) as (url, _):
        target = await discover(url, None, {})
    assert (target.name, target.version) == ("Mine", "9")
    assert target.documented == frozenset({("get", "/threads/{}")})


@pytest.mark.parametrize("odd", [7, [], "x", {"paths": 7, "info": 7}])
async def test_odd_documents_do_not_matter(odd: Any) -> None:
    with tiny_server(**{"openapi.json": odd, "info": odd}) as (url, _):
        assert (await discover(url, None, {})).name == "unknown"


async def test_the_probe_is_known_by_its_nodes() -> None:
    nodes = [{"id": name} for name in (*PROBE_NODES, "__start__")]
    where = f"assistants/{ASSISTANT['assistant_id']}/graph"
    with tiny_server(**{where: {"nodes": nodes, "edges": []}}) as (url, _):
        assert (await discover(url, None, {})).has_probe
    with tiny_server(**{where: {"nodes": nodes[1:], "edges": [7]}}) as (url, _):
        assert not (await discover(url, None, {})).has_probe


async def test_a_graphs_own_assistant_is_found_behind_many_newer_ones() -> None:
    with mock_process() as (url, _):
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            for _ in range(101):
                await client.post("/assistants", json={"graph_id": "probe"})
            search = {"graph_id": "probe", "metadata": {"created_by": "system"}}
            own = (await client.post("/assistants/search", json=search)).json()
        target = await discover(url, None, {})
    assert [target.assistant_id] == [found["assistant_id"] for found in own]


async def test_protocol_v2_is_missed_once() -> None:
    with tiny_server() as (url, _):
        target = await meet(url)
    assert not {"protocol", "socket"} & target.capabilities
    assert "POST /threads/{thread_id}/commands answered 404" in target.lacking["protocol"]


async def test_a_server_without_sockets_lacks_them_alone() -> None:
    refusing = httpx.MockTransport(lambda _: httpx.Response(400, json={}))
    async with httpx.AsyncClient(transport=refusing, base_url="http://127.0.0.1:9") as client:
        target = await with_protocol(Target("http://127.0.0.1:9"), client)
    assert "protocol" in target.capabilities
    assert "socket" not in target.capabilities
    assert "WebSocket library" in target.lacking["socket"]


async def test_a_probe_that_plays_nothing_gives_no_control() -> None:
    with tiny_server() as (url, _):
        seems = replace(await discover(url, None, {}), capabilities=frozenset({"probe"}))
        async with httpx.AsyncClient(base_url=url) as client:
            target = await calibrate(seems, client)
    assert not target.has_probe
    assert "does not play scripts" in target.lacking["probe"]
    assert not {"mcp", "a2a"} & target.capabilities
    assert "disable_mcp" in target.lacking["mcp"]
    assert "disable_a2a" in target.lacking["a2a"]


async def test_the_mock_offers_everything() -> None:
    with mock_process() as (url, _):
        target = await meet(url)
    beside = {"mcp", "a2a", "protocol", "socket", "namespaces"}
    assert target.capabilities == {"probe", "webhook", "parallel", "quiet"} | beside
    assert target.graph_id == "probe"
    assert target.pace.slots >= ENOUGH


async def test_a_mock_without_time_gives_no_control() -> None:
    with mock_process("--pace", "immediate") as (url, _):
        target = await meet(url)
    assert not target.has_probe
    assert "--pace real" in target.lacking["probe"]


async def test_other_clients_are_left_alone() -> None:
    busy = {"thread_id": "t", "status": "busy"}
    with tiny_server() as (url, _):
        target = await discover(url, None, {})
        async with httpx.AsyncClient(base_url=url) as client:
            assert "quiet" in (await calibrate(target, client)).capabilities
    with tiny_server(**{"POST threads/search": [busy]}) as (url, _):
        target = await discover(url, None, {})
        async with httpx.AsyncClient(base_url=url) as client:
            found = await calibrate(target, client)
    assert "quiet" not in found.capabilities
    assert "busy" in found.lacking["quiet"]


async def test_a_target_that_goes_away_is_told() -> None:
    with tiny_server() as (url, _):
        target = await discover(url, None, {})
    async with httpx.AsyncClient(base_url=url) as client:
        began = time.monotonic()
        with pytest.raises(UsageError, match="stopped answering"):
            await calibrate(target, client)
    assert time.monotonic() - began < 10


def test_patience_grows_with_slowness() -> None:
    fast, slow = Pace(), Pace(round_trip=0.1, pickup=2.0)
    assert slow.patience > fast.patience
    assert slow.hold > fast.hold
    assert Pace(slots=1).patience > fast.patience


SERVED = Target("http://t", documented=frozenset({("get", "/threads/{}/runs/{}")}))
BARE = Target("http://t", nowhere=b"nowhere")


@pytest.mark.parametrize(
    ("found", "target", "missing"),
    [
        (exchange("cancel_run", 404), SERVED, True),
        (exchange("get_run", 404), SERVED, False),
        (exchange("cancel_run", 422), SERVED, False),
        (exchange("get_run", 404, b"nowhere"), BARE, True),
        (exchange("get_run", 404, b"no such run"), BARE, False),
        (exchange("get_run", 405), BARE, True),
        (exchange(None, 404), BARE, False),
    ],
)
def test_routes_that_are_missing(found: Any, target: Target, missing: bool) -> None:
    assert (unserved(found, target) is not None) is missing
