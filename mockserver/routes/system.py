"""Routes of the server itself: health, versions, numbers, the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine.revision import LIBRARY_VERSION, SERVER_VERSION
from mockserver.http import docs
from mockserver.http.call import Call, Reply
from spec import __version__
from spec.document import document_json, operations

if TYPE_CHECKING:
    from mockserver.http.call import Handler
    from mockserver.http.requests import Requests

_PROMETHEUS = "text/plain; version=1.0.0; charset=utf-8"


async def get_ok(call: Call) -> Reply:  # noqa: ARG001
    """That the server is well: it would not answer otherwise."""
    return Reply({"ok": True, "services": {}})


async def get_info(call: Call) -> Reply:  # noqa: ARG001
    """What runs here, in the words clients look for."""
    return Reply(
        {
            "version": SERVER_VERSION,
            "langgraph_py_version": LIBRARY_VERSION,
            "runcontract": __version__,
            "flags": {
                "assistants": True,
                "crons": True,
                "langsmith": False,
                "langsmith_tracing_replicas": False,
                "langsmith_tracing_session_on_runs": False,
            },
            "host": {
                "kind": "self-hosted",
                "project_id": None,
                "host_revision_id": None,
                "revision_id": None,
                "tenant_id": None,
            },
        }
    )


async def get_metrics(call: Call) -> Reply:
    """The queue's, the HTTP side's and the workers' numbers, as JSON or as Prometheus text."""
    numbers = _numbers(call)
    if call.query.get("format") == "json":
        return Reply(numbers)
    return Reply(_prometheus(numbers), media_type=_PROMETHEUS)


async def get_document(call: Call) -> Reply:
    """The OpenAPI document, with the names of the graphs that are here."""
    return Reply(document_json(call.engine.agents.names()))


async def get_docs(call: Call) -> Reply:  # noqa: ARG001
    """The page that shows the document."""
    return Reply(docs.PAGE, media_type="text/html; charset=utf-8")


def _numbers(call: Call) -> dict[str, Any]:
    load = call.engine.runs.load()
    return {
        "queue": {
            "n_pending": load.pending,
            "n_running": load.running,
            "pending_runs_wait_time_max_secs": load.longest_wait,
            "pending_runs_wait_time_med_secs": load.median_wait,
            # a run that none of its thread holds back begins at once
            "pending_unblocked_runs_wait_time_max_secs": None,
        },
        "api": {"http_requests_total": _answered(call.requests)},
        # a run that plays has a worker of its own, made for it: none is ever idle
        "workers": {"max": load.running, "active": load.running, "available": 0},
    }


def _answered(requests: Requests | None) -> list[dict[str, Any]]:
    if requests is None:
        return []
    known = operations()
    rows = []
    for (method, operation_id, status), count in requests.answered.items():
        operation = known.get(operation_id) if operation_id else None
        rows.append(
            {
                "method": method,
                "path": operation.path if operation else "",
                "status": status,
                "count": count,
            }
        )
    return rows


def _prometheus(numbers: dict[str, Any]) -> bytes:
    """The numbers in Prometheus's text format; what is not known is left out."""
    queue, workers = numbers["queue"], numbers["workers"]
    gauges = {
        "lg_api_num_pending_runs": ("Runs that wait for their turn", queue["n_pending"]),
        "lg_api_num_running_runs": ("Runs that play", queue["n_running"]),
        "lg_api_pending_runs_wait_time_max": (
            "Seconds the longest waiting run has waited",
            queue["pending_runs_wait_time_max_secs"],
        ),
        "lg_api_workers_max": ("Workers there are", workers["max"]),
        "lg_api_workers_active": ("Workers at work", workers["active"]),
        "lg_api_workers_available": ("Workers that wait for work", workers["available"]),
    }
    lines = []
    for name, (text, value) in gauges.items():
        if value is not None:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {value}"]
    name = "lg_api_http_requests_total"
    lines += [f"# HELP {name} Requests answered", f"# TYPE {name} counter"]
    lines += [
        f'{name}{{method="{row["method"]}",path="{row["path"]}",status="{row["status"]}"}} '
        f"{row['count']}"
        for row in numbers["api"]["http_requests_total"]
    ]
    return ("\n".join(lines) + "\n").encode()


HANDLERS: dict[str, Handler] = {
    "get_ok": get_ok,
    "get_root": get_ok,
    "get_info": get_info,
    "get_metrics": get_metrics,
    "get_document": get_document,
    "get_docs": get_docs,
}
