"""`/_mock/clock` over a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.serving import mock_process

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = {"assistant_id": "probe", "input": {"script": []}}
LATER = {**NOW, "after_seconds": 3600}


@pytest.fixture(scope="module")
def virtual() -> Iterator[httpx.Client]:
    with (
        mock_process("--pace", "virtual", "--seed", "1") as (url, _),
        httpx.Client(base_url=url) as client,
    ):
        yield client


def now(client: httpx.Client) -> str:
    answer = client.get("/_mock/clock").json()
    assert answer["pace"] == "virtual"
    text: str = answer["now"]
    return text


def test_time_moves_when_told_to_and_what_is_due_happens(virtual: httpx.Client) -> None:
    before = now(virtual)
    assert now(virtual) == before
    thread_id = virtual.post("/threads", json={}).json()["thread_id"]
    run = virtual.post(f"/threads/{thread_id}/runs", json=LATER).json()
    path = f"/threads/{thread_id}/runs/{run['run_id']}"
    moved = virtual.post("/_mock/clock", json={"advance": 3599})
    assert moved.status_code == 200
    assert moved.json()["now"] > before
    assert virtual.get(path).json()["status"] == "pending"
    virtual.post("/_mock/clock", json={"advance": 1})
    ended = virtual.get(path).json()
    assert ended["status"] == "success"
    assert ended["updated_at"] == now(virtual) == run["created_at"]


@pytest.mark.parametrize(
    "body", [{}, [], None, {"advance": "1"}, {"advance": True}, {"advance": -1}, {"advance": 1e12}]
)
def test_a_move_that_cannot_be_is_refused(virtual: httpx.Client, body: Any) -> None:
    before = now(virtual)
    answer = virtual.post("/_mock/clock", json=body)
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)
    assert now(virtual) == before


def test_the_wrong_ways_in_are_answered(virtual: httpx.Client) -> None:
    assert virtual.post("/_mock/clock", content=b"{").status_code == 422
    wrong = virtual.delete("/_mock/clock")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, POST")
    assert virtual.get("/_mock/nothing").status_code == 404


def test_a_server_on_real_time_shows_it_and_does_not_move_it(mock_url: str) -> None:
    with httpx.Client(base_url=mock_url) as client:
        first, second = (client.get("/_mock/clock").json() for _ in range(2))
        assert first["pace"] == "real"
        assert second["now"] > first["now"]
        assert client.post("/_mock/clock", json={"advance": 1}).status_code == 409


def test_the_same_seed_gives_the_same_server() -> None:
    seen = []
    for _ in range(2):
        with (
            mock_process("--pace", "virtual", "--seed", "9") as (url, _),
            httpx.Client(base_url=url) as client,
        ):
            thread = client.post("/threads", json={}).json()
            run = client.post(f"/threads/{thread['thread_id']}/runs/wait", json=NOW)
            seen.append((thread, run.headers["location"], run.json(), now(client)))
    assert seen[0] == seen[1]
