"""Who is let in: nobody is asked, everybody needs a key, or each user has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.http import users_file
from mockserver.http.users_file import UsersFileError
from mockserver.settings import Settings
from tests.mockserver.routes.calling import calling

if TYPE_CHECKING:
    from pathlib import Path

KEY = Settings(api_key="s3cret")
OPEN = ("/", "/ok", "/info", "/metrics", "/docs", "/openapi.json", "/docs/assets/swagger-ui.css")
GUARDED = ("/threads/x", "/no/such/path", "/mcp", "/okay", "/ok/", "/docs/other", "/_mocking")


async def test_with_an_api_key_only_the_servers_own_paths_are_open() -> None:
    async with calling(KEY) as client:
        for path in (*OPEN, "/_mock/clock"):
            assert (await client.get(path)).status_code == 200, path
        for path in GUARDED:
            answer = await client.get(path)
            assert answer.status_code == 403, path
            assert "x-api-key" in answer.json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": ""},
        {"x-api-key": "s3cre"},
        {"x-api-key": "S3CRET"},
        {"authorization": "Bearer s3cret"},
        {"x-auth-scheme": "langsmith"},
        [("x-api-key", "s3cret"), ("x-api-key", "other")],
    ],
)
async def test_only_the_key_opens(headers: dict[str, str]) -> None:
    async with calling(KEY) as client:
        assert (await client.post("/threads", json={}, headers=headers)).status_code == 403
        right = {"x-api-key": "s3cret"}
        assert (await client.post("/threads", json={}, headers=right)).status_code == 200


async def test_a_refusal_comes_before_anything_is_looked_at() -> None:
    async with calling(KEY) as client:
        for method, body in (("PUT", b""), ("POST", b"{"), ("OPTIONS", b"")):
            answer = await client.request(method, "/threads", content=body)
            assert answer.status_code == 403
        answered = (await client.get("/metrics?format=json")).json()["api"]["http_requests_total"]
    counted = [(row["method"], row["path"], row["status"], row["count"]) for row in answered]
    assert counted == [(method, "", 403, 1) for method in ("PUT", "POST", "OPTIONS")]


async def test_a_page_may_ask_before_it_has_a_key_and_read_the_refusal() -> None:
    origin = {"origin": "https://studio.example"}
    asked = {
        **origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-api-key",
    }
    async with calling(KEY) as client:
        preflight = await client.options("/threads", headers=asked)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-headers"] == "x-api-key"
        refused = await client.post("/threads", json={}, headers=origin)
        assert refused.status_code == 403
        assert refused.headers["access-control-allow-origin"] == "*"


@pytest.fixture
def users(tmp_path: Path) -> Settings:
    file = tmp_path / "users.yaml"
    file.write_text("users: {ann: {keys: [a1, a2]}, bea: {keys: [b]}}")
    return Settings(users_file=file)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"x-api-key": "a1"}, 200),
        ({"x-api-key": "a2"}, 200),
        ({"authorization": "Bearer b"}, 200),
        ({"authorization": "bearer  b "}, 200),
        ({"authorization": "Basic b"}, 401),
        ({"authorization": "b"}, 401),
        ({"authorization": "Bearer"}, 401),
        ({"x-api-key": "ann"}, 401),
        ({"x-api-key": "no", "authorization": "Bearer b"}, 401),
    ],
)
async def test_users_are_known_by_key_or_token(
    users: Settings, headers: dict[str, str], status: int
) -> None:
    async with calling(users) as client:
        answer = await client.post("/threads", json={}, headers=headers)
    assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert set(answer.json()) == {"detail"}


async def test_all_keys_of_a_user_mean_the_same_user(users: Settings) -> None:
    async with calling(users) as client:
        made = await client.post("/threads", json={}, headers={"x-api-key": "a1"})
        path = f"/threads/{made.json()['thread_id']}"
        assert made.json()["metadata"] == {"owner": "ann"}
        assert (await client.get(path, headers={"x-api-key": "a2"})).status_code == 200
        assert (await client.get(path, headers={"x-api-key": "b"})).status_code == 404


async def test_nobody_is_asked_unless_told_so() -> None:
    async with calling() as client:
        for headers in ({}, {"x-api-key": "any"}, {"authorization": "Bearer any"}):
            answer = await client.post("/threads", json={}, headers=headers)
            assert (answer.status_code, answer.json()["metadata"]) == (200, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("users: {}", ":1: users: expected at least one user"),
        ("[]", ":1: the file: expected an object, got a list"),
        ("user: {}", "unknown key 'user'; expected users; did you mean 'users'?"),
        ("users:\n  a: {}", ":2: users.a.keys: expected a list of texts, got null"),
        ("users:\n  a: {keys: []}", "users.a.keys: expected at least one key"),
        ("users:\n  a:\n    keys: [1]", ":3: users.a.keys.0: expected a text, got a number"),
        ("users:\n  a: {keys: ['']}", "users.a.keys.0: expected what a header can carry"),
        ("users:\n  a: {keys: ['é']}", "users.a.keys.0: expected what a header can carry"),
        ("users:\n  a: {key: [x]}", "unknown key 'key'; expected keys, permissions, details"),
        ("users:\n  a: {keys: [x]}\n  b: {keys: [x]}", ":3: users.b.keys.0: this key is a's"),
        ("users:\n  a: {keys: [x], permissions: all}", "users.a.permissions: expected a list"),
        ("users:\n  a: {keys: [x], details: {identity: b}}", "users.a.details.identity: this key"),
        ("users:\n  '': {keys: [x]}", "expected a name"),
        ("users: {", ":1: not YAML or JSON"),
    ],
)
def test_a_users_file_is_refused_with_place_and_reason(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(text)
    with pytest.raises(UsersFileError) as refused:
        users_file.load(file)
    assert str(refused.value).startswith(str(file))
    assert words in str(refused.value)


def test_a_users_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsersFileError, match="cannot be read"):
        users_file.load(tmp_path / "none.yaml")
