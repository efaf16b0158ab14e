"""Routes of the assistants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine.jobs import cancelled
from mockserver.http.call import Call, Empty, Reply
from mockserver.http.paging import pagination
from mockserver.store.assistants import AssistantFilter

if TYPE_CHECKING:
    from mockserver.http.call import Handler


async def create_assistant(call: Call) -> Reply:
    """A new assistant."""
    return Reply(call.engine.assistants.create(call.body).to_json())


async def search_assistants(call: Call) -> Reply:
    """A page of assistants, whole or the selected properties, with pagination headers."""
    body = call.body
    found = call.engine.assistants.search(
        _filter(body), body.get("sort_by"), body.get("sort_order")
    )
    offset, limit = body.get("offset", 0), body.get("limit", 10)
    page = found[offset : offset + limit]
    rows = [assistant.to_json() for assistant in page]
    wanted = body.get("select")
    if wanted:
        rows = [{name: row[name] for name in wanted} for row in rows]
    more = len(found) > offset + limit
    return Reply(rows, headers=pagination(offset, limit, len(page), more=more))


async def count_assistants(call: Call) -> Reply:
    """How many a search would find."""
    return Reply(call.engine.assistants.count(_filter(call.body)))


async def get_assistant(call: Call) -> Reply:
    """One assistant."""
    return Reply(call.engine.assistants.get(call.path["assistant_id"]).to_json())


async def patch_assistant(call: Call) -> Reply:
    """The assistant, in a new version."""
    return Reply(call.engine.assistants.patch(call.path["assistant_id"], call.body).to_json())


async def delete_assistant(call: Call) -> Empty:
    """The assistant and its crons gone, its runs cancelled; if asked, its threads gone too."""
    engine, assistant_id = call.engine, call.path["assistant_id"]
    engine.assistants.delete(assistant_id)
    engine.crons.drop_of_assistant(assistant_id)
    for job in engine.scheduler.jobs():
        if job.assistant_id == assistant_id:
            engine.runs.stop(job, cancelled("The assistant was deleted"))
    if call.query.get("delete_threads"):
        await engine.threads.delete_of_assistant(assistant_id)
    return Empty()


async def list_assistant_versions(call: Call) -> Reply:
    """A page of versions, newest first."""
    assistant_id, body = call.path["assistant_id"], call.body
    versions = call.engine.assistants.versions(
        assistant_id, body.get("metadata", {}), body.get("limit", 10), body.get("offset", 0)
    )
    return Reply([version.to_json(assistant_id) for version in versions])


async def set_latest_assistant_version(call: Call) -> Reply:
    """The assistant, with another version active."""
    assistant_id, version = call.path["assistant_id"], call.body.get("version")
    return Reply(call.engine.assistants.set_latest(assistant_id, version).to_json())


async def get_assistant_graph(call: Call) -> Reply:
    """The graph's drawing; a graph's own name serves as id too."""
    assistants = call.engine.assistants
    graph = assistants.graph_of(assistants.resolve(call.path["assistant_id"]))
    return Reply(graph.drawing(call.query.get("xray") or False))


async def get_assistant_schemas(call: Call) -> Reply:
    """The graph's JSON Schemas."""
    assistants = call.engine.assistants
    assistant = assistants.get(call.path["assistant_id"])
    schemas = assistants.graph_of(assistant).schemas()
    return Reply({"graph_id": assistant.graph_id, **schemas})


async def get_assistant_subgraphs(call: Call) -> Reply:
    """The graph's subgraphs, or the one named by the path, with their schemas."""
    assistants = call.engine.assistants
    graph = assistants.graph_of(assistants.get(call.path["assistant_id"]))
    recurse = bool(call.query.get("recurse", False))
    return Reply(graph.subgraphs(call.path.get("namespace"), recurse))


def _filter(body: dict[str, Any]) -> AssistantFilter:
    return AssistantFilter(body.get("metadata"), body.get("graph_id"), body.get("name"))


HANDLERS: dict[str, Handler] = {
    "create_assistant": create_assistant,
    "search_assistants": search_assistants,
    "count_assistants": count_assistants,
    "get_assistant": get_assistant,
    "patch_assistant": patch_assistant,
    "delete_assistant": delete_assistant,
    "get_assistant_graph": get_assistant_graph,
    "get_assistant_schemas": get_assistant_schemas,
    "get_assistant_subgraphs": get_assistant_subgraphs,
    "get_assistant_subgraph": get_assistant_subgraphs,
    "list_assistant_versions": list_assistant_versions,
    "set_latest_assistant_version": set_latest_assistant_version,
}
