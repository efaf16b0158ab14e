"""Schemathesis' report, as findings and progress. The lines are cut down from real ones."""

from __future__ import annotations

import base64
import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from conformance.fuzz.events import FormChangedError, Progress, Reader
from conformance.fuzz.findings import Finding
from conformance.fuzz.wire import Sent

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = {"GET /ok": "get_ok", "POST /threads/{thread_id}/runs/wait": "wait_run"}
URL = "http://127.0.0.1:1"


def never(_operation: str, _sent: Sent) -> bool:
    return False


def read(
    *events: dict[str, Any], conforms: Callable[[str, Sent], bool] = never
) -> tuple[Reader, list[Progress]]:
    seen: list[Progress] = []
    reader = Reader(NAMES, frozenset({"wait_run"}), seen.append, conforms)
    for event in events:
        reader.take(json.dumps(event))
    return reader, seen


def request(uri: str, body: bytes | None = None, **headers: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "method": "GET",
        "uri": URL + uri,
        "headers": {k: [v] for k, v in headers.items()},
    }
    if body is not None:
        made["body"] = {"$base64": base64.b64encode(body).decode()}
    return made


def scenario(
    name: str = "not_a_server_error",
    *,
    status: int = 500,
    sent: dict[str, Any] | None = None,
    earlier: dict[str, Any] | None = None,
    title: str = "Server error",
) -> dict[str, Any]:
    """A finished scenario with one failing case, derived from `earlier` where that is given."""
    answer = {
        "status_code": status,
        "headers": {},
        "content": {"$base64": base64.b64encode(b"oops").decode()},
    }
    cases: dict[str, Any] = {"b": {"value": {}, "parent_id": "a" if earlier else None}}
    interactions = {"b": {"request": sent or request("/ok"), "response": answer}}
    if earlier:
        cases["a"] = {"value": {}}
        interactions["a"] = {"request": earlier, "response": {**answer, "status_code": 200}}
    failure = {"operation": "GET /ok", "title": title, "message": "what happened", "code": "ST000"}
    checks = [
        {"name": "content_type_conformance", "status": "success"},
        {"name": name, "status": "failure", "failure_info": {"failure": failure}},
    ]
    recorder = {
        "label": "GET /ok",
        "cases": cases,
        "checks": {"b": checks},
        "interactions": interactions,
    }
    return {"ScenarioFinished": {"phase": "fuzzing", "status": "failure", "recorder": recorder}}


def error(label: str, message: str) -> dict[str, Any]:
    return {"NonFatalError": {"label": label, "phase": "fuzzing", "info": {"message": message}}}


def test_a_failure_is_a_finding_with_its_requirement_and_its_answer() -> None:
    reader, _ = read(scenario())
    assert reader.findings == [
        Finding(
            "FUZZ-5XX-01",
            "get_ok",
            "Server error",
            "what happened\nanswer: 500 oops",
            [f"curl -X GET {URL}/ok"],
        )
    ]


@pytest.mark.parametrize(
    ("check", "requirement"),
    [
        ("response_schema_conformance", "FUZZ-SCHEMA-01"),
        ("negative_data_rejection", "FUZZ-REJECT-01"),
        ("positive_data_acceptance", "FUZZ-ACCEPT-01"),
        ("unsupported_method", "FUZZ-METHOD-01"),
        ("use_after_free", "FUZZ-DELETED-01"),
    ],
)
def test_each_check_speaks_for_its_requirement(check: str, requirement: str) -> None:
    reader, _ = read(scenario(check, status=200))
    assert [finding.requirement_id for finding in reader.findings] == [requirement]


def test_the_same_break_of_the_same_operation_is_one_finding() -> None:
    reader, _ = read(
        scenario(),
        scenario(sent=request("/ok?again=1")),
        scenario("x", title="Another", status=200),
    )
    assert [(found.title, "(2 times)" in found.message) for found in reader.findings] == [
        ("Server error", True),
        ("Another", False),
    ]
    assert reader.findings[0].reproduce == [f"curl -X GET {URL}/ok"]


def test_a_server_error_is_not_found_twice_over() -> None:
    reader, _ = read(scenario("status_code_conformance"))
    assert reader.findings == []


