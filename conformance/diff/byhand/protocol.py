"""Protocol v2 over HTTP: what commands do, what subscribers are sent, what is refused."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from conformance.diff.sequence import Json, Sequence, Step, step
from conformance.diff.steps import TERMINAL, body

if TYPE_CHECKING:
    from collections.abc import Iterable

U = "<<uuid:1>>"  # no thread until a command makes it
CHANNELS = (
    *("values", "updates", "messages", "tools", "custom"),
    *("lifecycle", "input", "tasks", "checkpoints"),
)
QUESTION: list[Json] = [{"interrupt": {"q": 1}}, {"update": {"note": {"$": "resume"}}}]
NESTED: list[Json] = [{"say": "a b"}, {"subgraph": [{"say": "in it"}]}, {"custom": {"name": "n"}}]
FAILS: Json = {"fail": {"error": "ValueError", "message": "boom"}}


def command(method: str, params: Json = None, label: str = "", **given: Any) -> Step:
    """One command to thread U."""
    number = zlib.crc32(repr((method, params)).encode()) % 1000  # another for each, always the same
    made = {"id": number, "method": method}
    if params is not None:
        made["params"] = params
    return step("send_thread_command", made, thread_id=U, label=label, **given)


def start(script: list[Json] | None = None, label: str = "c", **params: Json) -> Step:
    """`run.start` with a script, waited for by nobody."""
    return command("run.start", body(script, **params), label)


def over(run: str = "c", *, until: tuple[str, ...] = TERMINAL) -> Step:
    """The run that a command started, once it has ended."""
    found = f"<<{run}.result.run_id>>"
    return step("get_run", thread_id=U, run_id=found, until=("status", until))


def on(operation: str, given: Json = None, **more: Any) -> Step:
    """A request about thread U."""
    if given is None:
        return step(operation, thread_id=U, **more)
    return step(operation, given, thread_id=U, **more)


def looks() -> tuple[Step, ...]:
    """The thread, its state, its history and its runs."""
    history = on("search_thread_history", {"limit": 50})
    return (on("get_thread"), on("get_thread_state"), history, on("list_runs"))


def watch(leave: int, *channels: str, **subscription: Json) -> Step:
    """A subscription that is left after so many events; to every channel where none is named."""
    asked = {"channels": list(channels or CHANNELS), **subscription}
    return on("stream_thread_events", asked, leave=leave)


def ran(script: list[Json], **params: Json) -> tuple[Step, Step]:
    """A run from its command to its end."""
    return start(script, **params), over()


def respond(response: Json, **more: Json) -> Step:
    """An answer to the question that the thread shows."""
    asked = "<<waiting.tasks.0.interrupts.0.id>>"
    params = {"namespace": [], "interrupt_id": asked, "response": response, **more}
    return command("input.respond", params)


WAITING = on("get_thread_state", label="waiting", until=("tasks.0.interrupts.0.value.q", (1,)))
IDLE = on("get_thread", until=("status", ("idle", "error", "interrupted")))


def sequences() -> list[Sequence]:
    """Runs, subscriptions, questions, other runs beside them, refusals."""
    found = [*_runs(), *_subscriptions(), *_questions(), *_beside(), *_refusals()]
    return [Sequence(f"protocol/{name}", tuple(steps)) for name, steps in found]


def _runs() -> Iterable[tuple[str, Iterable[Step]]]:
    said = [{"say": "hello there"}, {"node": "check"}, {"update": {"note": 1}}]
    yield "run", (*ran(said), watch(11), watch(6, since=5), *looks())
    yield (
        "twice",
        (*ran([{"say": "a"}]), *ran([{"say": "b c"}]), watch(19), watch(1, since=18), *looks()),
    )
    yield "tool", (*ran([{"tool": {"name": "t", "args": {"a": 1}, "result": "r"}}]), watch(4))
    yield "silent", (*ran([]), watch(4))
    yield "whole", (*ran([{"update": {"messages": [{"type": "ai", "content": "w"}]}}]), watch(4))
    yield "fails", (*ran([{"say": "a"}, FAILS]), watch(8), IDLE, *looks())
    yield "fails-late", (*ran([{"say": "a"}, {"node": "check"}, FAILS]), watch(9))
    yield "fails-nested", (*ran([{"subgraph": [FAILS]}]), watch(6), watch(4, "lifecycle"))
    agent = {"messages": [{"role": "user", "content": "Say this", "id": "mine"}]}
    yield "agent", (start(assistant_id="agent", input=agent), over(), watch(10), *looks())
    yield "no-input", (start(assistant_id="probe"), over(), IDLE, *looks())
    yield "null-after", (*ran([{"update": {"note": 1}}]), start(input=None), over(), watch(7))
    kept = {"metadata": {"a": 1}, "config": {"tags": ["t"], "configurable": {"k": 1}}}
    yield "metadata", (*ran([{"update": {"note": 1}}], **kept), *looks())
    short = {"recursion_limit": 1}
    yield "recursion", (*ran([{"node": "work"}, {"node": "check"}], config=short), watch(4))
    # the reference waits five seconds for a busy thread before it looks at the strategy
    busy = (start([{"sleep": 8}, {"update": {"note": 1}}]), over(until=("running",)))
    for name in ("interrupt", "enqueue", "rollback", "bogus"):
        second = start([{"update": {"note": 2}}], "d", multitaskStrategy=name)
        looked = () if name == "rollback" else (over(), *looks())
        yield f"strategy-{name}", (*busy, second, over("d"), *looked)
    rejected = start([{"update": {"note": 2}}], "d", multitaskStrategy="reject")
    yield "strategy-reject", (*busy, rejected, over(), IDLE, *looks())
    fork = {"configurable": {"checkpoint_id": "<<h.1.checkpoint.checkpoint_id>>"}}
    yield (
        "fork",
        (
            *ran([{"update": {"log": "a"}}, {"node": "check"}, {"update": {"log": "b"}}]),
            on("search_thread_history", {"limit": 50}, label="h"),
            *ran([{"update": {"log": "c"}}], config=fork),
            *looks(),
        ),
    )
    cancel = step("cancel_run", thread_id=U, run_id="<<c.result.run_id>>", query={"wait": "true"})
    asleep = (start([{"sleep": 9}]), over(until=("running",)))
    yield "cancel", (*asleep, cancel, IDLE, watch(3), *looks())
    pending = step("cancel_run", thread_id=U, run_id="<<d.result.run_id>>")
    naps = (*busy, start([{"say": "b"}], "d"))
    yield "cancel-queued", (*naps, pending, over("d"), over(), watch(2, "lifecycle"))
    deleted = on("delete_thread")
    yield "deleted", (*ran([]), deleted, watch(0), on("get_thread"), *ran([]), watch(4))


def _subscriptions() -> Iterable[tuple[str, Iterable[Step]]]:
    counts = {"values": 6, "messages": 12, "lifecycle": 4}
    alone = [watch(count, channel) for channel, count in counts.items()]
    silent = [watch(0, channel) for channel in (*CHANNELS, "custom:n") if channel not in counts]
    yield "channels", (*ran(NESTED), *alone, *silent, watch(22))
    spaces: dict[str, tuple[int, dict[str, Json]]] = {
        "root": (12, {"namespaces": [[]], "depth": 0}),
        "one": (22, {"namespaces": [[]], "depth": 1}),
        "any": (22, {"namespaces": [[]]}),
        "node": (10, {"namespaces": [["nest"]]}),
        "node-flat": (10, {"namespaces": [["nest"]], "depth": 0}),
        "none": (22, {"namespaces": []}),
        "other": (0, {"namespaces": [["other"]]}),
        "depth-alone": (22, {"depth": 0}),
        "text": (22, {"namespaces": "nest"}),
        "numbers": (22, {"namespaces": [7]}),
        "depth-text": (22, {"namespaces": [[]], "depth": "0"}),
        "depth-flag": (22, {"namespaces": [[]], "depth": False}),
        "since": (2, {"since": 20}),
        "since-text": (22, {"since": "7"}),
        "since-minus": (22, {"since": -1}),
        "since-flag": (22, {"since": True}),
        "since-late": (0, {"since": 1000}),
    }
    yield "namespaces", (*ran(NESTED), *(watch(count, **asked) for count, asked in spaces.values()))
    live = on("stream_thread_events", {"channels": list(CHANNELS)}, leave=13, background=True)
    started = (start([{"say": "a"}], pause=0.5) for _ in range(1))
    yield "live", (live, *started, over(), *ran([{"update": {"note": 1}}]))


def _questions() -> Iterable[tuple[str, Iterable[Step]]]:
    asked = (*ran(QUESTION), WAITING)
    unknown = {"namespace": [], "interrupt_id": "none", "response": 1}
    yield "asked-later", (*ran([]), *ran(QUESTION), WAITING, watch(4, "lifecycle"))
    named = [{"say": "a", "id": "own"}, {"say": "b", "id": "own"}]
    yield "named", (*ran(named), watch(14), on("get_thread_state"))
    yield "asked", (*asked, watch(5), *looks(), command("input.respond", unknown))
    again = (on("get_thread", until=("status", ("idle",))), watch(9), respond("more"), *looks())
    yield "answered", (*asked, respond({"yes": True}), *again)
    for name, value in {"false": False, "null": None, "text": "t", "list": [1, [2]]}.items():
        yield f"answered-{name}", (*asked, respond(value), IDLE, *looks())
    yield "answered-elsewhere", (*asked, respond("yes", namespace=["no:where"]), IDLE, *looks())
    yield "answered-and-told", (*asked, respond("yes", update={"data": {"a": 1}}), IDLE, *looks())
    tagged = {"config": {"tags": ["t"]}, "metadata": {"m": 1}}
    yield "answered-tagged", (*asked, respond("yes", **tagged), IDLE, *looks())
    several = {"responses": [{"namespace": [], "response": 5, "interrupt_id": INTERRUPT}]}
    yield "answered-listed", (*asked, command("input.respond", several), IDLE, *looks())
    mixed = {"responses": [*several["responses"], unknown]}
    yield "answered-half", (*asked, command("input.respond", mixed), *looks())
    yield "input-answers", (*asked, start(input={"yes": 1}), over(), IDLE, watch(9), *looks())
    yield "null-asks-again", (*asked, start(input=None), over(), WAITING, watch(10))
    both = [{"parallel": {side: [{"interrupt": {"q": 1}}] for side in ("left", "right")}}]
    yield "two", (*ran(both), WAITING, watch(2, "input"), *looks())
    nested = [{"subgraph": QUESTION}]
    yield "nested", (*ran(nested), watch(1, "input"), watch(2, "lifecycle", **ROOT))


INTERRUPT = "<<waiting.tasks.0.interrupts.0.id>>"
ROOT: dict[str, Json] = {"namespaces": [[]], "depth": 0}


def _beside() -> Iterable[tuple[str, Iterable[Step]]]:
    thread = step("create_thread", {"thread_id": U, "metadata": {"sequence": "<<tag>>"}})
    script = [{"say": "old ways"}, {"custom": {"c": 1}}, {"subgraph": [{"say": "in it"}]}]
    modes: dict[str, tuple[int, Json]] = {
        "values": (5, ["values"]),
        "updates": (4, "updates"),
        "custom": (3, ["custom"]),
        "all": (8, ["values", "updates", "custom", "tasks"]),
    }
    told = ("values", "updates", "custom", "lifecycle")
    ended = on("get_run", run_id="<<r.run_id>>", until=("status", TERMINAL))

    def played(given: Json) -> tuple[Step, ...]:
        return (thread, on("create_run", given, label="r"), ended)

    for name, (count, mode) in modes.items():
        fields: dict[str, Json] = {"stream_mode": mode, "stream_resumable": True}
        yield (
            f"legacy-{name}",
            (*played(body(script, **fields)), watch(count, *told)),
        )
    # the reference keeps nothing of it
    yield "legacy-plain", (*played(body(script)), watch(5, *told))
    fields = {"stream_mode": ["values", "updates"], "stream_resumable": True}
    asks = played(body(QUESTION, **fields))
    yield "legacy-asks", (*asks, WAITING, watch(5), respond("yes"), IDLE, watch(9))
    yield "legacy-fails", (*played(body([FAILS], **fields)), watch(3))
    run = "<<c.result.run_id>>"
    joins = (
        on("join_run", run_id=run),
        on("join_run_stream", run_id=run, headers={"last-event-id": "-1"}),
    )
    yield "joined", (*ran([{"say": "a"}, {"update": {"note": 1}}]), *joins)
    resumes = on("wait_run", body(command={"resume": "by others"}))
    yield "answered-by-others", (*ran(QUESTION), WAITING, resumes, IDLE, *looks())


def _refusals() -> Iterable[tuple[str, Iterable[Step]]]:
    bodies: tuple[Json, ...] = (
        *([], 7, "x", {}, {"id": 1}, {"method": "run.start"}, {"id": "1", "method": "x"}),
        *({"id": 1, "method": 7}, {"id": None, "method": "x"}, {"id": 1.5, "method": "x"}),
        *({"id": -1, "method": "x"}, {"id": 1, "method": "run.cancel"}, {"id": 1, "method": ""}),
        *({"id": 1, "method": "state.get"}, {"id": 1, "method": "Run.Start"}),
    )
    yield "envelopes", [on("send_thread_command", given) for given in bodies]
    raw = (b"", b"{", b"null", b"run.start", b"\xff", b'{"id":1,"method":"x"}extra')
    headers = {"content-type": "application/json"}
    yield (
        "no-json",
        [
            *(on("send_thread_command", content=content, headers=headers) for content in raw),
            *(on("stream_thread_events", content=content, headers=headers) for content in raw[:3]),
        ],
    )
    params: tuple[Json, ...] = (
        *({}, [], 7, {"assistant_id": ""}, {"assistant_id": None}, {"assistant_id": 7}),
        *({"assistant_id": "nowhere"}, {"assistant_id": "<<uuid:2>>", "input": {}}),
        *(body([], config={"configurable": {"checkpoint_id": bad}}) for bad in ("x", 7, "")),
    )
    yield "starts", [*(command("run.start", given) for given in params), on("get_thread")]
    ill: dict[str, Json] = {
        "config-text": {"config": "x"},
        "configurable-text": {"config": {"configurable": "x"}},
        "tags-text": {"config": {"tags": "x"}},
        "recursion-text": {"config": {"recursion_limit": "x"}},
        "metadata-text": {"metadata": "x"},
        "metadata-null": {"metadata": None},
    }
    for name, bad in ill.items():
        yield name, (start([], **bad), over(), on("get_thread"))
    answers: tuple[Json, ...] = (
        *(None, {}, [], {"interrupt_id": 7}, {"interrupt_id": "x"}, {"responses": []}),
        *({"responses": "x"}, {"responses": [7]}, {"responses": [{"interrupt_id": 7}]}),
        {"interrupt_id": "x", "namespace": "y", "response": 1},
    )
    yield "responses", [command("input.respond", given) for given in answers]
    goes: tuple[Json, ...] = ({"goto": 7}, {"update": 7}, {"update": "x"}, {"goto": [7]})
    yield "steering", (*ran(QUESTION), WAITING, *(respond("yes", **given) for given in goes))
    pairs: tuple[tuple[str, Json], ...] = (
        *(("agent.getTree", None), ("subscription.subscribe", {"channels": ["values"]})),
        *(("subscription.subscribe", {}), ("subscription.subscribe", {"channels": ["debug"]})),
        *(("subscription.unsubscribe", {}), ("subscription.unsubscribe", {"subscription_id": "x"})),
        ("subscription.reconnect", {"channels": ["values"], "since": 0}),
    )
    yield "connectionless", [command(method, given) for method, given in pairs]
    subscriptions: tuple[Json, ...] = (
        *({}, [], 7, {"channels": []}, {"channels": "values"}, {"channels": ["debug"]}),
        *({"channels": ["values", "x"]}, {"channels": [7]}, {"channels": ["custom:"]}),
        *({"channels": ["Values"]}, {"channels": None}, {"channels": [None]}),
    )
    yield "subscriptions", [on("stream_thread_events", given) for given in subscriptions]
    nowhere = {"thread_id": "none"}
    begun = {"id": 1, "method": "run.start", "params": body([])}
    yield (
        "no-thread",
        [
            step("stream_thread_events", {"channels": ["values"]}, **nowhere),
            step("send_thread_command", begun, **nowhere),
        ],
    )
