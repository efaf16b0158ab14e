"""Graphs as the API describes them: nodes and edges, the five JSON Schemas, the subgraphs."""

from __future__ import annotations

from typing import Any

from mockserver.engine.channels import DEFINITIONS
from mockserver.engine.graph import END, START, UNNAMED, Graph, Node


def drawing(graph: Graph, xray: bool | int = False) -> dict[str, Any]:
    """`{"nodes", "edges"}`; with `xray` a subgraph's nodes stand in for it, as `node:inner`."""
    nodes: list[dict[str, Any]] = [_box(START)]
    edges: list[dict[str, Any]] = _edges(START, graph.entry)
    for node in graph.nodes.values():
        nodes.append(_box(node.name))
        edges.extend(_edges(node.name, node))
    nodes.append({"id": END})
    if xray:
        deeper = xray if isinstance(xray, bool) else xray - 1
        for node in graph.nodes.values():
            if node.subgraph is not None:
                _open(node.name, drawing(node.subgraph, deeper), nodes, edges)
    edges.sort(key=lambda edge: (edge["source"], edge["target"]))
    return {"nodes": nodes, "edges": edges}


def _box(name: str) -> dict[str, Any]:
    return {"id": name, "type": "runnable", "data": {"name": name}}


def _edges(source: str, node: Node) -> list[dict[str, Any]]:
    mark = {"conditional": True} if node.branch else {}
    return [{"source": source, "target": target, **mark} for target in node.exits]


def _open(
    name: str,
    inside: dict[str, Any],
    nodes: list[dict[str, Any]],
    edges: list[dict[str, Any]],
) -> None:
    """Put a drawn subgraph in the place of its node, without its start and end."""
    ends = {START, END}
    inner = [_box(f"{name}:{box['id']}") for box in inside["nodes"] if box["id"] not in ends]
    first = [edge["target"] for edge in inside["edges"] if edge["source"] == START]
    final = [edge["source"] for edge in inside["edges"] if edge["target"] == END]
    nodes[:] = [*(box for box in nodes if box["id"] != name), *inner]
    for edge in edges:
        if edge["target"] == name:
            edge["target"] = f"{name}:{first[0]}"
        if edge["source"] == name:
            edge["source"] = f"{name}:{final[0]}"
    for edge in inside["edges"]:
        if not ends & {edge["source"], edge["target"]}:
            ids = {"source": f"{name}:{edge['source']}", "target": f"{name}:{edge['target']}"}
            edges.append({**edge, **ids})


def schemas(graph: Graph) -> dict[str, Any]:
    """Keys input_schema, output_schema, state_schema, config_schema, context_schema."""
    properties = {
        channel.name: {"title": channel.name.replace("_", " ").title(), **(channel.schema or {})}
        for channel in graph.channels
        if not channel.hidden
    }
    meant = [name for name in DEFINITIONS if f"#/$defs/{name}" in str(properties)]
    shared = {"$defs": {name: DEFINITIONS[name] for name in meant}} if meant else {}
    plain = {"type": "object", "properties": properties, **shared}
    state = {name: {**schema, "default": None} for name, schema in properties.items()}
    unnamed = graph.name == UNNAMED
    return {
        "input_schema": {"title": graph.state_name or f"{graph.name}_input", **plain},
        "output_schema": {"title": graph.state_name or f"{graph.name}_output", **plain},
        "state_schema": {
            **plain,
            "title": f"{graph.name}State" if unnamed else f"{graph.name}_state",
            "properties": state,
        },
        "config_schema": {},
        "context_schema": None,
    }


def subgraphs(graph: Graph, namespace: str | None = None, recurse: bool = False) -> dict[str, Any]:
    """The schemas of each subgraph by node name, deeper ones as `node|inner` with `recurse`."""
    found: dict[str, Any] = {}
    for node in graph.nodes.values():
        if node.subgraph is None:
            continue
        found[node.name] = schemas(node.subgraph)
        if recurse:
            deeper = subgraphs(node.subgraph, None, recurse=True)
            found.update({f"{node.name}|{name}": value for name, value in deeper.items()})
    if namespace is None:
        return found
    return {name: value for name, value in found.items() if name == namespace}
