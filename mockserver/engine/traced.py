"""Stream mode `events`: what a run's events are as LangChain event objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine import events as ev
from mockserver.engine import messages

if TYPE_CHECKING:
    from collections.abc import Callable


def chunk(event: Any) -> dict[str, Any]:
    """The message chunk of one token."""
    speech, index = event.speech, event.index
    begin = speech.ends[index - 1] if index else 0
    last = index == len(speech.ends) - 1
    return messages.chunk(speech.text[begin : speech.ends[index]], speech.message_id, last=last)


def _event(kind: str, trace: ev.Trace, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": kind,
        "data": data,
        "name": trace.name,
        "tags": list(trace.tags),
        "run_id": trace.run_id,
        "metadata": trace.metadata,
        "parent_ids": list(trace.parents),
    }


def untagged(told: dict[str, Any]) -> dict[str, Any]:
    """An event without the run's tags in its metadata, where only a messages mode puts them."""
    if told["event"].startswith("on_chat_model") and len(told["tags"]) > 1:
        kept = {key: value for key, value in told["metadata"].items() if key != "tags"}
        return {**told, "metadata": kept}
    return told


def _chain_started(event: Any) -> dict[str, Any]:
    return _event("on_chain_start", event.trace, {"input": event.input})


def _chain_streamed(event: Any) -> dict[str, Any]:
    return _event("on_chain_stream", event.trace, {"chunk": event.chunk})


def _chain_ended(event: Any) -> dict[str, Any]:
    data = {"output": event.output}
    if event.trace.parents:
        data["input"] = event.input
    return _event("on_chain_end", event.trace, data)


def _model_input(speech: ev.Speech) -> dict[str, Any]:
    return {"messages": [list(speech.heard)]}


def _speech_started(event: Any) -> dict[str, Any]:
    data = {"input": _model_input(event.speech)}
    return _event("on_chat_model_start", event.speech.trace, data)


def _speech_token(event: Any) -> dict[str, Any]:
    return _event("on_chat_model_stream", event.speech.trace, {"chunk": chunk(event)})


def _speech_ended(event: Any) -> dict[str, Any]:
    speech: ev.Speech = event.speech
    output = messages.ai(speech.text, speech.message_id)
    data = {"output": output, "input": _model_input(speech)}
    return _event("on_chat_model_end", speech.trace, data)


OBJECTS: dict[type[ev.Event], Callable[[Any], dict[str, Any]]] = {
    ev.ChainStarted: _chain_started,
    ev.ChainStreamed: _chain_streamed,
    ev.ChainEnded: _chain_ended,
    ev.SpeechStarted: _speech_started,
    ev.TokenSpoken: _speech_token,
    ev.SpeechEnded: _speech_ended,
}
