"""Crons: schedules by which runs are made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from conformance import expect
from conformance.errors import Violation
from conformance.registry import check
from conformance.scenarios.crons import FAR_END, SCHEDULES, YEARLY, ZONES

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.recording import Exchange, Recording

_AT_NOON = (12, 0, 0)


def time_of(exchange: Exchange, name: str) -> datetime:
    """A time that a cron shows."""
    text = expect.member(exchange, name)
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Violation(f"`{name}` as a time", text, exchange) from None
    if found.tzinfo is None:
        raise Violation(f"`{name}` with an offset", text, exchange)
    return found.astimezone(UTC)


def crons_of(exchange: Exchange) -> list[dict[str, Any]]:
    """The crons that a search found."""
    found = expect.array(exchange)
    if not all(isinstance(cron, dict) for cron in found):
        raise Violation("crons as objects", found, exchange)
    return found


def ids_of(exchange: Exchange) -> list[Any]:
    """Their ids."""
    return [cron.get("cron_id") for cron in crons_of(exchange)]


@check("CRON-CREATE-01", scenario="crons")
def created_cron_is_stored(r: Recording) -> None:
    """Got as it was created, with the assistant's id and the payload."""
    created = expect.mapping(r["created"])
    wanted = {
        "assistant_id": r.note("assistant"),
        "thread_id": None,
        "schedule": YEARLY,
        "enabled": False,
        "end_time": None,
    }
    expect.contains(created, wanted, "a cron", r["created"])
    # beside what was sent a server may mark whose it is
    sent = r.note("sent")["metadata"]
    expect.contains(created.get("metadata"), sent, "metadata", r["created"])
    expect.contains(created.get("payload"), {"input": {"a": [1]}}, "payload", r["created"])
    expect.equal(expect.mapping(r["got"]), created, "the cron", r["got"])
    if r.has("by-graph"):
        named = expect.mapping(r["by-graph"])
        expect.ensure(
            str(named.get("assistant_id")).count("-") == 4,
            "the assistant by its id",
            named.get("assistant_id"),
            r["by-graph"],
        )


@check("CRON-CREATE-06", scenario="crons")
def bare_cron_is_created(r: Recording) -> None:
    """As one that says more."""
    wanted = {"assistant_id": r.note("assistant"), "schedule": YEARLY, "enabled": False}
    expect.contains(expect.mapping(r["bare"]), wanted, "a cron", r["bare"])


@check("CRON-CREATE-02", scenario="crons")
def thread_cron_has_its_thread(r: Recording) -> None:
    """Its id; 404 for a thread that nobody has."""
    for label in ("bound", "got-bound"):
        expect.contains(expect.mapping(r[label]), {"thread_id": r.note("thread")}, "cron", r[label])
    expect.status(r["unknown/thread"], 404)


@check("CRON-CREATE-05", scenario="crons")
def cron_of_nobody_is_404(r: Recording) -> None:
    """By id and by name."""
    expect.status(r["unknown/assistant"], 404)
    expect.status(r["unknown/graph"], 404)


@check("CRON-CREATE-03", scenario="refused_crons")
def incomplete_crons_are_422(r: Recording) -> None:
    """Without assistant, without schedule."""
    for exchange in r.each("missing"):
        expect.status(exchange, 422)


@check("CRON-CREATE-04", scenario="refused_crons")
def ill_typed_crons_are_422(r: Recording) -> None:
    """Each of them."""
    for exchange in r.each("ill"):
        expect.status(exchange, 422)


@check("CRON-SEARCH-03", scenario="refused_crons")
def junk_cron_searches_are_422(r: Recording) -> None:
    """Each of them, counts too."""
    for exchange in r.each("junk"):
        expect.status(exchange, 422)


# --- schedules ------------------------------------------------------------------------------------


