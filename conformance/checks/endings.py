"""What a run's end looks like: wait, join, and the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.answers import RUN_KEYS, ended, error_of, interrupts_of, run_of, runs_of, values_of
from conformance.registry import check
from spec.lifecycle import lifecycle

if TYPE_CHECKING:
    from conformance.recording import Recording


def only_run(r: Recording, name: str) -> dict[str, Any]:
    """The one run of a thread that had one."""
    found = runs_of(r[f"{name}/runs"])
    expect.equal(len(found), 1, "number of runs", r[f"{name}/runs"])
    return found[0]


@check("RUN-WAIT-01", scenario="waited")
def wait_answers_values(r: Recording) -> None:
    """An object that is no Run."""
    found = values_of(r["plain/wait"])
    run_keys = [key for key in RUN_KEYS if key in found]
    expect.ensure(len(run_keys) < 3, "values, not a Run", sorted(found), r["plain/wait"])


@check("RUN-WAIT-01", scenario="endings")
def wait_answers_what_the_run_wrote(r: Recording) -> None:
    """The final values, all of them, as the state has them."""
    wait = r["ok/wait"]
    found = values_of(wait)
    expect.contains(found, {"note": "done", "data": {"n": 1}}, "values", wait)
    expect.equal(expect.member(r["ok/state"], "values"), found, "state values", r["ok/state"])


@check("RUN-WAIT-02", scenario="endings")
def failed_wait_has_error(r: Recording) -> None:
    """The class and the message of what was raised."""
    wanted = {"error": "ValueError", "message": "as the script says"}
    expect.contains(error_of(r["failed/wait"]), wanted, "`__error__`", r["failed/wait"])


@check("RUN-WAIT-03", scenario="endings")
def asking_wait_has_interrupt(r: Recording) -> None:
    """One interrupt with the value the script asks with."""
    found = [item["value"] for item in interrupts_of(r["asked/wait"])]
    expect.equal(found, [{"question": "may I?"}], "interrupt values", r["asked/wait"])


@check("RUN-WAIT-04", scenario="waited")
def wait_names_its_location(r: Recording) -> None:
    """Content-Location is the run, Location its join."""
    wait, run = r["plain/wait"], only_run(r, "plain")
    where = f"/threads/{r.note('thread')}/runs/{run['run_id']}"
    expect.equal(expect.header(wait, "content-location"), where, "Content-Location", wait)
    expect.equal(expect.header(wait, "location"), f"{where}/join", "Location", wait)


@check("RUN-WAIT-05", scenario="waited")
def run_is_over_when_wait_answers(r: Recording) -> None:
    """The first look after the answer sees a terminal run and a thread that is not busy."""
    run = only_run(r, "plain")
    expect.one_of(run["status"], lifecycle().run_terminal, "status", r["plain/runs"])
    found = expect.member(r["plain/thread"], "status")
    expect.ensure(found != "busy", "a thread that is not busy", found, r["plain/thread"])


@check("RUN-WAIT-06", scenario="long_wait")
def long_wait_is_kept_alive(r: Recording) -> None:
    """White space before the body, within the first six seconds; the body parses."""
    wait = r["wait"]
    values_of(wait)
    expect.ensure(wait.body[:1].isspace(), "white space before the body", wait.body[:40], wait)
    waited = (wait.first_byte or wait.finished) - wait.started
    expect.ensure(waited < 6.0, "a first byte within 6 s", f"{waited:.1f} s", wait)


@check("RUN-WAIT-07", scenario="left_alone")
def leaving_a_wait_does_not_cancel(r: Recording) -> None:
    """Without a wish the run goes on to its end."""
    expect.equal(
        run_of(r["wait-continue/run"])["status"], "success", "status", r["wait-continue/run"]
    )
    values = expect.member(r["wait-continue/state"], "values")
    expect.contains(values, {"note": "survived"}, "state values", r["wait-continue/state"])


@check("RUN-WAIT-07", scenario="left_alone")
def leaving_a_wait_cancels_on_demand(r: Recording) -> None:
    """With on_disconnect cancel the run is interrupted and writes nothing more."""
    expect.equal(
        run_of(r["wait-cancel/run"])["status"], "interrupted", "status", r["wait-cancel/run"]
    )
    values = expect.values(r["wait-cancel/state"])
    expect.ensure("note" not in values, "no write after the cancel", values, r["wait-cancel/state"])


@check("RUN-JOIN-01", scenario="joined")
def every_joiner_gets_the_values(r: Recording) -> None:
    """Three bodies, all with what the run wrote last."""
    for exchange in r.each("joined"):
        expect.contains(values_of(exchange), {"note": "joined"}, "values", exchange)


@check("RUN-JOIN-02", scenario="waited")
def join_of_a_finished_run_answers_values(r: Recording) -> None:
    """What the wait answered."""
    wanted, found = values_of(r["plain/wait"]), values_of(r["plain/join"])
    expect.equal(found, wanted, "values", r["plain/join"])


@check("RUN-JOIN-03", scenario="endings")
def join_of_a_failed_run_has_error(r: Recording) -> None:
    """As the wait has it."""
    wanted = {"error": "ValueError", "message": "as the script says"}
    expect.contains(error_of(r["failed/join"]), wanted, "`__error__`", r["failed/join"])


@check("RUN-JOIN-05", scenario="left_alone")
def leaving_a_join_does_not_cancel(r: Recording) -> None:
    """Without a wish the run goes on to its end."""
    expect.equal(
        run_of(r["join-continue/run"])["status"], "success", "status", r["join-continue/run"]
    )


@check("RUN-JOIN-05", scenario="joined")
def leaving_one_join_does_not_disturb_the_others(r: Recording) -> None:
    """The run is a success."""
    ended(r["after"], "success")


@check("RUN-JOIN-05", scenario="left_alone")
def leaving_a_join_cancels_on_demand(r: Recording) -> None:
    """With cancel_on_disconnect the run is interrupted."""
    expect.equal(
        run_of(r["join-cancel/run"])["status"], "interrupted", "status", r["join-cancel/run"]
    )


@check("RUN-JOIN-06", scenario="endings")
def join_of_an_asking_run_has_interrupt(r: Recording) -> None:
    """The same interrupt as the wait's."""
    wanted = [item["id"] for item in interrupts_of(r["asked/wait"])]
    found = [item["id"] for item in interrupts_of(r["asked/join"])]
    expect.equal(found, wanted, "interrupt ids", r["asked/join"])


@check("RUN-LIFE-04", scenario="endings")
def finished_run_is_success(r: Recording) -> None:
    """The script ended."""
    expect.equal(only_run(r, "ok")["status"], "success", "status", r["ok/runs"])


@check("RUN-LIFE-05", scenario="endings")
def failed_run_is_error(r: Recording) -> None:
    """The script raised."""
    expect.equal(only_run(r, "failed")["status"], "error", "status", r["failed/runs"])


@check("RUN-LIFE-06", scenario="endings")
def asking_run_is_success(r: Recording) -> None:
    """The graph stopped, the run is over."""
    expect.equal(only_run(r, "asked")["status"], "success", "status", r["asked/runs"])


@check("RUN-LIFE-07", scenario="endings")
def too_deep_a_run_is_error(r: Recording) -> None:
    """Six supersteps where three are allowed."""
    expect.equal(only_run(r, "deep")["status"], "error", "status", r["deep/runs"])
    error_of(r["deep/wait"])
