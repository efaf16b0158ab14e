"""Assistants: the basics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance import expect
from conformance.answers import runs_of
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Recording


@check("AST-SEARCH-01", scenario="assistants")
def search_finds_the_graphs_assistant(r: Recording) -> None:
    """Among those of its graph; all found are of that graph."""
    found = runs_of(r["searched"])
    ids = [assistant.get("assistant_id") for assistant in found]
    expect.ensure(r.note("own") in ids, f"the assistant {r.note('own')}", ids, r["searched"])
    for assistant in found:
        expect.equal(assistant.get("graph_id"), r.note("graph"), "graph_id", r["searched"])


@check("AST-COUNT-01", scenario="assistants")
def assistant_count_is_the_searchs(r: Recording) -> None:
    """One."""
    expect.equal(len(runs_of(r["found"])), 1, "number found", r["found"])
    expect.equal(expect.body(r["counted"]), 1, "count", r["counted"])


@check("AST-CREATE-02", scenario="assistants")
def assistant_race_has_one_winner(r: Recording) -> None:
    """Five at once: the same assistant in every answer."""
    made = [expect.mapping(exchange) for exchange in r.each("race")]
    seen = {(str(found.get("assistant_id")), str(found.get("created_at"))) for found in made}
    expect.equal(len(seen), 1, "number of assistants", r["race/0"])


@check("AST-SEARCH-02", scenario="assistants")
def name_search_is_literal(r: Recording) -> None:
    """A part of the name finds it; wildcards of databases are letters like any."""
    expect.equal(len(runs_of(r["named/literal"])), 1, "number found", r["named/literal"])
    for name in ("percent", "underscore"):
        expect.equal(runs_of(r[f"named/{name}"]), [], "assistants", r[f"named/{name}"])


@check("AST-CREATE-01", scenario="assistants")
def created_assistant_is_stored(r: Recording) -> None:
    """Under the id asked for, version 1, with name and metadata."""
    wanted = {"assistant_id": r.note("wanted"), "version": 1, "name": r.note("tag")}
    for label in ("created", "do-nothing", "got"):
        found = expect.mapping(r[label])
        expect.contains(found, wanted, "an assistant", r[label])
        expect.contains(found.get("metadata"), {"tag": r.note("tag")}, "metadata", r[label])


@check("AST-CREATE-01", scenario="assistants")
def creation_in_vain(r: Recording) -> None:
    """409 the second time, 404 for an unknown graph."""
    expect.status(r["twice"], 409)
    expect.status(r["unknown-graph"], 404)


@check("AST-PATCH-01", scenario="assistants")
def patch_makes_a_version(r: Recording) -> None:
    """2, then both listed, then 1 again."""
    patched = expect.mapping(r["patched"])
    expect.equal(patched.get("version"), 2, "version", r["patched"])
    wanted = {"tag": r.note("tag"), "more": True}
    expect.contains(patched.get("metadata"), wanted, "metadata", r["patched"])
    versions = [found.get("version") for found in runs_of(r["versions"])]
    expect.equal(versions, [2, 1], "versions", r["versions"])
    for label in ("latest", "got-latest"):
        found = expect.mapping(r[label])
        expect.contains(found, {"version": 1, "name": r.note("tag")}, "version 1", r[label])


@check("AST-DELETE-01", scenario="assistants")
def deleted_assistant_is_gone(r: Recording) -> None:
    """204 without a body; 404 for itself and for runs of it."""
    expect.status(r["deleted"], 204)
    expect.equal(r["deleted"].body, b"", "body", r["deleted"])
    expect.status(r["gone"], 404)
    expect.status(r["run"], 404)


@check("AST-GRAPH-01", scenario="assistants")
def graph_is_drawn(r: Recording) -> None:
    """Edges lead from node to node."""
    found = expect.mapping(r["graph"])
    drawn = expect.objects(found.get("nodes"), "nodes", r["graph"])
    nodes = [node.get("id") for node in drawn]
    ends = "__start__" in nodes and "__end__" in nodes
    expect.ensure(ends, "nodes __start__ and __end__", nodes, r["graph"])
    for edge in expect.objects(found.get("edges"), "edges", r["graph"]):
        known = edge.get("source") in nodes and edge.get("target") in nodes
        expect.ensure(known, "edges between known nodes", edge, r["graph"])


@check("AST-SCHEMAS-01", scenario="assistants")
def schemas_are_told(r: Recording) -> None:
    """The graph's id and its schemas."""
    found = expect.mapping(r["schemas"])
    expect.equal(found.get("graph_id"), r.note("graph"), "graph_id", r["schemas"])
    for key in ("input_schema", "output_schema", "state_schema"):
        expect.member(r["schemas"], key)
