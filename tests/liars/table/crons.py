"""Liars about crons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.table.runs import pretends, put, without_keys
from tests.liars.wire import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.liars.wire import Asked

CREATING = ("create_cron", "create_thread_cron")
GET = ("get_cron",)
PATCH = ("patch_cron",)
SEARCH = ("search_crons",)
ALL = (*CREATING, *GET, *PATCH, *SEARCH, "count_crons", "delete_cron")


def never_gone() -> Callable[[Asked, Answer], None]:
    """A cron that was seen once is shown for ever."""
    seen: dict[str, Any] = {}

    def answer(asked: Asked, given: Answer) -> None:
        cron = asked.values["cron_id"]
        if given.status == 200:
            seen[cron] = given.json
        elif given.status == 404 and cron in seen:
            given.status, given.json = 200, seen[cron]

    return answer


def right_now(cron: dict[str, Any]) -> None:
    """The next run is always due."""
    cron["next_run_date"] = datetime.now(UTC).isoformat()


async def wants_input(asked: Asked, _honest: say.Honest) -> Answer | None:
    """A cron without input is refused."""
    if isinstance(asked.json, dict) and "input" in asked.json:
        return None
    return Answer(422, [("content-type", "application/json")], b'{"detail": "input is missing"}')


LIARS = (
    Liar(
        "crons that need an input",
        ("crons.bare-cron-is-created",),
        ("create_cron",),
        instead=wants_input,
    ),
    Liar(
        "payloads of crons hidden",
        ("crons.created-cron-is-stored",),
        CREATING,
        answer=say.body(without_keys("payload")),
    ),
    Liar(
        "threads of crons hidden",
        ("crons.thread-cron-has-its-thread",),
        (*CREATING, *GET),
        answer=say.body(put(thread_id=None)),
    ),
    Liar(
        "one status for all that crons refuse",
        (
            "crons.cron-of-nobody-is-404",
            "crons.incomplete-crons-are-422",
            "crons.ill-typed-crons-are-422",
            "crons.junk-cron-searches-are-422",
            "crons.junk-schedules-are-422",
            "crons.impossible-schedule-is-400",
            "crons.unknown-zones-are-422",
            "crons.junk-ends-are-422",
            "crons.empty-patch-is-400",
            "crons.refused-patch-changes-nothing",
            "crons.deleted-cron-is-gone",
            "crons.crons-go-with-what-they-run",
        ),
        ALL,
        answer=say.status(409, when=[400, 404, 422]),
    ),
    Liar(
        "crons that are always due",
        ("crons.next-run-is-the-schedules",),
        CREATING,
        answer=say.body(right_now),
    ),
    Liar(
        "zones of crons ignored",
        ("crons.schedule-is-read-in-its-zone",),
        CREATING,
        ask=say.without("timezone"),
    ),
    Liar(
        "ends of crons ignored",
        ("crons.end-is-shown-and-taken-away", "crons.cron-search-sorts-by-end"),
        PATCH,
        ask=say.without("end_time"),
    ),
    Liar(
        "patches of a cron's metadata ignored",
        ("crons.patch-changes-what-it-names",),
        PATCH,
        ask=say.without("metadata"),
    ),
    Liar(
        "crons that cannot be deleted",
        ("crons.deleted-cron-is-gone",),
        ("delete_cron",),
        instead=pretends,
    ),
    Liar(
        "crons that outlive what they run",
        ("crons.crons-go-with-what-they-run",),
        GET,
        answer=never_gone(),
    ),
    Liar(
        "conditions of a cron search ignored",
        ("crons.cron-search-finds",),
        SEARCH,
        ask=say.without("enabled", "thread_id"),
    ),
    Liar(
        "the order of a cron search ignored",
        ("crons.cron-search-pages-and-sorts", "crons.cron-search-sorts-by-end"),
        SEARCH,
        ask=say.without("sort_by", "sort_order"),
    ),
    Liar(
        "a count of crons of its own",
        ("crons.cron-count-is-the-searchs",),
        ("count_crons",),
        answer=say.body(lambda count: count + 1),
    ),
    Liar(
        "runs of crons that do not say whose they are",
        ("crons.cron-makes-runs",),
        ("list_runs",),
        answer=say.each_run(put(metadata={}, kwargs={})),
    ),
    Liar(
        "threads of crons without their metadata",
        ("crons.runs-of-crons-have-threads-of-their-own",),
        ("search_threads",),
        answer=say.body(lambda threads: [{**thread, "metadata": {}} for thread in threads]),
    ),
    Liar(
        "disabled crons that run",
        ("crons.idle-crons-make-no-runs",),
        CREATING,
        ask=say.with_fields(enabled=True),
    ),
    Liar(
        "crons that run past their end",
        ("crons.ended-cron-makes-no-runs",),
        CREATING,
        ask=say.without("end_time"),
    ),
)
