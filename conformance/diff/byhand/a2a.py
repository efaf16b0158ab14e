"""A2A: envelopes, cards, messages as runs, contexts as threads, questions, histories."""

from __future__ import annotations

from typing import Any

from conformance.diff.sequence import Json, Sequence, Step, step

A = "<<a.assistant_id>>"
CONTEXT = "<<m.result.contextId>>"
TASK = "<<m.result.id>>"
SSE = {"accept": "text/event-stream"}
# where the reference is known to fail: what it drops then, it drops for nobody else
CLOSING = {"connection": "close"}
ASKS: list[Json] = [{"interrupt": {"ask": "Go on?"}}, {"say": {"$": "resume"}}]
FAILS: list[Json] = [{"fail": {"error": "ValueError", "message": "no"}}]
STREAMS = ("message/stream", "SendStreamingMessage")
_BYTES = (b"", b"{", b"nul", b"null", b"[]", b"5", b'"x"', b"\xff\xfe", b'{"jsonrpc":"2.0"}x')
_CALLS: tuple[Json, ...] = (
    {},
    {"jsonrpc": "2.0"},
    {"jsonrpc": "1.0", "id": 1, "method": "tasks/get"},
    {"jsonrpc": 2.0, "id": 1, "method": "tasks/get"},
    {"id": 1, "method": "tasks/get"},
    {"jsonrpc": "2.0", "id": 1},
    {"jsonrpc": "2.0", "method": "tasks/get"},
    {"jsonrpc": "2.0", "id": None, "method": "tasks/get"},
    {"jsonrpc": "2.0", "id": 1, "result": {}},
    {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "x"}},
    {"jsonrpc": "2.0", "id": 0, "method": "tasks/get", "params": {}},
    {"jsonrpc": "2.0", "id": "", "method": "tasks/get", "params": {}},
    {"jsonrpc": "2.0", "id": -1.5, "method": "tasks/get", "params": {}},
    {"jsonrpc": "2.0", "id": {"a": 1}, "method": "tasks/get", "params": {}},
    {"jsonrpc": "2.0", "id": [1], "method": "tasks/get", "params": {}},
    {"jsonrpc": "2.0", "id": True, "method": "tasks/get", "params": {}},
    [{"jsonrpc": "2.0", "id": 1, "method": "tasks/get"}],
)
_METHODS: tuple[Json, ...] = (
    *("tasks/list", "tasks/resubscribe", "tasks/pushNotificationConfig/set", "message", ""),
    *("sendMessage", "Message/Send", "agent/getAuthenticatedExtendedCard", 5, None, ["x"]),
)
_PARAMETERS: tuple[Json, ...] = (None, [], "x", 5, {"message": 5})
_CONFIGURATIONS: tuple[Json, ...] = (None, 5, [], {"bogus": 1}, {"acceptedOutputModes": []})
_TASKS: tuple[Json, ...] = ("nope", "a:b", ":", "", 5, None, [], {"a": 1})
_ACCEPTS = ("*/*", "application/json", "application/*", "text/event-stream", "text/*", "", "a")


def agent(graph: str = "probe", label: str = "a", **fields: Json) -> Step:
    """An assistant to speak with."""
    body = {"graph_id": graph, "name": f"{graph} <<tag>>", "metadata": {"sequence": "<<tag>>"}}
    return step("create_assistant", {**body, **fields}, label=label)


def call(method: Json, params: Json = None, *, to: str = A, **given: Any) -> Step:
    """A call of an assistant; without parameters where there are none."""
    sent = {"jsonrpc": "2.0", "id": "<<tag>>", "method": method}
    if params is not None:
        sent["params"] = params
    if method in STREAMS:
        given["headers"] = {**SSE, **given.get("headers", {})}
    return step("post_a2a", sent, assistant_id=to, **given)


def message(*parts: Json, **fields: Json) -> dict[str, Json]:
    """The parameters of a message."""
    return {"message": {"messageId": "m1", "role": "user", "parts": list(parts), **fields}}


