"""What must hold for every exchange of every scenario, whatever it was made for."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from conformance.contract import faults
from conformance.errors import Violation, shown
from conformance.recording import NO_JSON, Exchange, Recording, StreamRecord, decoded
from conformance.registry import universal
from conformance.second_opinion import objection, sample
from conformance.streams import grammar
from spec.document import operations
from spec.lifecycle import DELETED, lifecycle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

RUN_OPERATIONS = ("create_run", "get_run", "create_stateless_run", "join_run")
CREATING_STREAMS = ("stream_run", "stream_stateless_run")
RUN_STREAMS = (*CREATING_STREAMS, "join_run_stream")
_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def exchanges(recordings: Sequence[Recording]) -> Iterator[Exchange]:
    """Every exchange of every recording."""
    return itertools.chain.from_iterable(recording.exchanges for recording in recordings)


def streams(
    recordings: Sequence[Recording], *names: str
) -> Iterator[tuple[Exchange, StreamRecord]]:
    """Every event stream of these operations."""
    for exchange in exchanges(recordings):
        if exchange.operation in names and exchange.stream is not None:
            yield exchange, exchange.stream


def runs_in(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """The Runs that an answer holds, whole or reduced."""
    names = ("create_run", "get_run", "create_stateless_run", "list_runs", "create_run_batch")
    if exchange.operation not in names or exchange.status != 200:
        return
    found = exchange.json if isinstance(exchange.json, list) else [exchange.json]
    yield from (run for run in found if isinstance(run, dict) and "run_id" in run)


# --- the document ---------------------------------------------------------------------------------


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
    {"Assistants", "Threads", "Thread Runs", "Stateless Runs", "Crons", "Store", "System"}
)
for _operation in operations().values():
    if _operation.id not in UNSEEN and DRIVEN & set(_operation.spec.get("tags", ())):
        universal("DOC-ANSWER-01", id=f"document.{_operation.id.replace('_', '-')}")(
            _answers(_operation.id)
        )


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


# --- errors ---------------------------------------------------------------------------------------


# judged by checks of their own: a server known to do wrong here is still held to the rest
_APART = frozenset({"Crons", "Store"})


def _apart(exchange: Exchange) -> bool:
    """Whether an exchange is one of crons or of the store."""
    found = operations().get(exchange.operation or "")
    return found is not None and bool(_APART & set(found.spec.get("tags", ())))


@universal("ERR-SHAPE-01")
def errors_have_a_detail(recordings: Sequence[Recording]) -> int:
    """Every 4xx of an operation is a JSON object with a string `detail`."""
    return _with_details(found for found in exchanges(recordings) if not _apart(found))


@universal("ERR-SHAPE-01")
def errors_of_crons_and_the_store_have_a_detail(recordings: Sequence[Recording]) -> int:
    """The same, of crons and of the store."""
    return _with_details(found for found in exchanges(recordings) if _apart(found))


def _with_details(found: Iterable[Exchange]) -> int:
    judged = 0
    for exchange in found:
        if exchange.status is None or not 400 <= exchange.status < 500:
            continue
        if exchange.method in ("OPTIONS", "HEAD"):
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
    return _unbroken(found for found in exchanges(recordings) if not _apart(found))


@universal("ERR-5XX-01")
def crons_and_the_store_break_nothing(recordings: Sequence[Recording]) -> int:
    """The same, of crons and of the store."""
    return _unbroken(found for found in exchanges(recordings) if _apart(found))


def _unbroken(found: Iterable[Exchange]) -> int:
    judged = 0
    for exchange in found:
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


# --- the life of runs -----------------------------------------------------------------------------


@universal("RUN-LIFE-01")
def statuses_are_known(recordings: Sequence[Recording]) -> int:
    """Every status of every Run in every answer."""
    judged = 0
    for exchange in exchanges(recordings):
        for run in runs_in(exchange):
            if "status" not in run:
                continue
            judged += 1
            if run["status"] not in lifecycle().run_states:
                raise Violation(
                    f"one of {', '.join(lifecycle().run_states)}", run["status"], exchange
                )
    return judged


Sight = tuple[Exchange, dict[str, Any]]


def sights(recordings: Sequence[Recording]) -> Iterator[list[Sight]]:
    """Of each run, every look at it: the exchange and the Run it showed, or that it was gone."""
    for recording in recordings:
        seen: dict[str, list[Sight]] = defaultdict(list)
        for exchange in recording.exchanges:
            for run in runs_in(exchange):
                seen[str(run["run_id"])].append((exchange, run))
            if exchange.operation == "get_run" and exchange.status == 404:
                run_id = exchange.path.rpartition("/")[2]
                if run_id in seen:
                    gone = {"run_id": run_id, "status": DELETED}
                    if seen[run_id][0][0].path.split("/")[2:3] == exchange.path.split("/")[2:3]:
                        seen[run_id].append((exchange, gone))
        yield from seen.values()


def follow(looks: list[Sight]) -> Iterator[tuple[Sight, Sight]]:
    """Pairs of looks of which the first was over before the second was asked for."""
    for index, later in enumerate(looks):
        before = [look for look in looks[:index] if look[0].finished <= later[0].started]
        if before:
            yield max(before, key=lambda look: look[0].finished), later


@universal("RUN-LIFE-02")
def runs_move_as_the_lifecycle_allows(recordings: Sequence[Recording]) -> int:
    """From each look to the next one."""
    return _lawful_moves([r for r in recordings if r.scenario != _IN_BULK])


@universal("RUN-LIFE-02")
def runs_cancelled_in_bulk_move_as_the_lifecycle_allows(recordings: Sequence[Recording]) -> int:
    """The same, where runs were cancelled by their status."""
    return _lawful_moves([r for r in recordings if r.scenario == _IN_BULK])


# judged by a check of its own: a server known to do this wrong is still held to the rest
_IN_BULK = "bulk_by_status"


def _lawful_moves(recordings: Sequence[Recording]) -> int:
    judged = 0
    for looks in sights(recordings):
        known = [look for look in looks if str(look[1].get("status")) in _LAWFUL]
        for (_, before), (exchange, after) in follow(known):
            judged += 1
            reachable = lifecycle().reachable(before["status"])
            if after["status"] not in reachable and before["status"] != DELETED:
                raise Violation(
                    f"{', '.join(sorted(reachable))} after {before['status']}",
                    f"run {after['run_id']} is {after['status']}",
                    exchange,
                )
            if before["status"] == DELETED and after["status"] != DELETED:
                raise Violation("a deleted run to stay deleted", after["status"], exchange)
    return judged


_LAWFUL = frozenset({*lifecycle().run_states, DELETED})


@universal("RUN-LIFE-03")
def run_times_only_grow(recordings: Sequence[Recording]) -> int:
    """created_at is fixed, updated_at never goes back."""
    judged = 0
    for looks in sights(recordings):
        whole = [look for look in looks if "created_at" in look[1] and "updated_at" in look[1]]
        for (_, before), (exchange, after) in follow(whole):
            judged += 1
            if after["created_at"] != before["created_at"]:
                raise Violation(f"created_at {before['created_at']}", after["created_at"], exchange)
            if _instant(after["updated_at"]) < _instant(before["updated_at"]):
                raise Violation(
                    f"updated_at from {before['updated_at']} on", after["updated_at"], exchange
                )
    return judged


def _instant(text: Any) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0


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


@universal("RUN-ISOLATION-01")
def answers_speak_of_what_was_asked(recordings: Sequence[Recording]) -> int:
    """A thread's answers hold that thread, its runs, its states and no others."""
    judged = 0
    for exchange in exchanges(recordings):
        parts = exchange.path.partition("?")[0].split("/")
        if len(parts) < 3 or parts[1] != "threads" or exchange.status != 200:
            continue
        if exchange.operation == "copy_thread" or parts[2] in ("search", "count", "prune"):
            continue
        rows = exchange.json if isinstance(exchange.json, list) else [exchange.json]
        for row in rows:
            owner = row.get("thread_id") if isinstance(row, dict) else None
            if isinstance(row, dict) and isinstance(row.get("checkpoint"), dict):
                owner = row["checkpoint"].get("thread_id", owner)
            if not isinstance(owner, str) or exchange.operation in ("wait_run", "join_run"):
                continue
            judged += 1
            if owner != parts[2].lower():
                raise Violation(f"thread {parts[2]}", f"thread {owner}", exchange)
    return judged


