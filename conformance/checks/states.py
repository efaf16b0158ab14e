"""State, checkpoints, history, updates from outside."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.answers import checkpoint_id, log_of, state_of, states_of
from conformance.errors import Violation
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Recording


@check("STA-GET-01", scenario="states")
def state_after_a_run(r: Recording) -> None:
    """Nothing next, no tasks, the checkpoint of this thread."""
    found = state_of(r["state"])
    expect.equal(found["next"], [], "next", r["state"])
    expect.equal(found["tasks"], [], "tasks", r["state"])
    checkpoint_id(found, r["state"])
    expect.equal(found["checkpoint"].get("thread_id"), r.note("thread"), "thread_id", r["state"])


@check("STA-GET-02", scenario="states")
def state_of_an_empty_thread(r: Recording) -> None:
    """Empty values, nothing next, no checkpoint."""
    found = state_of(r["empty/state"])
    wanted: dict[str, Any] = {"values": {}, "next": [], "tasks": [], "checkpoint": None}
    expect.contains(found, wanted, "state", r["empty/state"])


@check("STA-HIST-03", scenario="states")
def history_of_an_empty_thread(r: Recording) -> None:
    """An empty array."""
    expect.equal(expect.array(r["empty/history"]), [], "history", r["empty/history"])


@check("STA-HIST-01", scenario="states")
def history_is_newest_first(r: Recording) -> None:
    """Steps count down to -1; each state's parent is the next in the list."""
    exchange = r["whole"]
    found = states_of(exchange)
    steps = [(state["metadata"] or {}).get("step") for state in found]
    wanted = list(range(len(found) - 2, -2, -1))
    expect.equal(steps, wanted, "steps", exchange)
    for state, older in itertools.pairwise(found):
        parent = checkpoint_id(state, exchange, "parent_checkpoint")
        expect.equal(parent, checkpoint_id(older, exchange), "parent checkpoint", exchange)
    expect.ensure(found, "a history", "an empty one", exchange)
    newest = checkpoint_id(found[0], exchange)
    expect.equal(checkpoint_id(state_of(r["state"]), r["state"]), newest, "newest", r["state"])


@check("STA-HIST-01", scenario="states")
def history_by_get_is_the_same(r: Recording) -> None:
    """The same checkpoints."""
    wanted = [checkpoint_id(state, r["whole"]) for state in states_of(r["whole"])]
    found = [checkpoint_id(state, r["whole-get"]) for state in states_of(r["whole-get"])]
    expect.equal(found, wanted, "checkpoints", r["whole-get"])


@check("STA-HIST-02", scenario="states")
def history_is_cut(r: Recording) -> None:
    """limit, and before."""
    whole = [checkpoint_id(state, r["whole"]) for state in states_of(r["whole"])]
    two = [checkpoint_id(state, r["two"]) for state in states_of(r["two"])]
    expect.equal(two, whole[:2], "checkpoints", r["two"])
    for label in ("before", "before-post"):
        before = [checkpoint_id(state, r[label]) for state in states_of(r[label])]
        expect.equal(before, whole[r.note("middle") + 1 :], "checkpoints", r[label])


@check("STA-GET-03", scenario="states")
def state_at_a_checkpoint(r: Recording) -> None:
    """By path and by body: the history's entry."""
    whole, middle = states_of(r["whole"]), r.note("middle")
    expect.ensure(len(whole) > middle, "the whole history", len(whole), r["whole"])
    wanted = whole[middle]
    for exchange in r.each("at"):
        found = state_of(exchange)
        for key in ("values", "next", "created_at"):
            expect.equal(found[key], wanted[key], key, exchange)
        expect.equal(
            checkpoint_id(found, exchange), checkpoint_id(wanted, r["whole"]), "id", exchange
        )


