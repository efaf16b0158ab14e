"""Threads, and how they follow their runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance import expect
from conformance.answers import interrupts_of, runs_of, thread_of
from conformance.errors import Violation
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Exchange, Recording


def ids_of(exchange: Exchange) -> list[str]:
    """The thread ids of a search."""
    return [str(row.get("thread_id")) for row in runs_of(exchange)]


def is_status(exchange: Exchange, *wanted: str) -> None:
    """The thread in an answer has one of these statuses."""
    expect.one_of(thread_of(exchange)["status"], wanted, "thread status", exchange)


@check("THR-CREATE-01", scenario="threads")
def created_thread_is_idle(r: Recording) -> None:
    """With its metadata, in the answer and later."""
    for label in ("created", "got"):
        found = thread_of(r[label])
        expect.equal(found["status"], "idle", "status", r[label])
        expect.contains(found["metadata"], r["created"].sent["metadata"], "metadata", r[label])


@check("THR-CREATE-01", scenario="threads")
def graph_id_of_the_client_is_kept(r: Recording) -> None:
    """In the metadata."""
    wanted = r["bound"].sent["metadata"]
    expect.contains(thread_of(r["bound"])["metadata"], wanted, "metadata", r["bound"])


@check("THR-CREATE-02", scenario="threads")
def thread_ids_may_be_the_clients(r: Recording) -> None:
    """The id asked for; 409 the second time; do_nothing answers what is stored."""
    expect.equal(thread_of(r["created"])["thread_id"], r.note("wanted"), "thread_id", r["created"])
    expect.status(r["raise"], 409)
    found = thread_of(r["do-nothing"])
    expect.equal(found["thread_id"], r.note("wanted"), "thread_id", r["do-nothing"])
    expect.equal(
        found["metadata"], thread_of(r["created"])["metadata"], "metadata", r["do-nothing"]
    )


@check("THR-CREATE-03", scenario="threads")
def creation_race_has_one_winner(r: Recording) -> None:
    """Five at once: the same thread in every answer."""
    found = [thread_of(exchange) for exchange in r.each("race")]
    seen = {(thread["thread_id"], thread["created_at"]) for thread in found}
    expect.equal(len(seen), 1, "number of threads", r["race/0"])


@check("THR-GET-01", scenario="waited")
def thread_shows_its_run(r: Recording) -> None:
    """Values, interrupts, config, state_updated_at, the graph's id."""
    found = thread_of(r["plain/thread"])
    for key in ("values", "interrupts", "config", "state_updated_at"):
        expect.member(r["plain/thread"], key)
    has_graph = isinstance(found["metadata"].get("graph_id"), str)
    expect.ensure(has_graph, "metadata with graph_id", found["metadata"], r["plain/thread"])


@check("THR-VALUES-01", scenario="waited")
def thread_values_are_the_states(r: Recording) -> None:
    """After a run."""
    wanted = expect.member(r["plain/state"], "values")
    expect.equal(expect.member(r["plain/thread"], "values"), wanted, "values", r["plain/thread"])


@check("THR-PATCH-01", scenario="threads")
def patch_merges(r: Recording) -> None:
    """Old keys stay, new ones come, updated_at moves; 204 where little is preferred."""
    wanted = {**r["created"].sent["metadata"], "yes": False, "new": 1}
    for label in ("patched", "got-patched"):
        expect.contains(thread_of(r[label])["metadata"], wanted, "metadata", r[label])
    before, after = thread_of(r["got"])["updated_at"], thread_of(r["got-patched"])["updated_at"]
    moved = str(after) > str(before)
    expect.ensure(moved, f"updated_at after {before}", after, r["got-patched"])
    expect.status(r["patched-minimal"], 204)


@check("THR-DELETE-01", scenario="threads")
def deleted_thread_is_gone(r: Recording) -> None:
    """204 without a body; thread, runs and run are 404."""
    expect.status(r["deleted"], 204)
    expect.equal(r["deleted"].body, b"", "body", r["deleted"])
    for exchange in r.each("gone"):
        expect.status(exchange, 404)