def _next_day(now: datetime, fits: Callable[[datetime], bool]) -> datetime:
    """The first midnight after now that fits."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while not fits(day):
        day += timedelta(days=1)
    return day


def _at(now: datetime, hour: int, minute: int, second: int) -> datetime:
    """The next time of that hour, minute and second."""
    moment = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
    return moment if moment > now else moment + timedelta(days=1)


def _quarter(now: datetime) -> datetime:
    hour = now.replace(minute=0, second=0, microsecond=0)
    return hour + timedelta(minutes=15 * (now.minute // 15 + 1))


def _year(now: datetime) -> datetime:
    return datetime(max(now.year + 1, 2030), 1, 1, tzinfo=UTC)


_EXPECTED: dict[str, Callable[[datetime], datetime]] = {
    "yearly": lambda now: datetime(now.year + 1, 1, 1, tzinfo=UTC),
    "daily": lambda now: _next_day(now, lambda _: True),
    "noon": lambda now: _at(now, *_AT_NOON),
    "named": lambda now: _at(now, 6, 30, 0),
    "step": _quarter,
    "last": lambda now: _next_day(now, lambda day: (day + timedelta(days=1)).day == 1),
    "sunday": lambda now: _next_day(now, lambda day: day.weekday() == 6),
    "seconds": lambda now: _at(now, 12, 0, 30),
    "year": _year,
}


@check("CRON-SCHED-01", scenario="cron_schedules")
def next_run_is_the_schedules(r: Recording) -> None:
    """Reckoned from the cron's own time of creation."""
    for name in SCHEDULES:
        exchange = r[f"schedule/{name}"]
        wanted = _EXPECTED[name](time_of(exchange, "created_at"))
        found = time_of(exchange, "next_run_date")
        expect.equal(found.isoformat(), wanted.isoformat(), "next_run_date", exchange)


@check("CRON-ZONE-01", scenario="cron_schedules")
def schedule_is_read_in_its_zone(r: Recording) -> None:
    """Nine in the morning there."""
    for zone in ZONES:
        exchange = r[f"zone/{zone}"]
        expect.contains(expect.mapping(exchange), {"timezone": zone}, "a cron", exchange)
        there = time_of(exchange, "next_run_date").astimezone(ZoneInfo(zone))
        ahead = time_of(exchange, "next_run_date") - time_of(exchange, "created_at")
        right = (there.hour, there.minute, there.second) == (9, 0, 0)
        soon = timedelta(0) < ahead <= timedelta(hours=25)
        expect.ensure(right and soon, f"the next 09:00 in {zone}", there.isoformat(), exchange)


@check("CRON-SCHED-02", scenario="cron_schedules")
def junk_schedules_are_422(r: Recording) -> None:
    """Each of them."""
    for exchange in r.each("junk"):
        expect.status(exchange, 422)


@check("CRON-SCHED-03", scenario="cron_schedules")
def impossible_schedule_is_400(r: Recording) -> None:
    """The 31st of February."""
    expect.status(r["never"], 400)


@check("CRON-ZONE-02", scenario="cron_schedules")
def unknown_zones_are_422(r: Recording) -> None:
    """Unknown, or spelled otherwise; an empty one may be a 400."""
    for exchange in r.each("no-zone"):
        expect.status(exchange, 422)
    expect.status(r["empty-zone"], 400, 422)


@check("CRON-END-02", scenario="cron_schedules")
def junk_ends_are_422(r: Recording) -> None:
    """What is no time."""
    for exchange in r.each("no-end"):
        expect.status(exchange, 422)


# --- changes --------------------------------------------------------------------------------------


@check("CRON-END-01", scenario="crons")
def end_is_shown_and_taken_away(r: Recording) -> None:
    """The same moment; then null."""
    end = time_of(r["patched/end"], "end_time").isoformat()
    expect.equal(end, FAR_END, "end_time", r["patched/end"])
    expect.equal(expect.member(r["patched/no-end"], "end_time"), None, "end_time", r["patched/end"])


