"""What answers hold, read with expectations: a reader raises a Violation where it is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.errors import Violation

if TYPE_CHECKING:
    from conformance.recording import Exchange, StreamRecord


RUN_KEYS = (
    "run_id",
    "thread_id",
    "assistant_id",
    "created_at",
    "updated_at",
    "status",
    "metadata",
    "kwargs",
    "multitask_strategy",
)


def run_of(exchange: Exchange) -> dict[str, Any]:
    """The Run in a 200 answer."""
    found = expect.mapping(exchange)
    missing = [key for key in RUN_KEYS if key not in found]
    expect.ensure(not missing, f"a Run with {', '.join(missing)}", sorted(found), exchange)
    return found


def runs_of(exchange: Exchange) -> list[dict[str, Any]]:
    """The array of objects in a 200 answer."""
    return expect.objects(expect.array(exchange), "the body", exchange)


def newest_of(exchange: Exchange) -> dict[str, Any]:
    """The first of the Runs in a 200 answer, with its required keys."""
    found = runs_of(exchange)
    expect.ensure(found, "at least one run", found, exchange)
    missing = [key for key in RUN_KEYS if key not in found[0]]
    expect.ensure(not missing, f"a Run with {', '.join(missing)}", sorted(found[0]), exchange)
    return found[0]


def ended(exchange: Exchange, status: str) -> None:
    """The Run in an answer has this status."""
    expect.equal(run_of(exchange)["status"], status, "status", exchange)


def values_of(exchange: Exchange) -> dict[str, Any]:
    """The values a wait or a join answered, with no error among them."""
    found = expect.mapping(exchange)
    expect.ensure("__error__" not in found, "values without `__error__`", found, exchange)
    return found


def error_of(exchange: Exchange) -> dict[str, Any]:
    """The `__error__` a wait or a join answered."""
    found = expect.member(exchange, "__error__")
    for key in ("error", "message"):
        if not isinstance(found, dict) or not isinstance(found.get(key), str):
            raise Violation(f"`__error__` with a string `{key}`", found, exchange)
    return dict(found)


def interrupts_of(exchange: Exchange) -> list[dict[str, Any]]:
    """The `__interrupt__` a wait or a join answered."""
    found = expect.member(exchange, "__interrupt__")
    expect.ensure(isinstance(found, list) and found, "a list of interrupts", found, exchange)
    for item in found:
        if not isinstance(item, dict) or not isinstance(item.get("id"), str) or "value" not in item:
            raise Violation("interrupts with `id` and `value`", item, exchange)
    return list(found)


def log_of(exchange: Exchange) -> list[str]:
    """The `log` in the values of a state, a wait or a run's end."""
    found = expect.mapping(exchange)
    values = found.get("values", found)
    log = values.get("log", []) if isinstance(values, dict) else None
    if not isinstance(log, list):
        raise Violation("values with a list `log`", found, exchange)
    return log


def thread_of(exchange: Exchange) -> dict[str, Any]:
    """The thread in a 200 answer."""
    found = expect.mapping(exchange)
    for key in ("thread_id", "created_at", "updated_at", "metadata", "status"):
        expect.member(exchange, key)
    return found


STATE_KEYS = (
    "values",
    "next",
    "tasks",
    "metadata",
    "created_at",
    "checkpoint",
    "parent_checkpoint",
)


def state_of(exchange: Exchange) -> dict[str, Any]:
    """The ThreadState in a 200 answer."""
    found = expect.mapping(exchange)
    for key in STATE_KEYS:
        expect.member(exchange, key)
    return found


def states_of(exchange: Exchange) -> list[dict[str, Any]]:
    """The history in a 200 answer."""
    found = expect.array(exchange)
    for state in found:
        missing = [key for key in STATE_KEYS if not isinstance(state, dict) or key not in state]
        expect.ensure(not missing, f"states with {', '.join(missing)}", state, exchange)
    return found


def checkpoint_id(state: dict[str, Any], exchange: Exchange, key: str = "checkpoint") -> str:
    """The checkpoint id of a state."""
    found = state.get(key)
    if not isinstance(found, dict) or not isinstance(found.get("checkpoint_id"), str):
        raise Violation(f"`{key}` with a checkpoint_id", found, exchange)
    return str(found["checkpoint_id"])


def stream_of(exchange: Exchange) -> StreamRecord:
    """The stream of an answer that the server closed by itself."""
    expect.closed(exchange)
    return expect.stream(exchange)


def final_values(exchange: Exchange) -> dict[str, Any]:
    """The data of the last `values` event."""
    found = stream_of(exchange).datas("values")
    expect.ensure(found, "a values event", "none", exchange)
    expect.ensure(isinstance(found[-1], dict), "values that are an object", found[-1], exchange)
    return dict(found[-1])