@check("THR-DELETE-03", scenario="threads")
def deleted_thread_leaves_nothing(r: Recording) -> None:
    """Neither metadata nor values, checkpoints, runs."""
    found = thread_of(r["reborn/thread"])["metadata"]
    expect.contains(found, {}, "metadata", r["reborn/thread"])
    # a server may mark whose it is, as it did before
    kept = [name for name in (*r["created"].sent["metadata"], "new") if name in found]
    expect.equal(kept, [], "the metadata kept", r["reborn/thread"])
    expect.equal(expect.values(r["reborn/state"]), {}, "state values", r["reborn/state"])
    for label in ("reborn/history", "reborn/runs"):
        expect.equal(expect.array(r[label]), [], "the list", r[label])


@check("THR-DELETE-02", scenario="busy_threads")
def busy_thread_can_be_deleted(r: Recording) -> None:
    """And does not come back."""
    expect.status(r["deleted"], 204)
    expect.status(r["deleted-later"], 404)


@check("THR-STATUS-01", scenario="busy_threads")
def thread_is_busy_while_it_has_work(r: Recording) -> None:
    """Pending, running, and with a run in the queue."""
    for exchange in r.each("busy"):
        is_status(exchange, "busy")


@check("THR-STATUS-02", scenario="busy_threads")
def thread_is_idle_when_all_is_done(r: Recording) -> None:
    """After the last of two runs."""
    is_status(r["idle"], "idle")


@check("THR-STATUS-02", scenario="endings")
def thread_status_follows_the_run(r: Recording) -> None:
    """idle, error, interrupted; error for too many supersteps."""
    wanted = {"ok": "idle", "failed": "error", "asked": "interrupted", "deep": "error"}
    for name, status in wanted.items():
        is_status(r[f"{name}/thread"], status)


@check("THR-STATUS-03", scenario="endings")
def failed_thread_shows_the_error(r: Recording) -> None:
    """Class and message."""
    wanted = {"error": "ValueError", "message": "as the script says"}
    found = expect.member(r["failed/thread"], "error")
    expect.contains(found, wanted, "error", r["failed/thread"])


@check("THR-STATUS-03", scenario="busy_threads")
def success_clears_the_error(r: Recording) -> None:
    """idle, and no error any more."""
    is_status(r["failed"], "error")
    is_status(r["mended"], "idle")
    found = thread_of(r["mended"]).get("error")
    expect.equal(found, None, "error", r["mended"])


@check("THR-STATUS-04", scenario="endings")
def waiting_thread_shows_its_interrupts(r: Recording) -> None:
    """By task; the ids are the run's."""
    exchange = r["asked/thread"]
    found = expect.member(exchange, "interrupts")
    if not isinstance(found, dict) or not all(isinstance(each, list) for each in found.values()):
        raise Violation("lists of interrupts by task", found, exchange)
    flat = [item for each in found.values() for item in expect.objects(each, "them", exchange)]
    wanted = [item["id"] for item in interrupts_of(r["asked/wait"])]
    expect.equal([item.get("id") for item in flat], wanted, "interrupt ids", exchange)
    values = [item.get("value") for item in flat]
    expect.equal(values, [{"question": "may I?"}], "interrupt values", exchange)
    idle = expect.member(r["ok/thread"], "interrupts")
    expect.equal(idle, {}, "interrupts of an idle thread", r["ok/thread"])


@check("THR-SEARCH-01", scenario="thread_search")
def search_finds_by_metadata(r: Recording) -> None:
    """Strings, booleans, nested objects; nothing where nothing fits."""
    made = r.note("made")
    expect.equal(sorted(ids_of(r["all"])), sorted(made), "threads", r["all"])
    expect.equal(sorted(ids_of(r["even"])), sorted(made[::2]), "threads", r["even"])
    expect.equal(sorted(ids_of(r["deep"])), sorted(made), "threads", r["deep"])
    expect.equal(ids_of(r["none"]), [], "threads", r["none"])


@check("THR-SEARCH-02", scenario="thread_search")
def search_finds_by_status_and_ids(r: Recording) -> None:
    """The statuses together are all threads."""
    made = r.note("made")
    expect.equal(sorted(ids_of(r["ids"])), sorted(made[1:3]), "threads", r["ids"])
    seen: list[str] = []
    for exchange in r.each("status"):
        wanted = exchange.label.partition("/")[2]
        for row in runs_of(exchange):
            expect.equal(row.get("status"), wanted, "status", exchange)
        seen += ids_of(exchange)
    expect.equal(sorted(seen), sorted(made), "threads over all statuses", r["status/idle"])