def text(said: str = "Good day") -> dict[str, Json]:
    """A part that is a text."""
    return {"kind": "text", "text": said}


def script(*steps: Json) -> dict[str, Json]:
    """A part that is a script for the probe."""
    return {"kind": "data", "data": {"script": list(steps)}}


def send(*parts: Json, label: str = "m", **fields: Json) -> Step:
    """A message that is waited for."""
    return call("message/send", message(*parts, **fields), label=label)


def looks() -> tuple[Step, ...]:
    """The thread and the runs behind the task of `m`."""
    return (
        step("get_thread", thread_id=CONTEXT),
        step("get_thread_state", thread_id=CONTEXT),
        step("list_runs", thread_id=CONTEXT, label="runs"),
    )


def sequences() -> list[Sequence]:
    """Envelopes, cards, messages, contexts, questions."""
    return [*_envelopes(), *_cards(), *_messages(), *_contexts(), *_questions()]


def _envelopes() -> list[Sequence]:
    nobody = "<<uuid:1>>"
    return [
        Sequence(
            "a2a/bytes",
            (agent(), *(step("post_a2a", content=sent, assistant_id=A) for sent in _BYTES)),
        ),
        Sequence(
            "a2a/calls",
            (
                agent(),
                *(step("post_a2a", sent, assistant_id=A, headers=CLOSING) for sent in _CALLS),
            ),
        ),
        Sequence("a2a/methods", (agent(), *(call(name, {}) for name in _METHODS))),
        Sequence(
            "a2a/parameters",
            (
                agent(),
                *(
                    call(method, params, headers=CLOSING)
                    for method in ("message/send", "message/stream", "tasks/get", "ListTasks")
                    for params in _PARAMETERS
                ),
            ),
        ),
        Sequence(
            "a2a/accept",
            (
                agent("agent"),
                *(
                    call(method, params, headers={"accept": accept})
                    for method, params in (
                        ("tasks/get", {"id": "x"}),
                        ("message/stream", message(text())),
                        ("tasks/none", {}),
                        ("message/stream", {}),
                    )
                    for accept in _ACCEPTS
                ),
            ),
        ),
        Sequence(
            "a2a/nobody",
            tuple(
                call(method, message(text()), to=to)
                for method in ("message/send", "message/stream", "tasks/get", "SendMessage")
                for to in (nobody, "nobody", "probe")
            ),
        ),
        Sequence(
            "a2a/verbs",
            (
                agent(),
                *(step(f"{verb} /a2a/{A}") for verb in ("DELETE", "PUT", "PATCH", "HEAD")),
                *(step(f"{verb} /a2a") for verb in ("GET", "POST")),
                step(f"GET /a2a/{A}/none"),
            ),
        ),
    ]


def _cards() -> list[Sequence]:
    paths = ("", "/", "/.well-known/agent-card.json", "/.well-known/agent.json")
    queries: tuple[dict[str, str], ...] = (
        {"assistant_id": A},
        {"assistant_id": "nobody"},
        {"assistant_id": "<<uuid:1>>"},
        {"assistant_id": ""},
        {},
    )
    return [
        Sequence(
            "a2a/cards",
            (
                agent(description="Plays."),
                *(step(f"GET /a2a/{A}{path}") for path in paths),
                *(step("get_agent_card", query=query) for query in queries),
                call("GetExtendedAgentCard", {}),
                call("GetExtendedAgentCard"),
                step("GET /.well-known/agent.json"),
                agent("agent", "b", name="K\u00f6chin <<tag>>", description="Cooks."),
                step("get_a2a_card", assistant_id="<<b.assistant_id>>"),
            ),
        ),
        Sequence(
            "a2a/cards-of-nobody",
            tuple(
                step(operation, assistant_id=who)
                for operation in ("get_a2a_card", "get_a2a_agent_card", "get_a2a_agent_json")
                for who in ("nobody", "<<uuid:1>>", "probe")
            ),
        ),
    ]


