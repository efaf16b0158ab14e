"""Threads' states: shown, looked up, listed, updated, copied, measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine import snapshots, storage, updates
from mockserver.engine.checkpoints import NS_SEPARATOR, in_turn, tasks_of
from mockserver.engine.creation import NO_HEADERS
from mockserver.engine.entry import targets
from mockserver.engine.errors import ConflictError, RefusedError
from mockserver.engine.identity import Part
from mockserver.engine.snapshots import Camera
from mockserver.engine.updates import Base, Update

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockserver.engine.checkpoints import Checkpoint
    from mockserver.engine.graph import Graph
    from mockserver.engine.server import Engine

Json = dict[str, Any]
Summary = tuple[Json | None, tuple[str, ...], dict[str, list[Json]]]


class States(Part):
    """The states of one server's threads. Methods raise NotFoundError for an unknown thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._store = engine.checkpoints

    # --- looking --------------------------------------------------------------------------------

    def _graph(self, thread_id: str, namespace: str = "") -> Graph | None:
        """The graph a thread is bound to, or the subgraph at a namespace. Raises NotFoundError."""
        name = self._engine.threads.get(thread_id).metadata.get("graph_id")
        if name is None:
            return None
        graph: Graph | None = self._engine.agents.graph(str(name))
        for segment in namespace.split(NS_SEPARATOR) if namespace else ():
            node = graph.nodes.get(segment.partition(":")[0]) if graph is not None else None
            graph = node.subgraph if node is not None else None
        return graph

    def thread_state(self, thread_id: str, *, subgraphs: bool = False) -> Json:
        """The present ThreadState."""
        graph, latest = self._graph(thread_id), self._store.latest(thread_id)
        if graph is None or latest is None:
            return snapshots.blank()
        camera = Camera(self._store, thread_id)
        return _alone(camera.take(latest, graph, live=True, subgraphs=subgraphs))

    def state_at(self, thread_id: str, address: Mapping[str, Any], *, subgraphs: bool) -> Json:
        """The ThreadState at `{"checkpoint_id"?, "checkpoint_ns"?}`; empty where there is none."""
        namespace = address.get("checkpoint_ns") or ""
        graph = self._graph(thread_id, namespace)
        checkpoint_id = address.get("checkpoint_id")
        if checkpoint_id:
            found = self._store.get(thread_id, checkpoint_id, namespace)
        else:
            found = self._store.latest(thread_id, namespace)
        if graph is None and not namespace:
            return snapshots.blank()
        if graph is None or found is None:
            asked = {"checkpoint_id": checkpoint_id, "thread_id": thread_id}
            if "checkpoint_ns" in address:
                asked["checkpoint_ns"] = namespace
            return snapshots.blank(asked)
        camera = Camera(self._store, thread_id)
        state = camera.take(found, graph, live=not checkpoint_id, subgraphs=subgraphs)
        if checkpoint_id and "checkpoint_ns" not in address:
            # a state asked for by id alone names itself as it was asked for
            state["checkpoint"] = {"checkpoint_id": checkpoint_id, "thread_id": thread_id}
        return state if namespace else _alone(state)

    def history(
        self,
        thread_id: str,
        *,
        limit: int = 1,
        before: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        address: Mapping[str, Any] | None = None,
    ) -> list[Json]:
        """ThreadStates newest first: those whose id sorts before `before`, whose metadata hold
        every pair of `metadata`, at the namespace and checkpoint id of `address`."""
        address = address or {}
        namespace = address.get("checkpoint_ns") or ""
        only = address.get("checkpoint_id")
        graph = self._graph(thread_id, namespace)
        if graph is None:
            return []
        camera = Camera(self._store, thread_id)
        found: list[Json] = []
        for checkpoint in self._store.before(thread_id, before or None, namespace):
            if len(found) >= limit:
                break
            if only and checkpoint.id != only:
                continue
            if metadata and not _holds(checkpoint.metadata, metadata):
                continue
            found.append(camera.take(checkpoint, graph))
        return found

    def summary(self, thread_id: str) -> Summary:
        """The values (None without a checkpoint), the open nodes, the interrupts by task id."""
        latest, graph = self._store.latest(thread_id), self._graph(thread_id)
        if latest is None or graph is None:
            return None, (), {}
        tasks = in_turn(tasks_of(latest, graph))
        open_tasks = [task for task in tasks if not latest.finished(task)]
        asked = {}
        for task in open_tasks:
            record = latest.records.get(task.id)
            # a task that failed over its answer asks no more
            if record is not None and record.asked and record.error is None:
                asked[task.id] = [dict(item) for item in record.asked]
        names = tuple(task.name for task in open_tasks)
        return graph.public(snapshots.standing(latest, graph)), names, asked

    def failed_over(self, thread_id: str) -> list[str]:
        """The questions whose answers the present superstep failed over: they can be answered anew.

        A thread's row shows them no more, its state does.
        """
        latest = self._store.latest(thread_id)
        records = () if latest is None else latest.records.values()
        return [item["id"] for record in records if record.error for item in record.asked]

    # --- changing -------------------------------------------------------------------------------

    def update(
        self,
        thread_id: str,
        values: Any,
        as_node: str | None = None,
        address: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] = NO_HEADERS,
    ) -> Json:
        """Write values as if a node had; returns the new checkpoint's address.

        `headers` of the request become the checkpoint's metadata. Raises ConflictError while a run
        is pending or running, RefusedError for what is unfit.
        """
        address = address or {}
        namespace = address.get("checkpoint_ns") or ""
        graph = self._graph(thread_id, namespace)
        if self._engine.threads.busy(thread_id):
            raise ConflictError(
                f"thread {thread_id} has a pending or running run; "
                "update its state when the run has ended, or cancel it first"
            )
        if graph is None:
            what = f"namespace {namespace!r} names no subgraph" if namespace else "no graph_id"
            raise RefusedError(f"thread {thread_id}: {what}; run an assistant on it first")
        identity = self._engine.identity
        user = {} if identity is None else {"user_id": identity.display_name}
        metadata = self._engine.threads.get(thread_id).metadata
        origin = {**user, **headers, "graph_id": metadata.get("graph_id"), "thread_id": thread_id}
        named = {"checkpoint_id": address.get("checkpoint_id"), "checkpoint_ns": namespace}
        origin |= {key: value for key, value in named.items() if value}
        chosen = [Update(values, as_node)]
        made = self._apply(thread_id, graph, namespace, address, chosen, origin)
        self._engine.threads.state_changed(thread_id)
        return snapshots.address_of(made, thread_id, made.id)

    def play_supersteps(
        self,
        thread_id: str,
        supersteps: Sequence[Mapping[str, Any]],
        headers: Mapping[str, Any] = NO_HEADERS,
    ) -> None:
        """Build a thread's checkpoints from supersteps of updates, in order."""
        graph = self._graph(thread_id)
        if graph is None:
            raise RefusedError("supersteps need metadata.graph_id")
        metadata = self._engine.threads.get(thread_id).metadata
        origin = {**headers, "graph_id": metadata.get("graph_id"), "thread_id": thread_id}
        for superstep in supersteps:
            chosen = [_update_of(given) for given in superstep.get("updates") or ()]
            made = self._apply(thread_id, graph, "", {}, chosen, origin)
            # later ones name the one before, and no graph or header, as on real servers
            origin = {"thread_id": thread_id, "checkpoint_id": made.id}

    def _apply(
        self,
        thread_id: str,
        graph: Graph,
        namespace: str,
        address: Mapping[str, Any],
        chosen: Sequence[Update],
        origin: dict[str, Any],
    ) -> Checkpoint:
        checkpoint_id = address.get("checkpoint_id")
        if checkpoint_id:
            found = self._store.get(thread_id, checkpoint_id, namespace)
        else:
            found = self._store.latest(thread_id, namespace)
        if found is None and namespace:
            raise RefusedError(f"thread {thread_id} has no checkpoint at {namespace!r}")
        base = Base(
            graph=graph,
            namespace=namespace,
            checkpoint=found,
            parent_id=found.id if found else checkpoint_id,
            live=not checkpoint_id,
            origin=origin,
            clock=self._engine.clock,
            ids=self._engine.ids,
        )
        made = updates.apply(base, chosen)
        self._store.add(thread_id, made)
        return made

    def copy(self, source: str, target: str) -> None:
        """Give one thread the checkpoints of another."""
        self._store.copy(source, target)

    def drop_thread(self, thread_id: str) -> None:
        """Forget a thread's checkpoints."""
        self._store.drop(thread_id)

    def keep_latest(self, thread_id: str) -> None:
        """Forget all of a thread's history but its present state."""
        self._store.keep_latest(thread_id)

    def drop_run(self, thread_id: str, run_id: str) -> None:
        """Forget the checkpoints one run wrote."""
        self._store.drop_run(thread_id, run_id)

    def storage(self, thread_id: str) -> Json:
        """How many bytes of JSON a thread's checkpoints, channel values and open writes are."""
        self._engine.threads.get(thread_id)
        names = self._store.namespaces(thread_id)
        found = [item for name in names for item in self._store.all(thread_id, name)]
        return storage.measure(thread_id, found)


def _alone(state: Json) -> Json:
    """A root's state shown by itself: only a history names the namespace its run was told."""
    state["metadata"].pop("checkpoint_ns", None)
    return state


def _holds(metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(key in metadata and metadata[key] == value for key, value in wanted.items())


def _update_of(given: Mapping[str, Any]) -> Update:
    """One update of a superstep. A command takes the place of values; its `resume` is nothing."""
    command = given.get("command")
    if not command:
        return Update(given.get("values"), given.get("as_node"))
    update = command.get("update")
    values = dict(update) if isinstance(update, list) else update
    return Update(values, given.get("as_node"), targets(command.get("goto")))
