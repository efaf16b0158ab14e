"""Threads: made, found, changed, copied, pruned, deleted."""

from __future__ import annotations

from conformance.diff.sequence import Json, Sequence, step
from conformance.diff.steps import body, each, looks, on_thread, thread, wait

_TAG = {"sequence": "<<tag>>"}


def sequences() -> list[Sequence]:
    """Making, changing, searching, copying, removing."""
    return [*_making(), *_searching(), *_copying()]


def _making() -> list[Sequence]:
    mine = "<<uuid:1>>"
    return [
        Sequence(
            "threads/make",
            (
                step("create_thread", {}, label="t"),
                on_thread("get_thread"),
                on_thread("get_thread", query={"include": "ttl"}),
                on_thread("delete_thread"),
                on_thread("get_thread"),
                on_thread("delete_thread"),
                *looks(),
            ),
        ),
        Sequence(
            "threads/own-id",
            (
                step("create_thread", {"thread_id": mine, "metadata": {"a": 1}}),
                step("create_thread", {"thread_id": mine}),
                step(
                    "create_thread",
                    {"thread_id": mine, "if_exists": "do_nothing", "metadata": {"b": 1}},
                ),
                step("get_thread", thread_id=mine),
                step("delete_thread", thread_id=mine),
            ),
        ),
        Sequence(
            "threads/patch",
            (
                thread(metadata={"a": {"x": 1}, "b": 2, "sequence": "<<tag>>"}),
                on_thread(
                    "patch_thread", {"metadata": {"a": {"y": 2}, "b": None, "thread_id": "no"}}
                ),
                on_thread("patch_thread", {}),
                on_thread(
                    "patch_thread", {"metadata": {"c": 1}}, headers={"prefer": "return=minimal"}
                ),
                on_thread("patch_thread", {"ttl": {"ttl": 5, "strategy": "delete"}}),
                on_thread("get_thread"),
                step("patch_thread", {"metadata": {}}, thread_id=mine),
            ),
        ),
        Sequence(
            "threads/supersteps",
            (
                thread(
                    metadata={"graph_id": "probe"},
                    supersteps=[
                        {"updates": [{"values": {"note": "in"}, "as_node": "__input__"}]},
                        {"updates": [{"values": {"log": ["w"]}, "as_node": "work"}]},
                    ],
                ),
                *looks(),
            ),
        ),
        Sequence(
            "threads/supersteps-unbound",
            (thread(supersteps=[{"updates": [{"values": {}, "as_node": "work"}]}]),),
        ),
        Sequence(
            "threads/supersteps-bad",
            (thread(metadata={"graph_id": "probe"}, supersteps=[{"updates": []}]),),
        ),
        Sequence(
            "threads/ttl", (thread(ttl={"ttl": 10, "strategy": "delete"}), on_thread("get_thread"))
        ),
    ]


def _searching() -> list[Sequence]:
    made = (
        thread("a", metadata={**_TAG, "n": 1, "deep": {"x": [1]}}),
        thread("b", metadata={**_TAG, "n": 2, "deep": {"x": [1], "y": 2}}),
        thread("c", metadata={**_TAG, "n": "2"}),
    )
    queries: list[dict[str, Json]] = [
        {},
        {"limit": 1},
        {"limit": 2, "offset": 1},
        {"offset": 50},
        {"sort_by": "created_at", "sort_order": "asc"},
        {"sort_by": "thread_id"},
        {"sort_order": "asc"},
        {"status": "idle"},
        {"status": "busy"},
        {"select": ["thread_id", "metadata"]},
        {"ids": ["<<a.thread_id>>", "<<c.thread_id>>"]},
        {"ids": []},
    ]
    metadata: list[dict[str, Json]] = [
        {"n": 2},
        {"deep": {"x": [1]}},
        {"deep": {"x": 1}},
        {"n": None},
    ]
    return [
        Sequence(
            "threads/search",
            (
                *made,
                *(step("search_threads", {"metadata": _TAG, **query}) for query in queries),
                *(step("search_threads", {"metadata": {**_TAG, **found}}) for found in metadata),
                step("count_threads", {"metadata": _TAG}),
                step("count_threads", {"metadata": {**_TAG, "n": 2}}),
                step("count_threads", {"metadata": _TAG, "status": "error"}),
            ),
        ),
        Sequence(
            "threads/search-values",
            (
                thread(),
                wait([{"update": {"note": "<<tag>>", "data": {"k": [1, 2]}}}]),
                step("search_threads", {"metadata": _TAG, "values": {"note": "<<tag>>"}}),
                step("search_threads", {"metadata": _TAG, "values": {"note": "other"}}),
                step("count_threads", {"metadata": _TAG, "values": {"note": "<<tag>>"}}),
                step(
                    "search_threads",
                    {
                        "metadata": _TAG,
                        "extract": {
                            "first": "values.data.k[0]",
                            "last": "values.log[-1]",
                            "none": "values.nope",
                        },
                    },
                ),
                step(
                    "search_threads",
                    {
                        "metadata": _TAG,
                        "extract": {"m": "metadata.sequence"},
                        "select": ["thread_id"],
                    },
                ),
                step("search_threads", {"metadata": _TAG, "extract": {"bad alias": "values"}}),
                step("search_threads", {"metadata": _TAG, "extract": {"x": "bogus.path"}}),
            ),
        ),
        Sequence(
            "threads/search-wrong",
            each(
                "search_threads",
                (
                    {"limit": 0},
                    {"limit": 1001},
                    {"limit": "x"},
                    {"offset": -1},
                    {"status": "bogus"},
                    {"sort_by": "bogus"},
                    {"sort_order": "DESC"},
                    {"select": ["bogus"]},
                    {"ids": ["nope"]},
                    {"metadata": 5},
                    {"metadata": None},
                    [],
                    None,
                    {"extract": {"status": "values"}},
                ),
            ),
        ),
    ]


