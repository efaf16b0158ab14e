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

_REMEMBERED = 4096


class Documented:
    """The documented answers of one operation. `repeats`: it reads, so the same is sent again."""

    def __init__(
        self,
        operation_id: str,
        bodies: Mapping[int, jsonschema_rs.Validator | None],
        statuses: frozenset[str],
        *,
        repeats: bool,
    ) -> None:
        self._operation_id = operation_id
        self._repeats = repeats
        self._bodies = bodies
        self._statuses = statuses
        self._found_valid: set[tuple[int, int]] = set()

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

    def encoded(self, status: int, body: Any, value: Any = None) -> bytes:
        """A JSON answer's body as bytes, once it is known to be as documented.

        Of a body in bytes `value` is what they were encoded from, None where that is not at hand.
        Raises BrokenContractError where it is not as documented.
        """
        validator = self._bodies.get(status)
        if validator is None:
            self.check_status(status)
            return body if type(body) is bytes else orjson.dumps(body)
        if type(body) is not bytes:
            try:
                self._judge(validator, status, body)
            except ValueError:  # a value only the encoder knows, such as a fragment of JSON
                body = orjson.dumps(body)
            else:
                return orjson.dumps(body)
        encoded: bytes = body
        if not self._repeats:
            self._judge(validator, status, orjson.loads(encoded) if value is None else value)
            return encoded
        # Callers poll: bytes once found valid are valid. Python keeps the hash with the bytes, so
        # a row that is stored encoded costs its judgement once.
        seen = (status, hash(encoded))
        if seen not in self._found_valid:
            self._judge(validator, status, orjson.loads(encoded))
            if len(self._found_valid) >= _REMEMBERED:
                self._found_valid.clear()
            self._found_valid.add(seen)
        return encoded

    def _judge(self, validator: jsonschema_rs.Validator, status: int, body: Any) -> None:
        if not validator.is_valid(body):
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
    statuses = frozenset(operation["responses"])
    repeats = pointer[-1] == "get"
    return Documented(operation["operationId"], bodies, statuses, repeats=repeats)
