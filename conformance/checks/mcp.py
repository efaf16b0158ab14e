"""MCP: envelopes, tools and their calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.jsonrpc import INVALID_PARAMS, METHOD_NOT_FOUND, answer, refused, result
from conformance.registry import check
from conformance.scenarios.mcp import VERSIONS

if TYPE_CHECKING:
    from conformance.recording import Exchange, Recording

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
_SESSION = "mcp-session-id"


def tools_of(exchange: Exchange) -> list[dict[str, Any]]:
    """The tools of a list."""
    return expect.objects(result(exchange).get("tools"), "tools", exchange)


def text_of(exchange: Exchange, *, failed: bool = False) -> str:
    """The one text of a tool's result, which tells of a failed run or of none."""
    found = result(exchange)
    expect.ensure(
        bool(found.get("isError")) is failed, f"isError {failed}".lower(), found, exchange
    )
    content = expect.objects(found.get("content"), "content", exchange)
    expect.equal([part.get("type") for part in content], ["text"], "types of content", exchange)
    text = content[0].get("text")
    expect.ensure(isinstance(text, str), "a text", text, exchange)
    return str(text)


def _refusal(exchange: Exchange) -> None:
    found = expect.mapping(exchange, 400)
    told = isinstance(found.get("error"), str)
    expect.ensure(told, "an object with a string `error`", found, exchange)


@check("MCP-INIT-01", scenario="mcp_session")
def version_is_settled(r: Recording) -> None:
    """The one asked for, else one that is spoken; tools and a name."""
    for exchange in r.each("initialized"):
        found = result(exchange)
        asked = exchange.label.partition("/")[2]
        wanted = (asked,) if asked in VERSIONS else VERSIONS
        expect.one_of(found.get("protocolVersion"), wanted, "protocolVersion", exchange)
        expect.ensure("tools" in _at(found, "capabilities"), "tools", found, exchange)
        for name in ("name", "version"):
            told = _at(found, "serverInfo").get(name)
            expect.ensure(isinstance(told, str) and told, f"serverInfo.{name}", told, exchange)


def _at(found: dict[str, Any], name: str) -> dict[str, Any]:
    value = found.get(name)
    return value if isinstance(value, dict) else {}


@check("MCP-PING-01", scenario="mcp_session")
def ping_is_answered(r: Recording) -> None:
    """An empty object."""
    expect.equal(result(r["ping/plain"]), {}, "result", r["ping/plain"])


@check("MCP-HTTP-03", scenario="mcp_session")
def there_are_no_sessions(r: Recording) -> None:
    """No answer names one, and one that is named does not matter."""
    for exchange in (*r.each("initialized"), *r.each("ping")):
        named = exchange.headers.get(_SESSION)
        expect.ensure(named is None, f"no header {_SESSION}", named, exchange)
    expect.equal(result(r["ping/session"]), {}, "result", r["ping/session"])


@check("MCP-RPC-01", scenario="mcp_messages")
def answers_name_their_call(r: Recording) -> None:
    """Version and id of results and errors."""
    for exchange in r.each("id"):
        answer(expect.mapping(exchange), exchange)


@check("MCP-RPC-02", scenario="mcp_messages")
def notifications_are_accepted(r: Recording) -> None:
    """202 without a body."""
    for exchange in r.each("accepted"):
        expect.status(exchange, 202)
        expect.equal(exchange.body, b"", "body", exchange)


@check("MCP-RPC-02", scenario="mcp_session")
def initialized_is_accepted(r: Recording) -> None:
    """What every client sends first of all."""
    expect.status(r["accepted/initialized"], 202)


@check("MCP-RPC-03", scenario="mcp_messages")
def unknown_methods_are_errors(r: Recording) -> None:
    """-32601 and 200."""
    for exchange in r.each("unknown"):
        refused(exchange, METHOD_NOT_FOUND)


@check("MCP-RPC-05", scenario="mcp_messages")
def no_message_is_400(r: Recording) -> None:
    """With a reason."""
    for exchange in r.each("no-message"):
        _refusal(exchange)


@check("MCP-HTTP-01", scenario="mcp_messages")
def either_media_type_is_enough(r: Recording) -> None:
    """And neither is 400."""
    for exchange in r.each("accept"):
        expect.equal(result(exchange), {}, "result", exchange)
    for exchange in r.each("inacceptable"):
        _refusal(exchange)


@check("MCP-HTTP-02", scenario="mcp_messages")
def nothing_to_listen_to(r: Recording) -> None:
    """405 for a stream, 404 for a session."""
    expect.status(r["listen"], 405)
    expect.status(r["end"], 404)