def _messages() -> list[Sequence]:
    file = {"kind": "file", "file": {"uri": "http://example.com/a.png", "mimeType": "image/png"}}
    inline = {"kind": "file", "file": {"bytes": "YQ==", "mimeType": "text/plain", "name": "a"}}
    parts: tuple[list[Json], ...] = (
        [text()],
        [text("a"), text("b")],
        [{"text": "no kind"}],
        [text(""), text(" ")],
        [text("<\u00e4 \u2028 \U0001f600>")],
        [text(), file],
        [inline],
        [{"kind": "data", "data": {}}],
        [{"kind": "data", "data": {"messages": "from data"}}],
        [text("both"), {"kind": "data", "data": {"messages": "over"}}],
    )
    wrong: tuple[Json, ...] = (
        {},
        {"kind": "text"},
        {"kind": "text", "text": 5},
        {"kind": "text", "text": None},
        {"kind": "text", "text": "a", "data": {}},
        {"kind": "data", "data": []},
        {"kind": "data", "data": "x"},
        {"kind": "file", "file": {}},
        {"kind": "file", "file": "x"},
        {"kind": "file", "file": {"uri": 5}},
        {"kind": "bogus", "bogus": 1},
        "text",
        5,
        None,
    )
    fields: tuple[dict[str, Json], ...] = (
        {"messageId": None},
        {"messageId": ""},
        {"messageId": 5},
        {"role": None},
        {"role": ""},
        {"role": "agent"},
        {"role": "ROLE_USER"},
        {"role": "bogus"},
        {"role": 5},
        {"parts": None},
        {"parts": []},
        {"parts": {}},
        {"parts": "x"},
        {"kind": "bogus", "metadata": {"a": 1}, "extensions": []},
    )
    played: dict[str, list[Json]] = {
        "say": [{"say": "Good day to you"}],
        "tools": [{"tool": {"name": "look", "args": {"a": 1}, "result": "seen"}}, {"say": "ok"}],
        "tool-last": [{"tool": {"name": "look", "args": {}, "result": "seen"}}],
        "silent": [{"update": {"note": 1, "data": {"a": None}}}],
        "fails": FAILS,
        "fails-late": [{"say": "a"}, {"node": "check"}, *FAILS],
        "asks": ASKS,
        "asks-twice": [{"parallel": {"left": ASKS[:1], "right": ASKS[:1]}}],
        "human": [{"update": {"messages": [{"type": "human", "content": "I said", "id": "h"}]}}],
        "no-script": [{"bogus": 1}],
    }
    return [
        Sequence("a2a/send", (agent("agent"), *(send(*part, label="") for part in parts))),
        Sequence(
            "a2a/send-new",
            (agent("agent"), call("SendMessage", message(text(), role="ROLE_USER"))),
        ),
        Sequence("a2a/parts-wrong", (agent("agent"), *(send(part, label="") for part in wrong))),
        Sequence(
            "a2a/message-wrong",
            (agent("agent"), *(send(text(), label="", **field) for field in fields)),
        ),
        *(
            Sequence(
                f"a2a/played-{name}",
                (
                    agent(),
                    send(script(*steps)),
                    *looks(),
                    call("tasks/get", {"id": TASK}),
                    call("GetTask", {"id": TASK}),
                    call("SendMessage", message(script(*steps))),
                    call("ListTasks", {"contextId": CONTEXT}),
                    call("ListTasks", {"contextId": CONTEXT, "includeArtifacts": True}),
                ),
            )
            for name, steps in played.items()
        ),
    ]


