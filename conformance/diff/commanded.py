"""Conversations by protocol v2, made by chance: runs by command, answers, subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.diff.byhand.protocol import (
    CHANNELS,
    command,
    looks,
    on,
    over,
    start,
)
from conformance.diff.scripts import script
from conformance.diff.steps import TERMINAL

if TYPE_CHECKING:
    import random

    from conformance.diff.sequence import Json, Step

# a replay comes at once; so long after its last event nothing more does
_QUIET = 2.0


def commanded(rng: random.Random) -> tuple[Step, ...]:
    """One to three runs, each waited for, what they show, what they left."""
    steps: list[Step] = []
    for number in range(rng.randint(1, 3)):
        label = f"c{number}"
        if number and rng.random() < 0.4:
            steps += _answer(rng)
            continue
        steps += (start(_script(rng), label, **_options(rng)), over(label))
        if rng.random() < 0.3:
            steps.append(on("get_thread_state"))
    steps += (_subscription(rng) for _ in range(rng.randint(1, 2)))
    # not the thread: a run that failed leaves its row behind in the reference
    return (*steps, *rng.sample(looks()[1:], k=2))


def _script(rng: random.Random) -> list[Json]:
    """Without tasks side by side, whose events come in any order."""
    found = [step for step in script(rng) if "parallel" not in step]
    return found or [{"say": "nothing else"}]


def _options(rng: random.Random) -> dict[str, Json]:
    choices: tuple[dict[str, Json], ...] = (
        {"metadata": {"n": rng.randint(0, 9)}},
        {"config": {"tags": ["t"], "configurable": {"k": 1}}},
        {"multitaskStrategy": rng.choice(("interrupt", "rollback", "enqueue"))},
        {"config": {"recursion_limit": rng.randint(2, 9)}},
    )
    return dict(rng.choice(choices)) if rng.random() < 0.3 else {}


def _answer(rng: random.Random) -> list[Step]:
    """An answer to the first question, where there is one, and the end of the run it starts."""
    response: Any = rng.choice(("yes", False, {"a": 1}, [1, 2]))
    params: dict[str, Json] = {
        "namespace": [],
        "interrupt_id": "<<waiting.tasks.0.interrupts.0.id>>",
        "response": response,
    }
    if rng.random() < 0.2:
        params["update"] = {"data": {"told": 1}}
    return [
        on("get_thread_state", label="waiting"),
        command("input.respond", params),
        on("list_runs", until=("0.status", TERMINAL)),
    ]


def _subscription(rng: random.Random) -> Step:
    asked: dict[str, Json] = {"channels": list(CHANNELS)}
    if rng.random() < 0.3:
        asked["channels"] = rng.sample(CHANNELS, k=rng.randint(1, 4))
    if rng.random() < 0.3:
        asked["namespaces"] = rng.choice(([[]], [["nest"]], [["other"], []]))
    if rng.random() < 0.3:
        asked["depth"] = rng.randint(0, 2)
    if rng.random() < 0.3:
        asked["since"] = rng.randint(0, 12)
    return on("stream_thread_events", asked, quiet=_QUIET)
