"""Background runs on a thread: create, get, list, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance import expect
from conformance.answers import RUN_KEYS, run_of, runs_of
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Recording


@check("RUN-CREATE-01", scenario="one_run")
def creation_answers_the_run(r: Recording) -> None:
    """The answer is the Run, on the thread asked for."""
    found = run_of(r["created"])
    expect.equal(found["thread_id"], r.note("thread"), "thread_id", r["created"])


@check("RUN-CREATE-02", scenario="one_run")
def new_run_is_pending(r: Recording) -> None:
    """The status at creation."""
    expect.equal(run_of(r["created"])["status"], "pending", "status", r["created"])


@check("RUN-CREATE-03", scenario="one_run")
def creation_names_its_location(r: Recording) -> None:
    """Content-Location is the run's path."""
    created = r["created"]
    found = run_of(created)
    wanted = f"/threads/{found['thread_id']}/runs/{found['run_id']}"
    expect.equal(expect.header(created, "content-location"), wanted, "Content-Location", created)


@check("RUN-CREATE-04", scenario="named_assistants")
def assistant_by_id_or_name(r: Recording) -> None:
    """Both show the assistant's id."""
    for label in ("by-id", "by-name"):
        found = run_of(r[label])
        expect.equal(found["assistant_id"], r.note("assistant"), "assistant_id", r[label])


@check("RUN-CREATE-05", scenario="named_assistants")
def unknown_assistant_is_404(r: Recording) -> None:
    """404 on create, stream and wait; the thread has no run."""
    for exchange in r.each("nobody"):
        expect.status(exchange, 404)
    expect.equal(expect.array(r["after-nobody"]), [], "runs", r["after-nobody"])


@check("RUN-CREATE-07", scenario="missing_threads")
def unknown_thread_is_404(r: Recording) -> None:
    """404 on create, stream and wait."""
    for exchange in r.each("refused"):
        expect.status(exchange, 404)


@check("RUN-CREATE-08", scenario="missing_threads")
def thread_is_created_on_demand(r: Recording) -> None:
    """The thread has the id that was asked for."""
    made = run_of(r["made"])
    expect.equal(made["thread_id"], r.note("wanted"), "thread_id of the run", r["made"])
    found = expect.member(r["made-thread"], "thread_id")
    expect.equal(found, r.note("wanted"), "thread_id of the thread", r["made-thread"])


@check("RUN-CREATE-09", scenario="one_run")
def metadata_comes_back(r: Recording) -> None:
    """In the creation, in get, in the list."""
    sent = r["created"].sent["metadata"]
    for label in ("created", "got", "settled"):
        expect.contains(run_of(r[label])["metadata"], sent, "metadata", r[label])
    for found in runs_of(r["listed"]):
        expect.contains(found.get("metadata"), sent, "metadata", r["listed"])


@check("RUN-CREATE-10", scenario="twins")
def equal_creations_are_two_runs(r: Recording) -> None:
    """Whatever idempotency key came with them."""
    first, second = (run_of(exchange) for exchange in r.each("twin"))
    expect.ensure(first["run_id"] != second["run_id"], "two run ids", first["run_id"], r["twin/1"])


@check("RUN-CREATE-13", scenario="one_run")
def kwargs_show_the_request(r: Recording) -> None:
    """Input, stream mode as a list, tags, recursion limit, configurable."""
    for label in ("created", "got"):
        exchange, kwargs = r[label], run_of(r[label])["kwargs"]
        sent = r["created"].sent
        expect.contains(
            kwargs, {"input": sent["input"], "stream_mode": ["values"]}, "kwargs", exchange
        )
        config = kwargs.get("config")
        wanted = {name: sent["config"][name] for name in ("tags", "recursion_limit")}
        expect.contains(config, wanted, "kwargs.config", exchange)
        expect.contains(
            config.get("configurable"),
            sent["config"]["configurable"],
            "kwargs.config.configurable",
            exchange,
        )


@check("RUN-CREATE-14", scenario="twins")
def ids_are_the_servers(r: Recording) -> None:
    """A client's run_id is not taken over; unknown fields do no harm."""
    for exchange in r.each("twin"):
        found = run_of(exchange)["run_id"]
        expect.ensure(found != r.note("claimed"), "an id of the server's own", found, exchange)


@check("RUN-CREATE-15", scenario="merged_metadata")
def metadata_is_merged(r: Recording) -> None:
    """Assistant, thread, config.metadata, request: the later wins."""
    wanted = {"from": "request", "a": 1, "t": 2, "c": 3, "r": 4}
    wanted |= {"at": "t", "ac": "c", "ar": "r", "tc": "c"}
    expect.contains(run_of(r["created"])["metadata"], wanted, "metadata", r["created"])


@check("RUN-GET-01", scenario="one_run")
def get_answers_the_created_run(r: Recording) -> None:
    """What identifies a run does not change."""
    created = run_of(r["created"])
    for label in ("got", "settled"):
        found = run_of(r[label])
        for key in ("run_id", "thread_id", "assistant_id", "created_at", "multitask_strategy"):
            expect.equal(found[key], created[key], key, r[label])


@check("RUN-GET-02", scenario="one_run")
def unknown_run_is_404(r: Recording) -> None:
    """Unknown, and on another thread than its own."""
    expect.status(r["unknown"], 404)
    expect.status(r["elsewhere"], 404)


