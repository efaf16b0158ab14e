"""Is what we are about to send what the document says? Judged by status, before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mockserver.http.errors import BrokenContractError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import jsonschema_rs

    from mockserver.http.schemas import Pointer, Schemas

JSON = "application/json"


class Documented:
    """The documented answers of one operation."""

    def __init__(
        self,
        operation_id: str,
        bodies: Mapping[int, jsonschema_rs.Validator | None],
        statuses: frozenset[str],
    ) -> None:
        self._operation_id = operation_id
        self._bodies = bodies
        self._statuses = statuses

    def allows(self, status: int) -> bool:
        """Whether the operation may answer with this status."""
        names = self._statuses
        return str(status) in names or f"{status // 100}XX" in names or "default" in names

    def check_status(self, status: int) -> None:
        """Raise BrokenContractError for a status the document does not have."""
        if status not in self._bodies and not self.allows(status):
            raise BrokenContractError(
                f"{self._operation_id} may not answer {status}: not in the document"
            )

    def check(self, status: int, body: Any) -> None:
        """Raise BrokenContractError where a JSON answer is not as documented.

        `body` is what will be encoded, or is encoded already.
        """
        validator = self._bodies.get(status)
        if validator is None:
            self.check_status(status)
            return
        if isinstance(body, bytes):
            body = orjson.loads(body)
        try:
            valid = validator.is_valid(body)
        except ValueError:  # a value only our encoder knows (a datetime): judge what it becomes
            body = orjson.loads(orjson.dumps(body))
            valid = validator.is_valid(body)
        if not valid:
            problem = next(iter(validator.iter_errors(body)), "no reason given")
            raise BrokenContractError(
                f"{self._operation_id} was about to answer {status} with a body the document does "
                f"not allow: {problem}"
            )


def compile_answers(schemas: Schemas, operation: Mapping[str, Any], pointer: Pointer) -> Documented:
    """The answers of an operation object; only JSON bodies have validators."""
    bodies: dict[int, jsonschema_rs.Validator | None] = {}
    for status, node in operation["responses"].items():
        answer, place = schemas.resolve(node, (*pointer, "responses", status))
        if not status.isdigit():
            continue
        schema = answer.get("content", {}).get(JSON, {}).get("schema")
        bodies[int(status)] = (
            None
            if schema is None
            else schemas.validator((*place, "content", JSON, "schema"), formats=True)
        )
    return Documented(operation["operationId"], bodies, frozenset(operation["responses"]))
