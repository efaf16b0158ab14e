"""A2A as its official client uses it, over a real socket."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.engine.ids import assistant_id_for
from tests.clients.agents import session


@pytest.fixture(scope="module")
def seen(server_url: str) -> dict[str, Any]:
    agents = [assistant_id_for(name) for name in ("agent", "probe")]
    return session("a2a_session.py", server_url, *agents)


def task(seen: dict[str, Any], step: str) -> dict[str, Any]:
    """The one task a message was answered with."""
    (event,) = seen[step]
    found: dict[str, Any] = event["task"]
    return found


def texts(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(message["role"], message["parts"][0]["text"]) for message in found["history"]]


def test_a_message_is_a_task_and_gives_an_artifact(seen: dict[str, Any]) -> None:
    said = task(seen, "said")
    assert said["status"]["state"] == "TASK_STATE_COMPLETED"
    assert said["artifacts"][0]["parts"] == [{"text": "Good morning"}]
    assert texts(said) == [("ROLE_USER", "Good morning"), ("ROLE_AGENT", "Good morning")]


def test_a_context_goes_on_in_another_task(seen: dict[str, Any]) -> None:
    said, again = task(seen, "said"), task(seen, "again")
    assert again["contextId"] == said["contextId"]
    assert [message["taskId"] for message in again["history"]] == [said["id"]] * 2 + [
        again["id"]
    ] * 2
    assert [text for _, text in texts(again)] == ["Good morning"] * 2 + ["Good night"] * 2
    assert [found["id"] for found in seen["listed"]["tasks"]] == [again["id"], said["id"]]


def test_a_task_is_looked_up(seen: dict[str, Any]) -> None:
    got = seen["got"]
    assert got["id"] == task(seen, "said")["id"]
    assert got["status"]["state"] == "TASK_STATE_COMPLETED"
    assert texts(got) == texts(task(seen, "said"))
    assert seen["missing"] == "TaskNotFoundError"


def test_a_question_is_answered_in_the_same_task(seen: dict[str, Any]) -> None:
    asked, answered = task(seen, "asked"), task(seen, "answered")
    assert asked["status"]["state"] == "TASK_STATE_INPUT_REQUIRED"
    assert asked["artifacts"][0]["parts"][0]["data"]["value"] == {"ask": "Go on?"}
    assert answered["id"] == asked["id"]
    assert answered["status"]["state"] == "TASK_STATE_COMPLETED"
    assert answered["artifacts"][0]["parts"] == [{"text": "Yes"}]


def test_a_task_is_cancelled(seen: dict[str, Any]) -> None:
    assert seen["canceled"]["status"]["state"] == "TASK_STATE_CANCELED"


def test_a_run_that_fails_is_a_failed_task(seen: dict[str, Any]) -> None:
    failed = task(seen, "failed")
    assert failed["status"]["state"] == "TASK_STATE_FAILED"
    assert "artifacts" not in failed


def test_a_stream_begins_with_the_task(seen: dict[str, Any]) -> None:
    first, *updates = seen["streamed"]
    assert first["task"]["status"]["state"] == "TASK_STATE_SUBMITTED"
    assert len(updates) >= 3  # tokens, artifact, end
