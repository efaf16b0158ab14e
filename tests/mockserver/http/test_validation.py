"""What callers send, read as the document types it, or refused with a detail; never a 500."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mockserver.http.call import Call, Empty, Handler, Reply
from mockserver.settings import Settings
from tests.mockserver.http.serving import THING_ID, calling, serving

if TYPE_CHECKING:
    import httpx

SETTINGS = Settings(max_body_bytes=100_000)


async def echo(call: Call) -> Reply:
    return Reply({"thing_id": THING_ID, "query": dict(call.query), "body": call.body})


async def touch(call: Call) -> Empty:
    assert call.body is None
    return Empty(202)


HANDLERS: dict[str, Handler] = {
    "create_thing": echo,
    "search_things": echo,
    "get_thing": echo,
    "touch_thing": touch,
}


async def post(body: bytes, **headers: str) -> httpx.Response:
    async with calling(HANDLERS, SETTINGS) as client:
        return await client.post("/things", content=body, headers=headers)


def nested(depth: int) -> bytes:
    """A body whose value `anything` brings the whole to the depth given."""
    return b'{"name":"n","anything":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not valid JSON"),
        (b" ", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b'{"name":"n"} x', "not valid JSON"),
        (b'{"name":"n","size":NaN}', "not valid JSON"),
        (b'{"name":"n","anything":Infinity}', "not valid JSON"),
        (b'{"name":"n","anything":1e999}', "not valid JSON"),
        (b'\xef\xbb\xbf{"name":"n"}', "not valid JSON"),
        (b'{"name":"\xff"}', "not valid JSON"),
        (rb'{"name":"\ud800"}', "not valid JSON"),
        (b"null", "not of type"),
        (b"[]", "not of type"),
        (b'"name"', "not of type"),
        (b"{}", "required"),
        (b'{"name":1}', "not of type"),
        (b'{"name":null}', "not of type"),
        (b'{"name":"n","size":2.5}', "not of type"),
        (b'{"name":"n","size":"2"}', "not of type"),
        (b'{"name":"n","size":true}', "not of type"),
        (b'{"name":"n","size":-1}', "minimum"),
        (b'{"name":"n","size":1e300}', "maximum"),
        (b'{"name":"n","kind":"huge"}', "huge"),
        (b'{"name":"n","parts":[{"name":"p"},{}]}', "required"),
        (nested(129), "deeper than 128"),
        (nested(900), "deeper than 128"),
        (b"[" * 50_000, "not valid JSON"),
    ],
)
async def test_a_bad_body_is_refused(body: bytes, said: str) -> None:
    answer = await post(body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["detail"]
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "received"),
    [
        (b'{"name":"n","size":2.0}', {"name": "n", "size": 2}),
        (b'{"name":"n","parts":[{"name":"p","size":3.0}]}', {"parts": [{"name": "p", "size": 3}]}),
        (b'{"name":"a","name":"b"}', {"name": "b"}),
        (rb'{"name":"a\u0000b"}', {"name": "a\0b"}),
        (b'{"name":"n","unknown":[1,{}]}', {"unknown": [1, {}]}),
        (b'{"name":"n","anything":2.0}', {"anything": 2.0}),
        (b'{"name":"n","anything":12345678901234567890123}', {"anything": 1.2345678901234568e22}),
        (nested(120), {"name": "n"}),
    ],
)
async def test_a_good_body_reaches_the_handler(body: bytes, received: dict[str, Any]) -> None:
    answer = await post(body)
    assert answer.status_code == 200
    got = answer.json()["body"]
    assert {key: got[key] for key in received} == received
    assert [type(got[key]) for key in received] == [type(value) for value in received.values()]


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", ""])
async def test_the_content_type_does_not_matter(kind: str) -> None:
    answer = await post(b'{"name":"n"}', **{"content-type": kind})
    assert answer.json()["body"] == {"name": "n"}


async def test_a_body_past_the_limit_is_413_and_one_at_it_is_read() -> None:
    async def post(body: bytes) -> httpx.Response:
        async with serving(HANDLERS, SETTINGS) as client:
            return await client.post("/things", content=body)

    def sized(size: int) -> bytes:
        return b'{"name":"' + b"x" * (size - 11) + b'"}'

    assert (await post(sized(100_000))).status_code == 200
    over = await post(sized(100_001))
    assert over.status_code == 413
    assert "100000 bytes" in over.json()["detail"]
    assert (await post(sized(700_000))).status_code == 413


async def test_a_chunked_body_is_read_whole() -> None:
    async def pieces() -> Any:
        yield b'{"name":'
        yield b'"n"}'

    async with calling(HANDLERS, SETTINGS) as client:
        answer = await client.post("/things", content=pieces())
    assert answer.json()["body"] == {"name": "n"}


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff" * 300_000])
async def test_an_operation_without_a_body_ignores_what_comes(body: bytes) -> None:
    async with serving(HANDLERS, SETTINGS) as client:
        answer = await client.request("PATCH", f"/things/{THING_ID}", content=body)
        again = await client.get(f"/things/{THING_ID}")
    assert (answer.status_code, answer.content) == (202, b"")
    assert again.status_code == 200


@pytest.mark.parametrize(
    "written",
    [
        THING_ID,
        THING_ID.upper(),
        THING_ID.replace("-", ""),
        "{" + THING_ID + "}",
        f"urn:uuid:{THING_ID}",
    ],
)
async def test_ids_are_read_as_python_reads_them(written: str) -> None:
    async with calling(HANDLERS, SETTINGS) as client:
        answer = await client.get(f"/things/{written}")
    assert answer.status_code == 200


@pytest.mark.parametrize("written", ["1", "search1", THING_ID + "0", THING_ID[:-1] + "g", "%00"])
async def test_a_bad_id_is_422(written: str) -> None:
    async with calling(HANDLERS, SETTINGS) as client:
        answer = await client.get(f"/things/{written}")
    assert answer.status_code == 422
    assert "must be a UUID" in answer.json()["detail"]


DEFAULTS = {"limit": 10, "deep": False, "modes": ["x"]}


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("", {}),
        ("unknown=1&limit", None),
        ("unknown=1", {}),
        ("limit=5", {"limit": 5}),
        ("limit=5&limit=7", {"limit": 7}),
        ("limit=", None),
        ("limit=0", None),
        ("limit=abc", None),
        ("limit=1.0", None),
        ("limit=99999999999999999999", None),
        ("deep=true", {"deep": True}),
        ("deep=True", {"deep": True}),
        ("deep=yes&limit=2", {"deep": True, "limit": 2}),
        ("deep=1", {"deep": True}),
        ("deep=0", {"deep": False}),
        ("deep=FALSE", {"deep": False}),
        ("deep=maybe", None),
        ("deep=", None),
        ("kind=small", {"kind": "small"}),
        ("kind=other", None),
        ("select=a", {"select": ["a"]}),
        ("select=a&select=b", {"select": ["a", "b"]}),
        ("select=a&select=c", None),
        ("modes=p,q&modes=r", {"modes": ["p", "q", "r"]}),
        ("xray=true", {"xray": True}),
        ("xray=3", {"xray": 3}),
        ("xray=0", {"xray": False}),
        ("xray=-1", None),
        ("xray=abc", None),
        ("limit=%00", None),
        ("limit=%ff", None),
        ("kind=%zz&&=;", None),
    ],
)
async def test_the_query_is_read_as_typed(query: str, read: dict[str, Any] | None) -> None:
    async with calling(HANDLERS, SETTINGS) as client:
        answers = [await client.post(f"/things/search?{query}") for _ in range(2)]
    for answer in answers:  # the second from memory
        if read is None:
            assert answer.status_code == 422
            assert list(answer.json()) == ["detail"]
        else:
            assert answer.json()["query"] == DEFAULTS | read


async def test_header_parameters_are_judged() -> None:
    async with calling(HANDLERS, SETTINGS) as client:
        good = await client.post("/things/search", headers={"Last-Seen": "17"})
        bad = await client.post("/things/search", headers={"Last-Seen": "x"})
    assert good.status_code == 200
    assert bad.status_code == 422
    assert "last-seen" in bad.json()["detail"]