@pytest.mark.parametrize(
    ("check", "found"),
    [("negative_data_rejection", 0), ("missing_required_header", 0), ("use_after_free", 1)],
)
def test_what_is_whole_on_the_wire_may_be_accepted(check: str, found: int) -> None:
    sent: list[tuple[str, Sent]] = []

    def conforms(operation: str, request: Sent) -> bool:
        sent.append((operation, request))
        return True

    event = scenario(check, status=200, sent=request("/ok?a=1", b"{}", A="b"))
    assert len(read(event, conforms=conforms)[0].findings) == found
    whole = ("get_ok", Sent(f"{URL}/ok?a=1", {"A": ["b"]}, b"{}"))
    assert sent == [whole] * (1 - found)


@pytest.mark.parametrize(("action", "found"), [("rollback", 0), ("interrupt", 1)])
def test_what_was_rolled_back_need_not_be_there(action: str, found: int) -> None:
    event = scenario("ensure_resource_availability", status=404)
    cases = event["ScenarioFinished"]["recorder"]["cases"]
    cases["a"] = {"value": {"body": {"multitask_strategy": action}}}
    assert len(read(event)[0].findings) == found


def test_what_came_before_is_reproduced_first() -> None:
    reader, _ = read(scenario(earlier=request("/first")))
    assert reader.findings[0].reproduce == [f"curl -X GET {URL}/first", f"curl -X GET {URL}/ok"]


def test_a_command_carries_headers_and_body_and_no_noise() -> None:
    sent = request("/ok", b'{"it\'s": 1}', **{"X-One": "1", "User-Agent": "schemathesis"})
    reader, _ = read(scenario(sent=sent))
    assert shlex.split(reader.findings[0].reproduce[0]) == [
        *("curl", "-X", "GET", "-H", "X-One: 1", "--data-raw", '{"it\'s": 1}', f"{URL}/ok")
    ]


def test_a_body_that_is_no_text_is_decoded_by_the_command() -> None:
    reader, _ = read(scenario(sent=request("/ok", b"\xff\x00")))
    (command,) = reader.findings[0].reproduce
    assert command == f"echo /wA= | base64 -d | curl -X GET --data-binary @- {URL}/ok"


def test_secrets_appear_nowhere() -> None:
    reader = Reader(NAMES, frozenset(), lambda _progress: None, never, {"x-api-key": "hush"})
    sent = request("/ok", b'{"echo": "hush"}', **{"X-Api-Key": "hush"})
    reader.take(json.dumps(scenario(sent=sent)))
    late = "Read timed out\n\n    curl -X GET -H 'X-Api-Key: hush' x"
    reader.take(json.dumps(error("GET /ok", late)))
    first, second = reader.findings
    (command,) = first.reproduce
    assert command == (
        """curl -X GET --data-raw '{"echo": "$X_API_KEY"}' """
        f"""-H "X-Api-Key: $X_API_KEY" {URL}/ok"""
    )
    assert "hush" not in second.message + "".join(second.reproduce)


def test_no_answer_in_time_is_a_finding_but_where_a_run_is_waited_for() -> None:
    late = (
        "Network Error\n\nRead timed out after 5.00 seconds\n\nReproduce with:\n\n    curl -X GET x"
    )
    reader, _ = read(error("GET /ok", late), error("POST /threads/{thread_id}/runs/wait", late))
    assert [
        (found.requirement_id, found.operation, found.reproduce) for found in reader.findings
    ] == [("FUZZ-TIME-01", "get_ok", ["curl -X GET x"])]
    assert reader.trouble == []


def test_a_dropped_connection_is_a_finding() -> None:
    reader, _ = read(error("GET /ok", "Connection aborted: the peer closed it"))
    assert [found.requirement_id for found in reader.findings] == ["FUZZ-5XX-01"]


def test_any_other_error_is_trouble_of_the_fuzzer() -> None:
    reader, _ = read(error("GET /ok", "Unresolvable reference in the schema"))
    assert reader.findings == []
    assert reader.trouble == ["GET /ok: Unresolvable reference in the schema"]


def test_progress_is_told_as_it_goes() -> None:
    reader, seen = read(
        {"PhaseStarted": {"phase": {"name": "coverage"}}}, scenario(), {"EngineFinished": {}}
    )
    assert seen == [Progress("coverage"), Progress("fuzzing", "get_ok", 1, 1)]
    assert reader.finished


@pytest.mark.parametrize("line", ["no json", "[]", '{"ScenarioFinished": {"phase": "fuzzing"}}'])
def test_a_report_of_another_form_is_said_so(line: str) -> None:
    reader = Reader(NAMES, frozenset(), lambda _progress: None, never)
    with pytest.raises(FormChangedError, match="unexpected line"):
        reader.take(line)
