"""The graphs a server offers, by graph id: the built-in ones and those of an agents file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.engine.errors import NotFoundError
from mockserver.scripts import agents_file, builtin, scripted
from mockserver.scripts.agents_file import AgentsFileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mockserver.engine.graph import Graph

__all__ = ["Agents", "AgentsFileError"]


class Agents:
    """Graphs by id. An agent of the file replaces a built-in one of the same name."""

    def __init__(self, more: Mapping[str, Graph] | None = None) -> None:
        self._graphs: dict[str, Graph] = {"agent": builtin.agent(), "probe": builtin.probe()}
        self._graphs.update(more or {})

    @classmethod
    def load(cls, path: Path | None) -> Agents:
        """The built-in graphs and those of an agents file, if given. Raises AgentsFileError."""
        specs = {} if path is None else agents_file.load(path)
        return cls({name: scripted.build(spec) for name, spec in specs.items()})

    def names(self) -> tuple[str, ...]:
        """The graph ids, built-in ones first."""
        return tuple(self._graphs)

    def graph(self, graph_id: str) -> Graph:
        """The graph of that id. Raises NotFoundError, which lists the known ones."""
        graph = self._graphs.get(graph_id)
        if graph is None:
            raise NotFoundError(f"no graph {graph_id!r} here; there are: {', '.join(self._graphs)}")
        return graph
