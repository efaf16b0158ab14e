"""What must hold for every exchange of every scenario, whatever it was made for: the answers."""

from __future__ import annotations

import itertools
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from conformance.contract import faults
from conformance.errors import Violation, shown
from conformance.recording import NO_JSON, Exchange, Recording
from conformance.registry import universal
from conformance.second_opinion import objection, sample
from spec.document import operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def exchanges(recordings: Sequence[Recording]) -> Iterator[Exchange]:
    """Every exchange of every recording."""
    return itertools.chain.from_iterable(recording.exchanges for recording in recordings)


def runs_in(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """The Runs that an answer holds, whole or reduced."""
    names = ("create_run", "get_run", "create_stateless_run", "list_runs", "create_run_batch")
    if exchange.operation not in names or exchange.status != 200:
        return
    found = exchange.json if isinstance(exchange.json, list) else [exchange.json]
    yield from (run for run in found if isinstance(run, dict) and "run_id" in run)


def _answers(operation: str) -> Callable[[Sequence[Recording]], int]:
    def judge(recordings: Sequence[Recording]) -> int:
        """Every answer has a status, media type, headers and body that the document gives."""
        judged = 0
        for exchange in exchanges(recordings):
            if exchange.operation != operation or exchange.status is None:
                continue
            judged += 1
            if (fault := next(faults(exchange), None)) is not None:
                raise Violation("an answer that the document describes", fault, exchange)
        return judged

    return judge


# pages, and what no scenario needs
UNSEEN = (
    "get_docs",
    "get_metrics",
    "get_root",
    "prune_threads",
    "get_assistant_subgraph",
    "get_thread_storage",
)
# the parts of the API that scenarios drive so far
DRIVEN = frozenset(
    {
        *("Assistants", "Threads", "Thread Runs", "Stateless Runs", "Crons", "Store", "System"),
        *("MCP", "A2A", "Protocol v2"),
    }
)
# and what a target may leave out of them
_OPTIONAL = MappingProxyType({"MCP": "mcp", "A2A": "a2a", "Protocol v2": "protocol"})
for _operation in operations().values():
    _tags = _operation.spec.get("tags", ())
    if _operation.id not in UNSEEN and DRIVEN & set(_tags):
        universal(
            "DOC-ANSWER-01",
            id=f"document.{_operation.id.replace('_', '-')}",
            needs=[_OPTIONAL[tag] for tag in _tags if tag in _OPTIONAL],
        )(_answers(_operation.id))


@universal("DOC-ANSWER-01", id="document.second-opinion")
def second_opinion(recordings: Sequence[Recording]) -> int:
    """A sample of the answers that our own validators accept, judged by openapi-core."""
    judged = 0
    for exchange in sample(exchanges(recordings)):
        if next(faults(exchange), None) is not None:  # told by the operation's own check
            continue
        judged += 1
        if (problem := objection(exchange)) is not None:
            raise Violation("an answer that openapi-core accepts too", problem, exchange)
    return judged


# judged by checks of their own: a server known to do wrong here is still held to the rest
_APART = frozenset({"Crons", "Store"})
# these have envelopes of their own, and checks of their own for them
_PROTOCOLS = frozenset({"MCP", "A2A"})


def _among(exchange: Exchange, tags: frozenset[str]) -> bool:
    """Whether an exchange is one of an operation with one of these tags."""
    found = operations().get(exchange.operation or "")
    return found is not None and bool(tags & set(found.spec.get("tags", ())))


def _apart(exchange: Exchange) -> bool:
    return _among(exchange, _APART)


def _of_protocols(exchange: Exchange) -> bool:
    return _among(exchange, _PROTOCOLS)


def _others(exchange: Exchange) -> bool:
    return not _among(exchange, _APART | _PROTOCOLS)


@universal("ERR-SHAPE-01")
def errors_have_a_detail(recordings: Sequence[Recording]) -> int:
    """Every 4xx of an operation is a JSON object with a string `detail`."""
    return _with_details(filter(_others, exchanges(recordings)))


@universal("ERR-SHAPE-01")
def errors_of_crons_and_the_store_have_a_detail(recordings: Sequence[Recording]) -> int:
    """The same, of crons and of the store."""
    return _with_details(filter(_apart, exchanges(recordings)))


def _with_details(found: Iterable[Exchange]) -> int:
    judged = 0
    for exchange in found:
        if exchange.status is None or not 400 <= exchange.status < 500:
            continue
        if exchange.method in ("OPTIONS", "HEAD"):
            continue
        if exchange.operation == "send_thread_command":  # checks of its own judge its envelopes
            continue
        judged += 1
        if exchange.content_type != "application/json":
            kind = exchange.content_type or "no media type"
            raise Violation("an error as application/json", kind, exchange)
        body = exchange.json
        if not isinstance(body, dict) or not isinstance(body.get("detail"), str):
            raise Violation("an object with a string `detail`", _body(exchange), exchange)
    return judged


@universal("ERR-5XX-01")
def nothing_breaks_the_server(recordings: Sequence[Recording]) -> int:
    """No 5xx, no dropped connection."""
    return _unbroken(filter(_others, exchanges(recordings)))


@universal("ERR-5XX-01")
def crons_and_the_store_break_nothing(recordings: Sequence[Recording]) -> int:
    """The same, of crons and of the store."""
    return _unbroken(filter(_apart, exchanges(recordings)))


@universal("ERR-5XX-01")
def agent_protocols_break_nothing(recordings: Sequence[Recording]) -> int:
    """The same, of MCP and A2A."""
    return _unbroken(filter(_of_protocols, exchanges(recordings)))


def _unbroken(found: Iterable[Exchange]) -> int:
    judged = 0
    for exchange in found:
        if exchange.over_socket:  # of which checks of their own speak
            continue
        judged += 1
        if exchange.status is not None and exchange.status >= 500:
            raise Violation("no 5xx", f"{exchange.status}: {_body(exchange)}", exchange)
        if exchange.error and "no answer within" not in exchange.error:
            raise Violation("an answer", exchange.error, exchange)
        if exchange.stream is not None and exchange.stream.ended == "broken":
            raise Violation("a stream that ends", "the connection broke", exchange)
    return judged


@universal("ERR-HANG-01")
def every_request_is_answered(recordings: Sequence[Recording]) -> int:
    """None ran out of patience before the answer's head or its end."""
    judged = 0
    for exchange in exchanges(recordings):
        judged += 1
        if exchange.status is None and exchange.error and "(timeout)" in exchange.error:
            taken = exchange.finished - exchange.started
            raise Violation("an answer", f"none in {taken:.0f} s", exchange)
    return judged


def _body(exchange: Exchange) -> str:
    return shown(exchange.json if exchange.json is not NO_JSON else exchange.body, 160)


@universal("HTTP-TIME-01")
def timestamps_are_rfc_3339(recordings: Sequence[Recording]) -> int:
    """created_at, updated_at and state_updated_at, with an offset."""
    judged = 0
    for exchange in exchanges(recordings):
        if exchange.status != 200 or exchange.json is NO_JSON:
            continue
        rows = exchange.json if isinstance(exchange.json, list) else [exchange.json]
        for row in rows:
            if not isinstance(row, dict) or not {"run_id", "thread_id", "version"} & row.keys():
                continue
            for key in ("created_at", "updated_at", "state_updated_at"):
                if row.get(key) is None:
                    continue
                judged += 1
                if not isinstance(row[key], str) or not _TIME.match(row[key]):
                    raise Violation(f"an RFC 3339 `{key}` with an offset", row[key], exchange)
    return judged
