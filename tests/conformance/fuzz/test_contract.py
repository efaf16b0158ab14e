"""The document that is fuzzed with."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from conformance.fuzz.contract import DROPPED, LEFT_OUT, ONCE_A_YEAR, fuzzed, offered, resolved
from conformance.target import Target
from spec.document import document, operations

TARGET = Target(
    "http://127.0.0.1:1", assistant_id="a5cb4e34-0000-5000-8000-000000000000", graph_id="probe"
)


def body_schema(made: dict[str, Any], name: str) -> jsonschema_rs.Validator:
    operation = operations()[name]
    schema = made["paths"][operation.path][operation.method]["requestBody"]["content"][
        "application/json"
    ]["schema"]
    return jsonschema_rs.validator_for(
        {**schema, "components": made["components"]}, validate_formats=True
    )


def test_every_operation_but_the_pages_is_fuzzed_where_nothing_is_known_of_the_target() -> None:
    made = fuzzed(TARGET)
    names = {
        item[method]["operationId"]
        for item in made["paths"].values()
        for method in item
        if method in ("get", "post", "patch", "put", "delete")
    }
    assert names == set(operations()) - LEFT_OUT == set(offered(TARGET))


def test_an_operation_that_the_target_does_not_document_is_left_out() -> None:
    routed = frozenset({("get", "/threads/{}"), ("get", "/ok"), ("get", "/docs")})
    target = Target("http://127.0.0.1:1", graph_id="probe", documented=routed)
    made = fuzzed(target)
    assert {
        path: [key for key in item if key != "parameters"] for path, item in made["paths"].items()
    } == {
        "/threads/{thread_id}": ["get"],
        "/ok": ["get"],
    }
    links = made["paths"]["/threads/{thread_id}"]["get"]["responses"]["200"].get("links", {})
    assert {link["operationId"] for link in links.values()} <= {"get_thread", "get_ok"}


def test_no_keys_are_made_up() -> None:
    made = fuzzed(TARGET)
    assert "security" not in made
    assert "securitySchemes" not in made["components"]


def test_links_to_what_is_left_out_are_gone_and_the_others_stay() -> None:
    routed = frozenset({("post", "/threads"), ("get", "/threads/{}")})
    made = fuzzed(Target("http://127.0.0.1:1", graph_id="probe", documented=routed))
    links = made["paths"]["/threads"]["post"]["responses"]["200"]["links"]
    assert {link["operationId"] for link in links.values()} == {"get_thread"}


@pytest.mark.parametrize(
    "name",
    [
        "create_run",
        "stream_run",
        "wait_run",
        "create_stateless_run",
        "stream_stateless_run",
        "wait_stateless_run",
    ],
)
def test_no_request_carries_what_could_do_harm(name: str) -> None:
    made = fuzzed(TARGET)
    operation = operations()[name]
    waiting: list[Any] = [made["paths"][operation.path][operation.method]["requestBody"]]
    reached: list[dict[str, Any]] = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict) and value not in reached:
            reached.append(value)
            waiting += value.values()
            if "$ref" in value:
                waiting.append(resolved(made, value["$ref"]))
    assert any("assistant_id" in value for value in reached)
    assert not [name for value in reached for name in DROPPED if name in value]


@pytest.mark.parametrize("name", ["create_run", "wait_run", "create_stateless_run"])
def test_a_run_names_the_targets_graph_or_some_uuid(name: str) -> None:
    schema = body_schema(fuzzed(TARGET), name)
    assert schema.is_valid({"assistant_id": "probe"})
    assert not schema.is_valid({"assistant_id": "another"})


def test_an_assistant_is_created_of_the_targets_graph() -> None:
    schema = body_schema(fuzzed(TARGET), "create_assistant")
    assert schema.is_valid({"graph_id": "probe"})
    assert not schema.is_valid({"graph_id": "another"})


def test_our_document_stays_as_it_was() -> None:
    before = json.dumps(document())
    fuzzed(TARGET)
    assert json.dumps(document()) == before


@pytest.mark.parametrize("name", ["create_cron", "create_thread_cron"])
def test_a_cron_runs_once_a_year(name: str) -> None:
    schema = body_schema(fuzzed(TARGET), name)
    assert schema.is_valid({"assistant_id": "probe", "schedule": ONCE_A_YEAR})
    assert not schema.is_valid({"assistant_id": "probe", "schedule": "* * * * *"})


def test_no_command_of_an_example_makes_a_thread_again() -> None:
    operation = fuzzed(TARGET)["paths"]["/threads/{thread_id}/commands"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    commands = [
        (resolved(fuzzed(TARGET), example["$ref"]) if "$ref" in example else example)["value"]
        for example in examples.values()
    ]
    assert {command["method"] for command in commands} == {"run.start", "input.respond"}
    assert all("assistant_id" not in command.get("params", {}) for command in commands)