def _copying() -> list[Sequence]:
    copied = (
        step("get_thread", thread_id="<<c.thread_id>>"),
        step("get_thread_state", thread_id="<<c.thread_id>>"),
        step("search_thread_history", {"limit": 20}, thread_id="<<c.thread_id>>"),
        step("list_runs", thread_id="<<c.thread_id>>"),
    )
    ask = [{"say": "x"}, {"interrupt": 1}, {"update": {"note": {"$": "resume"}}}]
    resume = {"assistant_id": "probe", "command": {"resume": "there"}}
    return [
        Sequence(
            "threads/copy",
            (
                thread(),
                wait([{"say": "x"}, {"node": "check"}, {"say": "y"}]),
                on_thread("copy_thread", label="c"),
                *copied,
            ),
        ),
        Sequence("threads/copy-fresh", (thread(), on_thread("copy_thread", label="c"), *copied)),
        Sequence(
            "threads/copy-fresh-then-run",
            (
                thread(),
                on_thread("copy_thread", label="c"),
                step("wait_run", body([{"say": "x"}]), thread_id="<<c.thread_id>>"),
                step("get_thread", thread_id="<<c.thread_id>>"),
            ),
        ),
        Sequence(
            "threads/copy-then-subgraph",
            (
                thread(),
                wait([{"say": "x"}]),
                on_thread("copy_thread", label="c"),
                step("wait_run", body([{"subgraph": [{"say": "y"}]}]), thread_id="<<c.thread_id>>"),
            ),
        ),
        Sequence(
            "threads/copy-asked",
            (
                thread(),
                wait(ask),
                on_thread("copy_thread", label="c"),
                *copied,
                step("wait_run", resume, thread_id="<<c.thread_id>>"),
                *copied,
                on_thread("get_thread"),
            ),
        ),
        Sequence(
            "threads/copy-unknown",
            (
                step("copy_thread", {}, thread_id="<<uuid:1>>"),
                step("copy_thread", {}, thread_id="nope"),
            ),
        ),
        Sequence(
            "threads/prune",
            (
                thread("a"),
                thread("b"),
                step("prune_threads", {"thread_ids": ["<<a.thread_id>>", "<<uuid:1>>"]}),
                step("get_thread", thread_id="<<a.thread_id>>"),
                step("get_thread", thread_id="<<b.thread_id>>"),
                step("prune_threads", {"thread_ids": []}),
                step("prune_threads", {"thread_ids": ["nope"]}),
                step("prune_threads", {}),
                step("prune_threads", {"thread_ids": ["<<b.thread_id>>"], "strategy": "bogus"}),
            ),
        ),
        Sequence(
            "threads/prune-keep-latest",
            (
                thread(),
                wait([]),
                step(
                    "prune_threads", {"thread_ids": ["<<t.thread_id>>"], "strategy": "keep_latest"}
                ),
                *looks(),
            ),
        ),
    ]
