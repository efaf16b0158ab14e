from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from mockserver.store.checkpoints import Checkpoints


@dataclass
class Saved:
    id: str
    namespace: str = ""
    run_id: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    thread_id: str = "t"

    def rehome(self, thread_id: str) -> None:
        self.thread_id = thread_id


def ids(store: Checkpoints[Saved], thread_id: str, namespace: str = "") -> list[str]:
    return [saved.id for saved in store.all(thread_id, namespace)]


@pytest.fixture(params=[1, 2, 64])
def store(request: pytest.FixtureRequest) -> Checkpoints[Saved]:
    """A table that keeps one, two or many threads unpacked."""
    return Checkpoints(hot=request.param)


def test_checkpoints_are_found_by_thread_namespace_and_id(store: Checkpoints[Saved]) -> None:
    for thread_id in ("a", "b"):
        for number in range(3):
            store.add(thread_id, Saved(f"{thread_id}{number}"))
            store.add(thread_id, Saved(f"{thread_id}{number}n", "nest:1"))
    assert ids(store, "a") == ["a0", "a1", "a2"]
    assert ids(store, "b", "nest:1") == ["b0n", "b1n", "b2n"]
    latest = store.latest("a")
    assert latest is not None
    assert latest.id == "a2"
    found = store.get("a", "a1n", "nest:1")
    assert found is not None
    assert found.id == "a1n"
    assert store.get("a", "a1n") is None
    assert store.get("a", "a9") is None
    assert store.get("zzz", "a1") is None
    assert [saved.id for saved in store.before("a")] == ["a2", "a1", "a0"]
    assert [saved.id for saved in store.before("a", "a1")] == ["a0"]
    assert [saved.id for saved in store.before("a", "z")] == ["a2", "a1", "a0"]
    assert list(store.before("a", "")) == list(store.before("zzz")) == []
    assert store.latest("a", "nest:2") is None
    assert store.latest("zzz") is None
    assert set(store.namespaces("a")) == {"", "nest:1"}
    assert store.namespaces("zzz") == ()


def test_what_is_held_may_be_changed_whoever_else_is_busy(store: Checkpoints[Saved]) -> None:
    store.add("a", Saved("1"))
    with store.hold("a"):
        mine = store.latest("a")
        assert mine is not None
        for number in range(200):
            store.add(f"other{number}", Saved("x"))
        mine.values["seen"] = 1
    for number in range(200, 400):
        store.add(f"other{number}", Saved("x"))
    again = store.latest("a")
    assert again is not None
    assert again.values == {"seen": 1}


def test_two_may_hold_one_thread(store: Checkpoints[Saved]) -> None:
    with store.hold("a"):
        with store.hold("a"):
            store.add("a", Saved("1"))
        store.add("a", Saved("2"))
    assert ids(store, "a") == ["1", "2"]


def test_a_dropped_thread_takes_nothing_more_from_who_held_it(store: Checkpoints[Saved]) -> None:
    with store.hold("a"):
        store.add("a", Saved("1"))
        store.drop("a")
        store.add("a", Saved("2"))
    assert ids(store, "a") == []
    store.add("a", Saved("3"))
    assert ids(store, "a") == ["3"], "later it is a thread like any other"


def test_a_copy_is_equal_and_independent(store: Checkpoints[Saved]) -> None:
    store.add("a", Saved("1", values={"list": [1]}))
    store.copy("a", "b")
    twin = store.latest("b")
    assert twin == Saved("1", values={"list": [1]}, thread_id="b")
    store.add("b", Saved("2"))
    assert ids(store, "a") == ["1"]
    store.copy("nothing", "c")
    assert ids(store, "c") == []


def test_a_run_takes_its_checkpoints_with_it(store: Checkpoints[Saved]) -> None:
    store.add("a", Saved("1", run_id="r1"))
    store.add("a", Saved("2", run_id="r2"))
    store.add("a", Saved("2n", "nest:1", run_id="r2"))
    store.drop_run("a", "r2")
    assert ids(store, "a") == ["1"]
    assert store.namespaces("a") == ("",)
    store.drop_run("nothing", "r2")


def test_checkpoints_can_be_replaced(store: Checkpoints[Saved]) -> None:
    store.add("a", Saved("1"))
    store.replace("a", [Saved("2"), Saved("3", "n")])
    assert (ids(store, "a"), ids(store, "a", "n")) == (["2"], ["3"])


def test_idle_threads_are_packed() -> None:
    store: Checkpoints[Saved] = Checkpoints(hot=4)
    shared = {"text": "x" * 1000}
    for number in range(100):
        store.add(f"t{number}", Saved("1", values=shared))
        store.add(f"t{number}", Saved("2", values=shared))
    assert len(store._hot) == 4
    packed = store._cold
    assert len(packed) == 96
    assert max(map(len, packed.values())) < 400
    first = store.all("t0")
    assert first[0].values == shared
    assert first[0].values is first[1].values, "what they share is stored once"
