"""Protocol v2: what a client tells a thread: start a run, answer a question, show the agent's tree.

Every answer is an envelope: a refusal too, because a socket has no status codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from mockserver.engine.creation import NO_HEADERS
from mockserver.engine.errors import EngineError
from mockserver.engine.events import TaskInterrupted
from mockserver.engine.ids import canonical, uuid_of
from mockserver.engine.multitask import STRATEGIES
from mockserver.engine.protocol import MARKER, STREAM_MODES
from mockserver.engine.subscriptions import ChannelError, Subscription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mockserver.engine.jobs import Job
    from mockserver.engine.server import Engine
    from mockserver.store.rows import Thread

Json = dict[str, Any]
METHODS = (
    "run.start",
    "input.respond",
    "agent.getTree",
    "subscription.subscribe",
    "subscription.unsubscribe",
    "subscription.reconnect",
)


class CommandError(Exception):
    """A command that is refused: the protocol's code for why, and a text for the caller."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def envelope_error(command_id: Any, code: str, text: str) -> Json:
    """The envelope of a refusal; `command_id` as the client wrote it, None for none."""
    return {"type": "error", "id": command_id, "error": code, "message": text}


def envelope_success(command_id: Any, result: Json, seq: int) -> Json:
    """The envelope of an answer; `seq` is the last event that the client has been sent."""
    meta = {"applied_through_seq": seq}
    return {"type": "success", "id": command_id, "result": result, "meta": meta}


def misfit(command: Any) -> Json | None:
    """The refusal of what is no command at all; None for a command."""
    given = command if isinstance(command, dict) else {}
    identity = given.get("id")
    whole = isinstance(identity, int) and not isinstance(identity, bool)
    if (whole or (isinstance(identity, float) and identity.is_integer())) and isinstance(
        given.get("method"), str
    ):
        return None
    text = "A command is an object with an integer id and a method, which is a string"
    return envelope_error(identity, "invalid_argument", text)


class Commands:
    """What every transport understands. `told` makes the text of an engine's refusal.

    `headers` are those of the request that reach the config of runs.
    """

    def __init__(
        self,
        engine: Engine,
        thread_id: str,
        request_id: str | None,
        told: Callable[[EngineError], str],
        headers: Mapping[str, Any] = NO_HEADERS,
    ) -> None:
        self._engine = engine
        self._thread_id = thread_id
        self._request_id = request_id
        self._told = told
        self._headers = headers

    async def answer(self, method: str, params: Json) -> Json:
        """The result of a command that starts or resumes a run. Raises CommandError."""
        try:
            if method == "run.start":
                return await self._start(params)
            if method == "input.respond":
                return await self._respond(params)
        except EngineError as error:
            raise CommandError("unknown_error", self._told(error)) from None
        if method == "subscription.subscribe":  # nothing is sent here, so it has no effect
            subscription_of(params)
            return {"subscription_id": self._engine.ids.uuid4(), "replayed_events": 0}
        if method == "subscription.unsubscribe":
            unknown_subscription(params)
        if method in METHODS:
            raise CommandError("no_such_run", "No run of this thread is followed here")
        raise CommandError("unknown_command", f"There is no command {method!r}")

    # --- run.start --------------------------------------------------------------------------------

    async def _start(self, params: Json) -> Json:
        assistant_id = params.get("assistant_id")
        if not isinstance(assistant_id, str) or not assistant_id:
            raise CommandError("invalid_argument", "run.start needs an assistant_id, a string")
        body: Json = {"assistant_id": assistant_id}
        strategy = params.get("multitaskStrategy")
        if strategy in STRATEGIES:
            body["multitask_strategy"] = strategy
        given = params.get("input")
        thread = self._engine.threads.find(uuid_of(self._thread_id, "thread_id"))
        if given is not None and thread is not None and self._open_questions(thread):
            body["command"] = {"resume": given}
        else:
            body["input"] = given
        job = await self._submit(body, params)
        return {"run_id": job.run.run_id}

    async def _submit(self, body: Json, params: Json) -> Job:
        config = _config(params)
        checkpoint_id = config["configurable"].pop("checkpoint_id", None)
        if checkpoint_id is not None:
            body["checkpoint_id"] = _checkpoint_id(checkpoint_id)
        tracer = params.get("langsmith_tracer")
        if tracer is not None:
            body["langsmith_tracer"] = _tracer(tracer)
        metadata = params.get("metadata")
        if metadata is not None and not isinstance(metadata, dict):
            raise CommandError("invalid_argument", "metadata is an object")
        if metadata:
            body["metadata"] = metadata
        thread_id = uuid_of(self._thread_id, "thread_id")
        config["configurable"] |= {MARKER: True, "thread_id": thread_id}
        body |= {
            "config": config,
            "stream_mode": list(STREAM_MODES),
            "stream_subgraphs": True,
            "stream_resumable": True,
            "if_not_exists": "create",
        }
        runs = self._engine.runs
        order = runs.draft(body, thread_id, self._request_id, self._headers)
        return await runs.admitted(runs.submit(order))

    # --- input.respond ----------------------------------------------------------------------------

    async def _respond(self, params: Json) -> Json:
        answers = dict(_answers(params))
        command = {"resume": answers, **_steering(params)}
        thread = self._engine.threads.find(_canonical(self._thread_id))
        if thread is None:
            raise CommandError("no_such_run", "No run of this thread waits for an answer")
        # a question may be told before its run has settled: a quick answer waits for that
        for job in self._engine.scheduler.active(thread.thread_id):
            if any(isinstance(event, TaskInterrupted) for event in job.log.events):
                await job.settled()
        asked = self._open_questions(thread)
        for identity in answers:
            if identity not in asked:
                text = f"No question {identity!r} waits for an answer, or it was answered already"
                raise CommandError("no_such_interrupt", text)
        assistant_id = thread.metadata.get("assistant_id")
        if assistant_id is None:
            raise CommandError("no_such_run", "No run of this thread waits for an answer")
        body = {"assistant_id": assistant_id, "command": command}
        await self._submit(body, params)
        return {}

    def _open_questions(self, thread: Thread) -> set[str]:
        """The ids of the interrupts that wait for an answer and that no run is to give one."""
        taken: set[str] = set()
        for job in self._engine.scheduler.active(thread.thread_id):
            resume = (job.kwargs["command"] or {}).get("resume")
            if resume is not None and not isinstance(resume, dict):
                return set()
            taken |= (resume or {}).keys()
        items = [item["id"] for found in thread.interrupts.values() for item in found]
        if thread.status == "error":
            items += self._engine.states.failed_over(thread.thread_id)
        return {identity for identity in items if identity not in taken}


