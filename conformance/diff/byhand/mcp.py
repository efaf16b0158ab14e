"""MCP: envelopes, versions, tools and their calls, what is refused."""

from __future__ import annotations

from typing import Any

from conformance.diff.sequence import Json, Sequence, Step, step

ACCEPT = {"accept": "application/json, text/event-stream"}
# where the reference is known to fail: what it drops then, it drops for nobody else
CLOSING = {"connection": "close"}
_BYTES = (b"", b"{", b"nul", b"null", b"[]", b"5", b'"x"', b"\xff\xfe", b'{"jsonrpc":"2.0"}x')
_MESSAGES: tuple[Json, ...] = (
    {},
    {"jsonrpc": "2.0"},
    {"jsonrpc": "1.0", "id": 1, "method": "ping"},
    {"jsonrpc": 2.0, "id": 1, "method": "ping"},
    {"id": 1, "method": "ping"},
    {"jsonrpc": "2.0", "method": "ping"},
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": None, "method": "ping"},
    {"jsonrpc": "2.0", "id": 1, "result": {}},
    {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "x"}},
    {"jsonrpc": "2.0", "id": 1, "method": ""},
    {"jsonrpc": "2.0", "id": None, "method": None},
    {"jsonrpc": "2.0", "id": 0, "method": "ping"},
    {"jsonrpc": "2.0", "id": "", "method": "ping"},
    {"jsonrpc": "2.0", "id": "a", "method": "ping", "params": {"x": 1}, "more": 1},
    {"jsonrpc": "2.0", "id": -1.5, "method": "ping", "params": None},
    {"jsonrpc": "2.0", "id": {"a": []}, "method": "ping", "params": []},
    {"jsonrpc": "2.0", "id": [1], "method": "ping", "params": 5},
    {"jsonrpc": "2.0", "id": False, "method": "ping"},
    [{"jsonrpc": "2.0", "id": 1, "method": "ping"}],
)
_NO_OBJECTS: tuple[Json, ...] = ([], "x", 5)
_ACCEPTS = ("*/*", "application/json", "text/event-stream", "application/*", "text/html", "")


def call(method: Json, params: Json = None, **headers: str) -> Step:
    """A call of MCP; without parameters where there are none."""
    sent = {"jsonrpc": "2.0", "id": "<<tag>>", "method": method}
    if params is not None:
        sent["params"] = params
    return step("post_mcp", sent, headers={**ACCEPT, **headers})


def sequences() -> list[Sequence]:
    """Messages, methods, tools."""
    return [*_messages(), *_methods(), *_tools(), *_calls()]


def _messages() -> list[Sequence]:
    return [
        Sequence(
            "mcp/messages",
            tuple(step("post_mcp", sent, headers=ACCEPT) for sent in _MESSAGES),
        ),
        Sequence(
            "mcp/bytes",
            tuple(step("post_mcp", content=sent, headers=ACCEPT) for sent in _BYTES),
        ),
        Sequence(
            "mcp/accept",
            tuple(call("ping", accept=accept) for accept in _ACCEPTS)
            + tuple(
                step("post_mcp", content=sent, headers={"accept": "text/html"})
                for sent in (b"{", b"[]", b'{"id": 1}')
            ),
        ),
        Sequence(
            "mcp/verbs",
            (
                step("get_mcp"),
                step("get_mcp", headers={"accept": "text/event-stream"}),
                step("delete_mcp", headers={"mcp-session-id": "<<tag>>"}),
                *(step(f"{verb} /mcp") for verb in ("PUT", "PATCH", "OPTIONS", "HEAD")),
                *(step(f"{verb} /mcp/") for verb in ("POST", "GET", "DELETE")),
            ),
        ),
        Sequence(
            "mcp/headers",
            (
                call("ping", **{"mcp-session-id": "<<tag>>"}),
                call("ping", **{"mcp-protocol-version": "junk"}),
                call("ping", **{"content-type": "text/plain"}),
            ),
        ),
    ]


