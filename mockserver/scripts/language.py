"""The script language: validation against the contract's schema, references, a node's share."""

from __future__ import annotations

import difflib
import functools
import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from spec import data

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

Step = dict[str, Any]

ACTIONS = ("say", "tool", "update", "custom", "sleep", "interrupt", "fail")
BOUNDARIES = ("node", "parallel", "subgraph")
_VERBS = frozenset((*ACTIONS, *BOUNDARIES))
UPDATE_KEYS = ("note", "data", "messages", "log")
_REFERENCE = re.compile(r"(resume|input|state)(\.[^.]+)*")
_SCALARS = frozenset((str, int, float, bool, type(None)))
MAX_DEPTH = 128
MAX_VALUES = 100_000
_SIDES = ("left", "right")


class ScriptError(ValueError):
    """A script that is none. The text names the step and the reason; `path` leads to the place."""

    def __init__(self, text: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(text)
        self.path = path


# a run fails with it, and what callers see is the class they can expect of the real probe
ScriptError.__name__ = "ValueError"


@functools.cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    schema = {**data.script_schema(), "$ref": f"#/$defs/{name}"}
    return jsonschema_rs.Draft202012Validator(schema)


@functools.lru_cache(maxsize=64)
def _grammar(
    nodes: tuple[str, ...] | None, keys: tuple[str, ...] | None
) -> jsonschema_rs.Draft202012Validator:
    """The whole grammar, narrowed to the nodes and state keys of one graph."""
    schema = data.script_schema()
    defs = dict(schema["$defs"])
    for verb, inner in (
        ("node", nodes and {"enum": nodes}),
        ("update", keys and {"propertyNames": {"enum": keys}}),
    ):
        if inner:
            defs[verb] = {"allOf": [defs[verb], {"properties": {verb: inner}}]}
    return jsonschema_rs.Draft202012Validator({**schema, "$defs": defs})


def verb_of(step: Step) -> str | None:
    """The one verb of a step; None when it has none or several."""
    if len(step) == 1:
        (verb,) = step
        return verb if verb in _VERBS else None
    found = step.keys() & _VERBS
    return next(iter(found)) if len(found) == 1 else None


def kind(value: Any) -> str:
    """The JSON name of a value's type, for messages."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")


def hint(given: Any, known: Iterable[str]) -> str:
    """`; did you mean …?` when a known name is close to the given one, else nothing."""
    close = difflib.get_close_matches(str(given), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def check(
    script: Any,
    nodes: Sequence[str] | None = None,
    keys: Collection[str] | None = UPDATE_KEYS,
) -> None:
    """Raise ScriptError naming the first step that breaks the grammar, and why.

    With `nodes`, a step `node` must name one of them; with `keys`, an `update` writes only those.
    """
    if _fits(script, nodes, keys):
        return  # only what is wrong needs a closer look: a node checks all that is still to come
    if not isinstance(script, list):
        raise ScriptError(f"script: expected a list of steps, got {kind(script)}")
    for index, step in enumerate(script):
        where = f"step {index}"
        _check_step(where, (index,), step, (*ACTIONS, *BOUNDARIES), keys)
        if nodes is not None and "node" in step and step["node"] not in nodes:
            named = f"no node {step['node']!r}; there are {', '.join(nodes)}"
            more = hint(step["node"], nodes)
            raise ScriptError(f"{where} (node): {named}{more}", (index, "node"))


def _fits(script: Any, nodes: Sequence[str] | None, keys: Collection[str] | None) -> bool:
    named = (None if names is None else tuple(names) for names in (nodes, keys))
    try:
        return _grammar(*named).is_valid(script)
    except ValueError:  # a Python function's step may hold what JSON does not know
        return False


def _check_step(
    where: str,
    path: tuple[str | int, ...],
    step: Any,
    verbs: Sequence[str],
    keys: Collection[str] | None,
) -> None:
    if not isinstance(step, dict):
        raise ScriptError(f"{where}: expected an object, got {kind(step)}", path)
    found = [key for key in step if key in verbs]
    if len(found) != 1:
        more = hint(next(iter(step), ""), verbs) if not found else ""
        raise ScriptError(
            f"{where}: expected exactly one of {', '.join(verbs)}; got {list(step)}{more}", path
        )
    verb = found[0]
    for name, inner_path, steps in _inner(verb, step[verb]):
        for index, inner in enumerate(steps):
            deeper = (*path, verb, *inner_path, index)
            _check_step(f"{where}, {name} step {index}", deeper, inner, ACTIONS, keys)
    reason = next(_validator(verb).iter_errors(step), None)
    if reason is not None:
        inside = tuple(reason.instance_path)
        place = ".".join(map(str, inside))
        text = f"{where} ({verb}): {f'{place}: ' if place else ''}{reason.message}"
        raise ScriptError(text, (*path, *inside))
    if verb == "update" and keys is not None:
        for key in step["update"]:
            if key not in keys:
                text = f"unknown key {key!r}; expected {', '.join(keys)}{hint(key, keys)}"
                raise ScriptError(f"{where} (update): {text}", (*path, "update", key))


def _inner(verb: str, value: Any) -> list[tuple[str, tuple[str, ...], list[Any]]]:
    """The lists of actions within a step: what messages call them, where they are."""
    if verb == "subgraph" and isinstance(value, list):
        return [("subgraph", (), value)]
    if verb == "parallel" and isinstance(value, dict):
        found = [(side, value.get(side)) for side in _SIDES]
        return [(side, (side,), steps) for side, steps in found if isinstance(steps, list)]
    return []


def is_reference(value: Any) -> bool:
    """Whether a value is looked up when its step is played: an object whose one key is `$`."""
    return isinstance(value, dict) and set(value) == {"$"}


def resolve(value: Any, roots: dict[str, Any]) -> Any:
    """`value` with every reference in it replaced; raises ValueError when one leads nowhere."""
    if isinstance(value, dict):
        if "$" in value and is_reference(value):
            return lookup(value["$"], roots)
        return {key: resolve(item, roots) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, roots) for item in value]
    return value


def plain(value: Any) -> bool:
    """Whether a value is a scalar, or an object or list of scalars: it refers to nothing."""
    if type(value) in _SCALARS:
        return True
    if isinstance(value, dict):
        return "$" not in value and _SCALARS.issuperset(map(type, value.values()))
    return isinstance(value, list) and _SCALARS.issuperset(map(type, value))


def bounded(value: Any) -> Any:
    """The value itself. Raises ScriptError when it nests too deep or holds too much.

    References can copy the state into itself, run after run; what they make must stay JSON that
    every client can read.
    """
    left = MAX_VALUES
    layer = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        if not layer:
            return value
        left -= len(layer)
        if left < 0:
            raise ScriptError(f"a value of more than {MAX_VALUES} objects and lists")
        inner = [item.values() if isinstance(item, dict) else item for item in layer]
        layer = [item for items in inner for item in items if isinstance(item, dict | list)]
    raise ScriptError(f"a value that nests deeper than {MAX_DEPTH} levels")


def lookup(path: Any, roots: dict[str, Any]) -> Any:
    """The value at `resume`, `input.PATH` or `state.PATH`; path parts are keys or list indexes."""
    if not isinstance(path, str) or not _REFERENCE.fullmatch(path):
        raise ScriptError(f"{path!r} is no reference; expected resume, input.PATH or state.PATH")
    value: Any = roots
    for part in path.split("."):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (LookupError, TypeError, ValueError) as reason:
            raise ScriptError(f"reference {path!r} leads nowhere at {part!r}") from reason
    return value


def text_of(value: Any) -> str:
    """A text as it is, anything else as compact JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def share(name: str, script: list[Step]) -> tuple[list[Step], list[Step]]:
    """The actions that node `name` plays at the head of a script, and what is left after them."""
    head = script[0] if script else {}
    if name in _SIDES and "parallel" in head:
        return head["parallel"].get(name, []), script[1:]
    if name == "inner" and "subgraph" in head:
        return head["subgraph"], script[1:]
    start = 1 if "node" in head else 0
    end = start
    while end < len(script) and script[end].keys().isdisjoint(BOUNDARIES):
        end += 1
    return script[start:end], script[end:]
