"""What a route gets and what it gives back: the seam between HTTP and the routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import Receive, Send

    from mockserver.engine import Engine
    from mockserver.http.requests import Requests

Headers = tuple[tuple[str, str], ...]
Select = Callable[[Mapping[str, str]], Mapping[str, Any]]
NO_HEADERS: Mapping[str, Any] = MappingProxyType({})


@dataclass(slots=True)
class Call:
    """One validated request.

    `path` holds the path parameters (ids in canonical form), `query` the query parameters converted
    as the document types them, defaults filled in, `headers` lower-case names, `body` the parsed
    JSON (None where the operation takes none), or its bytes where the document says `x-raw`.
    """

    engine: Engine
    operation_id: str
    path: Mapping[str, str]
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Any
    disconnected: Callable[[], Awaitable[None]]  # returns once the client has gone
    requests: Requests | None = None  # what this server has answered so far
    select: Select | None = None  # which headers agents may see

    def passed_on(self) -> Mapping[str, Any]:
        """The headers that reach the config of a run that this request makes."""
        return NO_HEADERS if self.select is None else self.select(self.headers)


@dataclass(frozen=True, slots=True)
class SocketCall:
    """One WebSocket that was accepted, with the parameters of its path.

    Its headers reach no agent, as on real servers: they open a socket, and are no run's.
    """

    engine: Engine
    path: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. `body` is encoded once; bytes are sent as they are.

    Of another media type than JSON the body must be bytes. `value`: what they were encoded from,
    where it is at hand; it is judged instead of what they say, which saves parsing them.
    """

    body: Any
    status: int = 200
    headers: Headers = ()
    media_type: str = "application/json"
    value: Any = None


@dataclass(frozen=True, slots=True)
class Empty:
    """An answer without a body (204, 202)."""

    status: int = 204
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer sent piece by piece, each piece at once. Closing the iterator ends its work."""

    chunks: AsyncIterator[bytes]
    media_type: str
    status: int = 200
    headers: Headers = ()


Answer = Reply | Empty | Streamed
Handler = Callable[[Call], Awaitable[Answer]]
SocketHandler = Callable[[SocketCall, "Receive", "Send"], Awaitable[None]]
