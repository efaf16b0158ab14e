"""Stateless runs, batches, and what stands around the API."""

from __future__ import annotations

from conformance.diff.byhand.runs import SCRIPTS
from conformance.diff.sequence import Sequence, step
from conformance.diff.steps import TERMINAL, body
from conformance.streams.grammar import MODES

_GONE = (404, 422)


def sequences() -> list[Sequence]:
    """Waited for, streamed, created, in batches; system."""
    kept = "<<r.thread_id>>"
    return [
        *(
            Sequence(f"stateless/wait-{name}", (step("wait_stateless_run", body(SCRIPTS[name])),))
            for name in ("say", "nodes", "fail", "interrupt", "subgraph", "parallel", "empty")
        ),
        *(
            Sequence(
                f"stateless/stream-{mode}",
                (
                    step(
                        "stream_stateless_run",
                        body(SCRIPTS["subgraph"], stream_mode=[mode], stream_subgraphs=True),
                    ),
                ),
            )
            for mode in MODES
        ),
        Sequence(
            "stateless/create",
            (
                step(
                    "create_stateless_run",
                    body([{"sleep": 3}, {"say": "x"}], metadata={"m": 1}),
                    label="r",
                ),
                step("get_thread", thread_id=kept),
                step("list_runs", thread_id=kept, until=("0.status", ("running",))),
                step("join_run", thread_id=kept, run_id="<<r.run_id>>"),
                step("get_run", thread_id=kept, run_id="<<r.run_id>>"),
                step("get_thread", thread_id=kept),
            ),
        ),
        Sequence(
            "stateless/keep",
            (
                step(
                    "create_stateless_run",
                    body([{"interrupt": 1}], on_completion="keep", metadata={"m": 1}),
                    label="r",
                ),
                step("get_run", thread_id=kept, run_id="<<r.run_id>>", until=("status", TERMINAL)),
                step("get_thread", thread_id=kept),
                step("get_thread_state", thread_id=kept),
                step("wait_run", body(command={"resume": 1}), thread_id=kept),
                step("delete_thread", thread_id=kept),
            ),
        ),
        Sequence(
            "stateless/wrong",
            tuple(
                step(operation, given)
                for operation in (
                    "create_stateless_run",
                    "wait_stateless_run",
                    "stream_stateless_run",
                )
                for given in (
                    {},
                    body(command={"resume": 1}),
                    {"assistant_id": "bogus", "input": {}},
                    {"assistant_id": "<<uuid:1>>", "input": {}},
                    body([], stream_mode="bogus"),
                    body([], on_completion="bogus"),
                    body([], context={"a": 1}, config={"configurable": {"b": 1}}),
                    body([], multitask_strategy="bogus"),
                    body([], if_not_exists="bogus"),
                    body([], metadata=5),
                )
            ),
        ),
        Sequence(
            "stateless/options",
            (
                step(
                    "wait_stateless_run",
                    body([{"node": "check"}, {"say": "x"}], interrupt_before=["check"]),
                ),
                step("wait_stateless_run", body([{"say": "x"}], stream_mode=["updates"])),
                step(
                    "wait_stateless_run",
                    body([{"interrupt": 1}], stream_mode=["updates", "values"]),
                ),
            ),
        ),
        Sequence(
            "stateless/durability",
            tuple(
                step("stream_stateless_run", body([{"say": "x"}], durability=durability))
                for durability in ("sync", "async", "exit")
            ),
        ),
        Sequence(
            "stateless/batch",
            (
                step(
                    "create_run_batch",
                    [body([{"say": "a"}]), body([{"say": "b"}], on_completion="keep")],
                    label="b",
                ),
                step(
                    "get_run",
                    thread_id="<<b.1.thread_id>>",
                    run_id="<<b.1.run_id>>",
                    until=("status", TERMINAL),
                ),
                step("delete_thread", thread_id="<<b.1.thread_id>>"),
                step("create_run_batch", []),
                step("create_run_batch", {}),
                step("create_run_batch", [{}]),
                step("create_run_batch", [{"assistant_id": "bogus"}]),
            ),
        ),
        Sequence(
            "system/all",
            (
                step("get_ok"),
                step("get_root"),
                step("get_info"),
                step("get_ok", query={"check_db": "1"}),
                step("get_ok", query={"check_db": "abc"}),
                step("get_metrics"),
                step("get_docs"),
                step("GET /nope"),
                step("POST /nope", {}),
                step("PUT /threads", {}),
                step("GET /threads/search"),
                step("POST /ok", {}),
                step("DELETE /assistants"),
                step("POST /threads/", {}),
                step("HEAD /ok"),
                step("HEAD /threads/<<uuid:1>>"),
                step("PUT /threads/<<uuid:1>>", {}),
                step("GET /ok/"),
            ),
        ),
        Sequence(
            "system/browser",
            (
                step("get_info", headers={"origin": "http://front.example"}),
                step(
                    "get_thread", thread_id="<<uuid:1>>", headers={"origin": "http://front.example"}
                ),
                step(
                    "OPTIONS /threads",
                    headers={
                        "origin": "http://front.example",
                        "access-control-request-method": "POST",
                        "access-control-request-headers": "content-type,x-api-key",
                    },
                ),
                step("OPTIONS /threads"),
            ),
        ),
    ]
