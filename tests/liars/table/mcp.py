"""Liars about MCP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.liars import liar as say
from tests.liars.liar import Liar

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.liars.wire import Answer, Asked

MCP = ("post_mcp",)


def results(
    change: Callable[[dict[str, Any]], Any], *, of: str = ""
) -> Callable[[Asked, Answer], None]:
    """Maps the results of calls of a method, of all where none is named."""

    def answer(asked: Asked, given: Answer) -> None:
        found = given.json
        method = asked.json.get("method") if isinstance(asked.json, dict) else None
        if isinstance(found, dict) and "result" in found and of in ("", method):
            changed = change(found["result"])
            if changed is not None:
                found["result"] = changed
            given.json = found

    return answer


def coded(code: int) -> Callable[[Asked, Answer], None]:
    """Another code in every error object."""

    def answer(_asked: Asked, given: Answer) -> None:
        found = given.json
        if isinstance(found, dict) and isinstance(found.get("error"), dict):
            found["error"]["code"] = code
            given.json = found

    return answer


def without_id(found: Any) -> None:
    """Forgets falsy ids."""
    if isinstance(found, dict) and not found.get("id"):
        found["id"] = None


def broken(asked: Asked, given: Answer) -> None:
    """A 500 for parameters that are no object."""
    if isinstance(asked.json, dict) and isinstance(asked.json.get("params"), list):
        given.status, given.body = 500, b"Internal Server Error"
        given.headers = [("content-type", "text/plain")]


def with_session(_asked: Asked, given: Answer) -> None:
    """Begins a session with each answer."""
    given.headers.append(("mcp-session-id", "1"))


def each_tool(change: Callable[[dict[str, Any]], None]) -> Callable[[Asked, Answer], None]:
    """Changes every tool of a list, in place."""

    def changed(found: dict[str, Any]) -> None:
        for tool in found["tools"]:
            change(tool)

    return results(changed, of="tools/list")


def texts(change: Callable[[str], str]) -> Callable[[Asked, Answer], None]:
    """Maps the text of every tool's result."""

    def changed(found: dict[str, Any]) -> None:
        for part in found["content"]:
            part["text"] = change(part["text"])

    return results(changed, of="tools/call")


def calm(found: dict[str, Any]) -> None:
    """No tool has failed."""
    found.pop("isError", None)


def numbered(found: dict[str, Any]) -> None:
    """A cursor that is a number."""
    if "nextCursor" in found:
        found["nextCursor"] = int(found["nextCursor"])


def endless(found: dict[str, Any]) -> None:
    """Each page leads to the first."""
    found["nextCursor"] = "0"


LIARS = (
    Liar(
        "a version of MCP that nobody speaks",
        ("mcp.version-is-settled",),
        MCP,
        answer=results(lambda found: {**found, "protocolVersion": "1999-01-01"}, of="initialize"),
    ),
    Liar(
        "pings that say something",
        ("mcp.ping-is-answered", "mcp.either-media-type-is-enough"),
        MCP,
        answer=results(lambda _: {"pong": True}, of="ping"),
    ),
    Liar("sessions of MCP", ("mcp.there-are-no-sessions",), MCP, answer=with_session),
    Liar(
        "ids that are false lost",
        ("mcp.answers-name-their-call",),
        MCP,
        answer=say.body(without_id),
    ),
    Liar(
        "200 where nothing is answered",
        ("mcp.notifications-are-accepted", "mcp.initialized-is-accepted", "document.post-mcp"),
        MCP,
        answer=say.status(200, when=[202]),
    ),
    Liar(
        "one code for all errors of MCP",
        (
            "mcp.unknown-methods-are-errors",
            "mcp.senseless-parameters-are-errors",
            "mcp.senseless-calls-are-errors",
        ),
        MCP,
        answer=coded(-32603),
    ),
    Liar(
        "a detail in place of an error of MCP",
        ("mcp.no-message-is-400",),
        MCP,
        answer=say.status(400, when=[400], body={"detail": "no"}),
    ),
    Liar(
        "streams and sessions of MCP to be had",
        ("mcp.nothing-to-listen-to", "document.get-mcp", "document.delete-mcp"),
        ("get_mcp", "delete_mcp"),
        answer=say.status(200),
    ),
    Liar(
        "500 for parameters of MCP that are lists",
        ("universal.agent-protocols-break-nothing",),
        MCP,
        answer=broken,
        drives=("mcp_parameters",),
    ),
    Liar(
        "tools without hints",
        ("mcp.assistant-is-a-tool",),
        MCP,
        answer=each_tool(lambda tool: tool.pop("annotations")),
    ),
    Liar(
        "tools called as their assistants are",
        ("mcp.names-are-those-of-tools",),
        MCP,
        answer=each_tool(lambda tool: tool.update(name=tool["title"])),
    ),
    Liar(
        "a list of tools without end",
        ("mcp.tools-are-paged",),
        MCP,
        answer=results(endless, of="tools/list"),
    ),
    Liar(
        "cursors that are numbers",
        ("mcp.cursor-is-a-text",),
        MCP,
        answer=results(numbered, of="tools/list"),
    ),
    Liar(
        "values of calls kept back",
        ("mcp.call-gives-the-values", "mcp.question-is-no-error"),
        MCP,
        answer=texts(lambda _: "{}"),
    ),
    Liar(
        "failed calls that look well",
        ("mcp.failed-run-is-an-error-of-the-tool",),
        MCP,
        answer=results(calm, of="tools/call"),
    ),
    Liar(
        "threads that calls leave behind",
        ("mcp.calls-leave-no-threads",),
        ("search_threads",),
        answer=say.body(lambda threads: [*threads, {"thread_id": "x"}]),
    ),
)
