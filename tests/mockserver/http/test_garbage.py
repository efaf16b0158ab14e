"""A request and its run are freed by counting: the server seldom looks for rings of garbage."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from mockserver.engine import Engine
from mockserver.http.app import application
from mockserver.routes import HANDLERS
from mockserver.settings import Settings
from spec.document import document

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 20
MESSAGES = {"messages": [{"role": "user", "content": "one two three"}]}
ALL_MODES = ["values", "messages", "updates", "debug", "events", "tasks", "checkpoints"]


def play(*script: Any, **more: Any) -> dict[str, Any]:
    """A run of the probe."""
    return {"assistant_id": "probe", "input": {"script": list(script)}, **more}


CASES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "waited for": ("POST", "/runs/wait", {"assistant_id": "agent", "input": MESSAGES}),
    "streamed": (
        "POST",
        "/runs/stream",
        {"assistant_id": "agent", "input": MESSAGES, "stream_mode": ALL_MODES},
    ),
    "failed": ("POST", "/runs/wait", play({"fail": {"error": "ValueError", "message": "m"}})),
    "interrupted": ("POST", "/runs/wait", play({"interrupt": "why"})),
    "side by side": (
        "POST",
        "/runs/wait",
        play({"parallel": {"left": [{"say": "a"}], "right": []}}, {"subgraph": [{"say": "b"}]}),
    ),
    "refused": ("POST", "/runs/wait", {"assistant_id": 5}),
    "lost": ("GET", "/nowhere", None),
}


@pytest.fixture
def unhurried() -> Iterator[None]:
    """No collection by itself."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def ask(app: Any, method: str, path: str, body: dict[str, Any] | None) -> int:
    """The status of an answer. Calls the application itself: a client has garbage of its own."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
        "scheme": "http",
        "server": ("mock.test", 80),
        "root_path": "",
    }
    asked: list[Any] = [{"type": "http.request", "body": orjson.dumps(body), "more_body": False}]
    statuses = []

    async def receive() -> Any:
        if asked:
            return asked.pop()
        return await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        if "status" in message:
            statuses.append(message["status"])

    await app(scope, receive, send)
    return int(statuses[0])


@pytest.mark.parametrize("case", CASES)
async def test_nothing_is_left_for_the_collector(case: str, unhurried: None) -> None:
    engine = Engine(Settings(pace="immediate"))
    app = application(engine, document(), HANDLERS)
    method, path, body = CASES[case]
    expected = {"refused": 422, "lost": 404}.get(case, 200)

    async def rings(rounds: int) -> int:
        for _ in range(rounds):
            assert await ask(app, method, path, body) == expected
        await asyncio.sleep(0)
        return gc.collect()

    await rings(2)  # what is made once: validators, tasks, imports
    assert await rings(ROUNDS) < ROUNDS
    await engine.stop()
