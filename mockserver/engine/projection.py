"""From domain events to the SSE frames of the stream modes a run asked for.

`frames` is a pure function of one event, the modes and `subgraphs`: replaying a stored log gives
the frames that live readers got. Within one event the order is: messages, updates, values, tasks,
checkpoints, debug.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from mockserver.engine import events as ev
from mockserver.engine import messages, traced

MODES = (
    "values",
    "messages",
    "messages-tuple",
    "updates",
    "events",
    "debug",
    "checkpoints",
    "tasks",
    "custom",
)
INTERRUPT = "__interrupt__"

Frame = tuple[str, Any]
Modes = Collection[str]


def frames(event: ev.Event, modes: Modes, subgraphs: bool = False) -> list[Frame]:
    """The frames `(event name, data)` that a reader of these modes gets for one event.

    `metadata` and `error` frames do not depend on the modes. Data are plain JSON values that the
    caller must not change.
    """
    kind = type(event)
    project = _ALWAYS.get(kind)
    if project is not None:
        return list(project(event))
    tracing = traced.OBJECTS.get(kind)
    found: list[Frame] = []
    if tracing is not None and "events" in modes:
        told = _shows_messages(modes) and (subgraphs or not event.namespace)
        found.append(("events", tracing(event) if told else traced.untagged(tracing(event))))
    project_modes = _BY_MODE.get(kind)
    if project_modes is None or not (subgraphs or not event.namespace):
        return found
    if not event.namespace:
        found.extend(project_modes(event, modes, subgraphs))
        return found
    suffix = "|".join(("", *event.namespace))
    for name, data in project_modes(event, modes, subgraphs):
        # the accumulating messages/* frames never name a namespace
        found.append((name if "/" in name else name + suffix, data))
    return found


def shown(modes: Modes) -> frozenset[type[ev.Event]]:
    """The kinds of events that may make frames for a reader of these modes."""
    wanted = {kind for kind, names in _MODES_OF.items() if not names.isdisjoint(modes)}
    traces = traced.OBJECTS if "events" in modes else ()
    return frozenset((*_ALWAYS, *wanted, *traces))


def _shows_messages(modes: Modes) -> bool:
    return "messages" in modes or "messages-tuple" in modes


def interrupt_items(interrupts: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    """Interrupts as streams show them: with `response_schema`."""
    return [
        {"value": item["value"], "id": item["id"], "response_schema": None} for item in interrupts
    ]


# --- independent of the modes ---------------------------------------------------------------------


def _started(event: Any) -> Iterator[Frame]:
    yield "metadata", {"run_id": event.run_id, "attempt": event.attempt}


def _failed(event: Any) -> Iterator[Frame]:
    yield "error", {"error": event.error, "message": event.message}


_ALWAYS: dict[type[ev.Event], Callable[[Any], Iterator[Frame]]] = {
    ev.Started: _started,
    ev.Failed: _failed,
}


# --- by mode --------------------------------------------------------------------------------------


def _values(event: Any, modes: Modes, _subgraphs: bool) -> Iterator[Frame]:
    if "values" in modes:
        yield "values", event.values


def _checkpoint(event: Any, modes: Modes, _subgraphs: bool) -> Iterator[Frame]:
    payload = {
        "config": {"configurable": event.config},
        "parent_config": event.parent_config and {"configurable": event.parent_config},
        "values": event.values,
        "metadata": event.metadata,
        "next": [task["name"] for task in event.tasks],
        "tasks": list(event.tasks),
    }
    if "checkpoints" in modes:
        yield "checkpoints", payload
    if "debug" in modes:
        more = {
            "checkpoint": _reference(event.config),
            "parent_checkpoint": event.parent_config and _reference(event.parent_config),
            "tasks": [_with_checkpoint(task) for task in event.tasks],
        }
        yield "debug", _debug(event, "checkpoint", event.step, {**payload, **more})


def _with_checkpoint(task: dict[str, Any]) -> dict[str, Any]:
    """A coming task as mode `debug` shows it: a subgraph's address under its own name."""
    if not task.get("state"):
        return task
    rest = {key: value for key, value in task.items() if key != "state"}
    return {**rest, "checkpoint": task["state"]["configurable"]}


def _reference(config: dict[str, Any]) -> dict[str, Any]:
    keys = ("checkpoint_id", "thread_id", "checkpoint_ns", "checkpoint_map")
    return {key: config[key] for key in keys if key in config}


def _debug(event: Any, kind: str, step: int, payload: dict[str, Any]) -> dict[str, Any]:
    return {"step": step, "timestamp": event.at, "type": kind, "payload": payload}


