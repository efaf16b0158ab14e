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
from mockserver.http.writing import (
    JSON,
    JSON_TYPE,
    content_type,
    send_bytes,
    send_empty,
    send_stream,
)

if TYPE_CHECKING:
    from connexion.operations import AbstractOperation
    from starlette.types import Receive, Scope, Send

    from mockserver.http.answers import Documented
    from mockserver.http.call import Handler
    from mockserver.http.contract import Contracts
    from mockserver.http.requests import Requests


class OperationCall:
    """Runs one operation."""

    def __init__(
        self,
        handler: Handler,
        operation_id: str,
        *,
        contracts: Contracts,
        requests: Requests,
        judged: bool,
    ) -> None:
        self._handler = handler
        self._operation_id = operation_id
        self._contracts = contracts
        self._requests = requests
        self._judged = judged
        self._documented: Documented | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a validated request. Raises what the handler raises, and BrokenContractError."""
        try:
            answer = await self._handler(scope[CALL])
        except EngineError as error:
            self._note_undocumented(error)
            raise
        if isinstance(answer, Reply):
            body = self._encoded(answer)
            self._requests.count(scope["method"], self._operation_id, answer.status)
            kind = JSON if answer.media_type == JSON_TYPE else content_type(answer.media_type)
            await send_bytes(scope, send, answer.status, body, answer.headers, kind)
            return
        if self._judged:
            self._answers().check_status(answer.status)
        self._requests.count(scope["method"], self._operation_id, answer.status)
        if isinstance(answer, Empty):
            await send_empty(send, answer.status, answer.headers)
        else:
            await send_stream(scope, receive, send, answer)

    def _encoded(self, answer: Reply) -> bytes:
        """The body as it goes out, once it is known to be as documented."""
        body = answer.body
        if self._judged:
            answers = self._documented or self._answers()
            if answer.media_type == JSON_TYPE:
                return answers.encoded(answer.status, body, answer.value)
            answers.check_status(answer.status)
        return body if type(body) is bytes else orjson.dumps(body)

    def _answers(self) -> Documented:
        if self._documented is None:
            self._documented = self._contracts.get(self._operation_id).answers
        return self._documented

    def _note_undocumented(self, error: EngineError) -> None:
        """Log a refusal the document does not list; it is sent all the same: it is the truth."""
        if self._judged and not self._answers().allows(status_of(error)):
            log.error(
                "%s answers %d, which its document does not list: %s",
                self._operation_id,
                status_of(error),
                error,
            )


class MockApi(AsyncApi):  # type: ignore[misc]  # connexion has no types
    """connexion's API with our operation call."""

    def __init__(self, *args: Any, options: dict[str, Any], **kwargs: Any) -> None:
        self._options = options  # the parent's __init__ makes the operations
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: AbstractOperation) -> OperationCall:
        """The call of one operation connexion has loaded and resolved."""
        return OperationCall(operation.function, operation.operation_id, **self._options)


class MockASGIApp(AsyncASGIApp):  # type: ignore[misc]
    """connexion's inner application: operations by operationId, the rest by its own routes."""

    api_cls = MockApi

    def __init__(self, contracts: Contracts, requests: Requests, *, judged: bool) -> None:
        super().__init__()
        self._options = {"contracts": contracts, "requests": requests, "judged": judged}
        self._calls: dict[str, OperationCall] = {}

    def add_api(self, *args: Any, **kwargs: Any) -> Any:
        """Take the operations of a specification connexion has loaded."""
        api = super().add_api(*args, options=self._options, **kwargs)
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