@universal("RUN-ISOLATION-01")
def ids_are_nobody_elses(recordings: Sequence[Recording]) -> int:
    """No run id is given twice, over all scenarios."""
    made: Counter[str] = Counter()
    last: dict[str, Exchange] = {}
    for exchange in exchanges(recordings):
        if exchange.operation in ("create_run", "create_stateless_run", "create_run_batch"):
            for run in runs_in(exchange):
                made[str(run["run_id"])] += 1
                last[str(run["run_id"])] = exchange
    for run_id, count in made.items():
        if count > 1:
            raise Violation("a run id of its own for each run", f"{run_id} twice", last[run_id])
    return len(made)


# --- streams --------------------------------------------------------------------------------------


def _judged(
    recordings: Sequence[Recording],
    names: Sequence[str],
    expected: str,
    find: Callable[[Exchange, StreamRecord], Iterator[grammar.Fault]],
) -> int:
    judged = 0
    for exchange, stream in streams(recordings, *names):
        judged += 1
        if (fault := next(find(exchange, stream), None)) is not None:
            raise Violation(expected, f"{fault[0]} (event {fault[1]})", exchange, fault[1])
    return judged


@universal("STR-FRAME-01")
def frames_are_well_formed(recordings: Sequence[Recording]) -> int:
    """In every stream: a name, JSON, no other fields, nothing cut off."""
    return _judged(
        recordings,
        (*RUN_STREAMS, "stream_thread"),
        "events with a name and JSON data",
        lambda _, stream: grammar.frame_faults(stream),
    )


