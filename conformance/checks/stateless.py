"""Runs without a thread of the client's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance import expect
from conformance.answers import ended, error_of, run_of, runs_of, stream_of, values_of
from conformance.registry import check
from conformance.streams import grammar

if TYPE_CHECKING:
    from conformance.recording import Recording

_LOCATION = re.compile(r"^(/threads/[0-9a-f-]{36})?/runs/[0-9a-f-]{36}$")


@check("RUN-LESS-01", scenario="stateless")
def stateless_creation_answers_the_run(r: Recording) -> None:
    """Pending, with a thread id."""
    found = run_of(r["removed/created"])
    expect.equal(found["status"], "pending", "status", r["removed/created"])
    expect.ensure(found["thread_id"], "a thread id", found["thread_id"], r["removed/created"])


@check("RUN-LESS-02", scenario="stateless")
def stateless_wait_answers_values(r: Recording) -> None:
    """An object without `__error__`."""
    values_of(r["waited/waited"])


@check("RUN-LESS-02", scenario="stateless_under_way")
def failed_stateless_wait_has_error(r: Recording) -> None:
    """The class and the message of what was raised."""
    wanted = {"error": "ValueError", "message": "as the script says"}
    expect.contains(error_of(r["failed"]), wanted, "`__error__`", r["failed"])


@check("RUN-LESS-03", scenario="stateless")
def stateless_stream_is_a_stream(r: Recording) -> None:
    """metadata first, values then, and the close."""
    exchange = r["streamed"]
    stream = stream_of(exchange)
    faults = [*grammar.frame_faults(stream), *grammar.metadata_faults(stream)]
    expect.ensure(not faults, "a stream by the grammar", faults, exchange)
    expect.ensure(stream.datas("values"), "values events", "none", exchange)


@check("RUN-LESS-04", scenario="stateless")
def stateless_run_is_removed(r: Recording) -> None:
    """Run and thread are 404, after create and after wait."""
    expect.status(r["removed/run"], 404)
    expect.status(r["removed/thread"], 404)
    expect.status(r["waited/thread"], 404)


@check("RUN-LESS-04", scenario="stateless")
def stateless_run_is_kept_on_demand(r: Recording) -> None:
    """With on_completion keep."""
    ended(r["kept/run"], "success")
    expect.status(r["kept/thread"], 200)
    expect.status(r["waited-kept/thread"], 200)


@check("RUN-LESS-05", scenario="stateless")
def stateless_answers_name_their_location(r: Recording) -> None:
    """With the run's id, with or without its thread."""
    for label in ("removed/created", "waited/waited", "streamed"):
        found = expect.header(r[label], "content-location")
        expect.ensure(_LOCATION.match(found), "/runs/ID or /threads/ID/runs/ID", found, r[label])
    run_id = run_of(r["removed/created"])["run_id"]
    found = r["removed/created"].headers["content-location"]
    expect.ensure(found.endswith(str(run_id)), f"…{run_id}", found, r["removed/created"])


@check("RUN-LESS-06", scenario="stateless_refused")
def stateless_resume_is_400(r: Recording) -> None:
    """On create, stream and wait."""
    for exchange in r.each("resume"):
        expect.status(exchange, 400)


@check("RUN-LESS-07", scenario="stateless_refused")
def stateless_runs_never_collide(r: Recording) -> None:
    """Two with reject."""
    for exchange in r.each("strategy"):
        run_of(exchange)


@check("RUN-LESS-08", scenario="stateless_refused")
def ill_typed_stateless_bodies_are_422(r: Recording) -> None:
    """On create, stream and wait; an unknown assistant is 404."""
    for exchange in r.each("ill"):
        expect.status(exchange, 422)
    for exchange in r.each("nobody"):
        expect.status(exchange, 404)


@check("RUN-LESS-09", scenario="stateless_under_way")
def stateless_run_can_be_joined(r: Recording) -> None:
    """Its values, then it is gone."""
    expect.contains(values_of(r["joined"]), {"note": "done"}, "values", r["joined"])
    expect.status(r["joined-run"], 404)


@check("RUN-LESS-09", scenario="stateless_under_way")
def stateless_run_can_be_cancelled(r: Recording) -> None:
    """202, then it is gone."""
    expect.status(r["cancel"], 202)
    expect.status(r["cancelled-run"], 404)


@check("RUN-LESS-10", scenario="stateless_under_way")
def leaving_a_stateless_wait(r: Recording) -> None:
    """It goes on, or is cancelled on demand; gone in the end."""
    ended(r["continue/run"], "running")
    expect.status(r["cancelling/run"], 404)
    for name in ("continue", "cancelling"):
        expect.status(r[f"{name}/gone"], 404)


@check("RUN-BATCH-01", scenario="batch")
def batch_answers_its_runs_in_order(r: Recording) -> None:
    """Each with its own metadata, each on a thread of its own, each a success."""
    found = runs_of(r["made"])
    numbers = [(run.get("metadata") or {}).get("n") for run in found]
    expect.equal(numbers, [0, 1, 2], "the items' order", r["made"])
    threads = {run.get("thread_id") for run in found}
    expect.equal(len(threads), 3, "number of threads", r["made"])
    for exchange in r.each("settled"):
        ended(exchange, "success")


@check("RUN-BATCH-02", scenario="batch")
def junk_batch_is_422(r: Recording) -> None:
    """Empty, an object, items that are no bodies."""
    for exchange in r.each("junk"):
        expect.status(exchange, 422)