@check("CRON-PATCH-01", scenario="crons")
def patch_changes_what_it_names(r: Recording) -> None:
    """Metadata merged, enabled alone, the next run with schedule and zone; later updated."""
    created = expect.mapping(r["created"])
    merged = {**r.note("sent")["metadata"], "more": {"x": 1}}
    first = expect.mapping(r["patched/metadata"])
    expect.contains(first.get("metadata"), merged, "metadata", r["patched/metadata"])
    next_run = created.get("next_run_date")
    for name, enabled in (("enabled", True), ("disabled", False)):
        wanted = {"enabled": enabled, "next_run_date": next_run, "schedule": YEARLY}
        exchange = r[f"patched/{name}"]
        expect.contains(expect.mapping(exchange), wanted, "a cron", exchange)
    noon = time_of(r["patched/schedule"], "next_run_date")
    found = (noon.hour, noon.minute, noon.second)
    expect.equal(found, _AT_NOON, "the next run at", r["patched/schedule"])
    there = time_of(r["patched/zone"], "next_run_date").astimezone(ZoneInfo("Asia/Tokyo"))
    found = (there.hour, there.minute, there.second)
    expect.equal(found, _AT_NOON, "the next run in Tokyo at", r["patched/zone"])
    last = expect.mapping(r["got-patched"])
    wanted = {"schedule": "0 12 * * *", "timezone": "Asia/Tokyo"}
    expect.contains(last, wanted, "a cron", r["got-patched"])
    expect.contains(last.get("metadata"), merged, "metadata", r["got-patched"])
    later = time_of(r["got-patched"], "updated_at") > time_of(r["created"], "updated_at")
    expect.ensure(later, "a later updated_at", last.get("updated_at"), r["got-patched"])


@check("CRON-PATCH-02", scenario="crons")
def empty_patch_is_400(r: Recording) -> None:
    """There is nothing to change."""
    expect.status(r["refused/empty"], 400)


@check("CRON-PATCH-02", scenario="crons")
def refused_patch_changes_nothing(r: Recording) -> None:
    """A good zone beside a bad schedule."""
    expect.status(r["refused/schedule"], 422)
    before = expect.mapping(r["got-patched"])
    expect.equal(expect.mapping(r["got-refused"]), before, "the cron", r["got-refused"])


@check("CRON-DELETE-01", scenario="crons")
def deleted_cron_is_gone(r: Recording) -> None:
    """204 without a body, then 404; 422 for what is no id."""
    expect.status(r["deleted"], 204)
    expect.equal(r["deleted"].body, b"", "body", r["deleted"])
    for exchange in r.each("gone"):
        expect.status(exchange, 404)
    for exchange in r.each("bad"):
        expect.status(exchange, 422)


@check("CRON-DELETE-02", scenario="crons")
def crons_go_with_what_they_run(r: Recording) -> None:
    """404 once the thread or the assistant is deleted."""
    for exchange in r.each("orphan"):
        expect.status(exchange, 404)


# --- search ---------------------------------------------------------------------------------------


@check("CRON-SEARCH-01", scenario="cron_search")
def cron_search_finds(r: Recording) -> None:
    """By metadata, thread, assistant, enabled; newest first."""
    made = r.note("made")
    wanted = {
        "all": made[::-1],
        "deep": [made[4], made[2], made[0]],
        "thread": [made[4]],
        "assistant": made[::-1],
        "nobody": [],
        "enabled": [made[3]],
        "disabled": [made[4], made[2], made[1], made[0]],
    }
    for label, ids in wanted.items():
        expect.equal(ids_of(r[label]), ids, "crons", r[label])


@check("CRON-SEARCH-02", scenario="cron_search")
def cron_search_pages_and_sorts(r: Recording) -> None:
    """By next run, down unless said; headers tell of the next page; only what was selected."""
    made = r.note("made")
    for offset in (0, 2, 4):
        page = r[f"page/{offset}"]
        expect.equal(ids_of(page), made[::-1][offset : offset + 2], "crons", page)
        if offset == 4:
            more = page.headers.get("x-pagination-next")
            expect.equal(more, None, "x-pagination-next", page)
        else:
            following = expect.header(page, "x-pagination-next")
            expect.equal(following, str(offset + 2), "x-pagination-next", page)
    expect.equal(ids_of(r["up"]), made, "crons", r["up"])
    for cron in crons_of(r["selected"]):
        expect.equal(sorted(cron), ["cron_id", "schedule"], "keys", r["selected"])