@check("THR-SEARCH-03", scenario="thread_search")
def search_pages_and_orders(r: Recording) -> None:
    """By creation, up in pages, down at once."""
    made = r.note("made")
    paged = [found for page in r.each("page") for found in ids_of(page)]
    expect.equal(paged, made, "the pages together", r["page/0"])
    expect.equal(ids_of(r["down"]), made[::-1], "threads, the newest first,", r["down"])


@check("THR-SEARCH-03", scenario="thread_search")
def pages_hold_what_is_tied_once(r: Recording) -> None:
    """Threads of one status, page by page."""
    paged = [found for page in r.each("tied") for found in ids_of(page)]
    expect.equal(sorted(paged), sorted(r.note("made")), "the pages together", r["tied/0"])


@check("THR-SEARCH-04", scenario="thread_search")
def search_selects(r: Recording) -> None:
    """Only the keys named."""
    for row in runs_of(r["selected"]):
        expect.equal(sorted(row), ["status", "thread_id"], "keys", r["selected"])


@check("THR-SEARCH-06", scenario="thread_search")
def search_extracts(r: Recording) -> None:
    """By the names asked for."""
    rows = runs_of(r["extracted"])
    expect.equal(len(rows), 5, "number of threads", r["extracted"])
    numbers = {}
    for row in rows:
        found = row.get("extracted")
        if not isinstance(found, dict):
            raise Violation("an object `extracted`", row, r["extracted"])
        numbers[found.get("number")] = found.get("even")
    expect.equal(numbers, {n: n % 2 == 0 for n in range(5)}, "extracted", r["extracted"])


@check("THR-SEARCH-05", scenario="thread_search")
def junk_search_is_422(r: Recording) -> None:
    """Ill-typed fields, unknown enum values, a limit of zero."""
    for exchange in r.each("junk"):
        expect.status(exchange, 422)


@check("THR-COUNT-01", scenario="thread_search")
def count_is_the_searchs(r: Recording) -> None:
    """Five, three, none."""
    for n, wanted in enumerate((5, 3, 0)):
        expect.equal(expect.body(r[f"count/{n}"]), wanted, "count", r[f"count/{n}"])


@check("THR-SEARCH-07", scenario="thread_values")
def search_finds_by_values(r: Recording) -> None:
    """By one value, by one within an object, all of them, and none where one does not fit."""
    made = r.note("made")
    for name, wanted in {"plain": made[1:2], "nested": made[2:], "all": made, "none": []}.items():
        found = r[f"search/{name}"]
        expect.equal(sorted(ids_of(found)), sorted(wanted), "threads", found)
        counted = r[f"count/{name}"]
        expect.equal(expect.body(counted), len(wanted), "count", counted)


@check("THR-COPY-01", scenario="copied")
def copy_has_the_same_state(r: Recording) -> None:
    """A thread of its own, the same values and metadata, no runs."""
    copy = thread_of(r["copied"])
    other = copy["thread_id"] != r.note("thread")
    expect.ensure(other, "a thread id of its own", copy["thread_id"], r["copied"])
    expect.contains(thread_of(r["copy"])["metadata"], {"colour": "blue"}, "metadata", r["copy"])
    wanted = expect.member(r["original"], "values")
    expect.equal(expect.member(r["copy-state"], "values"), wanted, "values", r["copy-state"])
    expect.equal(runs_of(r["copy-runs"]), [], "runs", r["copy-runs"])


@check("THR-COPY-01", scenario="copied")
def copies_go_their_own_ways(r: Recording) -> None:
    """A run on the copy leaves the original alone."""
    wanted = expect.member(r["original"], "checkpoint")
    found = expect.member(r["original-later"], "checkpoint")
    expect.equal(found, wanted, "checkpoint of the original", r["original-later"])
    moved = expect.member(r["copy-later"], "checkpoint")
    same = moved == expect.member(r["copy-state"], "checkpoint")
    expect.ensure(not same, "another checkpoint of the copy", moved, r["copy-later"])