def _methods() -> list[Sequence]:
    versions: tuple[Json, ...] = (
        *("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"),
        *("1999-01-01", "", None, 5, {"a": 1}),
    )
    names: tuple[Json, ...] = (
        *("resources/list", "prompts/list", "logging/setLevel", "tools", "Ping"),
        *(5, True, ["ping"], {"a": 1}),
    )
    return [
        Sequence(
            "mcp/initialize",
            (
                *(call("initialize", {"protocolVersion": version}) for version in versions),
                call("initialize"),
                call("initialize", {"capabilities": {}, "clientInfo": {"name": "x"}}),
            ),
        ),
        Sequence(
            "mcp/initialize-wrong",
            tuple(call("initialize", params, **CLOSING) for params in _NO_OBJECTS),
        ),
        Sequence("mcp/unknown-methods", tuple(call(name) for name in names)),
    ]


def _assistant(name: str, **fields: Any) -> Step:
    body = {"graph_id": "probe", "name": name, "metadata": {"sequence": "<<tag>>"}, **fields}
    return step("create_assistant", body)


def _tools() -> list[Sequence]:
    cursors: tuple[Json, ...] = (0, "0", "1000", "no number", "", 1000, 0.5, " 2")
    wrong: tuple[Json, ...] = (None, [], {}, -1, "-1")
    return [
        Sequence("mcp/tools", (call("tools/list"), call("tools/list", {})), alone=True),
        Sequence(
            "mcp/tools-named",
            (
                _assistant("K\u00f6chin  der\tTage! <<tag>>", description="Cooks."),
                _assistant(" <<tag>> around "),
                _assistant("twin <<tag>>", description="One."),
                _assistant("twin <<tag>>", description="Other."),
                _assistant("a" * 140),
                call("tools/list"),
            ),
            alone=True,
        ),
        Sequence(
            "mcp/cursors",
            tuple(call("tools/list", {"cursor": cursor}) for cursor in cursors),
            alone=True,
        ),
        Sequence(
            "mcp/cursors-wrong",
            (
                *(call("tools/list", {"cursor": cursor}, **CLOSING) for cursor in wrong),
                *(call("tools/list", params, **CLOSING) for params in _NO_OBJECTS),
            ),
            alone=True,
        ),
    ]


def _calls() -> list[Sequence]:
    def played(*script: Json, **fields: Json) -> Step:
        given = {"name": "tool_<<tag>>", "arguments": {"script": list(script)}, **fields}
        return call("tools/call", given, **CLOSING)

    made = step(
        "create_assistant",
        {"graph_id": "probe", "name": "tool <<tag>>", "metadata": {"sequence": "<<tag>>"}},
        label="made",
    )
    arguments: tuple[Json, ...] = ({}, {"messages": "Hi"}, {"note": 1}, {"bogus": 1})
    odd: tuple[Json, ...] = ("x", 5, [], [1], True)
    unknown: tuple[Json, ...] = ("nobody", "twin_<<tag>>", "", 5, {})
    fails = [
        {"fail": {"error": error, "message": "no"}} for error in ("ValueError", "RuntimeError")
    ]
    return [
        Sequence(
            "mcp/call",
            (
                made,
                played({"say": "Good day"}, {"update": {"note": "it's", "data": {"a": None}}}),
                *(played(step) for step in fails),
                played({"interrupt": {"ask": "Go on?"}}),
                played({"parallel": {"left": [], "right": [{"say": "x"}]}}),
                played({"say": "x"}, context={"user": "u"}),
                played({"say": "x"}, context=None),
            ),
        ),
        Sequence(
            "mcp/arguments",
            (
                made,
                *(call("tools/call", {"name": "tool_<<tag>>", "arguments": a}) for a in arguments),
                call("tools/call", {"name": "tool_<<tag>>"}),
            ),
        ),
        Sequence(
            "mcp/arguments-wrong",
            (
                made,
                *(
                    call("tools/call", {"name": "tool_<<tag>>", "arguments": a}, **CLOSING)
                    for a in odd
                ),
                played({"bogus": 1}),
                *(played({"say": "x"}, context=context) for context in _NO_OBJECTS),
            ),
        ),
        Sequence(
            "mcp/names",
            (
                _assistant("twin <<tag>>"),
                _assistant("twin  <<tag>>"),
                *(call("tools/call", {"name": n}) for n in unknown),
                call("tools/call", {"arguments": {}}),
                call("tools/call"),
                call("tools/call", [], **CLOSING),
            ),
        ),
        Sequence(
            "mcp/leaves-nothing",
            (
                made,
                played({"say": "x"}),
                step("count_threads", {"metadata": {"assistant_id": "<<made.assistant_id>>"}}),
            ),
        ),
    ]
