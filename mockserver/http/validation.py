"""The validation step: from a routed request to a `Call`, or a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from connexion.middleware.abstract import ROUTING_CONTEXT, RoutedAPI, RoutedMiddleware

from mockserver.http import bodies
from mockserver.http.auth import ENGINE
from mockserver.http.call import Call
from mockserver.http.errors import HttpError
from mockserver.http.passed_on import selection
from mockserver.http.writing import gone

if TYPE_CHECKING:
    from connexion.operations import AbstractOperation
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockserver.engine import Engine
    from mockserver.http.contract import Contract, Contracts
    from mockserver.http.requests import Requests

CALL = "runcontract.call"


class RequestHeaders(Mapping[str, str]):
    """A request's headers by lower-case name, decoded when asked for; the last of a name wins."""

    __slots__ = ("_raw",)

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        value: str | None = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The header's text, or the default."""
        key = name.lower().encode("latin-1", "replace")
        found = None
        for known, value in self._raw:
            if known == key:
                found = value
        return default if found is None else found.decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        return iter({name.decode("latin-1"): None for name, _ in self._raw})

    def __len__(self) -> int:
        return len({name for name, _ in self._raw})


class ValidatedOperation:
    """One operation's requests, judged against its contract and handed on as a `Call`."""

    def __init__(
        self,
        next_app: ASGIApp,
        operation_id: str,
        *,
        contracts: Contracts,
        engine: Engine,
        requests: Requests,
    ) -> None:
        self._next = next_app
        self._operation_id = operation_id
        self._contracts = contracts
        self._engine = engine
        self._requests = requests
        self._contract: Contract | None = None
        self._limit = engine.settings.max_body_bytes
        self._deepest = engine.settings.max_body_depth
        self._select = selection(engine.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Attach the Call to the scope. Raises HttpError 413 or 422."""
        contract = self._contract
        if contract is None:
            contract = self._contract = self._contracts.get(self._operation_id)
        path = scope["path_params"]
        for name, text in path.items():
            parameter = contract.path.get(name)
            if parameter is not None:
                path[name] = parameter.value([text])
        headers = RequestHeaders(scope["headers"])
        for parameter in contract.headers:
            _check_header(parameter.name, parameter, headers)
        query = contract.query.values(scope["query_string"])
        body = None
        if contract.raw:
            body = await bodies.read(receive, self._limit)
        elif contract.body is not None:
            body = contract.body.value(await bodies.read(receive, self._limit), self._deepest)
        scope[CALL] = Call(
            engine=scope.get(ENGINE, self._engine),
            operation_id=self._operation_id,
            path=path,
            query=query,
            headers=headers,
            body=body,
            disconnected=partial(gone, receive),
            requests=self._requests,
            select=self._select,
        )
        await self._next(scope, receive, send)


def _check_header(name: str, parameter: Any, headers: RequestHeaders) -> None:
    text = headers.get(name)
    if text is not None:
        parameter.value([text])
    elif parameter.required:
        raise HttpError(422, f"Missing header {name!r}")


class ValidationAPI(RoutedAPI[ValidatedOperation]):  # type: ignore[misc]  # no types
    """The operations of one specification, by operationId."""

    def __init__(self, *args: Any, options: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._options = options
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> ValidatedOperation:
        """The validation of one operation connexion has loaded."""
        return ValidatedOperation(self.next_app, operation.operation_id, **self._options)


class Validation(RoutedMiddleware[ValidationAPI]):  # type: ignore[misc]
    """connexion's validation step on the 3.1 document and compiled validators."""

    api_cls = ValidationAPI

    def __init__(
        self, app: ASGIApp, *, contracts: Contracts, engine: Engine, requests: Requests
    ) -> None:
        super().__init__(app)
        self._options = {"contracts": contracts, "engine": engine, "requests": requests}
        self._operations: dict[str, ValidatedOperation] = {}

    def add_api(self, specification: Any, **kwargs: Any) -> ValidationAPI:
        """Take the operations of a specification connexion has loaded."""
        api: ValidationAPI = super().add_api(specification, options=self._options, **kwargs)
        self._operations.update(api.operations)
        return api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge the routed operation's request; what has no operation goes on."""
        if scope["type"] == "http":
            operation_id = scope["extensions"][ROUTING_CONTEXT].get("operation_id")
            if operation_id is not None:
                await self._operations[operation_id](scope, receive, send)
                return
        await self.app(scope, receive, send)
