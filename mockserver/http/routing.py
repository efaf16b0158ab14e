"""Which operation a path and a method mean: a trie, so that the cost is the path's length alone.

A literal segment wins over a template, wherever the document lists them; where the literal branch
leads nowhere, the template is tried.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connexion.middleware.abstract import ROUTING_CONTEXT, SpecMiddleware

from mockserver.http.errors import HttpError
from mockserver.http.skeleton import SLASH, operations

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_SYSTEM = "System"  # the tag whose paths do not redirect, as on real servers
Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation's place: operationId, path parameters in order, connexion's routing context."""

    operation_id: str
    names: tuple[str, ...]
    context: dict[str, str]


@dataclass(slots=True)
class Node:
    """One segment of the trie. `methods` is empty where no path ends; `allow` lists them.

    `redirects` says whether the path with a slash after it leads here.
    """

    literals: dict[str, Node] = field(default_factory=dict)
    template: Node | None = None
    methods: dict[str, Route] = field(default_factory=dict)
    allow: str = ""
    redirects: bool = True


class Trie:
    """Path templates and their operations."""

    def __init__(self) -> None:
        self._root = Node()
        self._literal_paths: dict[str, Node] = {}

    def add(
        self,
        method: str,
        path: str,
        operation_id: str,
        *,
        base_path: str = "",
        redirects: bool = True,
    ) -> None:
        """Add an operation; `method` in any case, `path` with `{names}`. GET answers HEAD too."""
        node, names = self._root, []
        for part in path.split("/"):
            if part.startswith("{") and part.endswith("}"):
                names.append(part[1:-1])
                node.template = node.template or Node()
                node = node.template
            else:
                node = node.literals.setdefault(part, Node())
        context = {"api_base_path": base_path, "operation_id": operation_id}
        node.methods[method.upper()] = Route(operation_id, tuple(names), context)
        if "GET" in node.methods:
            node.methods.setdefault("HEAD", node.methods["GET"])
        node.redirects = redirects
        node.allow = ", ".join(sorted(node.methods))
        if not names:
            self._literal_paths[path] = node

    def find(self, path: str) -> tuple[Node, Values] | None:
        """The node where the path ends, with the templates' values; None where no path ends."""
        node: Node | None = self._literal_paths.get(path)
        if node is not None:
            return node, ()
        node, forked = self._root, False
        values: Values = ()
        parts = path.split("/")
        for part in parts:
            literal = node.literals.get(part)
            if literal is not None:
                forked = forked or node.template is not None
                node = literal
                continue
            if node.template is None or not part:
                break
            node = node.template
            values += (part,)
        else:
            if node.methods:
                return node, values
        return self._search(self._root, parts, 0, ()) if forked else None

    def _search(
        self, node: Node, parts: list[str], at: int, values: Values
    ) -> tuple[Node, Values] | None:
        """The same with backtracking, for paths whose literal branch ends nowhere."""
        if at == len(parts):
            return (node, values) if node.methods else None
        part = parts[at]
        found = None
        if part in node.literals:
            found = self._search(node.literals[part], parts, at + 1, values)
        if found is None and node.template is not None and part:
            found = self._search(node.template, parts, at + 1, (*values, part))
        return found


class TrieRouting(SpecMiddleware):  # type: ignore[misc]  # connexion has no types
    """connexion's routing step on a trie: names the operation in the scope, refuses wrong methods.

    Raises HttpError 405 (with all methods of the path in Allow) and 307 for a trailing slash. An
    unknown path goes on without an operation: the application may serve it itself, or answers 404.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.trie = Trie()

    def add_api(self, specification: Any, *, base_path: str | None = None, **_: Any) -> None:
        """Take the operations of a specification connexion has loaded."""
        base = specification.base_path if base_path is None else base_path
        for path, method, operation in operations(specification.raw):
            for end in ("", "/") if operation.get(SLASH) else ("",):
                self.trie.add(
                    method,
                    base + path + end,
                    operation["operationId"],
                    base_path=base,
                    redirects=_SYSTEM not in operation.get("tags", ()),
                )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the operation and its path parameters in the scope, and go on."""
        if scope["type"] == "http":
            self._route(scope)
        await self.app(scope, receive, send)

    def _route(self, scope: Scope) -> None:
        path = scope["path"]
        found = self.trie.find(path)
        if found is None:
            self._redirect(scope, path)
            scope["extensions"] = {ROUTING_CONTEXT: {}}
            return
        node, values = found
        route = node.methods.get(scope["method"])
        if route is None:
            raise HttpError(405, "Method Not Allowed", (("allow", node.allow),))
        scope["path_params"] = dict(zip(route.names, values, strict=True)) if values else {}
        scope["extensions"] = {ROUTING_CONTEXT: route.context}

    def _redirect(self, scope: Scope, path: str) -> None:
        """Raise the redirect where the path without its trailing slash is known."""
        if len(path) > 1 and path.endswith("/"):
            found = self.trie.find(path[:-1])
            if found is not None and found[0].redirects:
                raise HttpError(307, "", (("location", _absolute(scope)),))


def _absolute(scope: Scope) -> str:
    """The request's own address without its trailing slash, host and query kept."""
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    host = hosts[0] if hosts else ":".join(str(part) for part in scope["server"])
    path = scope["raw_path"].decode("latin-1").rstrip("/")
    query = scope["query_string"].decode("latin-1")
    return f"{scope['scheme']}://{host}{path}" + (f"?{query}" if query else "")
