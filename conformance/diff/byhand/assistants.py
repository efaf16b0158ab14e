"""Assistants: made, versioned, searched, drawn; runs of one with settings of its own."""

from __future__ import annotations

from typing import Any

from conformance.diff.sequence import Sequence, Step, step
from conformance.diff.steps import T, each, looks, thread

A = "<<a.assistant_id>>"
_TAG = {"sequence": "<<tag>>"}


def sequences() -> list[Sequence]:
    """Making, versions, searching, drawings, runs."""
    return [*_making(), *_versions(), *_searching(), *_drawings(), *_running()]


def _made(label: str = "a", **fields: Any) -> Step:
    return step("create_assistant", {"graph_id": "probe", "metadata": _TAG, **fields}, label=label)


def _making() -> list[Sequence]:
    own = {"graph_id": "probe", "assistant_id": "<<uuid:1>>"}
    return [
        Sequence(
            "assistants/make",
            (
                _made(name="n", description="d", config={"tags": ["x"], "recursion_limit": 7}),
                step("get_assistant", assistant_id=A),
                step("delete_assistant", assistant_id=A),
                step("get_assistant", assistant_id=A),
                step("delete_assistant", assistant_id=A),
            ),
        ),
        Sequence(
            "assistants/minimal",
            (
                step("create_assistant", {"graph_id": "probe"}, label="a"),
                step("get_assistant", assistant_id=A),
            ),
        ),
        Sequence(
            "assistants/configurable",
            (
                _made(config={"configurable": {"m": 1}}),
                _made("b", context={"m": 2}),
                _made("c", config={"configurable": {"m": 1}}, context={"m": 2}),
            ),
        ),
        Sequence(
            "assistants/own-id",
            (
                step("create_assistant", own),
                step("create_assistant", own),
                step("create_assistant", {**own, "if_exists": "do_nothing", "name": "other"}),
                step("delete_assistant", assistant_id="<<uuid:1>>"),
            ),
        ),
        Sequence(
            "assistants/wrong",
            each(
                "create_assistant",
                (
                    {},
                    {"graph_id": "bogus"},
                    {"graph_id": 5},
                    {"graph_id": "probe", "assistant_id": "nope"},
                    {"graph_id": "probe", "config": 5},
                    {"graph_id": "probe", "config": {"tags": "x"}},
                    {"graph_id": "probe", "metadata": None},
                    {"graph_id": "probe", "if_exists": "bogus"},
                    [],
                    None,
                ),
            ),
        ),
        Sequence(
            "assistants/missing",
            tuple(
                step(name, assistant_id=who)
                for name in (
                    "get_assistant",
                    "delete_assistant",
                    "get_assistant_graph",
                    "get_assistant_schemas",
                    "get_assistant_subgraphs",
                )
                for who in ("<<uuid:1>>", "nope")
            ),
        ),
    ]


def _versions() -> list[Sequence]:
    patches: tuple[dict[str, Any], ...] = (
        {"name": "second", "metadata": {"a": 1}},
        {},
        {"config": {"tags": ["t"]}},
        {"context": {"m": 5}},
        {"config": {}, "description": "told"},
        {"name": ""},
        {"graph_id": "agent"},
    )
    return [
        Sequence(
            "assistants/versions",
            (
                _made(name="first", config={"configurable": {"m": 1}}),
                *(step("patch_assistant", patch, assistant_id=A) for patch in patches),
                step("list_assistant_versions", {}, assistant_id=A),
                step("list_assistant_versions", {"limit": 2, "offset": 1}, assistant_id=A),
                step("list_assistant_versions", {"metadata": {"a": 1}}, assistant_id=A),
                step("list_assistant_versions", {"offset": 50}, assistant_id=A),
                step("set_latest_assistant_version", {"version": 2}, assistant_id=A),
                step("get_assistant", assistant_id=A),
                step("patch_assistant", {"name": "after"}, assistant_id=A),
                step("set_latest_assistant_version", {"version": 99}, assistant_id=A),
                step("set_latest_assistant_version", {}, assistant_id=A),
                step("set_latest_assistant_version", {"version": "x"}, assistant_id=A),
                step("list_assistant_versions", {}, assistant_id="<<uuid:1>>"),
            ),
        ),
        Sequence(
            "assistants/patch-wrong",
            (
                _made(),
                *each(
                    "patch_assistant",
                    (
                        {"graph_id": "bogus"},
                        {"description": None},
                        {"config": {"configurable": {"a": 1}}, "context": {"b": 1}},
                        {"metadata": 5},
                        [],
                    ),
                    assistant_id=A,
                ),
                step("patch_assistant", {}, assistant_id="<<uuid:1>>"),
                step("patch_assistant", {}, assistant_id="nope"),
            ),
        ),
    ]