@check("RUN-LIFE-04", scenario="one_run")
def plain_run_succeeds(r: Recording) -> None:
    """Nothing went wrong, so it is a success."""
    expect.equal(run_of(r["settled"])["status"], "success", "status", r["settled"])


@check("RUN-LIST-01", scenario="listing")
def list_is_newest_first(r: Recording) -> None:
    """A bare array, every run once, in the reverse order of creation."""
    found = [run.get("run_id") for run in runs_of(r["all"])]
    expect.equal(found, r.note("made")[::-1], "the runs, newest first,", r["all"])


@check("RUN-LIST-01", scenario="one_run")
def list_holds_whole_runs(r: Recording) -> None:
    """Each item is a Run of this thread."""
    listed = r["listed"]
    found = runs_of(listed)
    expect.equal([run.get("run_id") for run in found], [r.note("run")], "runs", listed)
    missing = [key for key in RUN_KEYS if key not in found[0]]
    expect.ensure(not missing, f"a Run with {', '.join(missing)}", sorted(found[0]), listed)


@check("RUN-LIST-02", scenario="listing")
def pages_are_without_gaps(r: Recording) -> None:
    """Three pages together are the list; the default page is ten."""
    whole = [run.get("run_id") for run in runs_of(r["all"])]
    paged = [run.get("run_id") for page in r.each("page") for run in runs_of(page)]
    expect.equal(paged, whole, "the pages together", r["page/0"])
    for page, size in (("page/0", 5), ("page/5", 5), ("page/10", 2)):
        expect.equal(len(runs_of(r[page])), size, "page size", r[page])
    expect.equal(len(runs_of(r["default"])), 10, "default page size", r["default"])


@check("RUN-LIST-03", scenario="listing")
def status_filters(r: Recording) -> None:
    """Each status lists its own runs; together they are all."""
    seen: list[str] = []
    for exchange in r.each("status"):
        wanted = exchange.label.partition("/")[2]
        for run in runs_of(exchange):
            expect.equal(run.get("status"), wanted, "status", exchange)
            seen.append(str(run.get("run_id")))
    expect.equal(
        sorted(seen), sorted(r.note("made")), "runs over all statuses", r["status/success"]
    )


@check("RUN-LIST-04", scenario="listing")
def select_reduces(r: Recording) -> None:
    """Only the keys named."""
    for run in runs_of(r["selected"]):
        expect.equal(sorted(run), ["run_id", "status"], "keys", r["selected"])


@check("RUN-LIST-04", scenario="listing")
def unknown_select_is_422(r: Recording) -> None:
    """A key that no run has."""
    expect.status(r["junk-select"], 422)


@check("RUN-LIST-05", scenario="listing")
def list_of_unknown_thread_is_404(r: Recording) -> None:
    """Not an empty array."""
    expect.status(r["nowhere"], 404)


@check("RUN-LIST-06", scenario="listing")
def unknown_status_filter_is_422(r: Recording) -> None:
    """The document says it is an enum."""
    expect.status(r["junk-status"], 422)


@check("RUN-LIST-07", scenario="listing")
def junk_pages_are_refused(r: Recording) -> None:
    """400 or 422."""
    for exchange in r.each("junk-page"):
        expect.status(exchange, 400, 422)


@check("RUN-DELETE-01", scenario="one_run")
def deleted_run_is_gone(r: Recording) -> None:
    """204 without a body; 404; in no list."""
    expect.status(r["deleted"], 204)
    expect.equal(r["deleted"].body, b"", "body", r["deleted"])
    expect.status(r["got-deleted"], 404)
    expect.equal(expect.array(r["listed-deleted"]), [], "runs", r["listed-deleted"])


@check("RUN-DELETE-02", scenario="one_run")
def deleting_nothing_is_404(r: Recording) -> None:
    """Unknown, elsewhere, and twice."""
    for label in ("deleted-elsewhere", "deleted-again", "deleted-unknown"):
        expect.status(r[label], 404)


@check("RUN-DELETE-03", scenario="deleting_work")
def checkpoints_go_with_the_run(r: Recording) -> None:
    """No checkpoint of the run is left, and the state is the one before it."""
    expect.status(r["deleted"], 204)
    for state in expect.objects(expect.array(r["history"]), "history", r["history"]):
        told = state.get("metadata")
        owner = told.get("run_id") if isinstance(told, dict) else None
        expect.ensure(
            owner != r.note("deleted"), "no checkpoint of the deleted run", owner, r["history"]
        )
    before, after = expect.mapping(r["state-before"]), expect.mapping(r["state-after"])
    expect.equal(after.get("values"), before.get("values"), "state values", r["state-after"])


@check("RUN-DELETE-04", scenario="deleting_work")
def deleting_a_running_run_stops_it(r: Recording) -> None:
    """What it would have written later never comes; the thread is not left busy."""
    expect.status(r["deleted-running"], 204)
    values = expect.values(r["state-running"])
    expect.ensure("note" not in values, "no write after the deletion", values, r["state-running"])
    found = expect.member(r["thread-running"], "status")
    expect.ensure(found != "busy", "a thread that is not busy", found, r["thread-running"])


@check("RUN-DELETE-04", scenario="deleting_work")
def deleting_a_pending_run_frees_the_thread(r: Recording) -> None:
    """The thread is idle again."""
    expect.status(r["deleted-pending"], 204)
    found = expect.member(r["thread-pending"], "status")
    expect.equal(found, "idle", "thread status", r["thread-pending"])
