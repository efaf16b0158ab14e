"""Assistants: the server's own, and one from its creation to its deletion."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from conformance.onward import together
from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver


@scenario(quick=True)
async def assistants(d: Driver) -> None:
    """Searched, drawn, created, patched, deleted."""
    graph, own = d.target.graph_id, d.target.assistant_id
    d.note(graph=graph, own=own, tag=d.tag)
    await d.call("search_assistants", {"graph_id": graph, "limit": 100}, label="searched")
    await d.call("get_assistant", assistant_id=own, label="own")
    await d.call("get_assistant_graph", assistant_id=own, label="graph")
    await d.call("get_assistant_schemas", assistant_id=own, label="schemas")
    await d.call("get_assistant_subgraphs", assistant_id=own, label="subgraphs")
    wanted = str(uuid.uuid4())
    d.note(wanted=wanted)
    d.keep_assistant(wanted)
    where: dict[str, Any] = {"assistant_id": wanted}
    body = {"graph_id": graph, "assistant_id": wanted, "name": d.tag, "metadata": {"tag": d.tag}}
    await d.call("create_assistant", body, label="created")
    await d.call("create_assistant", body, label="twice")
    await d.call("create_assistant", {**body, "if_exists": "do_nothing"}, label="do-nothing")
    await d.call("create_assistant", {"graph_id": f"no-{d.tag}"}, label="unknown-graph")
    await d.call("get_assistant", **where, label="got")
    patch = {"metadata": {"more": True}, "name": f"{d.tag} again"}
    await d.call("patch_assistant", patch, **where, label="patched")
    await d.call("list_assistant_versions", {}, **where, label="versions")
    await d.call("set_latest_assistant_version", {"version": 1}, **where, label="latest")
    await d.call("get_assistant", **where, label="got-latest")
    await d.call("search_assistants", {"metadata": {"tag": d.tag}}, label="found")
    for name, part in {
        "literal": f"{d.tag}",
        "percent": "%",
        "underscore": f"{d.tag[:-2]}_",
    }.items():
        body = {"name": part, "metadata": {"tag": d.tag}}
        await d.call("search_assistants", body, label=f"named/{name}")
    await d.call("count_assistants", {"metadata": {"tag": d.tag}}, label="counted")
    await d.call("delete_assistant", **where, label="deleted")
    await d.call("get_assistant", **where, label="gone")
    thread = await d.thread()
    await d.call("create_run", d.body(assistant_id=wanted), thread_id=thread, label="run")
    fresh = str(uuid.uuid4())
    d.keep_assistant(fresh)
    body = {"graph_id": graph, "assistant_id": fresh, "if_exists": "do_nothing"}
    await together(*(d.call("create_assistant", body, label=f"race/{n}") for n in range(5)))
