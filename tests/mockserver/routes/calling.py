"""A client of the whole application: the real document, the real engine, no socket."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx

from mockserver.engine import Engine
from mockserver.http.app import application
from mockserver.routes import HANDLERS
from mockserver.settings import Settings
from spec.document import document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


IMMEDIATE = Settings(pace="immediate")


@asynccontextmanager
async def calling(
    settings: Settings = IMMEDIATE, engine: Engine | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """The client; every answer it gets is judged against the document on its way.

    A test that looks into the engine brings its own.
    """
    engine = engine or Engine(settings)
    await engine.start()
    transport = httpx.ASGITransport(application(engine, document(), HANDLERS))
    async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
        yield client
    await engine.stop()
