"""The steps that most sequences are made of: a thread `t`, runs of the probe on it, looks at it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from conformance.diff.sequence import Json, Step, step

if TYPE_CHECKING:
    from collections.abc import Iterable

T = "<<t.thread_id>>"
TERMINAL = ("success", "error", "timeout", "interrupted")
ASK: list[Json] = [  # a question, what comes before it, and what its answer does
    {"say": "before"},
    {"node": "check"},
    {"interrupt": {"q": 1}},
    {"update": {"note": {"$": "resume"}}},
]
_PROBE = MappingProxyType({"assistant_id": "probe"})


def thread(label: str = "t", **body: Json) -> Step:
    """A new thread."""
    body.setdefault("metadata", {"sequence": "<<tag>>"})
    return step("create_thread", body, label=label)


def body(script: list[Json] | None = None, **fields: Json) -> dict[str, Json]:
    """A run of the probe; with a script as its input."""
    if script is not None:
        fields["input"] = {"script": script}
    return {**_PROBE, **fields}


def wait(script: list[Json] | None = None, label: str = "w", **fields: Json) -> Step:
    """A run on thread `t`, waited for."""
    return step("wait_run", body(script, **fields), thread_id=T, label=label)


def stream(
    script: list[Json] | None = None, label: str = "s", pause: float = 0.0, **fields: Json
) -> Step:
    """A run on thread `t`, streamed."""
    return step("stream_run", body(script, **fields), thread_id=T, label=label, pause=pause)


def create(script: list[Json] | None = None, label: str = "r", **fields: Json) -> Step:
    """A run on thread `t` in the background of the server."""
    return step("create_run", body(script, **fields), thread_id=T, label=label)


def on_run(operation: str, run: str = "r", **given: Any) -> Step:
    """A request about a run of thread `t` by the label it was created under."""
    return step(operation, thread_id=T, run_id=f"<<{run}.run_id>>", **given)


def settled(run: str = "r") -> Step:
    """The run, once it is terminal."""
    return on_run("get_run", run, until=("status", TERMINAL))


def running(run: str = "r") -> Step:
    """The run, once it is running."""
    return on_run("get_run", run, until=("status", ("running", *TERMINAL)))


def on_thread(operation: str, body: Json = None, **given: Any) -> Step:
    """A request about thread `t`; POSTs without a body get an empty object."""
    posts = ("copy_thread", "search_thread_history", "update_thread_state")
    if body is not None or operation in posts:
        return step(operation, body if body is not None else {}, thread_id=T, **given)
    return step(operation, thread_id=T, **given)


def each(operation: str, bodies: Iterable[Json], **given: Any) -> tuple[Step, ...]:
    """One request for each body."""
    return tuple(step(operation, body, **given) for body in bodies)


def looks() -> tuple[Step, ...]:
    """The thread, its state, its history and its runs."""
    return (
        on_thread("get_thread"),
        on_thread("get_thread_state", label="state"),
        on_thread("search_thread_history", {"limit": 50}, label="history"),
        on_thread("list_runs"),
    )
