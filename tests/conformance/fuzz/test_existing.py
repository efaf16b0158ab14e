"""What is on a target before it is fuzzed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conformance.fuzz.existing import existing
from conformance.target import Target

TARGET = Target("http://127.0.0.1:1", headers={"x-api-key": "k"}, assistant_id="driven")


def answering(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    plain = httpx.Client

    def client(**options: Any) -> httpx.Client:
        options.pop("trust_env")
        return plain(transport=httpx.MockTransport(answer), **options)

    monkeypatch.setattr(httpx, "Client", client)


def test_it_is_the_driven_assistant_and_every_row_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["x-api-key"] == "k"
        name = "thread_id" if "threads" in request.url.path else "assistant_id"
        return httpx.Response(200, json=[{name: f"{name}-1"}, {name: "driven"}, "odd", {}])

    answering(monkeypatch, answer)
    assert existing(TARGET) == ["driven", "assistant_id-1", "thread_id-1"]


@pytest.mark.parametrize(
    "answer", [httpx.Response(404, json={"detail": "no"}), httpx.Response(200, text="?")]
)
def test_a_target_that_does_not_list_has_no_more(
    monkeypatch: pytest.MonkeyPatch, answer: httpx.Response
) -> None:
    answering(monkeypatch, lambda _request: answer)
    assert existing(TARGET) == ["driven"]


def test_a_target_that_does_not_answer_has_no_more() -> None:
    assert existing(TARGET) == ["driven"]