@check("STA-GET-04", scenario="endings")
def unfinished_tasks_are_shown(r: Recording) -> None:
    """The node that failed with its error, the node that waits with its interrupts."""
    failed = state_of(r["failed/state"])
    expect.equal(failed["next"], ["check"], "next", r["failed/state"])
    errors = [task.get("error") for task in failed["tasks"] if task.get("name") == "check"]
    told = len(errors) == 1 and "as the script says" in str(errors[0])
    expect.ensure(told, "one task `check` with its error", errors, r["failed/state"])
    expect.equal(log_of(r["failed/state"]), ["work"], "log", r["failed/state"])
    expect.contains(failed["values"], {"note": "kept"}, "values", r["failed/state"])
    asked = state_of(r["asked/state"])
    expect.equal(asked["next"], ["work"], "next", r["asked/state"])
    values = [item.get("value") for task in asked["tasks"] for item in task.get("interrupts") or ()]
    expect.equal(values, [{"question": "may I?"}], "interrupts of the tasks", r["asked/state"])


@check("STA-GET-05", scenario="nested")
def subgraph_states_on_demand(r: Recording) -> None:
    """Without: a checkpoint. With: the inner state, waiting at its node."""
    plain = expect.objects(state_of(r["plain"])["tasks"], "tasks", r["plain"])
    names = [task.get("name") for task in plain]
    expect.equal(names, ["nest"], "tasks", r["plain"])
    expect.equal(plain[0].get("state"), None, "state without subgraphs", r["plain"])
    tasks = expect.objects(state_of(r["deep"])["tasks"], "tasks", r["deep"])
    expect.equal(len(tasks), 1, "number of tasks", r["deep"])
    deep = tasks[0].get("state")
    lawful = isinstance(deep, dict) and deep.get("next") == ["inner"]
    expect.ensure(lawful, "the inner state with next ['inner']", deep, r["deep"])


@check("STA-UPDATE-01", scenario="state_updates")
def update_writes_as_a_node(r: Recording) -> None:
    """The new checkpoint is the state's; what the node wrote is there; nothing follows it."""
    made = expect.member(r["updated"], "checkpoint")
    if not isinstance(made, dict) or not isinstance(made.get("checkpoint_id"), str):
        raise Violation("a checkpoint with checkpoint_id", made, r["updated"])
    found = state_of(r["updated-state"])
    state = checkpoint_id(found, r["updated-state"])
    expect.equal(state, made["checkpoint_id"], "checkpoint", r["updated-state"])
    expect.contains(found["values"], {"note": "told"}, "values", r["updated-state"])
    wanted = ["work", "one", "check", "two", "told"]
    expect.equal(log_of(r["updated-state"]), wanted, "log", r["updated-state"])
    expect.equal(found["next"], [], "next", r["updated-state"])
    values = expect.member(r["updated-thread"], "values")
    expect.contains(values, {"note": "told"}, "values", r["updated-thread"])


@check("STA-UPDATE-02", scenario="state_updates")
def update_during_a_run_is_409(r: Recording) -> None:
    """And writes nothing."""
    expect.status(r["busy"], 409)
    values = state_of(r["busy-state"])["values"]
    expect.contains(values, {"note": "seed"}, "values", r["busy-state"])


@check("STA-UPDATE-03", scenario="state_updates")
def update_in_vain(r: Recording) -> None:
    """Unknown node 400, unknown thread 404."""
    expect.status(r["unknown-node"], 400)
    expect.status(r["unknown-thread"], 404)


@check("STA-UPDATE-05", scenario="state_updates")
def copy_anchors_a_fork(r: Recording) -> None:
    """The values and the next node of the earlier checkpoint, under a new one."""
    expect.status(r["anchored"], 200)
    found = state_of(r["anchored-state"])
    new = checkpoint_id(found, r["anchored-state"])
    expect.ensure(new != r.note("early"), "a new checkpoint", new, r["anchored-state"])
    expect.equal(found["next"], ["check"], "next", r["anchored-state"])
    expect.contains(found["values"], {"note": "one"}, "values", r["anchored-state"])


@check("STA-UPDATE-04", scenario="state_updates")
def update_forks(r: Recording) -> None:
    """The parent is the earlier checkpoint; a run without input goes on from the fork."""
    expect.status(r["forked"], 200)
    found = state_of(r["forked-state"])
    parent = checkpoint_id(found, r["forked-state"], "parent_checkpoint")
    expect.equal(parent, r.note("early"), "parent checkpoint", r["forked-state"])
    expect.contains(found["values"], {"note": "forked"}, "values", r["forked-state"])
    expect.equal(found["next"], ["check"], "next", r["forked-state"])
    expect.contains(expect.mapping(r["forked-run"]), {"note": "two"}, "values", r["forked-run"])
