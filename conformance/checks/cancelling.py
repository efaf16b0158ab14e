"""Cancelling, one by one and in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance import expect
from conformance.answers import ended, log_of, runs_of
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Recording


@check("RUN-CANCEL-01", scenario="cancelled")
def cancel_is_202_without_a_body(r: Recording) -> None:
    """And the run becomes interrupted."""
    expect.status(r["cancel"], 202)
    expect.equal(r["cancel"].body, b"", "body", r["cancel"])
    ended(r["settled"], "interrupted")


@check("RUN-CANCEL-02", scenario="cancelled_and_waited")
def waiting_cancel_is_200(r: Recording) -> None:
    """JSON; the run is interrupted when the answer comes."""
    expect.body(r["cancel"])
    ended(r["run"], "interrupted")


@check("RUN-CANCEL-03", scenario="cancelled_in_vain")
def finished_run_is_404(r: Recording) -> None:
    """Whether the client waits, whatever the action; and the run stays as it was."""
    for exchange in r.each("finished"):
        expect.status(exchange, 404)
    ended(r["run"], "success")


@check("RUN-CANCEL-03", scenario="cancelled")
def cancelled_run_is_404(r: Recording) -> None:
    """Twice is once too often."""
    expect.status(r["again"], 404)


@check("RUN-CANCEL-04", scenario="cancelled_in_vain")
def nothing_to_cancel_is_404(r: Recording) -> None:
    """Unknown, or of another thread; that one is untouched."""
    for exchange in r.each("nothing"):
        expect.status(exchange, 404)
    ended(r["untouched"], "pending")


@check("RUN-CANCEL-05", scenario="cancelled")
def cancel_is_final(r: Recording) -> None:
    """Long after the work would have been done the run is interrupted and nothing was written."""
    ended(r["later"], "interrupted")
    expect.ensure("late" not in log_of(r["later-state"]), "no late write", "one", r["later-state"])


@check("RUN-CANCEL-06", scenario="cancelled_pending")
def pending_run_never_runs(r: Recording) -> None:
    """202, or 200 for a client that waits; interrupted; no checkpoint."""
    expect.status(r["interrupt/cancel"], 202)
    expect.status(r["interrupt-wait/cancel"], 200)
    for name in ("interrupt", "interrupt-wait"):
        ended(r[f"{name}/run"], "interrupted")
        found = expect.member(r[f"{name}/state"], "checkpoint")
        expect.equal(found, None, "checkpoint", r[f"{name}/state"])


@check("RUN-CANCEL-07", scenario="cancelled")
def finished_supersteps_stay(r: Recording) -> None:
    """The first superstep's write, the node that is next, the thread's status."""
    expect.equal(log_of(r["state"]), ["work", "first"], "log", r["state"])
    expect.equal(expect.member(r["state"], "next"), ["check"], "next", r["state"])
    expect.equal(expect.member(r["thread"], "status"), "interrupted", "thread", r["thread"])


@check("RUN-CANCEL-08", scenario="rolled_back")
def rollback_deletes_the_run(r: Recording) -> None:
    """404, and the state from before."""
    for name, code in (("leave", 202), ("wait", 200)):
        expect.status(r[f"{name}/cancel"], code)
        expect.status(r[f"{name}/run"], 404)
        wanted = expect.member(r[f"{name}/before"], "values")
        found = expect.member(r[f"{name}/after"], "values")
        expect.equal(found, wanted, "state values", r[f"{name}/after"])


@check("RUN-CANCEL-09", scenario="cancelled_pending")
def rollback_deletes_a_pending_run(r: Recording) -> None:
    """Nobody waits."""
    expect.status(r["rollback/cancel"], 202)
    expect.status(r["rollback/run"], 404)


@check("RUN-CANCEL-09", scenario="cancelled_pending")
def waiting_rollback_deletes_a_pending_run(r: Recording) -> None:
    """The client waits."""
    expect.status(r["rollback-wait/cancel"], 200)
    expect.status(r["rollback-wait/run"], 404)


@check("RUN-CANCEL-10", scenario="rolled_back")
def waiting_rollback_frees_the_thread(r: Recording) -> None:
    """The client waits."""
    expect.equal(expect.member(r["wait/thread"], "status"), "idle", "thread", r["wait/thread"])


@check("RUN-CANCEL-10", scenario="rolled_back")
def rollback_frees_the_thread(r: Recording) -> None:
    """Nobody waits."""
    expect.equal(expect.member(r["leave/thread"], "status"), "idle", "thread", r["leave/thread"])


@check("RUN-CANCEL-11", scenario="cancelled")
def input_after_a_cancel_is_fresh(r: Recording) -> None:
    """The new script runs; the cancelled node does not."""
    expect.equal(log_of(r["fresh"]), ["work", "first", "work", "fresh"], "log", r["fresh"])


@check("RUN-CANCEL-12", scenario="cancelled_beside")
def cancelling_a_pending_run_leaves_the_running_one(r: Recording) -> None:
    """It goes on to its end, and the pending one never runs."""
    ended(r["pending"], "interrupted")
    ended(r["running"], "running")
    ended(r["settled"], "success")
    values = expect.member(r["state"], "values")
    expect.contains(values, {"note": "kept"}, "state values", r["state"])


@check("RUN-CANCEL-12", scenario="cancelled_beside")
def thread_stays_busy_beside_a_cancel(r: Recording) -> None:
    """One of its runs is running."""
    expect.equal(expect.member(r["thread"], "status"), "busy", "thread", r["thread"])


@check("RUN-CANCEL-13", scenario="cancelled_in_vain")
def junk_action_is_422(r: Recording) -> None:
    """It is an enum."""
    expect.status(r["junk"], 422)


@check("RUN-BULK-01", scenario="bulk_by_ids")
def bulk_cancels_whom_it_names(r: Recording) -> None:
    """204 without a body; running and pending interrupted; finished and bystander as they were."""
    expect.status(r["cancel"], 204)
    expect.equal(r["cancel"].body, b"", "body", r["cancel"])
    for name in ("running", "pending"):
        ended(r[name], "interrupted")
    for name in ("finished", "bystander"):
        ended(r[name], "success")


@check("RUN-BULK-02", scenario="bulk_in_vain")
def bulk_of_nothing_is_404(r: Recording) -> None:
    """Finished, unknown, none, elsewhere."""
    for exchange in r.each("nothing"):
        expect.status(exchange, 404)


@check("RUN-BULK-03", scenario="bulk_in_vain")
def junk_bulk_is_422(r: Recording) -> None:
    """And nothing is cancelled."""
    for exchange in r.each("junk"):
        expect.status(exchange, 422)
    ended(r["untouched"], "pending")


@check("RUN-BULK-04", scenario="bulk_by_status")
def bulk_by_pending(r: Recording) -> None:
    """Pending runs of both threads; running ones go on."""
    expect.status(r["pending/cancel"], 204)
    for n in range(2):
        ended(r[f"pending/pending-{n}"], "interrupted")
        ended(r[f"pending/running-{n}"], "running")


@check("RUN-BULK-05", scenario="bulk_by_status")
def bulk_by_all_stops_the_work(r: Recording) -> None:
    """Long after the work would have been done the runs are interrupted, nothing was written."""
    expect.status(r["all/cancel"], 204)
    for n in range(2):
        ended(r[f"all/run-{n}"], "interrupted")
        values = expect.values(r[f"all/state-{n}"])
        expect.ensure("note" not in values, "no late write", values, r[f"all/state-{n}"])


@check("RUN-BULK-02", scenario="bulk_by_status")
def bulk_by_status_of_nothing_is_404(r: Recording) -> None:
    """Nothing is running any more."""
    expect.status(r["nothing/status"], 404)


@check("RUN-BULK-06", scenario="bulk_rollback")
def bulk_rollback_deletes(r: Recording) -> None:
    """No run is left."""
    expect.status(r["cancel"], 204)
    expect.equal(runs_of(r["runs"]), [], "runs", r["runs"])
