"""The mock's application: connexion's, assembled from our steps."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from connexion.apps.abstract import AbstractApp
from connexion.apps.asynchronous import AsyncApp
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.options import SwaggerUIOptions
from connexion.resolver import Resolver

from mockserver.control.app import Control
from mockserver.http import docs
from mockserver.http.auth import Auth, api_key, users
from mockserver.http.contract import Contracts
from mockserver.http.cors import Cors
from mockserver.http.dispatch import MockASGIApp
from mockserver.http.errors import ErrorAnswers, HttpError
from mockserver.http.requests import Requests
from mockserver.http.routing import TrieRouting
from mockserver.http.skeleton import skeleton
from mockserver.http.sockets import Sockets
from mockserver.http.validation import Validation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.types import Receive, Scope, Send

    from mockserver.engine import Engine
    from mockserver.http.call import Call, Handler, Reply, SocketHandler


class MockApp(AsyncApp):  # type: ignore[misc]  # connexion has no types
    """connexion's AsyncApp with an inner application of ours."""

    def __init__(self, inner: MockASGIApp, **options: Any) -> None:
        self._middleware_app = inner
        AbstractApp.__init__(self, __name__, **options)


def application(
    engine: Engine,
    document: Mapping[str, Any],
    handlers: Mapping[str, Handler],
    sockets: Mapping[str, SocketHandler] | None = None,
) -> MockApp:
    """The ASGI application that serves a document's operations by their handlers.

    The engine is started and stopped with the application's lifespan. Operations without a handler
    answer 501. Raises KeyError where a handler's operation is not in the document, and
    UsersFileError.
    """
    contracts, requests = Contracts(document), Requests()
    for operation_id in handlers:
        if operation_id not in contracts:
            raise KeyError(f"a handler's operationId is not in the document: {operation_id}")

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        await engine.start()
        try:
            yield
        finally:
            await engine.stop()

    app = MockApp(
        MockASGIApp(contracts, requests, judged=engine.settings.validate_responses),
        lifespan=lifespan,
        middlewares=[
            Cors,
            partial(ErrorAnswers, requests=requests),
            *_asking(engine),
            TrieRouting,
            partial(Validation, contracts=contracts, engine=engine, requests=requests),
            partial(Sockets, document=document, engine=engine, handlers=sockets or {}),
            LifespanMiddleware,
        ],
        swagger_ui_options=SwaggerUIOptions(swagger_ui=False, serve_spec=False),
        resolver=Resolver(lambda operation_id: handlers.get(operation_id, _not_implemented)),
    )
    app.add_api(skeleton(document))
    app.add_url_rule(docs.PATH, "docs-assets", docs.Assets())
    # beside the API's routes, so that they pay nothing for it
    app.add_url_rule("/_mock/{rest:path}", "control", Control(_nowhere, engine=engine))
    return app


def _asking(engine: Engine) -> list[Any]:
    """The step that asks who is there, on a server that does."""
    settings = engine.settings
    if settings.users_file is not None:
        from mockserver.http import users_file

        return [partial(Auth, gate=users(engine, users_file.load(settings.users_file)))]
    if settings.api_key is not None:
        return [partial(Auth, gate=api_key(engine, settings.api_key))]
    return []


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    raise HttpError(404, "Not Found")


async def _not_implemented(call: Call) -> Reply:
    raise HttpError(501, f"{call.operation_id} is in the contract, but this mock does not serve it")
