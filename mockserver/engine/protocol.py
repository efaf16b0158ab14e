"""Protocol v2: what the events of a run are on the channels of its thread.

A run that the protocol started shows values, messages (as content blocks), lifecycle and input.
One that was created otherwise shows the stream modes it was asked for, and lifecycle and input.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mockserver.engine import events as ev
from mockserver.engine.projection import INTERRUPT, frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mockserver.engine.events import Event, Namespace

MARKER = "__event_streaming_v2"  # the `configurable` key of a run that the protocol started
STREAM_MODES = (
    "values",
    "updates",
    "messages",
    "tools",
    "lifecycle",
    "custom",
    "tasks",
    "checkpoints",
)
INPUT_REQUESTED = "input.requested"


def native(kwargs: Mapping[str, Any]) -> bool:
    """Whether the protocol started the run with these `kwargs`."""
    return bool((kwargs["config"].get("configurable") or {}).get(MARKER))


@dataclass(frozen=True, slots=True)
class Item:
    """One event of the protocol, without number and time.

    `mark` names an event that is known by what it says rather than by its place in the log.
    """

    method: str
    namespace: Namespace
    data: dict[str, Any]
    node: str | None = None
    mark: str | None = None


class Telling:
    """One run as the protocol tells it: fed the run's events in order, then its end."""

    def __init__(self, kwargs: Mapping[str, Any], run_id: str, graph_id: str) -> None:
        self.run_id = run_id
        self.graph_id = graph_id
        self._native = native(kwargs)
        self._modes: Sequence[str] = kwargs["stream_mode"]
        self._subgraphs: bool = kwargs["subgraphs"]
        self._asked: set[str] = set()
        self._status: dict[Namespace, str] = {}
        self.error: str | None = None

    def of(self, event: Event) -> Iterator[Item]:
        """What an event of the run is on the channels."""
        if isinstance(event, ev.Failed):
            self.error = event.message
        elif isinstance(event, ev.Started):
            yield self._turn((), "running")
        elif self._native:
            project = _NATIVE.get(type(event))
            if project is not None:
                yield from project(self, event)
        else:
            for name, data in frames(event, self._modes, self._subgraphs):
                yield from self._frame(name, data, event)

    def end(self, status: str) -> Iterator[Item]:
        """What the end of the run is on the channels; `status` is the run's."""
        root = self._status.get(())
        if root is None:
            return
        final = {"success": "completed", "error": "failed", "timeout": "failed"}
        word = "interrupted" if root == "interrupted" else final.get(status, "interrupted")
        for namespace, known in list(self._status.items()):
            if namespace and known == "started":
                yield self._turn(namespace, word, self.error)
        if root == "running":
            yield self._turn((), word, self.error or "The run took too long")

    def tree(self, namespace: Namespace = ()) -> dict[str, Any]:
        """The graph, or one of its subgraphs, with those seen beneath it."""
        name = namespace[-1].partition(":")[0] if namespace else self.graph_id
        status = self._status.get(namespace, "running")
        found = {"namespace": list(namespace), "status": status, "graph_name": name}
        below = [
            self.tree(other)
            for other in sorted(self._status)
            if len(other) == len(namespace) + 1 and other[: len(namespace)] == namespace
        ]
        return {**found, "children": below} if below else found

    # --- lifecycle --------------------------------------------------------------------------------

    def _turn(self, namespace: Namespace, word: str, error: str | None = None) -> Item:
        self._status[namespace] = word
        name = namespace[-1].partition(":")[0] if namespace else self.graph_id
        data: dict[str, Any] = {"event": word, "graph_name": name}
        if word == "failed" and error is not None:
            data["error"] = error
        return Item("lifecycle", namespace, data, mark=f"lc|{'|'.join(namespace)}|{word}")

    def _seen(self, namespace: Namespace) -> Iterator[Item]:
        """A subgraph is told to have begun once it has shown something."""
        if not namespace or namespace in self._status:
            return
        self._status[namespace] = "started"
        if self._native:
            name, _, call_id = namespace[-1].partition(":")
            data = {
                "event": "started",
                "namespace": list(namespace),
                "graph_name": name,
                "trigger_call_id": call_id,
            }
            yield Item("lifecycle", namespace, data)

    def _child_ended(self, event: Any, word: str, error: str | None = None) -> Iterator[Item]:
        child = (*event.namespace, f"{event.task.name}:{event.task.id}")
        if self._status.get(child) == "started":
            yield self._turn(child, word, error)

    # --- what the protocol's own runs show --------------------------------------------------------

    def _values(self, event: Any) -> Iterator[Item]:
        yield Item("values", event.namespace, shown(event.values))
        yield from self._seen(event.namespace)

    def _interrupted(self, event: Any) -> Iterator[Item]:
        yield from self._asks(event.namespace, event.interrupts)
        yield Item("values", event.namespace, shown(event.values))

    def _asks(self, namespace: Namespace, interrupts: Sequence[Any]) -> Iterator[Item]:
        for item in interrupts:
            identity, value = item["id"], item["value"]
            if identity in self._asked:  # by the subgraph that the question comes from
                continue
            self._asked.add(identity)
            data = {"interrupt_id": identity, "payload": value, "value": value}
            mark = f"input|{'|'.join(namespace)}|{identity}"
            yield Item(INPUT_REQUESTED, namespace, data, mark=mark)
            if self._status.get(()) == "running":
                yield self._turn((), "interrupted")

    def _speech_started(self, event: Any) -> Iterator[Item]:
        data = {"event": "message-start", "role": "ai", "id": event.speech.message_id}
        yield self._message(event, data)

    def _token(self, event: Any) -> Iterator[Item]:
        speech = event.speech
        begin = speech.ends[event.index - 1] if event.index else 0
        text = speech.text[begin : speech.ends[event.index]]
        if not text:
            return
        if not event.index:
            empty = {"type": "text", "text": ""}
            block = {"event": "content-block-start", "index": 0, "content": empty}
            yield self._message(event, block)
        delta = {"type": "text-delta", "text": text}
        yield self._message(event, {"event": "content-block-delta", "index": 0, "delta": delta})

    def _speech_ended(self, event: Any) -> Iterator[Item]:
        if event.speech.text:
            whole = {"type": "text", "text": event.speech.text}
            block = {"event": "content-block-finish", "index": 0, "content": whole}
            yield self._message(event, block)
        yield self._message(event, {"event": "message-finish"})

    def _message(self, event: Any, data: dict[str, Any]) -> Item:
        return Item("messages", event.namespace, data)

    def _finished(self, event: Any) -> Iterator[Item]:
        yield from self._child_ended(event, "completed")

    def _failed(self, event: Any) -> Iterator[Item]:
        yield from self._child_ended(event, "failed", event.message)

    # --- what other runs show ---------------------------------------------------------------------

    def _frame(self, name: str, data: Any, event: Any) -> Iterator[Item]:
        method, *segments = name.split("|")
        namespace = tuple(segments)
        if method == "values":
            yield from self._asks(namespace, data.get(INTERRUPT, ()))
            yield Item("values", namespace, shown(data))
            yield from self._seen(namespace)
        elif method == "updates" and INTERRUPT in data:
            yield from self._asks(namespace, data[INTERRUPT])
        elif method == "updates":
            node = next(iter(data))
            if data[node]:
                yield Item("updates", namespace, shown(data[node]), node=node)
            yield from self._child_ended(event, "completed")
        elif method == "custom":
            yield Item("custom", namespace, {"payload": data})
        elif method == "tasks":
            yield Item("tasks", namespace, data)


_NATIVE: dict[type[ev.Event], Callable[[Telling, Any], Iterator[Item]]] = {
    ev.ValuesChanged: Telling._values,
    ev.TaskInterrupted: Telling._interrupted,
    ev.TaskFinished: Telling._finished,
    ev.TaskFailed: Telling._failed,
    ev.SpeechStarted: Telling._speech_started,
    ev.TokenSpoken: Telling._token,
    ev.SpeechEnded: Telling._speech_ended,
}


# --- state and messages ---------------------------------------------------------------------------


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """A state or an update as the protocol shows it: without interrupts and empty parts."""
    kept = {key: value for key, value in values.items() if key != INTERRUPT}
    found = kept.get("messages")
    if isinstance(found, list):
        kept["messages"] = [_message(item) for item in found]
    return kept


def _message(message: Any) -> Any:
    if not isinstance(message, dict) or "type" not in message:
        return message
    always = {key: message.get(key) for key in ("type", "content", "id")}
    if message["type"] == "tool":
        always |= {key: message.get(key) for key in ("tool_call_id", "status", "artifact")}
    rest = {key: value for key, value in message.items() if key not in always and value}
    return {**always, **rest}