@universal("STR-META-01")
def streams_begin_with_metadata(recordings: Sequence[Recording]) -> int:
    """In every stream of a run from its start; the id is that of Content-Location."""

    def find(exchange: Exchange, stream: StreamRecord) -> Iterator[grammar.Fault]:
        yield from grammar.metadata_faults(stream)
        location = exchange.headers.get("content-location", "")
        data = decoded(stream.events[0].data) if stream.events else None
        run_id = data.get("run_id") if isinstance(data, dict) else None
        if location and not location.endswith(str(run_id)):
            yield f"run_id {run_id!r} where Content-Location is {location}", 0

    return _judged(recordings, CREATING_STREAMS, "metadata as the first event", find)


@universal("STR-MODE-01")
def streams_hold_what_was_asked_for(recordings: Sequence[Recording]) -> int:
    """In every stream of a run from its start."""

    def find(exchange: Exchange, stream: StreamRecord) -> Iterator[grammar.Fault]:
        body = exchange.sent if isinstance(exchange.sent, dict) else {}
        subgraphs = bool(body.get("stream_subgraphs"))
        return grammar.name_faults(stream, grammar.modes_of(body), subgraphs=subgraphs)

    return _judged(recordings, CREATING_STREAMS, "only events of the modes asked for", find)


@universal("STR-END-03")
def errors_end_their_streams(recordings: Sequence[Recording]) -> int:
    """In every stream an error has class and message and is the last event."""
    return _judged(
        recordings,
        RUN_STREAMS,
        "an error with `error` and `message`, and nothing behind it",
        lambda _, stream: grammar.error_faults(stream),
    )


@universal("STR-END-05")
def streams_have_no_end_event(recordings: Sequence[Recording]) -> int:
    """The close says it."""

    def find(_: Exchange, stream: StreamRecord) -> Iterator[grammar.Fault]:
        names = [frame.event for frame in stream.events]
        if "end" in names:
            yield "an event `end`", names.index("end")

    return _judged(recordings, RUN_STREAMS, "no `end` event", find)


@universal("STR-END-01")
def streams_of_runs_close(recordings: Sequence[Recording]) -> int:
    """Every one that was read to its end was closed by the server."""

    def find(_: Exchange, stream: StreamRecord) -> Iterator[grammar.Fault]:
        if stream.ended == "timeout":
            yield "it stayed open", len(stream.events)

    return _judged(recordings, RUN_STREAMS, "the server to close the stream", find)
