from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from mockserver.settings import Settings
from tests.mockserver.routes.calling import calling

if TYPE_CHECKING:
    import httpx

PROBE: dict[str, Any] = {"assistant_id": "probe", "input": {"script": []}}


async def _thread(http: httpx.AsyncClient, **body: Any) -> str:
    thread: str = (await http.post("/threads", json=body)).json()["thread_id"]
    return thread


@pytest.mark.parametrize("path", ["/runs", "/runs/wait", "/runs/stream", "/threads/{}/runs"])
@pytest.mark.parametrize("metadata", [5, None, [], "x"])
async def test_a_configs_metadata_is_an_object(path: str, metadata: Any) -> None:
    async with calling() as http:
        where = path.format(await _thread(http))
        answer = await http.post(where, json={**PROBE, "config": {"metadata": metadata}})
        assert answer.status_code == 422
        one = {**PROBE, "config": {"metadata": metadata}}
        assert (await http.post("/runs/batch", json=[one])).status_code == 422
        made = {"graph_id": "probe", "config": {"metadata": metadata}}
        assert (await http.post("/assistants", json=made)).status_code == 422


async def test_a_thread_made_by_its_run_has_the_metadata_of_request_and_config() -> None:
    body = {
        **PROBE,
        "if_not_exists": "create",
        "metadata": {"asked": 1, "both": "metadata"},
        "config": {"metadata": {"configured": 2, "both": "config", "run_id": "dropped"}},
    }
    async with calling() as http:
        thread = str(uuid4())
        run = (await http.post(f"/threads/{thread}/runs", json=body)).json()
        metadata = (await http.get(f"/threads/{thread}")).json()["metadata"]
    assert metadata == {
        "asked": 1,
        "configured": 2,
        "both": "metadata",
        "graph_id": "probe",
        "assistant_id": run["assistant_id"],
    }


@pytest.mark.parametrize(
    ("tracer", "shown"),
    [
        ({"project_name": "p", "example_id": "e", "more": 1}, ("p", "e")),
        ({"project_name": "p"}, ("p", None)),
        ({}, None),
    ],
)
async def test_a_tracer_is_told_to_the_run_and_not_to_its_checkpoints(
    tracer: dict[str, Any], shown: tuple[str, str | None] | None
) -> None:
    names = ("__langsmith_project__", "__langsmith_example_id__")
    async with calling() as http:
        thread = await _thread(http)
        body = {**PROBE, "langsmith_tracer": tracer}
        run = (await http.post(f"/threads/{thread}/runs", json=body)).json()
        await http.get(f"/threads/{thread}/runs/{run['run_id']}/join")
        state = (await http.get(f"/threads/{thread}/state")).json()
    configurable = run["kwargs"]["config"]["configurable"]
    assert tuple(configurable[name] for name in names if name in configurable) == (shown or ())
    assert not any(name in state["metadata"] for name in names)


@pytest.mark.parametrize(("allowed", "status"), [(True, 200), (False, 422)])
async def test_webhooks_to_this_machine_are_a_setting(allowed: bool, status: int) -> None:
    body = {**PROBE, "webhook": "http://127.0.0.1:9/"}
    cron = {**body, "schedule": "0 0 1 1 *"}
    async with calling(Settings(pace="immediate", loopback_webhooks=allowed)) as http:
        assert (await http.post("/runs", json=body)).status_code == status
        assert (await http.post("/runs/crons", json=cron)).status_code == status


async def test_an_empty_command_is_kept_and_counts_as_none() -> None:
    async with calling() as http:
        thread = await _thread(http)
        body = {"assistant_id": "probe", "input": {"note": 1}, "command": {}}
        values = (await http.post(f"/threads/{thread}/runs/wait", json=body)).json()
        (run,) = (await http.get(f"/threads/{thread}/runs")).json()
    assert run["kwargs"]["command"] == {}
    assert values["note"] == 1


async def test_a_run_may_be_put_before_older_ones() -> None:
    async with calling() as http:
        thread = await _thread(http)
        body = {**PROBE, "after_seconds": -60}
        run = (await http.post(f"/threads/{thread}/runs", json=body)).json()
        assert run["created_at"] < run["updated_at"]
        assert run["kwargs"]["config"]["configurable"]["__after_seconds__"] == -60
        await http.get(f"/threads/{thread}/runs/{run['run_id']}/join")
        (ended,) = (await http.get(f"/threads/{thread}/runs")).json()
        assert ended["status"] == "success"
        far = await http.post(f"/threads/{thread}/runs", json={**body, "after_seconds": -4e7})
        assert far.status_code == 422


async def test_a_stream_says_that_nothing_may_hold_it_back() -> None:
    async with calling() as http:
        thread = await _thread(http)
        for path in ("/runs/stream", f"/threads/{thread}/runs/stream"):
            headers = (await http.post(path, json=PROBE)).headers
            assert headers["content-type"] == "text/event-stream; charset=utf-8"
            assert headers["cache-control"] == "no-store"
            assert headers["connection"] == "keep-alive"
            assert headers["x-accel-buffering"] == "no"


async def test_a_cancel_that_waits_is_answered_as_a_wait_is() -> None:
    async with calling() as http:
        thread = await _thread(http)
        body = {**PROBE, "after_seconds": 1000}
        run = (await http.post(f"/threads/{thread}/runs", json=body)).json()["run_id"]
        path = f"/threads/{thread}/runs/{run}"
        answer = await http.post(f"{path}/cancel?wait=true")
        again = await http.post(f"{path}/cancel?wait=true")
    assert (answer.status_code, answer.json(), again.status_code) == (200, {}, 404)
    assert answer.headers["content-location"] == path
    assert answer.headers["location"] == f"{path}/join"
    assert answer.headers["content-type"] == "application/json"
    assert "content-length" not in answer.headers


async def test_a_flag_without_a_word_is_not_set() -> None:
    async with calling() as http:
        thread = await _thread(http)
        assert (await http.get(f"/threads/{thread}/state?subgraphs=")).status_code == 200
        body = {**PROBE, "after_seconds": 1000}
        run = (await http.post(f"/threads/{thread}/runs", json=body)).json()["run_id"]
        answer = await http.post(f"/threads/{thread}/runs/{run}/cancel?wait=")
    assert (answer.status_code, answer.content) == (202, b"")
