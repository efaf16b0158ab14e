"""What we rely on in connexion. A test here that fails after an upgrade says where to look."""

from __future__ import annotations

import inspect
from importlib.metadata import version
from typing import Any

import connexion
import pytest
from connexion.apps.abstract import AbstractApp
from connexion.apps.asynchronous import AsyncApi, AsyncASGIApp
from connexion.exceptions import InvalidSpecification
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.abstract import ROUTING_CONTEXT, RoutedAPI, RoutedMiddleware
from connexion.resolver import Resolver
from connexion.spec import Specification

from mockserver.http.dispatch import MockApi, MockASGIApp, OperationCall
from mockserver.http.routing import TrieRouting
from mockserver.http.skeleton import skeleton
from mockserver.http.validation import Validation
from tests.mockserver.http.serving import DOCUMENT, calling


def parameters(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters)


def test_the_version_is_the_pinned_one() -> None:
    assert version("connexion").startswith("3.3.")


def test_connexion_still_loads_no_3_1_document() -> None:
    """Should it one day, the skeleton has no reason left."""
    with pytest.raises(InvalidSpecification):
        Specification.load(DOCUMENT)


def test_the_application_takes_a_list_of_middlewares_a_lifespan_and_a_resolver() -> None:
    assert {"middlewares", "lifespan", "resolver", "swagger_ui_options"} <= parameters(
        AbstractApp.__init__
    )
    assert issubclass(connexion.AsyncApp, AbstractApp)
    assert "_middleware_app" in inspect.getsource(AbstractApp.__init__)


def test_the_routing_context_is_what_we_write() -> None:
    assert ROUTING_CONTEXT == "connexion_routing"
    source = inspect.getsource(RoutedMiddleware.__call__)
    assert 'scope["extensions"][ROUTING_CONTEXT]' in source
    assert '.get("operation_id")' in source


def test_the_classes_we_derive_from_have_the_hooks_we_fill() -> None:
    assert "next_app" in parameters(RoutedAPI.__init__)
    assert callable(RoutedAPI.make_operation)
    assert callable(RoutedAPI.add_paths)
    assert AsyncASGIApp.api_cls is AsyncApi
    assert {"pythonic_params", "jsonifier"} <= parameters(AsyncApi.__init__)
    assert "self.add_paths()" in inspect.getsource(AsyncApi.__init__)
    assert {"base_path"} <= parameters(RoutedAPI.__mro__[1].__init__)


def test_a_middleware_that_wants_the_specification_is_given_it() -> None:
    source = inspect.getsource(ConnexionMiddleware._build_middleware_stack)
    assert "isinstance(app, SpecMiddleware)" in source
    assert "app.add_api(" in source


def test_an_operation_carries_its_resolved_function_and_id() -> None:
    async def handler() -> None:
        """Never called."""

    specification = Specification.load(skeleton(DOCUMENT))
    operation = specification.operation_cls.from_spec(
        specification,
        path="/things",
        method="post",
        resolver=Resolver(lambda operation_id: handler if operation_id == "create_thing" else None),
        uri_parser_class=None,
    )
    assert operation.operation_id == "create_thing"
    assert operation.function is handler


async def test_our_parts_are_the_ones_that_run() -> None:
    async with calling({}) as client:
        app: Any = client._transport.app  # type: ignore[attr-defined]
        assert (await client.get("/things")).status_code == 405
        stack = list(app.middleware.middleware_stack)
    names = [type(part).__name__ for part in stack]
    assert names == [
        "Cors",
        "ErrorAnswers",
        "TrieRouting",
        "Validation",
        "Sockets",
        "LifespanMiddleware",
        "MockASGIApp",
    ]
    routing, validation, inner = stack[2], stack[3], stack[-1]
    assert isinstance(routing, TrieRouting)
    assert isinstance(validation, Validation)
    assert isinstance(inner, MockASGIApp)
    ids = {
        operation["operationId"]
        for item in DOCUMENT["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    }
    assert set(validation._operations) == set(inner._calls) == ids
    assert all(isinstance(call, OperationCall) for call in inner._calls.values())
    assert all(isinstance(api, MockApi) for apis in inner.apis.values() for api in apis)
