"""What passes between a client and a server, as a liar may change it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from spec.document import operations

Headers = list[tuple[str, str]]


@dataclass(slots=True)
class Asked:
    """A request. `operation` is its operationId, None outside the document."""

    operation: str | None
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Headers
    body: bytes
    values: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body's JSON; None where it is none."""
        return _decoded(self.body)

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()

    @property
    def query_string(self) -> bytes:
        """The query as it goes over the wire."""
        return urlencode(self.query).encode()


@dataclass(slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON; None where it is none."""
        return _decoded(self.body)

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()


@dataclass(slots=True)
class Event:
    """One frame of an event stream; a comment has `comment` and nothing else."""

    event: str | None = None
    data: str | None = None
    id: str | None = None
    comment: str | None = None

    @property
    def json(self) -> Any:
        """The data's JSON; None where it is none."""
        return _decoded((self.data or "").encode())

    @json.setter
    def json(self, value: Any) -> None:
        self.data = json.dumps(value)

    @property
    def wire(self) -> bytes:
        """The frame's bytes, written as the reference writes them."""
        if self.comment is not None:
            return f": {self.comment}\r\n\r\n".encode()
        lines = [
            f"{name}: {value}\r\n"
            for name, value in (("event", self.event), ("data", self.data), ("id", self.id))
            if value is not None
        ]
        return ("".join(lines) + "\r\n").encode()


def read_event(block: str) -> Event:
    """A frame from its lines."""
    found = Event()
    for line in block.splitlines():
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not name:
            found.comment = value
        elif name in ("event", "data", "id"):
            setattr(found, name, value)
    return found


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def read_query(raw: bytes) -> list[tuple[str, str]]:
    """A query string's pairs, blanks kept."""
    return parse_qsl(raw.decode(), keep_blank_values=True)


def find_operation(method: str, path: str) -> tuple[str | None, dict[str, str]]:
    """The operationId of a request and the values in its path."""
    for name, known, pattern in _patterns():
        if known == method.lower() and (match := pattern.fullmatch(path)):
            return name, match.groupdict()
    return None, {}


@cache
def _patterns() -> list[tuple[str, str, re.Pattern[str]]]:
    """Every operation's pattern, literal paths before templates."""
    found = sorted(operations().values(), key=lambda operation: operation.path.count("{"))
    return [
        (op.id, op.method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", op.path)))
        for op in found
    ]
