"""Any page may call the mock from a browser and read all it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.http.call import Answer, Call, Reply, Streamed
from tests.mockserver.http.serving import THING_ID, calling

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ORIGIN = {"origin": "https://studio.example"}
THING = f"/things/{THING_ID}"


async def get_thing(call: Call) -> Answer:
    return Reply({"thing_id": THING_ID})


async def stream_events(call: Call) -> Answer:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"

    return Streamed(chunks(), "text/event-stream")


HANDLERS = {"get_thing": get_thing, "stream_events": stream_events}


async def test_every_answer_to_a_browser_is_readable() -> None:
    async with calling(HANDLERS) as client:
        answers = {
            path: await client.get(path, headers=ORIGIN)
            for path in (THING, "/events", "/nope", "/things/bad", f"{THING}/")
        }
        unasked = await client.get(THING)
    statuses = [answer.status_code for answer in answers.values()]
    assert statuses == [200, 200, 404, 422, 307]
    for answer in answers.values():
        assert answer.headers["access-control-allow-origin"] == "*"
        exposed = set(answer.headers["access-control-expose-headers"].split(", "))
        assert exposed == {
            "content-location",
            "location",
            "x-pagination-total",
            "x-pagination-next",
        }
        assert answer.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in unasked.headers
    assert unasked.headers["vary"] == "Origin"


async def test_a_preflight_allows_what_it_asks_for() -> None:
    asked = {
        **ORIGIN,
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "content-type, x-api-key, last-event-id",
        "access-control-request-private-network": "true",
    }
    async with calling(HANDLERS) as client:
        answer = await client.options(THING, headers=asked)
        elsewhere = await client.options("/nope", headers=asked)
        public = await client.options(
            THING, headers={**ORIGIN, "access-control-request-method": "GET"}
        )
    assert answer.status_code == elsewhere.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    allowed = set(answer.headers["access-control-allow-methods"].split(", "))
    assert allowed >= {"GET", "POST", "PUT", "PATCH", "DELETE"}
    assert answer.headers["access-control-allow-headers"] == asked["access-control-request-headers"]
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert "access-control-allow-private-network" not in public.headers
    assert "access-control-allow-headers" not in public.headers


async def test_options_without_a_preflights_headers_is_no_preflight() -> None:
    async with calling(HANDLERS) as client:
        answer = await client.options(THING, headers=ORIGIN)
    assert answer.status_code == 405
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_preflight_for_a_method_that_is_none_is_refused() -> None:
    async with calling(HANDLERS) as client:
        answer = await client.options(
            THING, headers={**ORIGIN, "access-control-request-method": "STEAL"}
        )
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert len(answer.content) == int(answer.headers["content-length"])
