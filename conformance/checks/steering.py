"""Runs that are steered: paused, resumed, commanded, sent back to a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.answers import ended, interrupts_of, log_of, newest_of, stream_of, values_of
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Recording

WHOLE = ["work", "one", "check", "two"]


@check("RUN-PAUSE-01", scenario="paused")
def run_pauses_before_or_after_nodes(r: Recording) -> None:
    """What is done, what is next, and the thread's status."""
    for name, log, following in (
        ("before", ["work", "one"], ["check"]),
        ("after", ["work", "one"], ["check"]),
        ("every", [], ["work"]),
    ):
        found = values_of(r[f"{name}/first"])
        expect.ensure("__interrupt__" not in found, "no `__interrupt__`", found, r[f"{name}/first"])
        expect.equal(log_of(r[f"{name}/state"]), log, "log", r[f"{name}/state"])
        expect.equal(
            expect.member(r[f"{name}/state"], "next"), following, "next", r[f"{name}/state"]
        )
        status = expect.member(r[f"{name}/thread"], "status")
        expect.equal(status, "interrupted", "thread status", r[f"{name}/thread"])


@check("RUN-PAUSE-01", scenario="paused")
def paused_run_goes_on_without_input(r: Recording) -> None:
    """To the end, each node once."""
    for name in ("before", "after", "every"):
        expect.equal(log_of(r[f"{name}/second"]), WHOLE, "log", r[f"{name}/second"])
        status = expect.member(r[f"{name}/thread-after"], "status")
        expect.equal(status, "idle", "thread status", r[f"{name}/thread-after"])


@check("RUN-COMMAND-01", scenario="resumed")
def resume_answers_the_question(r: Recording) -> None:
    """With any JSON value; the node runs again from its start; the thread is idle."""
    answers: dict[str, Any] = {"yes": {"yes": [1]}, "no": False}
    for name, answer in answers.items():
        interrupts_of(r[f"{name}/asked"])
        answered = r[f"{name}/answered"]
        found = values_of(answered)
        expect.equal(found.get("data"), {"answer": answer}, "data", answered)
        expect.equal(log_of(answered), ["work", "asked"], "log", answered)
        status = expect.member(r[f"{name}/after"], "status")
        expect.equal(status, "idle", "thread status", r[f"{name}/after"])


@check("RUN-COMMAND-02", scenario="resumed")
def two_questions_by_their_ids(r: Recording) -> None:
    """Each side gets its own answer."""
    found = interrupts_of(r["two/asked"])
    sides = sorted(item["value"].get("side") for item in found)
    expect.equal(sides, ["left", "right"], "interrupts", r["two/asked"])
    wanted = {side: f"answer to {side}" for side in sides}
    data = values_of(r["two/answered"]).get("data")
    expect.contains(data, wanted, "data", r["two/answered"])
    status = expect.member(r["two/after"], "status")
    expect.equal(status, "idle", "thread status", r["two/after"])


@check("RUN-COMMAND-03", scenario="commanded")
def commands_go_and_update(r: Recording) -> None:
    """The node runs; the value is written."""
    expect.equal(log_of(r["goto"]), ["work", "seed", "check"], "log", r["goto"])
    expect.contains(values_of(r["update"]), {"note": "told"}, "values", r["update"])
    expect.contains(values_of(r["both"]), {"note": "told"}, "values", r["both"])
    expect.equal(log_of(r["both"]), ["work", "seed", "check"], "log", r["both"])


@check("RUN-COMMAND-03", scenario="commanded")
def command_wins_over_input(r: Recording) -> None:
    """The input's script is not played."""
    expect.equal(log_of(r["input"]), ["work", "seed", "check"], "log", r["input"])


@check("RUN-CHECKPOINT-01", scenario="sent_back")
def run_continues_from_a_checkpoint(r: Recording) -> None:
    """The first superstep is not done again, the second is."""
    expect.equal(log_of(r["whole"]), WHOLE, "log", r["whole"])
    expect.equal(log_of(r["replayed"]), WHOLE, "log", r["replayed"])
    exchange = r["replayed-history"]
    history = expect.objects(expect.array(exchange), "history", exchange)
    found = [state for state in history if state.get("next") == []]
    expect.equal(len(found), 2, "checkpoints with nothing next", r["replayed-history"])


@check("RUN-CHECKPOINT-01", scenario="sent_back")
def run_from_a_checkpoint_keeps_its_null_input(r: Recording) -> None:
    """kwargs.input is null."""
    newest = newest_of(r["replayed-runs"])
    expect.contains(newest.get("kwargs"), {"input": None}, "kwargs", r["replayed-runs"])


@check("RUN-CHECKPOINT-01", scenario="sent_back")
def input_branches_from_a_checkpoint(r: Recording) -> None:
    """The state there, then the new script."""
    wanted = ["work", "one", "work", "other"]
    expect.equal(log_of(r["branched"]), wanted, "log", r["branched"])


@check("RUN-CHECKPOINT-02", scenario="sent_back")
def failed_node_runs_again(r: Recording) -> None:
    """Only the node that failed; it fails again."""
    exchange = r["retried"]
    told = expect.objects(stream_of(exchange).datas("tasks"), "tasks events", exchange)
    names = sorted({str(task.get("name")) for task in told})
    expect.equal(names, ["check"], "nodes that ran", exchange)
    expect.equal(log_of(r["retried-state"]), ["work", "one"], "log", r["retried-state"])


@check("RUN-DURABLE-01", scenario="durable")
def durability_decides_what_is_kept(r: Recording) -> None:
    """Four checkpoints and more, or one; the same values in the end."""
    counts = {name: len(expect.array(r[f"{name}/history"])) for name in ("sync", "async", "exit")}
    for name in ("sync", "async"):
        many = counts[name] >= 4
        expect.ensure(many, "a checkpoint a superstep", counts, r[f"{name}/history"])
    expect.equal(counts["exit"], 1, "number of checkpoints", r["exit/history"])
    for name in counts:
        expect.equal(log_of(r[f"{name}/wait"]), WHOLE, "log", r[f"{name}/wait"])


@check("RUN-CREATE-12", scenario="delayed")
def delayed_run_waits(r: Recording) -> None:
    """Pending before its time, finished after it, never before."""
    ended(r["created"], "pending")
    ended(r["early"], "pending")
    ended(r["settled"], "success")
    waited = r["settled"].finished - r["created"].started
    least = r.note("delay") * 0.9
    expect.ensure(waited >= least, f"at least {least:.1f} s", f"{waited:.1f} s", r["settled"])
    values = expect.member(r["state"], "values")
    expect.contains(values, {"note": "ran"}, "state values", r["state"])
