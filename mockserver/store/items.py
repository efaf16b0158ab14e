"""The items of the store: a tree of namespaces, so that a search below one meets no others."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from mockserver.store.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Namespace = tuple[str, ...]
_NEVER = 2**63


@dataclass(slots=True)
class Item:
    """One item. Times are microseconds since 1970; `ttl_us` is None where it lives on."""

    namespace: Namespace
    key: str
    value: Mapping[str, Any]
    created_us: int
    updated_us: int
    ttl_us: int | None = None
    expires_us: int = _NEVER

    def view(self) -> dict[str, Any]:
        """The item as the API shows it."""
        return {
            "namespace": list(self.namespace),
            "key": self.key,
            "value": self.value,
            "created_at": iso(self.created_us),
            "updated_at": iso(self.updated_us),
        }


@dataclass(slots=True)
class _Node:
    """A namespace: its items in the order they came, its children by label."""

    order: int  # by when its first item came
    parent: _Node | None
    label: str
    items: dict[str, Item] = field(default_factory=dict)
    children: dict[str, _Node] = field(default_factory=dict)


class ItemTable:
    """Every item. Namespaces without items or children are forgotten."""

    def __init__(self) -> None:
        self._orders = itertools.count()
        self._root = _Node(next(self._orders), None, "")
        self._expiring: list[tuple[int, Namespace, str]] = []
        self._queued: dict[tuple[Namespace, str], int] = {}  # when it is looked at

    def find(self, namespace: Sequence[str], key: str) -> Item | None:
        """The item with this key, if there is one."""
        node = self._node(namespace)
        return None if node is None else node.items.get(key)

    def put(self, item: Item) -> None:
        """Store an item, in place of one with its namespace and key."""
        node = self._root
        for label in item.namespace:
            child = node.children.get(label)
            if child is None:
                child = node.children[label] = _Node(next(self._orders), node, label)
            node = child
        if not node.items:
            node.order = next(self._orders)
        node.items[item.key] = item
        if item.ttl_us is not None:
            self._queue(item)

    def remove(self, namespace: Sequence[str], key: str) -> None:
        """Forget an item, if there is one."""
        node = self._node(namespace)
        if node is None or node.items.pop(key, None) is None:
            return
        while node.parent is not None and not node.items and not node.children:
            del node.parent.children[node.label]
            node = node.parent

    def expire(self, now_us: int) -> None:
        """Forget what has outlived its time."""
        while self._expiring and self._expiring[0][0] <= now_us:
            due, namespace, key = heapq.heappop(self._expiring)
            if self._queued.get((namespace, key)) != due:
                continue  # it was queued again, for an earlier time
            del self._queued[namespace, key]
            item = self.find(namespace, key)
            if item is None or item.ttl_us is None:
                continue
            if item.expires_us > now_us:  # it was read or stored anew since
                self._queue(item)
            else:
                self.remove(namespace, key)

    def _queue(self, item: Item) -> None:
        place = item.namespace, item.key
        if item.expires_us < self._queued.get(place, _NEVER):
            self._queued[place] = item.expires_us
            heapq.heappush(self._expiring, (item.expires_us, *place))

    def below(self, prefix: Sequence[str]) -> Iterator[Item]:
        """The items in a namespace and below it, older namespaces first, older items first."""
        node = self._node(prefix)
        if node is not None:
            for found in sorted(_walk(node), key=attrgetter("order")):
                yield from found.items.values()

    def namespaces(self, prefix: Sequence[str]) -> Iterator[Namespace]:
        """The namespaces that hold items and begin with a prefix, in no order; `*` is any label."""
        nodes: list[tuple[Namespace, _Node]] = [((), self._root)]
        for wanted in prefix:
            nodes = [
                ((*namespace, label), child)
                for namespace, node in nodes
                for label, child in _matching(node, wanted)
            ]
        while nodes:
            namespace, node = nodes.pop()
            if node.items:
                yield namespace
            nodes += (((*namespace, label), child) for label, child in node.children.items())

    def _node(self, namespace: Sequence[str]) -> _Node | None:
        node: _Node | None = self._root
        for label in namespace:
            if node is None:
                return None
            node = node.children.get(label)
        return node


def _walk(node: _Node) -> Iterator[_Node]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.children.values()


def _matching(node: _Node, wanted: str) -> list[tuple[str, _Node]]:
    if wanted == "*":
        return list(node.children.items())
    child = node.children.get(wanted)
    return [] if child is None else [(wanted, child)]