def _contexts() -> list[Sequence]:
    def more(said: str, **fields: Json) -> Step:
        return send(text(said), label="", messageId=said, **fields)

    lengths: tuple[Json, ...] = (0, 1, 3, 10, 11, -1, 2.5, "5", None, True)
    wrong: tuple[Json, ...] = ("nope", 5, "", None, [], "<<uuid:1>>")
    scopes: tuple[Json, ...] = ("task", "context", "bogus", "", 5, None)
    return [
        Sequence(
            "a2a/context",
            (
                agent("agent"),
                send(text("one")),
                more("two", contextId=CONTEXT),
                more("three", contextId=CONTEXT),
                *looks(),
                call("tasks/get", {"id": TASK}),
                call("ListTasks", {"contextId": CONTEXT}),
                call("ListTasks", {"contextId": CONTEXT, "pageSize": 2}, label="list"),
                call(
                    "ListTasks",
                    {"contextId": CONTEXT, "pageToken": "<<list.result.nextPageToken>>"},
                ),
            ),
        ),
        Sequence(
            "a2a/context-thread",
            (
                agent("agent"),
                step("create_thread", {"metadata": {"sequence": "<<tag>>"}}, label="t"),
                send(text("one"), contextId="<<t.thread_id>>"),
                *looks(),
                step(
                    "wait_run",
                    {"assistant_id": A, "input": {"messages": "told otherwise"}},
                    thread_id="<<t.thread_id>>",
                ),
                more("two", contextId="<<t.thread_id>>"),
                call("ListTasks", {"contextId": "<<t.thread_id>>"}),
            ),
        ),
        Sequence(
            "a2a/context-shared",
            (
                agent("agent"),
                agent("agent", "b"),
                send(text("one")),
                call(
                    "message/send",
                    message(text("two"), contextId=CONTEXT, messageId="m2"),
                    to="<<b.assistant_id>>",
                    label="n",
                ),
                call("tasks/get", {"id": TASK}, to="<<b.assistant_id>>"),
                call("tasks/get", {"id": "<<n.result.id>>"}, to="<<b.assistant_id>>"),
                call("ListTasks", {"contextId": CONTEXT}),
                call("ListTasks", {"contextId": CONTEXT}, to="<<b.assistant_id>>"),
                call("tasks/cancel", {"id": TASK}, to="<<b.assistant_id>>"),
            ),
        ),
        Sequence(
            "a2a/context-wrong",
            (
                agent("agent"),
                *(send(text(), label="", contextId=context) for context in wrong),
                *(
                    call("message/stream", message(text(), contextId=context))
                    for context in ("nope", 5)
                ),
            ),
        ),
        Sequence(
            "a2a/history",
            (
                agent("agent"),
                send(text("one")),
                more("two", contextId=CONTEXT),
                *(call("tasks/get", {"id": TASK, "historyLength": n}) for n in lengths),
                *(
                    call(
                        "message/send",
                        {
                            **message(text("x"), contextId=CONTEXT, messageId=f"n{n}"),
                            "configuration": {"historyLength": n},
                        },
                    )
                    for n in (0, 2, 11, "x")
                ),
                *(call("tasks/get", {"id": TASK, "historyScope": scope}) for scope in scopes),
                *(
                    call("tasks/get", {"id": TASK}, headers={"langgraph-a2a-history-scope": scope})
                    for scope in ("task", "bogus", "")
                ),
                call(
                    "message/send",
                    {
                        **message(text("y"), contextId=CONTEXT, messageId="y"),
                        "configuration": {"historyScope": "task", "blocking": False},
                    },
                ),
                *(
                    call(
                        "message/send",
                        {**message(text("z"), messageId="z"), "configuration": configuration},
                    )
                    for configuration in _CONFIGURATIONS
                ),
            ),
        ),
        Sequence(
            "a2a/get",
            (
                agent("agent"),
                send(text("one")),
                step("list_runs", thread_id=CONTEXT, label="runs"),
                call("tasks/get", {"id": "<<runs.0.run_id>>", "contextId": CONTEXT}),
                call("tasks/get", {"id": "<<runs.0.run_id>>"}),
                call("tasks/get", {"id": TASK, "contextId": CONTEXT}),
                call("tasks/get", {"id": TASK, "contextId": "<<uuid:1>>"}),
                call("tasks/get", {"id": f"{CONTEXT}:<<uuid:1>>"}),
                call("tasks/get", {"id": "<<uuid:1>>:<<uuid:2>>"}),
                *(
                    call(method, {"id": task})
                    for method in ("tasks/get", "tasks/cancel")
                    for task in _TASKS
                ),
                call("tasks/cancel", {"id": TASK}),
                call("CancelTask", {"id": TASK}),
            ),
        ),
        Sequence(
            "a2a/list-wrong",
            (
                agent("agent"),
                *(
                    call("ListTasks", params, headers=CLOSING)
                    for params in (
                        {"pageSize": 0},
                        {"pageSize": 101},
                        {"pageSize": "5"},
                        {"pageToken": "x"},
                        {"pageToken": "-1"},
                        {"pageToken": "7"},
                        {"status": "bogus"},
                        {"status": "completed"},
                        {"status": "TASK_STATE_FAILED"},
                        {"statusTimestampAfter": "soon"},
                        {"statusTimestampAfter": "2026-01-01"},
                        {"statusTimestampAfter": "2999-01-01T00:00:00Z"},
                        {"contextId": 5},
                        {"contextId": "nope"},
                        {"contextId": "<<uuid:1>>"},
                        {"historyLength": -1},
                        {"includeArtifacts": "x"},
                        {},
                    )
                ),
            ),
        ),
    ]


