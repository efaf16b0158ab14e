"""One operation of the 3.1 document, compiled: parameters, body and answers, on its first use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mockserver.http.answers import Documented, compile_answers
from mockserver.http.bodies import Body, compile_body
from mockserver.http.parameters import Parameter, Query, compile_parameter
from mockserver.http.schemas import Schemas
from mockserver.http.skeleton import operations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.http.schemas import Pointer


@dataclass(frozen=True, slots=True)
class Contract:
    """What one operation takes and gives."""

    operation_id: str
    path: Mapping[str, Parameter]
    query: Query
    headers: tuple[Parameter, ...]
    body: Body | None
    answers: Documented
    raw: bool = False  # the handler parses and judges the body: another protocol's rules


class Contracts:
    """All operations of a document by operationId.

    Compiled one by one when first asked for: a server that starts need not wait for validators of
    operations nobody calls.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas = Schemas(document)
        self._places: dict[str, tuple[str, str, dict[str, Any]]] = {
            operation["operationId"]: (path, method, operation)
            for path, method, operation in operations(document)
        }
        self._compiled: dict[str, Contract] = {}

    def __contains__(self, operation_id: str) -> bool:
        return operation_id in self._places

    def get(self, operation_id: str) -> Contract:
        """The operation's contract. Raises KeyError for an operation the document does not have."""
        contract = self._compiled.get(operation_id)
        if contract is None:
            contract = self._compiled[operation_id] = self._compile(operation_id)
        return contract

    def compile_all(self) -> None:
        """Compile every operation now."""
        for operation_id in self._places:
            self.get(operation_id)

    def _compile(self, operation_id: str) -> Contract:
        path, method, operation = self._places[operation_id]
        place: Pointer = ("paths", path, method)
        shared: Pointer = ("paths", path, "parameters")
        nodes = [
            *((node, (*shared, at)) for at, node in enumerate(self._listed(shared))),
            *(
                (node, (*place, "parameters", at))
                for at, node in enumerate(operation.get("parameters", ()))
            ),
        ]
        parameters = [compile_parameter(self._schemas, node, pointer) for node, pointer in nodes]
        return Contract(
            operation_id=operation_id,
            path={p.name: p for p in parameters if p.where == "path"},
            query=Query(p for p in parameters if p.where == "query"),
            headers=tuple(p for p in parameters if p.where == "header"),
            body=compile_body(self._schemas, operation, place),
            answers=compile_answers(self._schemas, operation, place),
            raw=bool(operation.get("requestBody", {}).get("x-raw")),
        )

    def _listed(self, pointer: Pointer) -> list[Any]:
        """The parameters a whole path declares."""
        found: list[Any] = self._schemas.at(pointer[:-1]).get(pointer[-1], [])
        return found
