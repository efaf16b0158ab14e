"""The document as the fuzzer gets it: what the target routes, and nothing that could do harm."""

from __future__ import annotations

import copy
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from spec.document import METHODS, document, operations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from conformance.target import Target

# Pages, not the API.
LEFT_OUT = frozenset({"get_docs", "get_document", "get_metrics", "get_root"})
# Properties that are never generated: a webhook or a tracer would make the target call made-up
# addresses, feedback keys a service; a delay would keep whoever waits for the run waiting.
DROPPED = ("webhook", "after_seconds", "feedback_keys", "langsmith_tracer")
# A cron goes on when the fuzzer has gone.
ONCE_A_YEAR = "0 0 1 1 *"
# Languages of their own, which no schema describes, by the name of their schema.
PINNED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"Schedule": (ONCE_A_YEAR,), "TimeZone": ("UTC", "America/New_York")}
)


def fuzzed(target: Target) -> dict[str, Any]:
    """A copy of our document, cut down to what may be generated against this target.

    Operations the target does not route and the `DROPPED` properties of requests are gone. Where a
    request names a graph, it is the target's: the document cannot say which graphs there are; what
    is `PINNED` has one of a few values.
    """
    made = copy.deepcopy(document())
    # who asks is the user's to say, with -H: the fuzzer would make up keys of its own
    del made["security"], made["components"]["securitySchemes"]
    wanted = frozenset(offered(target))
    for path, item in list(made["paths"].items()):
        for method in METHODS:
            if method in item and item[method]["operationId"] not in wanted:
                del item[method]
        if not any(method in item for method in METHODS):
            del made["paths"][path]
    _cut_links(made, wanted)
    pinned = {**PINNED, "GraphName": (target.graph_id or target.assistant_id,)}
    for found in _request_parts(made):
        _tame(found, {f"#/components/schemas/{name}": values for name, values in pinned.items()})
    return made


def offered(target: Target) -> Iterator[str]:
    """The operationIds that are fuzzed on this target."""
    for name, operation in operations().items():
        routed = target.documented is None or (
            (operation.method, re.sub(r"\{[^}]*\}", "{}", operation.path)) in target.documented
        )
        if routed and name not in LEFT_OUT:
            yield name


def _cut_links(made: dict[str, Any], wanted: frozenset[str]) -> None:
    """Takes out the links to operations that are not there: the fuzzer refuses such a document."""
    waiting: list[Any] = [made["paths"], made["components"].get("responses", {})]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            links = value.get("links", {})
            for name in [name for name in links if _leads_nowhere(made, links[name], wanted)]:
                del links[name]


def _leads_nowhere(made: dict[str, Any], link: Any, wanted: frozenset[str]) -> bool:
    while isinstance(link, dict) and "$ref" in link:
        link = resolved(made, link["$ref"])
    return isinstance(link, dict) and "operationId" in link and link["operationId"] not in wanted


def _request_parts(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every object that a request body reaches, each once; what it becomes is followed."""
    bodies = [
        item[method].get("requestBody", {})
        for item in made["paths"].values()
        for method in METHODS
        if method in item
    ]
    seen: set[int] = set()
    waiting: list[Any] = bodies
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict) and id(value) not in seen:
            seen.add(id(value))
            yield value
            waiting += value.values()
            if isinstance(value.get("$ref"), str):
                waiting.append(resolved(made, value["$ref"]))


def resolved(made: dict[str, Any], reference: str) -> Any:
    """What a reference inside the document points to."""
    value: Any = made
    for part in reference.removeprefix("#/").split("/"):
        value = value[part.replace("~1", "/").replace("~0", "~")]
    return value


def _tame(found: dict[str, Any], pinned: Mapping[str, Sequence[str]]) -> None:
    """Takes the dropped names out of an object, be it a schema's properties or an example.

    A reference to what is pinned becomes the list of its values.
    """
    for name in DROPPED:
        found.pop(name, None)
    if isinstance(found.get("schedule"), str):
        found["schedule"] = ONCE_A_YEAR
    if found.get("method") == "run.start":  # it would make a thread that was just deleted
        found.pop("params", None)
    if (values := pinned.get(str(found.get("$ref")))) is not None:
        found.clear()
        found["enum"] = list(values)