def _questions() -> list[Sequence]:
    place = {"contextId": CONTEXT, "taskId": TASK}
    answers: dict[str, dict[str, Json]] = {
        "text": message(text("Yes"), **place),
        "text-and-data": message(text("Yes"), {"kind": "data", "data": {"resume": "No"}}, **place),
        "data-resume": message({"kind": "data", "data": {"resume": {"a": 1}}}, **place),
        "data": message({"kind": "data", "data": {"b": 2}}, **place),
        "command": message(text("ignored"), command={"resume": ["told"]}, **place),
        "command-without-parts": message(command={"resume": "told"}, **place),
        "command-empty": message(text("Yes"), command={}, **place),
        "without-context": message(text("Yes"), taskId=TASK),
    }
    return [
        *(
            Sequence(
                f"a2a/answered-{name}",
                (
                    agent(),
                    send(script(*ASKS)),
                    call("tasks/get", {"id": TASK}),
                    call("message/send", params, label="n"),
                    call("tasks/get", {"id": TASK}),
                    *looks(),
                    call("ListTasks", {"contextId": CONTEXT}),
                    call("message/send", params),
                ),
            )
            for name, params in answers.items()
        ),
        Sequence(
            "a2a/answered-wrong",
            (
                agent(),
                send(script({"say": "done"})),
                send(text("more"), label="", **place),
                send(text("more"), label="", taskId="nope"),
                send(text("more"), label="", taskId=f"{CONTEXT}:<<uuid:1>>"),
                send(text("more"), label="", taskId=TASK, contextId="<<uuid:1>>"),
                send(text("more"), label="", taskId=5),
                send(label="", command={"resume": "x"}),
                send(label="", command={"resume": "x"}, contextId=CONTEXT),
                call("message/stream", message(text("more"), **place)),
            ),
        ),
        Sequence(
            "a2a/asks-then-new",
            (
                agent(),
                send(script(*ASKS)),
                send(script({"say": "new"}), label="n", contextId=CONTEXT),
                call("tasks/get", {"id": TASK}),
                call("tasks/get", {"id": "<<n.result.id>>"}),
                send(text("Yes"), label="", **place),
                *looks(),
            ),
        ),
        Sequence(
            "a2a/cancelled-question",
            (
                agent(),
                send(script(*ASKS)),
                call("tasks/cancel", {"id": TASK}),
                call("tasks/get", {"id": TASK}),
                call("tasks/cancel", {"id": TASK}),
                send(text("Yes"), label="", **place),
                call("ListTasks", {"contextId": CONTEXT}),
                *looks(),
            ),
        ),
        Sequence(
            "a2a/asks-again",
            (
                agent(),
                send(script({"interrupt": 1}, {"interrupt": 2}, {"say": {"$": "resume"}})),
                send(text("first"), label="", **place),
                send(text("second"), label="", **place),
                call("tasks/get", {"id": TASK}),
                *looks(),
            ),
        ),
    ]