def subscription_of(params: Json) -> Subscription:
    """What a client subscribes to. Raises CommandError."""
    try:
        return Subscription.of(params)
    except ChannelError as error:
        raise CommandError("invalid_argument", str(error)) from None


def unknown_subscription(params: Json) -> NoReturn:
    """Refuse to end a subscription that there is not. Raises CommandError."""
    identity = params.get("subscription_id")
    if not isinstance(identity, str):
        raise CommandError("invalid_argument", "A subscription is named by its subscription_id")
    raise CommandError("no_such_subscription", f"There is no subscription {identity!r}")


def _config(params: Json) -> Json:
    """The request's config, its `configurable` a copy. Raises CommandError."""
    given = params.get("config")
    config = dict(given) if isinstance(given, dict) else {}
    for name, kind, what in _PARTS:
        if config.get(name) is None:
            config.pop(name, None)
        elif not isinstance(config[name], kind) or isinstance(config[name], bool):
            raise CommandError("invalid_argument", f"config.{name} is {what}")
    if not all(isinstance(tag, str) for tag in config.get("tags", ())):
        raise CommandError("invalid_argument", "config.tags is an array of strings")
    config["configurable"] = dict(config.get("configurable", {}))
    return config


_PARTS: tuple[tuple[str, type, str], ...] = (
    ("configurable", dict, "an object"),
    ("metadata", dict, "an object"),
    ("tags", list, "an array of strings"),
    ("recursion_limit", int, "an integer"),
)


def _checkpoint_id(given: Any) -> str:
    try:
        return canonical(str(given))
    except ValueError:
        raise CommandError(
            "invalid_argument", "config.configurable.checkpoint_id is a UUID"
        ) from None


def _tracer(given: Any) -> Json:
    names = ("project_name", "example_id")
    if not isinstance(given, dict) or not all(
        name in names and isinstance(value, str) for name, value in given.items()
    ):
        text = f"langsmith_tracer is an object with {' and '.join(names)}, both strings"
        raise CommandError("invalid_argument", text)
    return given


def _canonical(thread_id: str) -> str:
    try:
        return canonical(thread_id)
    except ValueError:
        return ""


def _answers(params: Json) -> Iterator[tuple[str, Any]]:
    """The interrupt ids and what they are answered. Raises CommandError."""
    listed = params.get("responses")
    entries: list[Any] = listed if isinstance(listed, list) else [params]
    if not entries:
        raise CommandError("invalid_argument", "input.respond needs at least one response")
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("interrupt_id"), str):
            raise CommandError("invalid_argument", "input.respond needs an interrupt_id, a string")
        namespace = entry.get("namespace", [])
        if not isinstance(namespace, list) or not all(isinstance(part, str) for part in namespace):
            raise CommandError("invalid_argument", "namespace is an array of strings")
        yield entry["interrupt_id"], entry.get("response")


def _steering(params: Json) -> Json:
    """`update` and `goto`, where they are given. Raises CommandError."""
    found: Json = {}
    update, goto = params.get("update"), params.get("goto")
    if update is not None:
        if not isinstance(update, dict) and not (
            isinstance(update, list) and all(map(_pair, update))
        ):
            raise CommandError("invalid_argument", "update is an object, or [key, value] pairs")
        found["update"] = update
    if goto is not None:
        targets = goto if isinstance(goto, list) else [goto]
        if not all(isinstance(item, str) or _send(item) for item in targets):
            raise CommandError("invalid_argument", "goto is node names, or {node, input} objects")
        found["goto"] = goto
    return found


def _pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


def _send(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("node"), str)


def params_of(command: Mapping[str, Any]) -> Json:
    """A command's parameters; none where they are no object."""
    params = command.get("params")
    return params if isinstance(params, dict) else {}
