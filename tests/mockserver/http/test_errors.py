"""Refusals, faults and answers the document does not allow."""

from __future__ import annotations

import logging

import orjson
import pytest

from mockserver.engine.errors import (
    ConflictError,
    EngineError,
    InvalidError,
    NotFoundError,
    RefusedError,
)
from mockserver.http.call import Answer, Call, Empty, Reply
from mockserver.http.errors import error_body, status_of
from mockserver.settings import Settings
from tests.mockserver.http.serving import THING_ID, calling

THING = f"/things/{THING_ID}"


class NearError(NotFoundError):
    """A refusal of a class the HTTP side has not heard of."""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError, 404),
        (NearError, 404),
        (ConflictError, 409),
        (InvalidError, 422),
        (RefusedError, 400),
        (EngineError, 400),
    ],
)
async def test_the_engines_refusals_have_their_status(
    error: type[EngineError], status: int
) -> None:
    async def refuse(call: Call) -> Answer:
        raise error("because")

    assert status_of(error("because")) == status
    async with calling({"get_thing": refuse}) as client:
        answer = await client.get(THING)
    assert (answer.status_code, answer.json()) == (status, {"detail": "because"})


async def test_a_fault_is_500_with_a_detail_a_traceback_and_cors(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(call: Call) -> Answer:
        raise ZeroDivisionError("no such number")

    async with calling({"get_thing": broken}) as client:
        answer = await client.get(THING, headers={"origin": "http://a.example"})
        again = await client.get(THING)
    assert answer.status_code == again.status_code == 500
    assert answer.json() == {"detail": "ZeroDivisionError: no such number"}
    assert answer.headers["access-control-allow-origin"] == "*"
    record = next(r for r in caplog.records if r.exc_info)
    assert record.levelno == logging.ERROR
    assert f"GET {THING}" in record.getMessage()


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply({"size": 1}), '"thing_id" is a required property'),
        (Reply({"thing_id": "not-a-uuid"}), "not-a-uuid"),
        (Reply({"thing_id": THING_ID, "made_at": "yesterday"}), "yesterday"),
        (Reply({"thing_id": THING_ID, "size": -1}), "minimum"),
        (Reply(b'{"thing_id":5}'), "is not of type"),
        (Reply({"thing_id": orjson.Fragment(b"5")}), "is not of type"),
        (Reply({"thing_id": THING_ID}, 201), "may not answer 201"),
        (Empty(204), "may not answer 204"),
    ],
)
async def test_an_answer_the_document_does_not_allow_is_a_fault(
    reply: Answer, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def get(call: Call) -> Answer:
        return reply

    async with calling({"get_thing": get}) as client:
        answer = await client.get(THING)
    assert answer.status_code == 500
    assert fault in answer.json()["detail"]
    assert fault in caplog.text
    async with calling({"get_thing": get}, Settings(validate_responses=False)) as client:
        unjudged = await client.get(THING)
    assert unjudged.status_code == reply.status


@pytest.mark.parametrize(
    "body",
    [
        b'{"thing_id":"%s"}' % THING_ID.encode(),
        {"thing_id": THING_ID},
        {"thing_id": orjson.Fragment(b'"%s"' % THING_ID.encode())},
    ],
)
async def test_an_allowed_answer_is_sent_again_and_again(body: object) -> None:
    async def get(call: Call) -> Answer:
        return Reply(body, headers=(("X-Thing", "yes"),))

    async with calling({"get_thing": get}) as client:
        answers = [await client.get(THING) for _ in range(3)]
    for answer in answers:
        assert answer.json() == {"thing_id": THING_ID}
        assert answer.headers["x-thing"] == "yes"
        assert answer.headers["vary"] == "Origin"


async def test_an_operation_nobody_serves_says_so() -> None:
    async with calling({}) as client:
        answer = await client.get(THING)
    assert answer.status_code == 501
    assert "get_thing" in answer.json()["detail"]


async def test_a_refusal_the_document_does_not_list_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def refuse(call: Call) -> Answer:
        raise ConflictError("taken")

    async with calling({"create_thing": refuse}) as client:
        answer = await client.post("/things", json={"name": "n"})
    assert answer.status_code == 409
    assert "create_thing answers 409" in caplog.text


def test_a_detail_that_json_cannot_carry_is_escaped() -> None:
    assert error_body("\ud800") == b'{"detail":"\\\\ud800"}'