def _task_started(event: Any, modes: Modes, _subgraphs: bool) -> Iterator[Frame]:
    task = event.task
    payload = {
        "id": task.id,
        "name": task.name,
        "input": event.input,
        "triggers": list(task.triggers),
        "metadata": event.metadata,
    }
    yield from _task_frames(event, modes, "task", payload)


def _task_frames(event: Any, modes: Modes, kind: str, payload: dict[str, Any]) -> Iterator[Frame]:
    if "tasks" in modes:
        yield "tasks", payload
    if "debug" in modes:
        yield "debug", _debug(event, kind, event.task.step, payload)


def _result(
    event: Any, error: dict[str, str] | None, result: dict[str, Any], interrupts: list[Any]
) -> dict[str, Any]:
    return {
        "id": event.task.id,
        "name": event.task.name,
        "error": error,
        "result": result,
        "interrupts": interrupts,
    }


def _task_finished(event: Any, modes: Modes, _subgraphs: bool) -> Iterator[Frame]:
    if "updates" in modes:
        update: dict[str, Any] = {event.task.name: event.result or None}
        if event.replayed:
            update["__metadata__"] = {"cached": True}
        yield "updates", update
    if not event.replayed:
        yield from _task_frames(event, modes, "task_result", _result(event, None, event.result, []))


def _task_failed(event: Any, modes: Modes, _subgraphs: bool) -> Iterator[Frame]:
    error = {"error": event.error, "message": event.message}
    yield from _task_frames(event, modes, "task_result", _result(event, error, {}, []))


def _task_interrupted(event: Any, modes: Modes, _subgraphs: bool) -> Iterator[Frame]:
    asked = interrupt_items(event.interrupts)
    if "updates" in modes:
        yield "updates", {INTERRUPT: asked}
    if "values" in modes:
        yield "values", {**event.values, INTERRUPT: asked}
    yield from _task_frames(event, modes, "task_result", _result(event, None, {}, asked))


def _paused(_event: Any, modes: Modes, _subgraphs: bool) -> Iterator[Frame]:
    if "updates" in modes:
        yield "updates", {INTERRUPT: []}


def _custom(event: Any, modes: Modes, _subgraphs: bool) -> Iterable[Frame]:
    return (("custom", event.value),) if "custom" in modes else ()


def _token(event: Any, modes: Modes, _subgraphs: bool) -> Iterator[Frame]:
    speech: ev.Speech = event.speech
    metadata = speech.trace.metadata
    if "messages-tuple" in modes:
        yield "messages", [traced.chunk(event), metadata]
    elif "messages" in modes:
        if event.index == 0:
            yield "messages/metadata", {speech.message_id: {"metadata": metadata}}
        whole = messages.ai(speech.text[: speech.ends[event.index]], speech.message_id)
        yield "messages/partial", [whole]


def _message(event: Any, modes: Modes, subgraphs: bool) -> Iterator[Frame]:
    if event.inner and subgraphs:
        return
    if "messages-tuple" in modes:
        yield "messages", [event.message, event.metadata]
    elif "messages" in modes:
        yield "messages/metadata", {event.message["id"]: {"metadata": event.metadata}}
        yield "messages/complete", [event.message]


_BY_MODE: dict[type[ev.Event], Callable[[Any, Modes, bool], Iterable[Frame]]] = {
    ev.ValuesChanged: _values,
    ev.CheckpointReached: _checkpoint,
    ev.TaskStarted: _task_started,
    ev.TaskFinished: _task_finished,
    ev.TaskFailed: _task_failed,
    ev.TaskInterrupted: _task_interrupted,
    ev.Paused: _paused,
    ev.Custom: _custom,
    ev.TokenSpoken: _token,
    ev.MessageWritten: _message,
}
_TASKS = frozenset(("tasks", "debug"))
_MESSAGES = frozenset(("messages", "messages-tuple"))
_MODES_OF: Mapping[type[ev.Event], frozenset[str]] = {
    ev.ValuesChanged: frozenset(("values",)),
    ev.CheckpointReached: frozenset(("checkpoints", "debug")),
    ev.TaskStarted: _TASKS,
    ev.TaskFinished: _TASKS | {"updates"},
    ev.TaskFailed: _TASKS,
    ev.TaskInterrupted: _TASKS | {"updates", "values"},
    ev.Paused: frozenset(("updates",)),
    ev.Custom: frozenset(("custom",)),
    ev.TokenSpoken: _MESSAGES,
    ev.MessageWritten: _MESSAGES,
}