def _searching() -> list[Sequence]:
    queries: tuple[dict[str, Any], ...] = (
        {},
        {"limit": 1},
        {"limit": 1, "offset": 1},
        {"offset": 9},
        {"sort_by": "name", "sort_order": "asc"},
        {"sort_by": "name"},
        {"sort_order": "asc"},
        {"graph_id": "probe"},
        {"graph_id": "agent"},
        {"graph_id": "bogus"},
        {"name": "ALPH"},
        {"name": ""},
        {"select": ["assistant_id", "name"]},
        {"select": []},
        {"limit": 0},
        {"limit": 1001},
        {"sort_by": "bogus"},
        {"select": ["bogus"]},
    )
    return [
        Sequence(
            "assistants/search",
            (
                _made("x", name="alpha"),
                _made("y", name="Beta"),
                *(step("search_assistants", {"metadata": _TAG, **query}) for query in queries),
                step("count_assistants", {"metadata": _TAG}),
                step("count_assistants", {"metadata": _TAG, "name": "beta"}),
                step("count_assistants", {"metadata": _TAG, "graph_id": "bogus"}),
            ),
        )
    ]


def _drawings() -> list[Sequence]:
    xrays = ("true", "false", "1", "0", "abc", "-1", "")
    return [
        Sequence(
            f"assistants/drawn-{graph}",
            (
                step("create_assistant", {"graph_id": graph, "metadata": _TAG}, label="a"),
                step("get_assistant_graph", assistant_id=A),
                *(
                    step("get_assistant_graph", assistant_id=A, query={"xray": xray})
                    for xray in xrays
                ),
                step("get_assistant_graph", assistant_id=graph),
                step("get_assistant_schemas", assistant_id=A),
                step("get_assistant_schemas", assistant_id=graph),
                step("get_assistant_subgraphs", assistant_id=A),
                step("get_assistant_subgraphs", assistant_id=A, query={"recurse": "true"}),
                step("get_assistant_subgraph", assistant_id=A, namespace="nest"),
                step("get_assistant_subgraph", assistant_id=A, namespace="bogus"),
            ),
        )
        for graph in ("probe", "agent")
    ]


def _running() -> list[Sequence]:
    run = {"assistant_id": A, "input": {"script": [{"say": "hi"}]}}
    return [
        Sequence(
            "assistants/run",
            (
                _made(config={"tags": ["at"], "recursion_limit": 9, "configurable": {"c": 1}}),
                thread(),
                step("wait_run", run, thread_id=T),
                *looks(),
                step("patch_assistant", {"metadata": {"later": 1}}, assistant_id=A),
                step("wait_run", {**run, "config": {"configurable": {"c": 2}}}, thread_id=T),
                *looks(),
                step("delete_assistant", assistant_id=A),
                step("wait_run", run, thread_id=T),
                step("get_thread", thread_id=T),
            ),
        ),
        Sequence(
            "assistants/delete-threads",
            (
                _made(),
                thread(),
                step("wait_run", run, thread_id=T),
                step("delete_assistant", assistant_id=A, query={"delete_threads": "true"}),
                step("get_thread", thread_id=T),
            ),
        ),
    ]
