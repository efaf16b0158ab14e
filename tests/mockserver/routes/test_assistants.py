"""The assistants' operations as a caller meets them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mockserver.routes.calling import calling

AGENT = "fe096781-5601-53d2-b2f6-0d3403f7e9ca"
UNKNOWN = "0192d1a2-b000-4000-8000-0000000000ff"
INPUT = {"messages": [{"role": "user", "content": "hello"}]}


async def test_a_search_pages_selects_and_counts() -> None:
    async with calling() as client:
        for n in range(5):
            body = {"graph_id": "agent", "name": f"a{n}", "metadata": {"mine": True}}
            assert (await client.post("/assistants", json=body)).status_code == 200
        wanted: dict[str, Any] = {"metadata": {"mine": True}, "sort_by": "name", "limit": 2}
        first = await client.post("/assistants/search", json=wanted)
        last = await client.post("/assistants/search", json={**wanted, "offset": 4})
        past = await client.post("/assistants/search", json={**wanted, "offset": 40})
        slim = await client.post("/assistants/search", json={**wanted, "select": ["name"]})
        count = await client.post("/assistants/count", json={"metadata": {"mine": True}})
    assert [row["name"] for row in first.json()] == ["a4", "a3"]
    assert (first.headers["x-pagination-next"], first.headers["x-pagination-total"]) == ("2", "3")
    assert [row["name"] for row in last.json()] == ["a0"]
    assert "x-pagination-next" not in last.headers
    assert (last.headers["x-pagination-total"], past.headers["x-pagination-total"]) == ("5", "40")
    assert slim.json() == [{"name": "a4"}, {"name": "a3"}]
    assert count.json() == 5


async def test_versions_come_and_go() -> None:
    async with calling() as client:
        made = (await client.post("/assistants", json={"graph_id": "agent"})).json()
        path = f"/assistants/{made['assistant_id']}"
        patched = await client.patch(path, json={"name": "second"})
        versions = await client.post(f"{path}/versions", json={})
        back = await client.post(f"{path}/latest", json={"version": 1})
        lost = await client.post(f"{path}/latest", json={"version": 9})
        deleted = await client.delete(path)
        gone = await client.get(path)
    assert patched.json()["version"] == 2
    assert [row["version"] for row in versions.json()] == [2, 1]
    assert back.json()["name"] == "Untitled"
    assert (lost.status_code, deleted.status_code, gone.status_code) == (404, 204, 404)
    assert deleted.content == b""


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"graph_id": 5}, 422),
        ({"graph_id": "none"}, 404),
        ({"graph_id": "agent", "assistant_id": "x"}, 422),
        ({"graph_id": "agent", "assistant_id": AGENT}, 409),
        ({"graph_id": "agent", "assistant_id": AGENT, "if_exists": "do_nothing"}, 200),
        ({"graph_id": "agent", "if_exists": "maybe"}, 422),
        ({"graph_id": "agent", "config": {"configurable": {"a": 1}}, "context": {"a": 1}}, 400),
        ({"graph_id": "agent", "config": {"recursion_limit": "many"}}, 422),
        ({"graph_id": "agent", "config": {"recursion_limit": 7.0}}, 200),
        ({"graph_id": "agent", "config": {"configurable": {"a\0": 1}}}, 422),
        ({"graph_id": "agent", "description": None}, 200),
        ({"graph_id": "agent", "name": None}, 422),
    ],
)
async def test_what_a_creation_may_say(body: dict[str, Any], status: int) -> None:
    async with calling() as client:
        answer = await client.post("/assistants", json=body)
    assert answer.status_code == status
    if status == 200 and "config" in body:
        assert answer.json()["config"] == {"recursion_limit": 7}
    elif status != 200:
        assert isinstance(answer.json()["detail"], str)


async def test_the_graph_is_drawn_by_id_and_by_name() -> None:
    async with calling() as client:
        by_id = await client.get(f"/assistants/{AGENT}/graph")
        by_name = await client.get("/assistants/agent/graph")
        opened = await client.get("/assistants/probe/graph", params={"xray": "true"})
        closed = await client.get("/assistants/probe/graph", params={"xray": ""})
        bad = await client.get("/assistants/agent/graph", params={"xray": "abc"})
        unknown = await client.get("/assistants/none/graph")
        schemas = await client.get(f"/assistants/{AGENT}/schemas")
        subgraphs = await client.get(f"/assistants/{UNKNOWN}/subgraphs")
    assert by_id.json() == by_name.json()
    assert {"id": "agent", "type": "runnable", "data": {"name": "agent"}} in by_id.json()["nodes"]
    assert "nest:inner" in [node["id"] for node in opened.json()["nodes"]]
    assert "nest" in [node["id"] for node in closed.json()["nodes"]]
    assert (bad.status_code, unknown.status_code) == (422, 422)
    assert schemas.json()["graph_id"] == "agent"
    assert "messages" in schemas.json()["input_schema"]["properties"]
    assert subgraphs.status_code == 404


async def test_the_probes_subgraph_has_schemas() -> None:
    async with calling() as client:
        found = await client.post("/assistants/search", json={"graph_id": "probe"})
        path = f"/assistants/{found.json()[0]['assistant_id']}/subgraphs"
        every = await client.get(path)
        one = await client.get(f"{path}/nest")
        none = await client.get(f"{path}/nothing")
    assert every.json() == one.json()
    assert list(one.json()) == ["nest"]
    assert none.json() == {}


@pytest.mark.parametrize("too", [True, False])
async def test_deleting_an_assistant_ends_its_runs_and_if_asked_its_threads(too: bool) -> None:
    async with calling() as client:
        made = (await client.post("/assistants", json={"graph_id": "agent"})).json()
        thread = (await client.post("/threads", json={})).json()["thread_id"]
        body = {"assistant_id": made["assistant_id"], "input": INPUT, "after_seconds": 1000}
        run = (await client.post(f"/threads/{thread}/runs", json=body)).json()["run_id"]
        deleted = await client.delete(
            f"/assistants/{made['assistant_id']}", params={"delete_threads": too}
        )
        left = await client.get(f"/threads/{thread}/runs/{run}")
    assert deleted.status_code == 204
    if too:
        assert left.status_code == 404
    else:
        assert left.json()["status"] == "interrupted"


async def test_a_search_judges_a_config_it_does_not_search_for() -> None:
    async with calling() as client:
        for config in (5, {"tags": "x"}, {"recursion_limit": "5"}, {"configurable": 5}):
            wrong = await client.post("/assistants/search", json={"config": config})
            assert wrong.status_code == 422
        found = await client.post("/assistants/search", json={"config": {"tags": ["none has it"]}})
    assert len(found.json()) == 2
