"""Health, versions, numbers and the document, as a caller meets them."""

from __future__ import annotations

import re

import pytest

from spec import __version__
from spec.document import document_json
from tests.mockserver.routes.calling import calling


@pytest.mark.parametrize("path", ["/", "/ok", "/ok?check_db=1"])
async def test_the_server_is_well(path: str) -> None:
    async with calling() as client:
        answer = await client.get(path)
    assert answer.json() == {"ok": True, "services": {}}


async def test_info_names_both_versions() -> None:
    async with calling() as client:
        info = (await client.get("/info")).json()
    assert info["runcontract"] == __version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", info["version"])
    assert info["flags"]["assistants"] is True
    assert info["flags"]["crons"] is True


async def test_metrics_count_what_happens() -> None:
    async with calling() as client:
        before = (await client.get("/metrics", params={"format": "json"})).json()
        body = {"assistant_id": "agent", "input": {}, "after_seconds": 1000}
        for _ in range(2):
            await client.post("/runs", json=body)
        await client.post("/runs", json={})
        await client.get("/nowhere")
        after = (await client.get("/metrics", params={"format": "json"})).json()
        text = await client.get("/metrics")
    assert before["queue"]["n_pending"] == 0
    assert after["queue"]["n_pending"] == 2
    assert after["queue"]["pending_runs_wait_time_max_secs"] == 0
    counted = {
        (row["method"], row["path"], row["status"]): row["count"]
        for row in after["api"]["http_requests_total"]
    }
    assert counted["POST", "/runs", 200] == 2
    assert counted["POST", "/runs", 422] == 1
    assert counted["GET", "", 404] == 1
    assert text.headers["content-type"].startswith("text/plain; version=")
    assert "\nlg_api_num_pending_runs 2\n" in text.text
    assert 'path="/runs",status="422"} 1\n' in text.text
    for name in ("max", "active", "available"):
        assert re.search(rf"^lg_api_workers_{name} \d+$", text.text, re.MULTILINE)


async def test_the_document_names_the_graphs_that_are_here() -> None:
    async with calling() as client:
        served = await client.get("/openapi.json")
    assert served.content == document_json(("agent", "probe"))
