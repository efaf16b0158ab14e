"""Liars about ids, routes, errors, browsers, health and the published document."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from typing import TYPE_CHECKING, Any

from conformance.registry import checks
from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.table.runs import put, without_keys
from tests.liars.wire import Answer, Asked, Event

if TYPE_CHECKING:
    from collections.abc import Callable


EVENTS = (
    *("document.stream-run", "document.stream-stateless-run"),
    *("document.join-run-stream", "document.stream-thread"),
)
SECOND_OPINION = "document.second-opinion"
STREAMS = ("stream_run", "stream_stateless_run", "join_run_stream", "stream_thread")


async def a_page_for_everything(asked: Asked, honest: say.Honest) -> Answer | None:
    """Answers unknown paths with a page, as servers of single-page applications do."""
    answer = await honest(asked)
    if asked.operation is None and answer.status == 404:
        return Answer(200, [("content-type", "text/html")], b"<!doctype html>")
    return answer


def another_envelope(_asked: Asked, given: Answer) -> None:
    """Errors as `{"error": …}`."""
    if given.status >= 400:
        given.json = {"error": {"message": "no"}}


async def hangs(_asked: Asked, _honest: say.Honest) -> Answer | None:
    """Answers late."""
    await asyncio.sleep(2)
    return None


def going_back() -> Callable[[dict[str, Any]], None]:
    """updated_at goes one day back with each look."""
    days = itertools.count(1)

    def change(run: dict[str, Any]) -> None:
        day = 28 - next(days) % 27
        run["updated_at"] = f"2020-01-{day:02d}T00:00:00.000000+00:00"

    return change


def without_offset(row: dict[str, Any]) -> None:
    """Times without an offset."""
    for name in ("created_at", "updated_at"):
        if name in row:
            row[name] = row[name].removesuffix("+00:00")


def of_another_type(_asked: Asked, given: Answer) -> None:
    """JSON as text/plain, and text where there should be nothing."""
    if not given.body:
        given.status, given.body = 200 if given.status == 204 else given.status, b"done"
    given.headers = [(name, value) for name, value in given.headers if name != "content-type"]
    given.headers.append(("content-type", "text/plain"))


def renamed(event: Event) -> Event:
    """Every event under another name."""
    event.event = f"x-{event.event}"
    return event


def dangling(document: dict[str, Any]) -> None:
    """A document with a reference that leads nowhere."""
    document["components"]["schemas"]["Lost"] = {"$ref": "#/components/schemas/Nowhere"}


def incomplete(document: dict[str, Any]) -> None:
    """A document without the runs."""
    document["paths"] = {
        path: item for path, item in document["paths"].items() if "/runs" not in path
    }


def promising(document: dict[str, Any]) -> None:
    """A document with a path that the server does not have."""
    document["paths"]["/threads/{thread_id}/mood"] = {"get": {"responses": {}}}


SEEN_IN = (
    *("assistants", "threads", "thread_search", "copied", "states", "state_updates", "system"),
    *("batch", "one_run", "waited", "stateless", "cancelled_in_vain", "bulk_in_vain"),
    *("stored_items", "store_search", "store_namespaces", "crons", "cron_search"),
    *("mcp_messages", "a2a_envelopes", "a2a_cards", "protocol_refusals"),
)


LIARS = (
    Liar(
        "answers of another type",
        tuple(
            name
            for name in checks()
            if name.startswith("document.") and name not in (*EVENTS, SECOND_OPINION)
        ),
        answer=of_another_type,
        drives=SEEN_IN,
        patience=3,
    ),
    Liar(
        "events that nobody knows",
        EVENTS,
        STREAMS,
        events=say.each_event(renamed),
        drives=("streamed", "stateless", "stream_joined", "thread_stream"),
        patience=2,
    ),
    Liar(
        "404 for bad ids",
        ("bodies.bad-ids-are-422", "bodies.bad-ids-on-stream-and-wait-are-4xx"),
        answer=say.status(404, when=[422, 400]),
    ),
    Liar(
        "200 for unknown ids",
        ("bodies.unknown-ids-are-404",),
        answer=say.status(200, when=[404], body={}),
    ),
    Liar(
        "nothing said of unknown runs that are joined",
        ("bodies.join-of-nothing-says-so",),
        ("join_run",),
        answer=say.body(lambda _: {}),
    ),
    Liar(
        "nothing said of unknown runs that are streamed",
        ("bodies.stream-of-nothing-says-so",),
        ("join_run_stream",),
        events=say.dropping(lambda event: event.event == "error"),
    ),
    Liar("a page for everything", ("bodies.unknown-paths-are-404",), instead=a_page_for_everything),
    Liar(
        "404 for wrong methods",
        ("bodies.wrong-methods-are-405",),
        answer=say.status(404, when=[405]),
    ),
    Liar(
        "errors in another envelope",
        ("universal.errors-have-a-detail",),
        answer=another_envelope,
        drives=("wrong_routes", "bad_ids"),
    ),
    Liar(
        "errors of the store in another envelope",
        ("universal.errors-of-crons-and-the-store-have-a-detail",),
        ("put_store_item",),
        answer=another_envelope,
        drives=("refused_items",),
    ),
    Liar(
        "500 for what the store refuses",
        ("universal.crons-and-the-store-break-nothing",),
        ("put_store_item",),
        answer=say.status(500, when=[400]),
        drives=("refused_items",),
    ),
    Liar(
        "500 for what is not there",
        ("universal.nothing-breaks-the-server",),
        answer=say.status(500, when=[404]),
        drives=("wrong_routes",),
    ),
    Liar(
        "no answer at all",
        ("universal.every-request-is-answered",),
        ("count_threads",),
        instead=hangs,
        drives=("thread_search",),
        patience=0.5,
    ),
    Liar(
        "updated_at that goes back",
        ("universal.run-times-only-grow",),
        ("get_run",),
        answer=say.each_run(going_back()),
        drives=("one_run",),
    ),
    Liar(
        "times without an offset",
        ("universal.timestamps-are-rfc-3339",),
        ("create_run", "get_run"),
        answer=say.each_run(without_offset),
        drives=("one_run",),
    ),
    Liar(
        "another thread's row",
        ("universal.answers-speak-of-what-was-asked",),
        ("get_thread",),
        answer=say.body(put(thread_id=str(uuid.uuid4()))),
        drives=("threads",),
    ),
    Liar(
        "a status of its own",
        ("universal.statuses-are-known", "endings.finished-run-is-success"),
        ("list_runs",),
        answer=say.each_run(
            lambda run: put(status="completed")(run) if run["status"] == "success" else None
        ),
    ),
    Liar(
        "unwell", ("system.server-is-well",), ("get_ok",), answer=say.body(lambda _: {"ok": False})
    ),
    Liar(
        "no version",
        ("system.server-tells-its-version",),
        ("get_info",),
        answer=say.body(without_keys("version")),
    ),
    Liar(
        "a dangling reference in the document",
        ("system.published-document-resolves",),
        ("get_document",),
        answer=say.body(dangling),
    ),
    Liar(
        "a document without runs",
        ("system.published-document-is-complete",),
        ("get_document",),
        answer=say.body(incomplete),
    ),
    Liar(
        "a document with a path that is not there",
        ("system.documented-paths-are-there",),
        ("get_document",),
        answer=say.body(promising),
    ),
    Liar(
        "closed to browsers",
        (
            "system.preflights-allow",
            "system.answers-are-for-browsers",
            "system.location-is-exposed",
        ),
        answer=say.no_header(
            "access-control-allow-origin",
            "access-control-allow-methods",
            "access-control-expose-headers",
        ),
    ),
)
