"""From a request to a pending run: what is checked, what is merged, what the row says.

Checks come before anything is made, so a refused request leaves nothing behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from mockserver.engine.assistants import kept_metadata, kept_settings
from mockserver.engine.errors import InvalidError, NotFoundError, RefusedError
from mockserver.engine.ids import uuid_of
from mockserver.engine.jobs import Job
from mockserver.engine.multitask import STRATEGIES
from mockserver.engine.protocol import MARKER
from mockserver.engine.webhooks import check_target
from mockserver.store.rows import Run, Thread
from mockserver.store.times import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.engine.server import Engine
    from mockserver.store.assistants import Assistant

Json = dict[str, Any]
_MOST_DELAY_SECONDS = 31_536_000
NO_HEADERS: Mapping[str, Any] = MappingProxyType({})
_ONLY_CONFIGURABLE: Mapping[str, Any] = {"configurable": {}}


@dataclass(frozen=True, slots=True)
class Draft:
    """A run request that may become a run. `thread_id` is None for a stateless one."""

    body: Mapping[str, Any]
    assistant: Assistant
    thread_id: str | None
    request_id: str | None
    headers: Mapping[str, Any]  # those of the request that agents may see

    @property
    def strategy(self) -> str:
        """What to do with the runs in its way."""
        strategy = self.body.get("multitask_strategy", "enqueue")
        # the document has no such field for a stateless run, so nobody has checked it
        return strategy if strategy in STRATEGIES else "enqueue"

    @property
    def makes_thread(self) -> bool:
        """Whether a thread that does not exist is made."""
        return self.thread_id is None or self.body.get("if_not_exists") == "create"


def draft(
    engine: Engine,
    body: Mapping[str, Any],
    thread_id: str | None,
    request_id: str | None,
    headers: Mapping[str, Any] = NO_HEADERS,
) -> Draft:
    """Check a request that fits the document.

    Raises InvalidError (the assistant's name, ids, webhook), RefusedError (contradictions),
    NotFoundError (the assistant).
    """
    missing: NotFoundError | None = None
    assistant: Assistant | None = None
    try:
        assistant = engine.assistants.resolve(body["assistant_id"])
    except NotFoundError as error:
        missing = error  # what the request says of itself is judged first
    if body.get("checkpoint_id"):
        uuid_of(str(body["checkpoint_id"]), "checkpoint_id")
    if thread_id is None and (body.get("command") or {}).get("resume"):
        raise RefusedError("A stateless run has nothing to resume: run it on the thread that asked")
    if not isinstance(body.get("checkpoint", {}), dict):  # not looked at in a stateless body
        raise InvalidError("checkpoint is an object")
    if (body.get("config") or {}).get("configurable") and body.get("context"):
        raise RefusedError("Give either config.configurable or context, not both")
    if abs(body.get("after_seconds", 0)) > _MOST_DELAY_SECONDS:
        raise InvalidError(f"after_seconds is at most {_MOST_DELAY_SECONDS}, a year")
    if "webhook" in body:
        check_target(body["webhook"], loopback=engine.settings.loopback_webhooks)
    if assistant is None:
        raise missing or NotFoundError("There is no such assistant")
    return Draft(body, assistant, thread_id, request_id, headers)


def make_thread(engine: Engine, order: Draft, thread_id: str) -> Thread:
    """The thread of a run that brings its own."""
    asked = _config(order.body).get("metadata", {})
    metadata = {**asked, **kept_metadata(order.body.get("metadata", {}))}
    return engine.threads.add(thread_id, metadata)


def claim(engine: Engine, thread: Thread, order: Draft) -> None:
    """Put a thread to a run's use: status, graph, config. A busy thread stays as it is."""
    table = engine.threads.table
    if engine.scheduler.busy(thread.thread_id):
        return
    assistant = order.assistant
    metadata = {
        **thread.metadata,
        "graph_id": assistant.graph_id,
        "assistant_id": assistant.assistant_id,
    }
    if metadata != thread.metadata:
        table.set_metadata(thread, metadata)
    asked = {key: value for key, value in _config(order.body).items() if key != "configurable"}
    own = assistant.active.config
    config = {
        **thread.config,
        **own,
        **asked,
        "configurable": {
            **thread.config.get("configurable", {}),
            **kept_settings(own.get("configurable", {})),
        },
    }
    thread.config = _ONLY_CONFIGURABLE if config == _ONLY_CONFIGURABLE else config
    table.set_status(thread, "busy")
    table.touch(thread, engine.clock.epoch_us())


def _config(body: Mapping[str, Any]) -> Json:
    """The request's config without what only the server may set."""
    config = dict(body.get("config") or {})
    if config.get("configurable"):
        config["configurable"] = kept_settings(config["configurable"])
    if config.get("metadata"):
        config["metadata"] = kept_metadata(config["metadata"])
    return config


def make_job(engine: Engine, order: Draft, thread: Thread, *, made: bool = False) -> Job:
    """A pending run with its row; nothing is stored yet. `made`: the thread is of its making."""
    body, assistant = order.body, order.assistant
    run_id = engine.ids.uuid7()
    now = engine.clock.epoch_us()
    delay = body.get("after_seconds", 0)
    created = now + round(delay * 1_000_000)
    asked = _config(body)
    # a thread of its own has nothing to add: what claimed it is told of runs on kept threads alone
    inherited = thread.metadata if order.thread_id is not None and not made else {}
    metadata: Json = {
        **assistant.active.metadata,
        **inherited,
        **asked.get("metadata", {}),
        **engine.marked(kept_metadata(body.get("metadata", {}))),
        "assistant_id": assistant.assistant_id,
    }
    checkpoint = _checkpoint(body)
    configurable, context = _settings(order, thread, asked, checkpoint)
    identity = engine.identity
    if order.headers:
        configurable |= order.headers
    configurable |= {
        "langgraph_auth_user": None if identity is None else identity.user(),
        "langgraph_auth_user_id": "" if identity is None else identity.name,
        "langgraph_auth_permissions": [] if identity is None else list(identity.permissions),
        "langgraph_request_id": order.request_id or engine.ids.uuid4(),
        **({} if MARKER in configurable else {"__request_start_time_ms__": now // 1000}),
        "__after_seconds__": delay,
        "run_id": run_id,
        "thread_id": thread.thread_id,
        "graph_id": assistant.graph_id,
        "assistant_id": assistant.assistant_id,
    }
    tracer = body.get("langsmith_tracer")
    if tracer:
        configurable["__langsmith_project__"] = tracer.get("project_name")
        configurable["__langsmith_example_id__"] = tracer.get("example_id")
    configurable.setdefault("user_id", "" if identity is None else identity.name)
    config = {
        **assistant.active.config,
        **asked,
        "configurable": configurable,
        "metadata": metadata,
    }
    stream_mode = body.get("stream_mode") or ["values"]
    modes = [stream_mode] if isinstance(stream_mode, str) else stream_mode
    during = body.get("checkpoint_during", True)
    durability = body.get("durability") or ("async" if during else "exit")
    temporary = order.thread_id is None and body.get("on_completion") != "keep"
    kwargs = {
        "input": body.get("input"),
        "command": body.get("command"),
        "config": config,
        "context": context,
        "stream_mode": modes,
        "interrupt_before": body.get("interrupt_before"),
        "interrupt_after": body.get("interrupt_after"),
        "webhook": body.get("webhook"),
        "feedback_keys": body.get("feedback_keys"),
        "temporary": temporary,
        "subgraphs": body.get("stream_subgraphs", False),
        "resumable": body.get("stream_resumable", False),
        "checkpoint_during": during,
        "durability": durability,
    }
    row = {
        "run_id": run_id,
        "thread_id": thread.thread_id,
        "assistant_id": assistant.assistant_id,
        "status": "pending",
        "metadata": metadata,
        "kwargs": kwargs,
        "multitask_strategy": order.strategy,
        "created_at": iso(created),
        "updated_at": iso(now),
        "langsmith_session_name": None,
    }
    # what the encoder returns holds 8 KB whatever its length: a row is kept as a copy of its size
    encoded = bytes(memoryview(orjson.dumps(row)))
    run = Run(run_id, thread, created, engine.runs.table.next_order(), encoded)
    return Job(engine.whole, run, assistant, kwargs, checkpoint, row)


def _checkpoint(body: Mapping[str, Any]) -> Json | None:
    checkpoint = dict(body.get("checkpoint") or {})
    if body.get("checkpoint_id"):
        checkpoint["checkpoint_id"] = uuid_of(str(body["checkpoint_id"]), "checkpoint_id")
    return checkpoint or None


def _settings(
    order: Draft, thread: Thread, asked: Json, checkpoint: Json | None
) -> tuple[Json, Json]:
    """`configurable` and `context`: one mirrors the other where the request gives one."""
    assistant = order.assistant
    given = kept_settings(order.body.get("context", {}))
    configurable: Json = {
        **assistant.active.config.get("configurable", {}),
        **thread.config.get("configurable", {}),
        **asked.get("configurable", {}),
    }
    if given:
        configurable |= given
        context = {**assistant.active.context, **given}
        configurable["__context_provided__"] = True
    elif asked.get("configurable"):
        context = {**assistant.active.context, **asked["configurable"]}
    else:
        context = dict(assistant.active.context)
    for key, value in (checkpoint or {}).items():
        if key != "thread_id":
            configurable[key] = value
    return configurable, context
