"""Walks along the links of the document: what one answer holds goes into the next request."""

from __future__ import annotations

import copy
import functools
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from conformance.diff.byhand.mcp import ACCEPT
from conformance.diff.sequence import Step, step
from conformance.diff.steps import TERMINAL
from conformance.recording import NO_JSON
from spec.document import document, operations

if TYPE_CHECKING:
    import random

    from spec.document import Operation

Json = Any
_BEGINNINGS = ("create_thread", "create_assistant", "create_stateless_run", "search_threads")
# what reaches beyond the walk's own things, never ends, or would need somebody at the other end
_LEFT_OUT = frozenset({"cancel_runs", "stream_thread", "search_assistants", "count_threads"}) | {
    "stream_thread_events",
}
_HEADERS = MappingProxyType({"post_mcp": ACCEPT})
_OF_MCP = 0.2
_FOREIGN = ("webhook", "after_seconds", "checkpoint", "checkpoint_id", "assistant_id")


class Walker:
    """Makes sequences of steps, each reached by a link from the one before or an earlier one."""

    def walk(self, rng: random.Random) -> tuple[Step, ...]:
        """Three to seven steps."""
        steps = [self._step("step0", rng.choice(_BEGINNINGS[:3]), {}, NO_JSON, rng)]
        names = [steps[0].operation]
        for number in range(1, rng.randint(3, 7)):
            options = [
                (place, link)
                for place, name in enumerate(names)
                for link in _links(name)
                if link["operationId"] in operations()
                and link["operationId"] not in _LEFT_OUT
                and "cron" not in link["operationId"]
                and not (name == "copy_thread" and _needs_state(link["operationId"], steps[:place]))
            ]
            place, link = rng.choice(options)
            path = {
                name: _reference(value, place, steps[place])
                for name, value in link.get("parameters", {}).items()
            }
            given = _references(link.get("requestBody", NO_JSON), place, steps[place])
            if not set(_wanted(link["operationId"])) <= set(path):
                continue
            steps.append(self._step(f"step{number}", link["operationId"], path, given, rng))
            names.append(link["operationId"])
        if rng.random() < _OF_MCP:  # nothing links there: its tools are named, not numbered
            steps.append(self._step(f"step{len(steps)}", "post_mcp", {}, NO_JSON, rng))
        return tuple(found for made in steps for found in (made, *_ended(made)))

    def _step(
        self, label: str, name: str, path: dict[str, str], given: Json, rng: random.Random
    ) -> Step:
        operation = operations()[name]
        wanted = _wanted(name)
        query = {key: value for key, value in path.items() if key not in wanted}
        path = {key: value for key, value in path.items() if key in wanted}
        body: Json = NO_JSON
        if "requestBody" in operation.spec:
            examples = self.bodies(operation)
            body = copy.deepcopy(rng.choice(examples)) if examples else {}
            if isinstance(body, dict):
                body = _own({**body, **(given if isinstance(given, dict) else {})}, given)
                if name in ("create_assistant", "create_thread"):
                    named = {"sequence": "<<tag>>"}
                    body["metadata"] = {**(body.get("metadata") or {}), **named}
                if "stateless" in name:  # else it is gone once it has ended, sooner or later
                    body["on_completion"] = "keep"
        return step(name, body, label=label, query=query, headers=_HEADERS.get(name, {}), **path)

    @staticmethod
    @functools.cache
    def _bodies(name: str) -> tuple[Json, ...]:
        content = _resolved(operations()[name].spec.get("requestBody", {})).get("content", {})
        media = content.get("application/json", {})
        found = [_resolved(example).get("value") for example in media.get("examples", {}).values()]
        # a list of tools has the assistants of other sequences too
        return tuple(value for value in found if value is not None and not _lists_tools(value))

    @classmethod
    def bodies(cls, operation: Operation) -> list[Json]:
        """The example bodies of an operation."""
        return list(cls._bodies(operation.id))

    @staticmethod
    def resolved_fields(request: Json) -> list[str]:
        """The names of the fields that a request body may have."""
        media = _resolved(request).get("content", {}).get("application/json", {})
        return list(_properties(media.get("schema", {})))


def _needs_state(name: str, before: list[Step]) -> bool:
    """Whether the reference trips over it on the copy of a thread that never ran.

    That is threads/copy-fresh-then-run.
    """
    ran = any("run" in step.operation or "supersteps" in str(step.body) for step in before)
    return not ran and ("run" in name or name in ("update_thread_state", "send_thread_command"))


def _lists_tools(body: Json) -> bool:
    return isinstance(body, dict) and body.get("method") == "tools/list"


def _ended(begun: Step) -> tuple[Step, ...]:
    """The look that waits for the end of a run begun in the background."""
    if begun.operation == "send_thread_command" and begun.body.get("method") == "run.start":
        found = {**begun.path, "run_id": f"<<{begun.label}.result.run_id>>"}
        return (step("get_run", until=("status", TERMINAL), **found),)
    if begun.operation not in ("create_run", "create_stateless_run"):
        return ()
    path = {name: f"<<{begun.label}.{name}>>" for name in ("thread_id", "run_id")}
    return (step("get_run", until=("status", TERMINAL), **path),)


def _properties(schema: Json) -> dict[str, Json]:
    schema = _resolved(schema)
    found = dict(schema.get("properties", {}))
    for part in schema.get("allOf", ()):
        found |= _properties(part)
    return found


def _own(body: dict[str, Json], given: Json) -> dict[str, Json]:
    """Without what names things of the example's own world."""
    kept = set(given) if isinstance(given, dict) else set()
    made = {name: value for name, value in body.items() if name not in _FOREIGN or name in kept}
    if "assistant_id" in body and "assistant_id" not in made:
        made["assistant_id"] = "agent"
    return made


def _wanted(name: str) -> list[str]:
    return [part[1:-1] for part in operations()[name].path.split("/") if part.startswith("{")]


@functools.cache
def _links(name: str) -> tuple[Json, ...]:
    responses = operations()[name].spec.get("responses", {})
    return tuple(
        _resolved(link)
        for status, response in responses.items()
        if status.startswith("2")
        for link in _resolved(response).get("links", {}).values()
    )


def _references(value: Json, place: int, origin: Step) -> Json:
    if isinstance(value, dict):
        return {key: _references(inner, place, origin) for key, inner in value.items()}
    if isinstance(value, list):
        return [_references(inner, place, origin) for inner in value]
    return _reference(value, place, origin)


def _reference(value: Json, place: int, origin: Step) -> Json:
    """A runtime expression of a link as a reference to an earlier answer."""
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    if value.startswith("$response.body#/"):
        pointer = value.removeprefix("$response.body#/").replace("/", ".")
        return f"<<step{place}.{pointer}>>"
    if value.startswith("$request.path."):
        return origin.path.get(value.removeprefix("$request.path."), "unknown")
    if value.startswith("$request.query."):
        return origin.query.get(value.removeprefix("$request.query."), "")
    return "unknown"


def _resolved(value: Json) -> Json:
    while isinstance(value, dict) and "$ref" in value:
        target: Json = document()
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value
