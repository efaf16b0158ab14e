"""Which operation a path means, and what is said of paths and methods that mean none."""

from __future__ import annotations

import pytest

from mockserver.http.call import Call, Reply
from mockserver.http.routing import Trie
from tests.mockserver.http.serving import THING_ID, calling, serving


async def echo(call: Call) -> Reply:
    return Reply({"thing_id": THING_ID, "operation": call.operation_id, "path": dict(call.path)})


HANDLERS = dict.fromkeys(
    ("get_thing", "drop_thing", "search_things", "create_thing", "get_part"), echo
)


@pytest.fixture
def trie() -> Trie:
    trie = Trie()
    for method, path in (
        ("get", "/a/{id}"),
        ("post", "/a/b"),
        ("get", "/a/{id}/c"),
        ("get", "/a/b/d/{x}"),
        ("get", "/"),
    ):
        trie.add(method, path, f"{method} {path}")
    return trie


@pytest.mark.parametrize(
    ("path", "operation", "values"),
    [
        ("/", "get /", ()),
        ("/a/1", "get /a/{id}", ("1",)),
        ("/a/b", "post /a/b", ()),
        ("/a/b/c", "get /a/{id}/c", ("b",)),  # back from the literal, which has no /c
        ("/a/b/d/9", "get /a/b/d/{x}", ("9",)),
    ],
)
def test_finds(trie: Trie, path: str, operation: str, values: tuple[str, ...]) -> None:
    found = trie.find(path)
    assert found is not None
    node, got = found
    assert {route.operation_id for route in node.methods.values()} == {operation}
    assert got == values


@pytest.mark.parametrize("path", ["", "/a", "/a/", "/a//c", "/A/1", "/a/1/c/2", "/a/b/d", "a/1"])
def test_finds_nothing(trie: Trie, path: str) -> None:
    assert trie.find(path) is None


async def test_a_literal_wins_over_a_template_listed_before_it() -> None:
    async with serving(HANDLERS) as client:
        assert (await client.post("/things/search")).json()["operation"] == "search_things"


async def test_path_parameters_reach_the_handler_in_canonical_form() -> None:
    async with serving(HANDLERS) as client:
        answer = await client.get(f"/things/{THING_ID.upper().replace('-', '')}/parts/A%20b%7C1")
    assert answer.json()["path"] == {"thing_id": THING_ID, "part_id": "A b|1"}


async def test_unknown_path_is_404_and_wrong_method_405_with_every_method() -> None:
    async with serving(HANDLERS) as client:
        unknown = await client.get("/nope")
        wrong = await client.put(f"/things/{THING_ID}")
        literal = await client.get("/things/search")
        options = await client.options("/things")
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Not Found"})
    assert (wrong.status_code, wrong.json()) == (405, {"detail": "Method Not Allowed"})
    assert wrong.headers["allow"] == "DELETE, GET, HEAD, PATCH"
    assert (literal.status_code, literal.headers["allow"]) == (405, "POST")
    assert (options.status_code, options.headers["allow"]) == (405, "POST")
    assert wrong.headers["content-type"] == unknown.headers["content-type"] == "application/json"


async def test_head_answers_as_get_without_a_body() -> None:
    async with serving(HANDLERS) as client:
        get = await client.get(f"/things/{THING_ID}")
        head = await client.head(f"/things/{THING_ID}")
        again = await client.get(f"/things/{THING_ID}")  # the connection is still in step
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))
    assert again.json() == get.json()


async def test_system_paths_do_not_redirect() -> None:
    async with calling({}) as client:
        assert (await client.get("/well/")).status_code == 404
        assert (await client.get("/things/")).status_code == 307


async def test_a_trailing_slash_redirects_to_the_path_without_it() -> None:
    async with serving(HANDLERS) as client:
        answer = await client.post("/things/search/?limit=3")
        unknown = await client.get("/nope/")
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{client.base_url}/things/search?limit=3"
    assert answer.content == b""
    assert unknown.status_code == 404
