"""Assistants: their defaults, settings, versions and how they are found."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.engine.assistants import Assistants
from mockserver.engine.clock import VirtualClock
from mockserver.engine.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from mockserver.engine.ids import Ids
from mockserver.scripts.agents import Agents
from mockserver.store.assistants import AssistantFilter

AGENT = "fe096781-5601-53d2-b2f6-0d3403f7e9ca"
ID = "0192d1a2-b000-4000-8000-0000000000ab"
UNKNOWN = "0192d1a2-b000-4000-8000-0000000000ff"


class Bench:
    """The service, on a clock that stands still."""

    def __init__(self) -> None:
        self.clock = VirtualClock(1_767_225_600_000_000)
        self.all = Assistants(Agents(), self.clock, Ids(1, self.clock))

    def make(self, **body: Any) -> dict[str, Any]:
        return self.all.create({"graph_id": "agent", **body}).to_json()

    def patch(self, **body: Any) -> dict[str, Any]:
        return self.all.patch(ID, body).to_json()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_every_graph_has_a_default_assistant(bench: Bench) -> None:
    assert bench.all.get(AGENT).to_json() == {
        "assistant_id": AGENT,
        "graph_id": "agent",
        "config": {},
        "context": {},
        "metadata": {"created_by": "system"},
        "name": "agent",
        "description": bench.all.get(AGENT).active.description,
        "version": 1,
        "created_at": "2026-01-01T00:00:00.000000+00:00",
        "updated_at": "2026-01-01T00:00:00.000000+00:00",
    }
    assert bench.all.count(AssistantFilter()) == len(Agents().names())


def test_a_reference_is_a_graph_or_an_id(bench: Bench) -> None:
    assert bench.all.resolve("agent").assistant_id == AGENT
    assert bench.all.resolve(AGENT.upper().replace("-", "")).assistant_id == AGENT
    with pytest.raises(InvalidError, match=r"agent.*probe"):
        bench.all.resolve("nobody")
    with pytest.raises(NotFoundError):
        bench.all.resolve(UNKNOWN)
    bench.all.delete(AGENT)
    with pytest.raises(NotFoundError):
        bench.all.resolve("agent")


def test_what_is_not_said_is_filled_in(bench: Bench) -> None:
    made = bench.make()
    assert made["name"] == "Untitled"
    assert made["description"] is None
    assert (made["config"], made["context"], made["metadata"]) == ({}, {}, {})
    assert made["version"] == 1
    assert bench.make(assistant_id="", name="")["assistant_id"] != made["assistant_id"]


def test_an_id_is_taken_once(bench: Bench) -> None:
    first = bench.make(assistant_id=ID.upper(), name="first")
    assert first["assistant_id"] == ID
    with pytest.raises(ConflictError, match="do_nothing"):
        bench.make(assistant_id=ID)
    again = bench.make(assistant_id=ID, if_exists="do_nothing", name="x", graph_id="probe")
    assert again == first
    with pytest.raises(InvalidError):
        bench.make(assistant_id="not-an-id")


def test_an_unknown_graph_is_not_found_anywhere(bench: Bench) -> None:
    bench.make(assistant_id=ID)
    with pytest.raises(NotFoundError, match="agent"):
        bench.make(graph_id="none")
    with pytest.raises(NotFoundError):
        bench.patch(graph_id="none")
    with pytest.raises(NotFoundError):
        bench.all.search(AssistantFilter(graph_id="none"))
    with pytest.raises(NotFoundError):
        bench.all.count(AssistantFilter(graph_id="none"))


@pytest.mark.parametrize(
    ("given", "config", "context"),
    [
        ({"context": {"m": 1}}, {"configurable": {"m": 1}}, {"m": 1}),
        ({"config": {"configurable": {"m": 1}}}, {"configurable": {"m": 1}}, {"m": 1}),
        ({"config": {"configurable": {}}, "context": {}}, {"configurable": {}}, {}),
        ({"config": {"tags": ["t"]}, "context": {"m": 1}},
         {"tags": ["t"], "configurable": {"m": 1}}, {"m": 1}),
        ({"config": {"configurable": {"langgraph_auth_user": 1, "thread_id": "t"}}},
         {"configurable": {"thread_id": "t"}}, {"thread_id": "t"}),
        ({"context": {"__otel_trace__": 1}}, {}, {}),
        ({"config": {"metadata": {"run_id": 1, "k": 2}}}, {"metadata": {"k": 2}}, {}),
        ({"config": {"metadata": 5}}, {"metadata": 5}, {}),
    ],
)  # fmt: skip
def test_configurable_and_context_mirror_each_other(
    bench: Bench, given: dict[str, Any], config: dict[str, Any], context: dict[str, Any]
) -> None:
    made = bench.make(**given)
    assert (made["config"], made["context"]) == (config, context)


def test_configurable_and_context_together_are_refused(bench: Bench) -> None:
    both: dict[str, Any] = {"config": {"configurable": {"a": 1}}, "context": {"a": 1}}
    with pytest.raises(RefusedError):
        bench.make(**both)
    bench.make(assistant_id=ID)
    with pytest.raises(RefusedError):
        bench.patch(**both)


def test_reserved_metadata_is_dropped(bench: Bench) -> None:
    made = bench.make(metadata={"thread_id": 1, "run_id": 2, "graph_id": "g", "mine": 3})
    assert made["metadata"] == {"graph_id": "g", "mine": 3}


async def test_every_patch_makes_a_version(bench: Bench) -> None:
    made = bench.make(assistant_id=ID, name="n", metadata={"a": 1, "b": {"c": 1}})
    await bench.clock.advance(1)
    patched = bench.patch()
    assert patched == {
        **made,
        "version": 2,
        "updated_at": "2026-01-01T00:00:01.000000+00:00",
    }
    assert bench.patch(metadata={"b": {"d": 2}, "a": None})["metadata"] == {
        "a": None,
        "b": {"d": 2},
    }
    last = bench.patch(name="", description="d", graph_id="probe")
    assert (last["name"], last["description"], last["graph_id"]) == ("", "d", "probe")
    assert last["version"] == 4


@pytest.mark.parametrize(
    ("body", "config", "context"),
    [
        ({}, {"tags": ["t"], "configurable": {"m": 1}}, {"m": 1}),
        ({"config": {}}, {"tags": ["t"], "configurable": {"m": 1}}, {"m": 1}),
        ({"config": {"tags": ["u"]}}, {"tags": ["u"]}, {"m": 1}),
        ({"config": {"configurable": {"n": 2}}}, {"configurable": {"n": 2}}, {"n": 2}),
        ({"context": {"n": 2}}, {"configurable": {"n": 2}}, {"n": 2}),
        ({"context": {}}, {"tags": ["t"], "configurable": {"m": 1}}, {}),
    ],
)
def test_a_patch_replaces_settings(
    bench: Bench, body: dict[str, Any], config: dict[str, Any], context: dict[str, Any]
) -> None:
    bench.make(assistant_id=ID, config={"tags": ["t"]}, context={"m": 1})
    patched = bench.patch(**body)
    assert (patched["config"], patched["context"]) == (config, context)


def test_an_older_version_can_be_made_the_active_one(bench: Bench) -> None:
    first = bench.make(assistant_id=ID, name="one", context={"m": 1}, metadata={"k": 1})
    bench.patch(name="two", context={"m": 2}, metadata={"k": 2}, graph_id="probe")
    back = bench.all.set_latest(ID, 1).to_json()
    assert back == first
    assert bench.patch()["version"] == 3
    for version in (9, 0, None):
        with pytest.raises(NotFoundError):
            bench.all.set_latest(ID, version)


def test_versions_are_listed_newest_first(bench: Bench) -> None:
    bench.make(assistant_id=ID, metadata={"k": 1})
    bench.patch(metadata={"k": 2})
    bench.patch(metadata={"k": 2})

    def page(limit: int = 10, offset: int = 0, **metadata: Any) -> list[int]:
        return [v.version for v in bench.all.versions(ID, metadata, limit, offset)]

    assert page() == [3, 2, 1]
    assert page(limit=1, offset=1) == [2]
    assert page(k=1) == [1]
    for empty in ({"offset": 3}, {"k": 7}):
        with pytest.raises(NotFoundError):
            page(**empty)
    assert "updated_at" not in bench.all.versions(ID, {}, 1, 0)[0].to_json(ID)


def test_a_deleted_assistant_is_not_found(bench: Bench) -> None:
    bench.make(assistant_id=ID)
    bench.all.delete(ID)
    for act in (bench.all.get, bench.all.delete, lambda id_: bench.all.patch(id_, {})):
        with pytest.raises(NotFoundError):
            act(ID)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (AssistantFilter(metadata={"team": "x"}), ["Beta", "alpha"]),
        (AssistantFilter(metadata={"team": "x", "deep": {"a": 1}}), ["alpha"]),
        (AssistantFilter(metadata={"n": True}), []),
        (AssistantFilter(name="ALPH"), ["alpha"]),
        (AssistantFilter(name="", graph_id="probe", metadata={"team": "x"}), ["Beta"]),
    ],
)
def test_search_filters(bench: Bench, wanted: AssistantFilter, names: list[str]) -> None:
    bench.make(name="alpha", metadata={"team": "x", "deep": {"a": 1, "b": 2}, "n": 1})
    bench.make(name="Beta", metadata={"team": "x"}, graph_id="probe")
    bench.make(name="gamma", metadata={"team": "y"})
    assert [row.active.name for row in bench.all.search(wanted)] == names
    assert bench.all.count(wanted) == len(names)


async def test_search_sorts(bench: Bench) -> None:
    made = []
    for name in ("b", "A", "c"):
        await bench.clock.advance(1)
        made.append(bench.make(name=name, metadata={"mine": 1})["assistant_id"])
    mine = AssistantFilter(metadata={"mine": 1})

    def names(*sort: str | None) -> list[str]:
        return [row.active.name for row in bench.all.search(mine, *sort)]

    assert names() == ["c", "A", "b"]
    assert names(None, "asc") == ["c", "A", "b"]
    assert names("name") == ["c", "b", "A"]
    assert names("name", "asc") == ["A", "b", "c"]
    assert names("created_at", "asc") == ["b", "A", "c"]
    bench.all.patch(made[0], {})
    assert names("updated_at")[0] in ("b", "c")
    by_id = [row.assistant_id for row in bench.all.search(mine, "assistant_id", "asc")]
    assert by_id == sorted(made)
