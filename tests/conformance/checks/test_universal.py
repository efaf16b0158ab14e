"""Each universal check: passes on what is lawful, fails on one break, counts what it judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.errors import Violation
from conformance.registry import checks
from conformance.streams.reader import Frame
from tests.conformance.making import (
    LATE,
    METADATA,
    RUN_ID,
    SSE,
    exchange,
    frame,
    recording,
    run,
    stream,
    streamed,
)

if TYPE_CHECKING:
    from conformance.recording import Exchange


def judge(name: str, *exchanges: Exchange, scenario: str = "by_hand") -> int:
    found = checks()[name]
    assert found.universal is not None
    return found.universal([recording(*exchanges, scenario=scenario)])


def refused(name: str, *exchanges: Exchange, scenario: str = "by_hand") -> Violation:
    with pytest.raises(Violation) as caught:
        judge(name, *exchanges, scenario=scenario)
    return caught.value


VALUES = frame("values", {"a": 1})
SUBGRAPHS = {"stream_mode": "custom", "stream_subgraphs": True}
CREATED = exchange("create_run", body=run())

LAWFUL: dict[str, tuple[Exchange, ...]] = {
    "document.get-run": (exchange(body=run(langsmith_session_name=None)),),
    "universal.errors-have-a-detail": (
        exchange(status=404, body={"detail": "no"}),
        exchange("send_thread_command", status=400, body={"type": "error"}),
    ),
    "universal.nothing-breaks-the-server": (
        exchange(status=404),
        exchange(None, None, method="WEBSOCKET", error="broken"),
    ),
    "universal.errors-of-crons-and-the-store-have-a-detail": (
        exchange("get_cron", status=404, body={"detail": "no"}),
        exchange("get_run", status=404, body={"error": "of another check"}),
    ),
    "universal.crons-and-the-store-break-nothing": (
        exchange("get_cron", status=404),
        exchange("get_run", status=500),
    ),
    "universal.agent-protocols-break-nothing": (
        exchange("post_mcp", status=400),
        exchange("get_run", status=500),
    ),
    "universal.every-request-is-answered": (exchange(),),
    "universal.statuses-are-known": (exchange(body=run("timeout")),),
    "universal.runs-move-as-the-lifecycle-allows": (
        CREATED,
        exchange(body=run("running"), at=1),
        exchange(body=run("success"), at=2),
        exchange(status=404, at=3),
    ),
    "universal.run-times-only-grow": (CREATED, exchange(body=run(updated_at=LATE), at=1)),
    "universal.timestamps-are-rfc-3339": (exchange(body=run()),),
    "universal.answers-speak-of-what-was-asked": (exchange(body=run()),),
    "universal.ids-are-nobody-elses": (CREATED,),
    "universal.frames-are-well-formed": (streamed(METADATA, VALUES),),
    "universal.streams-begin-with-metadata": (streamed(METADATA),),
    "universal.streams-hold-what-was-asked-for": (
        streamed(
            METADATA,
            frame("custom|nest:1", 1),
            sent=SUBGRAPHS,
        ),
    ),
    "universal.errors-end-their-streams": (
        streamed(METADATA, frame("error", {"error": "E", "message": ""})),
    ),
    "universal.streams-have-no-end-event": (streamed(METADATA, VALUES),),
    "universal.streams-of-runs-close": (streamed(METADATA, VALUES),),
}

BROKEN: list[tuple[str, tuple[Exchange, ...]]] = [
    ("document.get-run", (exchange(status=418, body={"detail": "tea"}),)),
    ("document.get-run", (exchange(body=run(status="done")),)),
    ("document.get-run", (exchange(body=b"{"),)),
    ("document.get-run", (exchange(body=run(), headers={"content-type": "text/html"}),)),
    ("document.delete-run", (exchange("delete_run", 204, {"gone": True}),)),
    ("document.stream-run", (streamed(METADATA, frame("surprise", 1)),)),
    ("document.stream-run", (streamed(METADATA, frame("error", {"error": 7})),)),
    ("universal.errors-have-a-detail", (exchange(status=404, body={"error": "no"}),)),
    ("universal.errors-have-a-detail", (exchange(status=422, body={"detail": [{"loc": []}]}),)),
    (
        "universal.errors-have-a-detail",
        (exchange(status=404, body={"detail": "x"}, headers={"content-type": "text/plain"}),),
    ),
    (
        "universal.errors-of-crons-and-the-store-have-a-detail",
        (exchange("get_store_item", status=400, body={"error": "no"}),),
    ),
    ("universal.crons-and-the-store-break-nothing", (exchange("search_crons", status=500),)),
    ("universal.agent-protocols-break-nothing", (exchange("post_a2a", status=500),)),
    ("universal.nothing-breaks-the-server", (exchange(status=500),)),
    ("universal.nothing-breaks-the-server", (exchange(status=None, error="ReadError"),)),
    ("universal.nothing-breaks-the-server", (streamed(METADATA, ended="broken"),)),
    (
        "universal.every-request-is-answered",
        (exchange(status=None, error="no answer within the time (timeout)"),),
    ),
    ("universal.statuses-are-known", (exchange("list_runs", body=[run("completed")]),)),
    (
        "universal.runs-move-as-the-lifecycle-allows",
        (exchange(body=run("interrupted")), exchange(body=run("success"), at=1)),
    ),
    (
        "universal.runs-move-as-the-lifecycle-allows",
        (CREATED, exchange(status=404, at=1), exchange(body=run("running"), at=2)),
    ),
    (
        "universal.run-times-only-grow",
        (exchange(body=run(updated_at=LATE)), exchange(body=run(), at=1)),
    ),
    ("universal.run-times-only-grow", (CREATED, exchange(body=run(created_at=LATE), at=1))),
    ("universal.timestamps-are-rfc-3339", (exchange(body=run(updated_at="yesterday")),)),
    ("universal.timestamps-are-rfc-3339", (exchange(body=run(created_at=1795161338)),)),
    ("universal.timestamps-are-rfc-3339", (exchange(body=run(created_at="2026-11-20T07:55:38")),)),
    ("universal.answers-speak-of-what-was-asked", (exchange(body=run(thread_id=RUN_ID)),)),
    ("universal.ids-are-nobody-elses", (CREATED, CREATED)),
    ("universal.frames-are-well-formed", (streamed(METADATA, Frame(event="values", data="x")),)),
    ("universal.streams-begin-with-metadata", (streamed(VALUES, METADATA),)),
    (
        "universal.streams-begin-with-metadata",
        (streamed(METADATA, headers={**SSE, "content-location": "/runs/another"}),),
    ),
    ("universal.streams-hold-what-was-asked-for", (streamed(METADATA, frame("updates", {})),)),
    (
        "universal.errors-end-their-streams",
        (streamed(METADATA, frame("error", {"error": "E", "message": ""}), VALUES),),
    ),
    ("universal.streams-have-no-end-event", (streamed(METADATA, frame("end", None)),)),
    ("universal.streams-of-runs-close", (streamed(METADATA, ended="timeout"),)),
]


@pytest.mark.parametrize("name", LAWFUL)
def test_lawful_recordings_pass(name: str) -> None:
    assert judge(name, *LAWFUL[name]) >= 1


@pytest.mark.parametrize(("name", "exchanges"), BROKEN)
def test_broken_recordings_fail(name: str, exchanges: tuple[Exchange, ...]) -> None:
    violation = refused(name, *exchanges)
    assert violation.exchange in exchanges
    assert violation.expected
    assert violation.actual


@pytest.mark.parametrize("name", [name for name, found in checks().items() if found.universal])
def test_nothing_seen_is_nothing_judged(name: str) -> None:
    assert judge(name) == 0


def test_every_universal_check_is_tested() -> None:
    known = {name for name, found in checks().items() if found.universal is not None}
    here = {name for name in known if not name.startswith("document.")}
    here -= {"universal.runs-cancelled-in-bulk-move-as-the-lifecycle-allows"}
    assert here <= LAWFUL.keys()
    assert here <= {name for name, _ in BROKEN}


def test_a_bulk_cancel_is_judged_by_its_own_check() -> None:
    moved = (exchange(body=run("interrupted")), exchange(body=run("success"), at=1))
    plain = "universal.runs-move-as-the-lifecycle-allows"
    bulk = "universal.runs-cancelled-in-bulk-move-as-the-lifecycle-allows"
    assert judge(plain, *moved, scenario="bulk_by_status") == 0
    refused(bulk, *moved, scenario="bulk_by_status")


def test_looks_that_overlap_are_not_compared() -> None:
    # the second was asked for before the first was answered: either may be the newer one
    first = exchange(body=run("success"), at=1.0)
    second = exchange(body=run("running"), at=1.05)
    assert judge("universal.runs-move-as-the-lifecycle-allows", first, second) == 0


def test_a_run_that_is_404_elsewhere_is_not_deleted() -> None:
    elsewhere = exchange(status=404, at=1, path=f"/threads/{RUN_ID}/runs/{RUN_ID}")
    looks = (CREATED, elsewhere, exchange(body=run("running"), at=2))
    assert judge("universal.runs-move-as-the-lifecycle-allows", *looks) == 1


def test_a_body_that_was_left_is_not_judged() -> None:
    where = {"location": "/x/join", "content-location": "/x", "content-type": "application/json"}
    left: dict[str, Any] = {"method": "POST", "headers": where}
    assert judge("document.wait-run", exchange("wait_run", complete=False, **left)) == 1
    refused("document.wait-run", exchange("wait_run", **left))


def test_events_with_a_namespace_fit_the_document() -> None:
    assert judge("document.stream-run", streamed(METADATA, frame("custom|nest:1", 1))) == 1
    assert stream(METADATA).events == (METADATA,)
