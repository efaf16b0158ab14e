"""Sequences made by chance: the same seed gives the same ones.

Random scripts with random options, by runs and by protocol v2; walks along the document's links;
the document's example bodies with one field changed to what it may not, or may just, be; threads
watched while runs go on.
"""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING, Any

from conformance.diff.commanded import commanded
from conformance.diff.scripts import script, unnamed
from conformance.diff.sequence import Sequence, Step, step
from conformance.diff.steps import (
    T,
    body,
    on_run,
    on_thread,
    settled,
    thread,
)
from conformance.diff.walks import Walker
from conformance.streams.grammar import MODES
from spec.document import operations

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any
_JUNK: tuple[Json, ...] = (None, 5, -1, 2.5, "junk", "", [], {}, True, ["junk"], {"junk": 1})
_MUTABLE = (
    "create_assistant",
    "search_assistants",
    "count_assistants",
    "create_thread",
    "search_threads",
    "count_threads",
    "create_run",
    "wait_run",
    "create_stateless_run",
    "search_thread_history",
    "get_thread_state_checkpoint",
    "update_thread_state",
    "patch_thread",
)


def generated(seed: int, count: int) -> Iterator[Sequence]:
    """So many sequences."""
    walker = Walker()
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        made = rng.choices(
            (_conversation, _streamed, walker.walk, _mutated, commanded, _watched),
            weights=(8, 6, 4, 4, 4, 1),
            k=1,
        )[0](rng)
        yield Sequence(f"generated/{seed}-{number}", made, by_chance=True)


def _conversation(rng: random.Random) -> tuple[Step, ...]:
    """Runs on one thread, one after another, and looks at what they left."""
    steps: list[Step] = [thread()]
    for number in range(rng.randint(1, 3)):
        steps.append(_run(rng, number))
        steps += rng.sample(_looks(), k=rng.randint(0, 2))
    return (*steps, on_thread("get_thread"), on_thread("search_thread_history", {"limit": 50}))


def _run(rng: random.Random, number: int) -> Step:
    roll = rng.random()
    fields: dict[str, Json] = _options(rng)
    if number and roll < 0.25:
        fields["command"] = {"resume": rng.choice(("yes", False, {"a": 1}, [1, 2]))}
    elif number and roll < 0.35:
        fields["command"] = rng.choice(
            (
                {"goto": rng.choice(("work", "check", "left"))},
                {"goto": [rng.choice(("work", "nest")), rng.choice(("check", "right"))]},
                {"update": {"note": rng.randint(0, 9)}},
                {"update": {"log": ["told"]}, "goto": "check"},
            )
        )
    elif number and roll < 0.5:
        fields["input"] = None
    else:
        fields["input"] = {"script": script(rng), **_beside(rng)}
    return step("wait_run", body(**fields), thread_id=T)


def _beside(rng: random.Random) -> dict[str, Json]:
    if rng.random() < 0.6:
        return {}
    messages = [{"type": "human", "content": "Hello", "id": f"h{rng.randint(1, 3)}"}]
    return rng.choice(
        ({"messages": messages}, {"input": {"name": "Ann"}}, {"data": {"given": [1]}})
    )


def _options(rng: random.Random) -> dict[str, Json]:
    options: dict[str, Json] = {}
    if rng.random() < 0.3:
        options["durability"] = rng.choice(("sync", "async", "exit"))
    if rng.random() < 0.2:
        options[rng.choice(("interrupt_before", "interrupt_after"))] = rng.choice(
            ("*", ["check"], ["work"], ["left", "nest"])
        )
    if rng.random() < 0.2:
        options["metadata"] = {"sequence": "<<tag>>", "n": rng.randint(0, 9)}
    if rng.random() < 0.15:
        options["config"] = rng.choice(
            ({"tags": ["t"]}, {"configurable": {"k": 1}}, {"recursion_limit": rng.randint(1, 8)})
        )
    return options


def _looks() -> list[Step]:
    return [
        on_thread("get_thread"),
        on_thread("get_thread_state"),
        on_thread("get_thread_state", query={"subgraphs": "true"}),
        on_thread("get_thread_history", query={"limit": 5}),
        on_thread("list_runs"),
        on_thread("list_runs", query={"status": "success"}),
        on_thread("update_thread_state", {"values": {"note": "by hand"}}),
    ]


