"""The mock's built-in graphs against the same graphs in the real server, event by event."""

from __future__ import annotations

import asyncio
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from conformance.scenarios.streaming import SHOW
from conformance.streams.grammar import MODES
from tests.reference.alike import differences, plain, played
from tests.reference.server import reference_server
from tests.serving import mock_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.reference

Json = dict[str, Any]
Shown = dict[str, Any]
ORDERED = ["values", "updates", "tasks", "custom", "debug", "checkpoints"]


def run(*script: Any, **fields: Any) -> Json:
    """A run that plays a script, seen in every mode whose order does not depend on chance."""
    body = {"input": {"script": list(script)}, "stream_mode": ORDERED, "stream_subgraphs": True}
    return {**body, **fields}


def more(**fields: Any) -> Json:
    """A run without a script of its own."""
    return {"stream_mode": ORDERED, "stream_subgraphs": True, **fields}


ASK = {"interrupt": {"question": "?"}}
NOTE = {"update": {"note": {"$": "resume"}}}
TWO_NODES = ({"update": {"note": 1}}, {"node": "check"}, {"update": {"note": 2}})
PROBE: Mapping[str, list[Json]] = MappingProxyType(
    {
        # two nodes at once send their events in any order
        **{
            f"{mode}, {'with' if deep else 'without'} subgraphs": [
                {"input": {"script": script}, "stream_mode": mode, "stream_subgraphs": deep}
            ]
            for mode in MODES
            for deep in (False, True)
            for script in [[s for s in SHOW if mode != "events" or "parallel" not in s]]
        },
        "nothing to do": [run()],
        "a question": [
            run({"update": {"data": {"a": 1}}}, ASK, NOTE),
            more(command={"resume": {"b": 1}}),
        ],
        "two questions of one node": [
            run({"interrupt": 1}, {"interrupt": 2}, NOTE),
            more(command={"resume": "a"}),
            more(command={"resume": "b"}),
        ],
        "a question in the subgraph": [
            run({"subgraph": [ASK, NOTE]}),
            more(command={"resume": "ok"}),
        ],
        "one side fails": [
            run(
                {
                    "parallel": {
                        "left": [{"update": {"note": 1}}],
                        "right": [{"sleep": 0.1}, {"fail": {"error": "KeyError", "message": "x"}}],
                    }
                }
            ),
            more(input=None),
        ],
        "commands": [
            run(),
            more(command={"goto": "check"}),
            more(
                command={"goto": {"node": "left", "input": {"script": [{"say": "a b", "id": "s"}]}}}
            ),
            more(command={"goto": "nest"}),
            more(command={"goto": ["left", "check"], "update": {"script": [{"custom": 1}]}}),
            more(command={"update": {"note": 5}}),
            more(command={"goto": "nowhere"}),
        ],
        "a pause before": [run(*TWO_NODES, interrupt_before=["check"]), more(input=None)],
        "a pause after each": [
            run(*TWO_NODES, interrupt_after="*"),
            more(input=None),
            more(input=None),
        ],
        "a question dropped": [run(ASK), run({"update": {"note": 2}})],
        "nothing more": [run(), more(input=None)],
        "whole messages": [
            run(
                {"update": {"messages": [{"role": "user", "content": "hi", "id": "h"}]}},
                {"tool": {"name": "weigh", "args": {"a": 1}, "result": {"b": [1]}, "id": "c"}},
            )
        ],
        "references": [
            {
                "input": {
                    "script": [
                        {"update": {"note": {"a": [{"$": "input.k.0"}]}, "log": ["y", "z"]}},
                        {"update": {"data": {"b": {"$": "state.script.0.update.log.1"}}}},
                        {"say": {"$": "input.k"}, "id": "q"},
                    ],
                    "input": {"k": [7, "b"]},
                },
                "stream_mode": ["values", "messages-tuple"],
            }
        ],
        "no script": [
            run({"node": "nope"}),
            run("x"),
            run({"custom": {"$": "state.x"}}),
            run({"subgraph": [{"update": {"log": ["x"]}}]}),
            run({"update": {"bad": 1}}),
            run({"update": {"data": 3}}),
            run({"parallel": {"left": [{"node": "work"}], "right": []}}),
        ],
        "only the end kept": [run(*TWO_NODES, durability="exit")],
    }
)
AGENT: Mapping[str, list[Json]] = MappingProxyType(
    {
        **{
            f"agent: {mode}": [
                {
                    "input": {
                        "messages": [{"role": "user", "content": "say  it\nagain", "id": "h"}]
                    },
                    "stream_mode": mode,
                }
            ]
            for mode in MODES
        },
        "agent: a text for messages": [{"input": {"messages": "plain"}, "stream_mode": "values"}],
        "agent: no message": [
            {"input": {"messages": []}, "stream_mode": ["values", "messages-tuple"]}
        ],
    }
)


async def shown(url: str) -> Shown:
    """What a server shows of every case, the cases side by side."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        cases = [("probe", *case) for case in PROBE.items()]
        cases += [("agent", *case) for case in AGENT.items()]
        found = await asyncio.gather(*(played(client, graph, bodies) for graph, _, bodies in cases))
        drawings = {
            f"{graph}{query}": plain((await client.get(f"/assistants/{graph}/graph{query}")).json())
            for graph in ("probe", "agent")
            for query in ("", "?xray=1")
        }
    return {**{name: one for (_, name, _), one in zip(cases, found, strict=True)}, **drawings}


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Shown, Shown]]:
    """What the reference shows, and what the mock shows."""
    with reference_server() as reference, mock_process() as (mock, _):
        yield asyncio.run(shown(reference)), asyncio.run(shown(mock))


@pytest.mark.parametrize("name", [*PROBE, *AGENT])
def test_the_mock_plays_as_the_real_graph(both: tuple[Shown, Shown], name: str) -> None:
    reference, mock = both
    assert list(differences(reference[name], mock[name])) == []


@pytest.mark.parametrize("name", ["probe", "probe?xray=1", "agent", "agent?xray=1"])
def test_the_mock_draws_as_the_real_graph(both: tuple[Shown, Shown], name: str) -> None:
    reference, mock = both
    assert list(differences(reference[name], mock[name])) == []
