"""A second run on a busy thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance import expect
from conformance.answers import ended, log_of, run_of, runs_of
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Recording


@check("RUN-MULTI-01", scenario="strategies_shown")
def strategy_is_shown(r: Recording) -> None:
    """The default is enqueue."""
    for exchange in r.each("shown"):
        name = exchange.label.partition("/")[2]
        wanted = "enqueue" if name == "default" else name
        expect.equal(run_of(exchange)["multitask_strategy"], wanted, "strategy", exchange)


@check("RUN-MULTI-02", scenario="rejected")
def reject_is_409(r: Recording) -> None:
    """On create, stream and wait."""
    for exchange in r.each("refused"):
        expect.status(exchange, 409)


@check("RUN-MULTI-02", scenario="rejected")
def reject_changes_nothing(r: Recording) -> None:
    """One run on the thread; it goes on to its end."""
    expect.equal(len(runs_of(r["runs"])), 1, "number of runs", r["runs"])
    ended(r["first"], "success")
    values = expect.member(r["state"], "values")
    expect.contains(values, {"note": "first"}, "state values", r["state"])


@check("RUN-MULTI-03", scenario="beside_pending")
def reject_beside_pending_is_409(r: Recording) -> None:
    """The pending run stays."""
    expect.status(r["reject/second"], 409)
    ended(r["reject/first"], "pending")


@check("RUN-MULTI-04", scenario="enqueued")
def queue_runs_in_order(r: Recording) -> None:
    """The log has them in the order of creation, each once, on top of the one before."""
    wanted = [part for name in r.note("names") for part in ("work", name)]
    expect.equal(log_of(r["state"]), wanted, "log", r["state"])


@check("RUN-LIFE-08", scenario="enqueued")
def one_running_run_a_thread(r: Recording) -> None:
    """In every list that was seen."""
    for exchange in r.each("seen"):
        running = [run["run_id"] for run in runs_of(exchange) if run.get("status") == "running"]
        expect.ensure(len(running) <= 1, "at most one running run", running, exchange)


@check("RUN-LIFE-09", scenario="enqueued")
def threads_run_side_by_side(r: Recording) -> None:
    """The other thread's run is not held up by this thread's queue."""
    for exchange in r.each("beside"):
        if run_of(exchange)["status"] in ("running", "success"):
            return
    expect.ensure(False, "the other thread's run to run meanwhile", "it stayed pending", exchange)


@check("RUN-MULTI-05", scenario="superseded")
def interrupt_supersedes(r: Recording) -> None:
    """The first is interrupted at once; its first superstep stays."""
    ended(r["interrupt/first"], "interrupted")
    ended(r["interrupt/settled"], "success")
    wanted = ["work", "seed", "work", "first", "work", "second"]
    expect.equal(log_of(r["interrupt/state"]), wanted, "log", r["interrupt/state"])


@check("RUN-MULTI-06", scenario="superseded")
def rollback_supersedes(r: Recording) -> None:
    """The first is gone; the second starts from the seed."""
    expect.status(r["rollback/first"], 404)
    ended(r["rollback/settled"], "success")
    wanted = ["work", "seed", "work", "second"]
    expect.equal(log_of(r["rollback/state"]), wanted, "log", r["rollback/state"])
    expect.equal(len(runs_of(r["rollback/runs"])), 2, "number of runs", r["rollback/runs"])


@check("RUN-MULTI-07", scenario="beside_pending")
def pending_runs_are_superseded(r: Recording) -> None:
    """Interrupted, or gone; the second run succeeds."""
    ended(r["interrupt/first"], "interrupted")
    expect.status(r["rollback/first"], 404)
    for strategy in ("interrupt", "rollback"):
        ended(r[f"{strategy}/settled"], "success")


@check("RUN-MULTI-08", scenario="superseded_watched")
def strategies_hold_for_stream_and_wait(r: Recording) -> None:
    """The first is interrupted or gone."""
    for operation in ("stream_run", "wait_run"):
        ended(r[f"{operation}-interrupt/run"], "interrupted")
        expect.status(r[f"{operation}-rollback/run"], 404)
        for strategy in ("interrupt", "rollback"):
            expect.status(r[f"{operation}-{strategy}/second"], 200)


@check("RUN-MULTI-09", scenario="superseded_watched")
def watchers_of_a_superseded_run_see_an_end(r: Recording) -> None:
    """The stream closes without an error, the wait answers JSON without one."""
    for strategy in ("interrupt", "rollback"):
        stream = r[f"stream_run-{strategy}/first"]
        expect.closed(stream)
        expect.equal(expect.stream(stream).datas("error"), [], "error events", stream)
        wait = r[f"wait_run-{strategy}/first"]
        found = expect.mapping(wait)
        expect.ensure("__error__" not in found, "values without `__error__`", found, wait)
