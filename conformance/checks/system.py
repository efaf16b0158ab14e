"""System routes, the published document, browsers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.errors import Violation
from conformance.registry import check
from conformance.scenarios.system import ORIGIN
from spec.document import operations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.recording import Exchange, Recording


@check("SYS-OK-01", scenario="system")
def server_is_well(r: Recording) -> None:
    """`{"ok": true}`."""
    expect.contains(expect.mapping(r["ok"]), {"ok": True}, "health", r["ok"])


@check("SYS-INFO-01", scenario="system")
def server_tells_its_version(r: Recording) -> None:
    """A string."""
    found = expect.member(r["info"], "version")
    expect.ensure(isinstance(found, str) and found, "a version", found, r["info"])


@check("DOC-PUBLISHED-01", scenario="system")
def published_document_resolves(r: Recording) -> None:
    """OpenAPI 3, every local reference leads somewhere."""
    found = expect.mapping(r["document"])
    version = str(found.get("openapi", ""))
    expect.ensure(version.startswith("3."), "an OpenAPI 3 document", version, r["document"])
    for reference in references(found):
        if not leads_somewhere(found, reference):
            raise Violation("references that resolve", reference, r["document"])


@check("DOC-ROUTED-01", scenario="system")
def published_document_is_complete(r: Recording) -> None:
    """Every operation of the contract."""
    paths = expect.member(r["document"], "paths")
    expect.ensure(isinstance(paths, dict), "paths as an object", paths, r["document"])
    known = {
        (method, _shape(path))
        for path, item in paths.items()
        if isinstance(item, dict)
        for method in item
    }
    missing = [
        f"{operation.method.upper()} {operation.path}"
        for operation in operations().values()
        if operation.id not in PAGES | CARDS
        and (operation.method, _shape(operation.path)) not in known
    ]
    expect.ensure(not missing, "every operation", f"without {', '.join(missing)}", r["document"])


@check("DOC-ROUTED-02", scenario="routed")
def documented_paths_are_there(r: Recording) -> None:
    """None is 404, whatever else it says to a method that it does not offer."""
    asked = list(r.each("path"))
    missing = [found.label.partition("/")[2] for found in asked if found.status == 404]
    expect.ensure(not missing, "every path", f"no {', '.join(missing)}", asked[0])


PAGES = frozenset({"get_root", "get_document", "get_docs"})
CARDS = frozenset({"get_agent_card", "get_a2a_card", "get_a2a_agent_card", "get_a2a_agent_json"})


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/") or "/"


def references(value: Any) -> Iterator[str]:
    """Every local `$ref` in a document."""
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith("#"):
            yield reference
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def leads_somewhere(document: dict[str, Any], reference: str) -> bool:
    """Whether a local reference has a target."""
    found: Any = document
    for part in reference.removeprefix("#").split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            return False
    return True


def listed(exchange: Exchange, name: str) -> set[str]:
    """A header's comma list, lower case."""
    return {part.strip().lower() for part in expect.header(exchange, name).split(",")}


def origin_allowed(exchange: Exchange) -> None:
    """The origin is allowed by itself or as any."""
    found = expect.header(exchange, "access-control-allow-origin")
    expect.one_of(found, ("*", ORIGIN), "Access-Control-Allow-Origin", exchange)


@check("HTTP-CORS-01", scenario="browsers")
def preflights_allow(r: Recording) -> None:
    """The origin, the method, the headers."""
    for exchange in r.each("preflight"):
        expect.status(exchange, 200, 204)
        origin_allowed(exchange)
        method = exchange.request_headers["access-control-request-method"].lower()
        methods = listed(exchange, "access-control-allow-methods")
        expect.ensure({method, "*"} & methods, f"{method} allowed", methods, exchange)
        wanted = {"content-type", "x-api-key", "last-event-id"}
        found = listed(exchange, "access-control-allow-headers")
        expect.ensure(wanted <= found or "*" in found, f"{wanted} allowed", found, exchange)


@check("HTTP-CORS-02", scenario="browsers")
def answers_are_for_browsers(r: Recording) -> None:
    """Success, errors, streams; Content-Location is exposed."""
    for exchange in r.each("answer"):
        origin_allowed(exchange)
        found = listed(exchange, "access-control-expose-headers")
        seen = "content-location" in found or "*" in found
        expect.ensure(seen, "content-location exposed", found, exchange)


@check("HTTP-CORS-03", scenario="browsers")
def location_is_exposed(r: Recording) -> None:
    """On streams."""
    found = listed(r["answer/stream"], "access-control-expose-headers")
    seen = "location" in found or "*" in found
    expect.ensure(seen, "location exposed", found, r["answer/stream"])
