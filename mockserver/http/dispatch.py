"""The operation call: a handler found by operationId, its answer judged and put on the wire.

Takes the place of connexion's per-request decoration, which re-inspects the handler every time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from connexion.apps.asynchronous import AsyncApi, AsyncASGIApp
from connexion.middleware.abstract import ROUTING_CONTEXT

from mockserver.engine.errors import EngineError
from mockserver.http.call import Empty, Reply
from mockserver.http.errors import log, status_of
from mockserver.http.validation import CALL
from mockserver.http.writing import send_bytes, send_empty, send_stream

if TYPE_CHECKING:
    from connexion.operations import AbstractOperation
    from starlette.types import Receive, Scope, Send

    from mockserver.http.answers import Documented
    from mockserver.http.call import Handler
    from mockserver.http.contract import Contracts


class OperationCall:
    """Runs one operation."""

    def __init__(
        self, handler: Handler, operation_id: str, contracts: Contracts, *, judged: bool
    ) -> None:
        self._handler = handler
        self._operation_id = operation_id
        self._contracts = contracts
        self._judged = judged
        self._documented: Documented | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a validated request. Raises what the handler raises, and BrokenContractError."""
        try:
            answer = await self._handler(scope[CALL])
        except EngineError as error:
            if self._judged and not self._answers().allows(status_of(error)):
                log.error(
                    "%s answers %d, which its document does not list: %s",
                    self._operation_id,
                    status_of(error),
                    error,
                )
            raise
        if type(answer) is Reply:
            body = answer.body
            if self._judged:
                (self._documented or self._answers()).check(answer.status, body)
            if type(body) is not bytes:
                body = orjson.dumps(body)
            await send_bytes(scope, send, answer.status, body, answer.headers)
            return
        if self._judged:
            self._answers().check_status(answer.status)
        if isinstance(answer, Empty):
            await send_empty(send, answer.status, answer.headers)
        elif isinstance(answer, Reply):
            raise TypeError("subclasses of Reply are not answers")
        else:
            await send_stream(scope, receive, send, answer)

    def _answers(self) -> Documented:
        if self._documented is None:
            self._documented = self._contracts.get(self._operation_id).answers
        return self._documented


class MockApi(AsyncApi):  # type: ignore[misc]  # connexion has no types
    """connexion's API with our operation call."""

    def __init__(self, *args: Any, contracts: Contracts, judged: bool, **kwargs: Any) -> None:
        self._contracts = contracts
        self._judged = judged
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: AbstractOperation) -> OperationCall:
        """The call of one operation connexion has loaded and resolved."""
        return OperationCall(
            operation.function, operation.operation_id, self._contracts, judged=self._judged
        )


class MockASGIApp(AsyncASGIApp):  # type: ignore[misc]
    """connexion's inner application: operations by operationId, the rest by its own routes."""

    api_cls = MockApi

    def __init__(self, contracts: Contracts, *, judged: bool) -> None:
        super().__init__()
        self._options = {"contracts": contracts, "judged": judged}
        self._calls: dict[str, OperationCall] = {}

    def add_api(self, *args: Any, **kwargs: Any) -> Any:
        """Take the operations of a specification connexion has loaded."""
        api = super().add_api(*args, **self._options, **kwargs)
        self._calls.update(api.operations)
        return api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the routed operation, or connexion's own routes."""
        if scope["type"] == "http":
            operation_id = scope["extensions"][ROUTING_CONTEXT].get("operation_id")
            if operation_id is not None:
                await self._calls[operation_id](scope, receive, send)
                return
        await self.app(scope, receive, send)
