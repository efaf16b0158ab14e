"""The configuration file that Schemathesis is started with, made for one target and one budget."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.target import Target

CHECKS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "not_a_server_error": {},
        "status_code_conformance": {},
        "content_type_conformance": {},
        "response_headers_conformance": {},
        "response_schema_conformance": {},
        "negative_data_rejection": {},
        # A well-formed request may still make no sense (400), name what is not there (404), come at
        # the wrong time (409) or be too large (413); for its form (422) it may not be refused.
        "positive_data_acceptance": {
            "expected-statuses": [
                *("2xx", "3xx", "400", "401", "403", "404", "409", "413", "429", "5xx")
            ]
        },
        "missing_required_header": {},
        "unsupported_method": {},
        "allow_header_conformance": {},
        "use_after_free": {},
        "ensure_resource_availability": {},
    }
)
ENDLESS = ("stream_thread", "stream_thread_events")
WAITING = (
    *("wait_run", "stream_run", "join_run", "join_run_stream"),
    *("wait_stateless_run", "stream_stateless_run", "cancel_run"),
)
# A 404 of these need not mean what the path names: it may be an assistant or a version in the body,
# or a page without entries.
NAMES_MORE = (
    *("create_run", "stream_run", "wait_run", "create_thread_cron"),
    *("list_assistant_versions", "set_latest_assistant_version"),
)
# These answer 200 for what is gone, with an error in the body or an idle stream.
ANSWERING_STILL = ("join_run", "join_run_stream", *ENDLESS, "send_thread_command")

# These answer 200 whatever is wrong with the body, with an error in their protocol's envelope.
ENVELOPED = ("post_a2a",)
# These are refused whatever is asked.
REFUSED = ("get_mcp", "delete_mcp")


def configuration(target: Target, seconds: float, seed: int, events: Path, examples: int) -> str:
    """The text of a schemathesis.toml; `events` is where its NDJSON report goes.

    Its hooks want to be told what to keep, see `conformance.fuzz.hooks`.

    Operations that wait for a run get the time one takes on this target, endless streams next to
    none: reading one goes on until that time is over, whatever it brings.
    """
    tables: list[tuple[str, Mapping[str, Any]]] = [
        ("", _general(target, seconds, seed)),
        ("reports.ndjson", {"enabled": True, "path": str(events)}),
        ("headers", dict(target.headers)),
        # it would hide a store item's `key`; secret headers are left out where commands are made
        ("output.sanitization", {"enabled": False}),
        ("generation", {"max-examples": examples, "database": "none"}),
        ("analysis.constants", {"enabled": False}),
        ("checks", {"enabled": False}),
        *((f"checks.{name}", {"enabled": True, **more}) for name, more in CHECKS.items()),
        ("phases.stateful.inference", {"algorithms": []}),
        *_operations(target),
    ]
    return "\n".join(_table(name, values) for name, values in tables)


def answer_seconds(target: Target) -> float:
    """How long an operation may take that waits for nothing."""
    return max(5.0, 100 * target.pace.round_trip)


def _general(target: Target, seconds: float, seed: int) -> Mapping[str, Any]:
    return {
        "base-url": target.url,
        "color": False,
        "seed": seed,
        "workers": 1,
        "max-time": max(1, int(seconds)),
        "request-timeout": answer_seconds(target),
        "continue-on-failure": True,
        "warnings": False,
        "hooks": str(Path(__file__).with_name("hooks.py")),
    }


def _operations(target: Target) -> Iterator[tuple[str, Mapping[str, Any]]]:
    run = 1.0 + 3 * target.pace.pickup
    endless = {"request-timeout": 0.2, "max-stream-events": 1}
    for name in dict.fromkeys(
        (*WAITING, *ENDLESS, *NAMES_MORE, *ANSWERING_STILL, *ENVELOPED, *REFUSED)
    ):
        timing = endless if name in ENDLESS else {"request-timeout": run} if name in WAITING else {}
        yield "[operations]", {"include-operation-id": name, **timing}
        if name in NAMES_MORE:
            yield "operations.checks.ensure_resource_availability", {"enabled": False}
        if name in ANSWERING_STILL:
            yield "operations.checks.use_after_free", {"enabled": False}
        if name in REFUSED:
            yield "operations.checks.positive_data_acceptance", {"enabled": False}
        if name in ENVELOPED:
            yield "operations.checks.negative_data_rejection", {"enabled": False}
            yield "operations.checks.use_after_free", {"enabled": False}
            yield "operations.checks.ensure_resource_availability", {"enabled": False}


def _table(name: str, values: Mapping[str, Any]) -> str:
    # JSON's strings, numbers, booleans and lists are TOML's.
    lines = [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join([f"[{name}]"] * bool(name) + lines) + "\n"