@check("MCP-RPC-04", scenario="mcp_parameters")
def senseless_parameters_are_errors(r: Recording) -> None:
    """-32602 for each of them."""
    for exchange in r.each("wrong"):
        refused(exchange, INVALID_PARAMS)


@check("MCP-TOOLS-01", scenario="mcp_tools")
def assistant_is_a_tool(r: Recording) -> None:
    """Title, description, schema and hints."""
    title = r.note("title")
    mine = [tool for tool in tools_of(r["tools"]) if tool.get("title") == title]
    expect.ensure(len(mine) == 1, f"one tool with title {title!r}", mine, r["tools"])
    expect.contains(mine[0], {"description": "Cooks."}, "a tool", r["tools"])
    schema = _at(mine[0], "inputSchema")
    expect.equal(schema.get("type"), "object", "type of inputSchema", r["tools"])
    hints = _at(mine[0], "annotations")
    for name in _HINTS:
        expect.ensure(isinstance(hints.get(name), bool), name, hints, r["tools"])


@check("MCP-TOOLS-02", scenario="mcp_tools")
def names_are_those_of_tools(r: Recording) -> None:
    """Spelt as tools are, and each of them once."""
    found = tools_of(r["tools"])
    names = [str(tool.get("name")) for tool in found]
    odd = [name for name in names if not _NAME.fullmatch(name)]
    expect.ensure(not odd, "names that a tool may have", odd, r["tools"])
    twice = sorted({name for name in names if names.count(name) > 1})
    expect.ensure(not twice, "each name once", twice, r["tools"])
    title = r.note("title")
    wanted = re.sub(r"[^A-Za-z0-9_.-]", "", re.sub(r"\s+", "_", title.strip()))
    mine = [tool.get("name") for tool in found if tool.get("title") == title]
    expect.equal(mine, [wanted], "name", r["tools"])


@check("MCP-CALL-04", scenario="mcp_tools")
def senseless_calls_are_errors(r: Recording) -> None:
    """-32602 for each of them."""
    for exchange in r.each("senseless"):
        refused(exchange, INVALID_PARAMS)


@check("MCP-TOOLS-03", scenario="mcp_pages")
def tools_are_paged(r: Recording) -> None:
    """The newest on the first page, the oldest on a later one, no tool on two."""
    pages = list(r.each("page"))
    names = [[str(tool.get("name")) for tool in tools_of(page)] for page in pages]
    expect.ensure(len(pages) > 1, "a nextCursor", sorted(result(pages[0])), pages[0])
    tag = r.note("tag")
    expect.ensure(f"newest_{tag}" in names[0], "the newest first", names[0][:3], pages[0])
    later = [name for page in names[1:] for name in page]
    expect.ensure(f"oldest_{tag}" in later, "the oldest on a later page", later, pages[-1])
    again = sorted(name for name in names[0] if tag in name and name in later)
    expect.ensure(not again, "each of ours once", again, pages[-1])
    last = result(pages[-1])
    expect.ensure(last.get("nextCursor") is None, "no nextCursor", last, pages[-1])


@check("MCP-TOOLS-04", scenario="mcp_pages")
def cursor_is_a_text(r: Recording) -> None:
    """As clients read it."""
    cursor = result(r["page/0"]).get("nextCursor")
    expect.ensure(isinstance(cursor, str), "a text as nextCursor", cursor, r["page/0"])


@check("MCP-CALL-01", scenario="mcp_calls")
def call_gives_the_values(r: Recording) -> None:
    """What was said and written; nothing of either without arguments."""
    found = text_of(r["said"])
    for said in ("Good day", "it's noon"):
        expect.ensure(said in found, f"values with {said!r}", found, r["said"])
    bare = text_of(r["without-arguments"])
    expect.ensure("Good day" not in bare, "values of a run of its own", bare, r["said"])


@check("MCP-CALL-02", scenario="mcp_calls")
def failed_run_is_an_error_of_the_tool(r: Recording) -> None:
    """With the class of the error; arguments that cannot be taken too."""
    for exchange in r.each("failed"):
        name = exchange.label.partition("/")[2]
        found = text_of(exchange, failed=True)
        expect.ensure(name in found, f"a text with {name}", found, exchange)
    text_of(r["untaken"], failed=True)


@check("MCP-CALL-03", scenario="mcp_calls")
def question_is_no_error(r: Recording) -> None:
    """It stands among the values."""
    found = text_of(r["asked"])
    for told in ("__interrupt__", "Go on?"):
        expect.ensure(told in found, f"values with {told!r}", found, r["asked"])


@check("MCP-CALL-05", scenario="mcp_calls")
def calls_leave_no_threads(r: Recording) -> None:
    """None of that assistant."""
    found = expect.array(r["left-behind"])
    expect.equal(found, [], "threads", r["left-behind"])
