"""Finds out what stands at a URL: is it there, what is it, which assistant can be driven."""

from __future__ import annotations

import asyncio
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from conformance.errors import UsageError, shown
from conformance.recording import NO_JSON, decoded
from conformance.target import PROBE_NODES, Target

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBE_REMEDY = (
    "deploy the probe graph (`runcontract probe DIR` writes it) and name it with --assistant"
)
_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_TIMEOUT = 10.0
_PAGE = 100
_OF_GRAPHS = {"created_by": "system"}


async def discover(url: str, assistant: str | None, headers: Mapping[str, str]) -> Target:
    """The target at a base URL, as far as looking tells; nothing is created there.

    Raises UsageError where nothing answers, where we are refused, and where the assistant that was
    asked for is not there.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(f"{url!r} is no URL of a server; try http://127.0.0.1:2024")
    async with httpx.AsyncClient(
        base_url=url.rstrip("/"), headers=dict(headers), timeout=_TIMEOUT, trust_env=False
    ) as client:
        document, info, ok, listed, own, nowhere = await asyncio.gather(
            _ask(client, "GET", "/openapi.json"),
            _ask(client, "GET", "/info"),
            _ask(client, "GET", "/ok"),
            _ask(client, "POST", "/assistants/search", {"limit": _PAGE}),
            _ask(client, "POST", "/assistants/search", {"limit": _PAGE, "metadata": _OF_GRAPHS}),
            _ask(client, "GET", "/runcontract/no/such/path"),
        )
        _reachable(
            url, {"/openapi.json": document, "/info": info, "/ok": ok, "/assistants/search": listed}
        )
        _admitted(url, listed, named=assistant is not None)
        # A hundred newer ones may hide the graphs' own in the first page.
        chosen = _choose([*_rows(own), *_rows(listed)], assistant, listed)
        is_probe = await _looks_like_probe(client, chosen["assistant_id"])
    lacking = {} if is_probe else {"probe": f"the assistant is not the probe graph: {PROBE_REMEDY}"}
    published = document.json if isinstance(document.json, dict) else None
    return Target(
        url=url.rstrip("/"),
        name=_name(published, info.json),
        version=_version(published, info.json),
        headers=MappingProxyType(dict(headers)),
        assistant_id=chosen["assistant_id"],
        graph_id=str(chosen.get("graph_id", "")),
        capabilities=frozenset({"probe"} if is_probe else ()),
        lacking=MappingProxyType(lacking),
        documented=_documented(published),
        document=published,
        nowhere=nowhere.content,
    )


class _Answer:
    """What one question got: a status and JSON, or the reason why nothing came."""

    def __init__(self, response: httpx.Response | None, error: str) -> None:
        self.status = response.status_code if response is not None else None
        self.json = decoded(response.content) if response is not None else NO_JSON
        self.error = error
        self.content = response.content if response is not None else b""
        self.text = response.text[:200] if response is not None else ""


async def _ask(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> _Answer:
    try:
        return _Answer(await client.request(method, path, json=body), "")
    except httpx.HTTPError as broken:
        return _Answer(None, f"{type(broken).__name__}: {broken}".rstrip(": "))


def _reachable(url: str, answers: Mapping[str, _Answer]) -> None:
    if any(answer.status is not None for answer in answers.values()):
        return
    tried = "\n".join(f"  {url}{path}: {answer.error}" for path, answer in answers.items())
    raise UsageError(f"nothing answers at {url}. Tried:\n{tried}\nIs the server started?")


def _admitted(url: str, listed: _Answer, *, named: bool) -> None:
    """Raise UsageError where the target wants to know who asks, and is not content with it.

    A 403 may mean the search alone: with an assistant that was named it is not asked for.
    """
    if listed.status == 401 or (listed.status == 403 and not named):
        raise UsageError(
            f"{url} refuses us: POST /assistants/search answered {listed.status} "
            f"{shown(listed.text, 120)}; send what it asks for with -H, such as "
            "-H 'x-api-key: KEY' or -H 'authorization: Bearer TOKEN'"
        )


def _rows(listed: _Answer) -> list[Any]:
    return listed.json if isinstance(listed.json, list) else []


def _choose(assistants: list[Any], wanted: str | None, listed: _Answer) -> dict[str, Any]:
    known = [found for found in assistants if isinstance(found, dict) and "assistant_id" in found]
    if wanted is None:
        named = [found for found in known if found.get("graph_id") == "probe"]
        if found := (_default(named) or _default(known)):
            return found
        raise UsageError(
            "the server has no assistant that could be driven: POST /assistants/search answered "
            f"{listed.status} {shown(listed.text, 120)}; name one with --assistant"
        )
    for found in known:
        if wanted in (found["assistant_id"], found.get("graph_id"), found.get("name")):
            return found
    if not known or _UUID.match(wanted):  # a server without search: take the name at its word
        return {"assistant_id": wanted, "graph_id": wanted}
    names = ", ".join(
        sorted({str(found.get("graph_id", found["assistant_id"])) for found in known})
    )
    raise UsageError(f"the server has no assistant {wanted!r}; it has {names}")


def _default(assistants: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The graph's own assistant before one that somebody created."""
    system = [
        found
        for found in assistants
        if isinstance(found.get("metadata"), dict)
        and found["metadata"].get("created_by") == "system"
    ]
    return next(iter(system or assistants), None)


async def _looks_like_probe(client: httpx.AsyncClient, assistant_id: str) -> bool:
    drawn = await _ask(client, "GET", f"/assistants/{assistant_id}/graph")
    if not isinstance(drawn.json, dict) or not isinstance(drawn.json.get("nodes"), list):
        return False
    return {
        str(node.get("id")) for node in drawn.json["nodes"] if isinstance(node, dict)
    } >= PROBE_NODES


def _name(document: dict[str, Any] | None, info: Any) -> str:
    return _text(info, "name") or _text((document or {}).get("info"), "title") or "unknown"


def _version(document: dict[str, Any] | None, info: Any) -> str:
    return _text(info, "version") or _text((document or {}).get("info"), "version")


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _documented(document: dict[str, Any] | None) -> frozenset[tuple[str, str]] | None:
    paths = document.get("paths") if document else None
    if not isinstance(paths, dict):
        return None
    return frozenset(
        (method.lower(), re.sub(r"\{[^}]*\}", "{}", path))
        for path, item in paths.items()
        if isinstance(item, dict)
        for method in item
    )
