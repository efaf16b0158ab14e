"""A small document, an engine that does nothing, and the application served on a real socket."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import httpx

from mockserver.http.app import application
from mockserver.http.server import MockHttpServer, address, bind, configuration
from mockserver.settings import Settings

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Mapping

    import uvicorn

    from mockserver.engine import Engine
    from mockserver.http.call import Handler

JSON = "application/json"
THING_ID = "0192d1a2-b000-7000-8000-0000000000ab"


def answer(schema: Any = None, media: str = JSON) -> dict[str, Any]:
    """A response object of the document."""
    content = {media: {"schema": schema if schema is not None else {}}}
    return {"description": "an answer", "content": content}


def parameter(name: str, schema: dict[str, Any], where: str = "query", **more: Any) -> Any:
    """A parameter object of the document."""
    return {"name": name, "in": where, "schema": schema, **more}


THING = {
    "type": "object",
    "properties": {
        "thing_id": {"type": "string", "format": "uuid"},
        "made_at": {"type": "string", "format": "date-time"},
        "size": {"type": "integer", "minimum": 0},
    },
    "required": ["thing_id"],
}
NEW_THING = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "size": {"type": "integer", "minimum": 0, "maximum": 1000},
        "kind": {"enum": ["small", "large"]},
        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/NewThing"}},
        "anything": {},
    },
    "required": ["name"],
}
ID = parameter("thing_id", {"$ref": "#/components/schemas/Uuid"}, "path", required=True)
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        # the template before the literal: their order must not matter
        "/things/{thing_id}": {
            "parameters": [ID],
            "get": {"operationId": "get_thing", "responses": {"200": answer(THING)}},
            "patch": {
                "operationId": "touch_thing",
                "responses": {"202": {"description": "touched"}, "204": {"description": "done"}},
            },
            "delete": {"operationId": "drop_thing", "responses": {"204": {"description": "gone"}}},
        },
        "/things/search": {
            "post": {
                "operationId": "search_things",
                "parameters": [
                    parameter("limit", {"type": "integer", "minimum": 1, "default": 10}),
                    parameter("deep", {"type": "boolean", "default": False}),
                    parameter("kind", {"type": "string", "enum": ["small", "large"]}),
                    parameter("select", {"type": "array", "items": {"enum": ["a", "b"]}}),
                    parameter(
                        "modes",
                        {"type": "array", "items": {"type": "string"}, "default": ["x"]},
                        explode=False,
                    ),
                    parameter(
                        "xray",
                        {"anyOf": [{"type": "boolean"}, {"type": "integer", "minimum": 1}]},
                    ),
                    parameter("Last-Seen", {"type": "string", "pattern": "^[0-9]+$"}, "header"),
                ],
                "responses": {"200": answer({}), "422": answer()},
            }
        },
        "/things": {
            "post": {
                "operationId": "create_thing",
                "requestBody": {
                    "required": True,
                    "content": {JSON: {"schema": {"$ref": "#/components/schemas/NewThing"}}},
                },
                "responses": {"200": answer({}), "404": answer(), "422": answer()},
            }
        },
        "/things/{thing_id}/parts/{part_id}": {
            "get": {
                "operationId": "get_part",
                "parameters": [ID, parameter("part_id", {"type": "string"}, "path", required=True)],
                "responses": {"200": answer({})},
            }
        },
        "/well": {
            "get": {"operationId": "get_well", "tags": ["System"], "responses": {"200": answer()}}
        },
        "/events": {
            "get": {
                "operationId": "stream_events",
                "responses": {"200": answer({"type": "string"}, "text/event-stream")},
            }
        },
    },
    "components": {
        "schemas": {"NewThing": NEW_THING, "Uuid": {"type": "string", "format": "uuid"}}
    },
}


class FakeEngine:
    """The least an application asks of an engine."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.started = self.stopped = False

    async def start(self) -> None:
        self.started = True

    async def stop(self) -> None:
        self.stopped = True


class Served(MockHttpServer):
    """The server, with an event that says it is up."""

    def __init__(self, config: uvicorn.Config, engine: Engine, url: str) -> None:
        super().__init__(config, engine, url)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


@asynccontextmanager
async def calling(
    handlers: Mapping[str, Handler], settings: Settings | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client that calls the application itself: quick, for what needs no socket."""
    held = cast("Engine", FakeEngine(settings))
    transport = httpx.ASGITransport(application(held, DOCUMENT, handlers))
    async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
        yield client


async def started(
    handlers: Mapping[str, Handler], engine: FakeEngine
) -> tuple[Served, asyncio.Task[None], str]:
    """A server that accepts requests, the task it runs in, and its address."""
    held = cast("Engine", engine)
    sock = bind("127.0.0.1", 0)
    url = address(sock)
    server = Served(configuration(application(held, DOCUMENT, handlers)), held, url)
    task = asyncio.create_task(server._serve([sock]))
    await server.up.wait()
    return server, task, url


@asynccontextmanager
async def serving(
    handlers: Mapping[str, Handler],
    settings: Settings | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, served on a free port for as long as the block lasts."""
    server, task, url = await started(handlers, FakeEngine(settings))
    try:
        async with httpx.AsyncClient(base_url=url, timeout=10) as client:
            yield client
    finally:
        server.should_exit = True
        await task
