"""Assistants: a graph with settings and a name, in versions. Each graph has a default one."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from mockserver.engine.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from mockserver.engine.graph import UNNAMED
from mockserver.engine.identity import OWNER
from mockserver.engine.ids import assistant_id_for, canonical
from mockserver.store.assistants import Assistant, AssistantFilter, AssistantTable, Version
from mockserver.store.matching import contains

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.engine.clock import Clock
    from mockserver.engine.graph import Graph
    from mockserver.engine.identity import Identity
    from mockserver.engine.ids import Ids
    from mockserver.engine.server import Engine
    from mockserver.scripts.agents import Agents

_RESERVED_METADATA = frozenset(
    ("thread_id", "assistant_id", "run_id", "cron_id", "counters_since_delta_snapshot")
)
_RESERVED_SETTINGS = re.compile(
    r"langgraph_auth_(user|user_id|permissions)|langgraph_request_id|"
    r"__(langsmith_project|langsmith_example_id|request_start_time_ms|after_seconds|otel_.*|"
    r"dd_trace_headers|context_provided)__|__pregel_node_finished"
).fullmatch

Json = dict[str, Any]


def kept_metadata(metadata: Mapping[str, Any]) -> Json:
    """Metadata without the keys that only the server may set."""
    return {key: value for key, value in metadata.items() if key not in _RESERVED_METADATA}


def kept_settings(settings: Mapping[str, Any]) -> Json:
    """`configurable` or `context` without the keys that only the server may set."""
    return {key: value for key, value in settings.items() if not _RESERVED_SETTINGS(key)}


class Assistants:
    """The assistants of one server. Ids come in canonical form unless said otherwise."""

    def __init__(self, agents: Agents, clock: Clock, ids: Ids) -> None:
        self._agents = agents
        self._clock = clock
        self._ids = ids
        self._identity: Identity | None = None
        self._table = AssistantTable()
        self._defaults = {graph_id: assistant_id_for(graph_id) for graph_id in agents.names()}
        for graph_id in self._defaults:
            self._add_default(graph_id)

    def within(self, engine: Engine) -> Assistants:
        """The same assistants, for another view of the engine."""
        twin = copy.copy(self)
        twin._identity = engine.identity
        return twin

    def _sees(self, assistant: Assistant) -> bool:
        """Whether an assistant is the caller's, or a graph's own, which is everybody's."""
        identity = self._identity
        if identity is None or identity.owns(assistant.active.metadata):
            return True
        return assistant.assistant_id == self._defaults.get(assistant.graph_id)

    def _marked(self, metadata: Json) -> Json:
        identity = self._identity
        return metadata if identity is None else {**metadata, OWNER: identity.name}

    def _add_default(self, graph_id: str) -> None:
        graph = self._agents.graph(graph_id)
        now = self._clock.timestamp()
        first = Version(
            version=1,
            graph_id=graph_id,
            config={},
            context={},
            metadata={"created_by": "system"},
            name=graph_id if graph.name in ("", UNNAMED) else graph.name,
            description=graph.description,
            created_at=now,
        )
        self._table.add(Assistant(self._defaults[graph_id], first, now, now, {1: first}))

    def get(self, assistant_id: str) -> Assistant:
        """The assistant with this id. Raises NotFoundError."""
        found = self._table.find(assistant_id)
        if found is None or not self._sees(found):
            raise NotFoundError(f"There is no assistant {assistant_id}")
        return found

    def _own(self, assistant_id: str) -> Assistant:
        """An assistant that the caller may change. Raises NotFoundError."""
        found, identity = self.get(assistant_id), self._identity
        if identity is not None and not identity.owns(found.active.metadata):
            raise NotFoundError(f"Assistant {assistant_id} is not yours to change")
        return found

    def resolve(self, reference: str) -> Assistant:
        """The assistant meant by an id in any form, or a graph's default one by the graph's name.

        Raises InvalidError for a name no graph has, NotFoundError for an id no assistant has.
        """
        default = self._defaults.get(reference)
        if default is not None:
            return self.get(default)
        try:
            assistant_id = canonical(reference)
        except ValueError:
            raise InvalidError(
                f"{reference!r} is neither an assistant's id nor a graph: {self._known()}"
            ) from None
        return self.get(assistant_id)

    def graph_of(self, assistant: Assistant) -> Graph:
        """The graph an assistant runs."""
        return self._agents.graph(assistant.graph_id)

    def create(self, body: Json) -> Assistant:
        """A new assistant, or the one there is (`if_exists: do_nothing`).

        Raises InvalidError, RefusedError, NotFoundError (the graph), ConflictError (the id).
        """
        assistant_id = self._new_id(body.get("assistant_id", ""))
        config, context = _settings(body.get("config", {}), body.get("context", {}))
        graph_id = self._known_graph(body["graph_id"])
        existing = self._table.find(assistant_id)
        if existing is not None:
            owned = self._identity is None or self._identity.owns(existing.active.metadata)
            if body.get("if_exists") == "do_nothing" and owned:
                return existing
            raise ConflictError(
                f"Assistant {assistant_id} exists; say if_exists: do_nothing to get it instead"
            )
        now = self._clock.timestamp()
        first = Version(
            version=1,
            graph_id=graph_id,
            config=config,
            context=context,
            metadata=self._marked(kept_metadata(body.get("metadata", {}))),
            name=body.get("name") or "Untitled",
            description=body.get("description"),
            created_at=now,
        )
        made = Assistant(assistant_id, first, now, now, {1: first})
        self._table.add(made)
        return made

    def patch(self, assistant_id: str, body: Json) -> Assistant:
        """A new version with what the body says changed; even an empty body makes one.

        Raises NotFoundError (assistant, graph), RefusedError.
        """
        assistant = self._own(assistant_id)
        old = assistant.active
        graph_id = self._known_graph(body.get("graph_id", old.graph_id))
        config, context = _patched_settings(old, body)
        now = self._clock.timestamp()
        new = Version(
            version=max(assistant.versions) + 1,
            graph_id=graph_id,
            config=config,
            context=context,
            metadata=self._marked({**old.metadata, **kept_metadata(body.get("metadata", {}))}),
            name=body.get("name", old.name),
            description=body.get("description", old.description),
            created_at=now,
        )
        assistant.versions[new.version] = new
        assistant.active, assistant.updated_at = new, now
        return assistant

    def versions(
        self, assistant_id: str, metadata: Mapping[str, Any], limit: int, offset: int
    ) -> list[Version]:
        """A page of versions, newest first. Raises NotFoundError, for an empty page too."""
        found = self.get(assistant_id).versions
        passing = [found[n] for n in sorted(found, reverse=True)]
        page = [v for v in passing if contains(v.metadata, metadata)][offset : offset + limit]
        if not page:
            raise NotFoundError(f"No version of assistant {assistant_id} is on this page")
        return page

    def set_latest(self, assistant_id: str, version: int | None) -> Assistant:
        """Make a version the active one. Raises NotFoundError."""
        assistant = self._own(assistant_id)
        if version not in assistant.versions:
            raise NotFoundError(f"Assistant {assistant_id} has no version {version}")
        assistant.active = assistant.versions[version]
        assistant.updated_at = self._clock.timestamp()
        return assistant

    def delete(self, assistant_id: str) -> None:
        """Forget an assistant with all its versions. Raises NotFoundError."""
        self._table.remove(self._own(assistant_id))

    def search(
        self, wanted: AssistantFilter, sort_by: str | None = None, sort_order: str | None = None
    ) -> list[Assistant]:
        """All assistants that pass, newest first unless sorted. Raises NotFoundError (the graph).

        A `sort_order` without `sort_by` is ignored, a `sort_by` without order means descending.
        """
        self._check_filter(wanted)
        if sort_by is None:
            found = self._table.search(wanted)
        else:
            found = self._table.search(wanted, sort_by, descending=sort_order != "asc")
        return found if self._identity is None else [row for row in found if self._sees(row)]

    def count(self, wanted: AssistantFilter) -> int:
        """How many assistants pass. Raises NotFoundError (the graph)."""
        if self._identity is not None:
            return len(self.search(wanted))
        self._check_filter(wanted)
        return self._table.count(wanted)

    def _check_filter(self, wanted: AssistantFilter) -> None:
        if wanted.graph_id is not None:
            self._known_graph(wanted.graph_id)

    def _known_graph(self, graph_id: str) -> str:
        if graph_id not in self._agents.names():
            raise NotFoundError(f"There is no graph {graph_id!r}: {self._known()}")
        return graph_id

    def _known(self) -> str:
        return f"this server has {', '.join(sorted(self._agents.names()))}"

    def _new_id(self, given: str) -> str:
        if not given:
            return self._ids.uuid4()
        try:
            return canonical(given)
        except ValueError:
            raise InvalidError(f"Invalid assistant_id {given!r}: must be a UUID") from None


def _cleaned(config: Mapping[str, Any]) -> Json:
    """A config without the keys that only the server may set."""
    kept = dict(config)
    if "configurable" in kept:
        kept["configurable"] = kept_settings(kept["configurable"])
    if isinstance(kept.get("metadata"), dict):
        kept["metadata"] = kept_metadata(kept["metadata"])
    return kept


def _settings(config: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[Json, Json]:
    """Config and context of a new assistant: giving one fills the other.

    Raises RefusedError where both are given.
    """
    kept, settings = _cleaned(config), kept_settings(context)
    if kept.get("configurable") and settings:
        raise RefusedError("Give either config.configurable or context, not both")
    if settings:
        kept["configurable"] = settings
    return kept, settings or dict(kept.get("configurable") or {})


def _patched_settings(old: Version, body: Json) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Config and context after a patch. Raises RefusedError where both are given.

    A config replaces the old one, an empty one keeps it; a context replaces the config by itself.
    """
    config, context = _settings(body.get("config", {}), body.get("context", {}))
    if body.get("context"):
        return config, context
    new_config = config if body.get("config") else old.config
    if "context" in body:
        return new_config, {}
    return new_config, context if config.get("configurable") else old.context