@check("CRON-SEARCH-04", scenario="cron_search")
def cron_search_sorts_by_end(r: Recording) -> None:
    """The sooner end before the later, those without behind."""
    made = r.note("made")
    found = ids_of(r["by-end"])
    expect.equal(found[:2], [made[2], made[1]], "the first two", r["by-end"])
    expect.equal(len(found), 5, "number of crons", r["by-end"])


@check("CRON-COUNT-01", scenario="cron_search")
def cron_count_is_the_searchs(r: Recording) -> None:
    """Five."""
    expect.equal(expect.body(r["counted"]), len(ids_of(r["all"])), "count", r["counted"])
    expect.equal(expect.body(r["counted"]), 5, "count", r["counted"])


# --- runs -----------------------------------------------------------------------------------------


def _runs(exchange: Exchange) -> list[dict[str, Any]]:
    return [run for run in expect.array(exchange) if isinstance(run, dict)]


def _metadata(exchange: Exchange) -> dict[str, Any]:
    found = expect.member(exchange, "metadata")
    if not isinstance(found, dict):
        raise Violation("metadata as an object", found, exchange)
    return found


@check("CRON-RUN-01", scenario="cron_runs")
def cron_makes_runs(r: Recording) -> None:
    """On its thread, with its input, its metadata and its id; then waits for the next moment."""
    runs = _runs(r["runs"])
    expect.ensure(runs, "a run of the cron", "none", r["runs"])
    cron = expect.mapping(r["bound"])
    for run in runs:
        wanted = {"thread_id": r.note("thread"), "assistant_id": cron.get("assistant_id")}
        expect.contains(run, wanted, "a run", r["runs"])
        expect.contains(run.get("metadata"), _metadata(r["bound"]), "metadata", r["runs"])
        kwargs = run.get("kwargs")
        expect.contains(kwargs, {"input": r.note("sent")}, "kwargs", r["runs"])
        config = kwargs.get("config") if isinstance(kwargs, dict) else None
        configurable = config.get("configurable") if isinstance(config, dict) else None
        own = {"cron_id": cron.get("cron_id")}
        expect.contains(configurable, own, "configurable", r["runs"])
    later = time_of(r["moved-on"], "next_run_date") > time_of(r["bound"], "next_run_date")
    found = expect.member(r["moved-on"], "next_run_date")
    expect.ensure(later, "a later next_run_date", found, r["moved-on"])


@check("CRON-RUN-02", scenario="cron_runs")
def runs_of_crons_have_threads_of_their_own(r: Recording) -> None:
    """Two runs, two threads, kept, each with the cron's metadata."""
    threads = _runs(r["kept-threads"])
    found = {str(thread.get("thread_id")) for thread in threads}
    expect.ensure(len(found) >= 2, "two threads", sorted(found), r["kept-threads"])
    metadata = _metadata(r["kept"])
    for thread in threads:
        expect.contains(thread.get("metadata"), metadata, "metadata", r["kept-threads"])


@check("CRON-RUN-03", scenario="cron_runs")
def idle_crons_make_no_runs(r: Recording) -> None:
    """The disabled one none at all, the deleted one no more."""
    expect.ensure(_runs(r["kept-threads"]), "runs of another cron", "none", r["kept-threads"])
    expect.equal(expect.array(r["off-threads"]), [], "threads", r["off-threads"])
    before, after = len(_runs(r["runs"])), len(_runs(r["runs-later"]))
    expect.ensure(after <= before + 1, f"at most {before + 1} runs", after, r["runs-later"])


@check("CRON-RUN-04", scenario="cron_ends")
def ended_cron_makes_no_runs(r: Recording) -> None:
    """None itself; the other some."""
    expect.equal(expect.array(r["late"]), [], "runs", r["late"])
    expect.ensure(_runs(r["other"]), "runs of the other cron", "none", r["other"])
