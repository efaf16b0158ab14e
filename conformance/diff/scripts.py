"""Random scripts in the language of spec/script.schema.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

Json = Any
_TEXTS = ("Hello.", "One two three.", "", " spaced  out ", "Zeile\nzwei", "ünïcode ✓ 漢字", "a")
_VALUES: tuple[Json, ...] = (None, 0, 1.5, True, "text", [1, "x"], {"k": {"n": [1]}}, [], {})
_ERRORS = ("ValueError", "TypeError", "KeyError", "AttributeError", "RuntimeError")
_NODES = ("work", "check")


def script(rng: random.Random) -> list[Json]:
    """A list of one to six steps."""
    return [_step(rng) for _ in range(rng.randint(1, 6))]


def unnamed(steps: Json) -> Json:
    """The same where no AI message has a given id."""
    if isinstance(steps, list):
        return [unnamed(found) for found in steps]
    if isinstance(steps, dict):
        kept = steps.keys() - {"id"} if "say" in steps else steps.keys()
        return {key: unnamed(value) for key, value in steps.items() if key in kept}
    return steps


def _step(rng: random.Random) -> Json:
    roll = rng.random()
    if roll < 0.2:
        return {"node": rng.choice(_NODES)}
    if roll < 0.3:
        sides = {side: _actions(rng, inside=side) for side in ("left", "right")}
        return {"parallel": sides}
    if roll < 0.42:
        return {"subgraph": _actions(rng, inside="nest")}
    return _action(rng)


def _actions(rng: random.Random, inside: str) -> list[Json]:
    """What a node inside a fan-out or the subgraph plays: no log there, no note in two places."""
    found = [_action(rng) for _ in range(rng.randint(0, 3))]
    return [action for action in found if not _clashes(action, inside)]


def _clashes(action: Json, inside: str) -> bool:
    keys = action.get("update", {})
    if inside != "nest" and ("fail" in action or "'resume'" in str(action)):
        # what its neighbour did before it was stopped is a matter of luck: runs/neighbour-*
        return True
    return ("log" in keys and inside == "nest") or ("note" in keys and inside == "right")


def _action(rng: random.Random) -> Json:
    kind = rng.choices(
        ("say", "tool", "update", "custom", "sleep", "interrupt", "fail", "recall"),
        weights=(6, 2, 5, 2, 1, 1.5, 0.7, 1),
    )[0]
    if kind == "say":
        # not the id of a human message: where the two meet, the reference makes a prompt of them
        return {"say": rng.choice(_TEXTS), **({"id": "s1"} if rng.random() < 0.15 else {})}
    if kind == "tool":
        tool: dict[str, Json] = {"name": rng.choice(("search", "add"))}
        if rng.random() < 0.6:
            tool["args"] = {"q": rng.choice(_VALUES)}
        if rng.random() < 0.7:
            tool["result"] = rng.choice(_VALUES)
        return {"tool": tool}
    if kind == "update":
        return {"update": _update(rng)}
    if kind == "custom":
        return {"custom": rng.choice(_VALUES)}
    if kind == "sleep":
        return {"sleep": 0.02}
    if kind == "interrupt":
        return {"interrupt": rng.choice(_VALUES)}
    if kind == "fail":
        return {"fail": {"error": rng.choice(_ERRORS), "message": rng.choice(("boom", ""))}}
    return {"update": {"data": {"seen": {"$": rng.choice(("state.log", "state.data", "resume"))}}}}


def _update(rng: random.Random) -> Json:
    every: dict[str, Json] = {
        "note": rng.choice(_VALUES),
        "data": {rng.choice("ab"): rng.choice(_VALUES)},
        "log": rng.choice(("line", ["one", "two"], [])),
        "messages": {"type": "human", "content": "noted", "id": rng.choice(("m1", "m2"))},
    }
    chosen = rng.sample(sorted(every), k=rng.randint(1, 2))
    return {name: every[name] for name in chosen}