def _streamed(rng: random.Random) -> tuple[Step, ...]:
    """One streamed run, on a thread or without, joined again where it can be."""
    fields: dict[str, Json] = {
        "stream_mode": rng.sample(MODES, k=rng.choice((1, 1, 2, 3))),
        **_options(rng),
    }
    if rng.random() < 0.4:
        fields["stream_subgraphs"] = True
    # what says one id twice, the reference strings together in messages/*: streams/messages-twice
    run = body(unnamed(script(rng)), **fields)
    if rng.random() < 0.25:
        run.pop("durability", None)  # the reference trips over it: stateless/durability
        return (step("stream_stateless_run", run),)
    if rng.random() < 0.3:
        # the reference stores no messages/*: streams/resumable-messages
        run["stream_mode"] = [mode for mode in run["stream_mode"] if mode != "messages"]
        created = step("create_run", {**run, "stream_resumable": True}, thread_id=T, label="r")
        again = on_run("join_run_stream", headers={"last-event-id": "-1"})
        return (thread(), created, settled(), again, on_run("join_run"))
    more = step("stream_run", body(command={"resume": "on"}, **fields), thread_id=T)
    return (
        thread(),
        step("stream_run", run, thread_id=T),
        *((more,) if rng.random() < 0.4 else ()),
    )


def _watched(rng: random.Random) -> tuple[Step, ...]:
    """The stream of a thread while a run plays on it, perhaps on a copy of the thread."""
    modes = rng.choice(("run_modes", "lifecycle", "run_modes,lifecycle"))
    watch = on_thread(
        "stream_thread", query={"stream_modes": modes}, background=True, leave=rng.choice((1, 2))
    )
    if rng.random() < 0.5:
        run = step("wait_run", body(script(rng)), thread_id=T, pause=0.5)
        return (thread(), watch, run, on_thread("get_thread"))
    copied = on_thread("copy_thread", label="t")
    # the reference trips over a subgraph on a copy: threads/copy-then-subgraph
    plain, more = ([found for found in script(rng) if "subgraph" not in found] for _ in range(2))
    before = step("wait_run", body(plain), thread_id=T)
    run = step("wait_run", body(more), thread_id=T, pause=0.5)
    return (thread(), before, copied, watch, run, on_thread("search_thread_history", {"limit": 50}))


def _mutated(rng: random.Random) -> tuple[Step, ...]:
    """Example bodies of one operation, each with one field changed."""
    name = rng.choice(_MUTABLE)
    operation = operations()[name]
    examples = Walker.bodies(operation)
    path = {"thread_id": T} if "{thread_id}" in operation.path else {}
    steps: list[Step] = []
    for _ in range(3):
        # each on a thread of its own: one server may run what the other refuses
        steps += [thread()] if path else []
        given = copy.deepcopy(rng.choice(examples)) if examples else {}
        fields = _fields(operation.spec)
        if name.startswith(("search_a", "search_threads", "count_")):  # keep to what is ours
            given["metadata"] = {"sequence": "<<tag>>"}
            fields.remove("metadata")
        _break(rng, given, fields)
        steps.append(step(name, _driven(given), **path))
    return tuple(steps)


def _break(rng: random.Random, given: Json, fields: list[str]) -> None:
    if not isinstance(given, dict) or not (fields or given):
        return
    field = rng.choice(fields or sorted(given))
    if rng.random() < 0.2:
        given.pop(field, None)
    else:
        given[field] = rng.choice(_JUNK)


def _fields(operation: dict[str, Json]) -> list[str]:
    schema = operation.get("requestBody", {})
    return sorted(Walker.resolved_fields(schema))


def _driven(given: Json) -> Json:
    """A body that runs something known, fast, and does not name what nobody has."""
    if not isinstance(given, dict):
        return given
    if given.get("after_seconds"):
        given.pop("after_seconds")
    if isinstance(given.get("webhook"), str) and given["webhook"].startswith("http"):
        given.pop("webhook")
    return given
