"""Inventories of documents, and what differs in two of them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from conformance.drift.comparison import Drift, compare
from conformance.drift.inventory import inventory
from spec.document import document

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]


def small() -> Json:
    thing = {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "string"},
            "state": {"enum": ["on", "off"], "type": "string"},
            "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
        },
    }
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    return {
        "components": {"schemas": {"Thing": thing}},
        "paths": {
            "/things/{thing_id}": {
                "post": {
                    "parameters": [
                        {"in": "path", "name": "thing_id", "required": True, "schema": {}},
                        {"in": "query", "name": "deep", "schema": {"type": "boolean"}},
                    ],
                    "requestBody": {"required": True, "content": body},
                    "responses": {"200": {"content": body}, "404": {}},
                }
            }
        },
    }


def drifts(change: Callable[[Json], None]) -> list[Drift]:
    theirs = copy.deepcopy(small())
    change(theirs)
    return compare(inventory(small()), inventory(theirs))


def post(found: Json) -> Any:
    return found["paths"]["/things/{thing_id}"]["post"]


def thing(found: Json) -> Any:
    return found["components"]["schemas"]["Thing"]


def test_our_document_is_itself() -> None:
    found = inventory(document())
    assert compare(found, found) == []
    assert "request field multitask_strategy" in found["POST /threads/{}/runs"]


def test_a_schema_within_itself_ends() -> None:
    parts = inventory(small())["POST /things/{}"]
    assert "request field parts[]" in parts
    assert not any(part.count("parts") > 2 for part in parts)


def test_names_of_path_parameters_and_ways_to_say_a_thing_do_not_count() -> None:
    def change(found: Json) -> None:
        item = found["paths"].pop("/things/{thing_id}")
        found["paths"]["/things/{id}"] = item
        item["post"]["parameters"][0]["name"] = "id"
        content = item["post"]["requestBody"]["content"]["application/json"]
        content["schema"] = {"allOf": [content["schema"]]}

    assert drifts(change) == []


@pytest.mark.parametrize(
    ("change", "part", "kind"),
    [
        (lambda d: post(d)["parameters"].pop(), "query parameter deep", "gone"),
        (
            lambda d: post(d)["parameters"].append({"in": "header", "name": "x", "schema": {}}),
            "header parameter x",
            "new",
        ),
        (lambda d: post(d)["responses"].pop("404"), "status 404", "gone"),
        (lambda d: post(d)["responses"].update({"409": {}}), "status 409", "new"),
        (
            lambda d: post(d)["parameters"][1]["schema"].update(type="string"),
            "query parameter deep",
            "type",
        ),
    ],
)
def test_one_change_is_one_drift(change: Callable[[Json], None], part: str, kind: str) -> None:
    (found,) = drifts(change)
    assert (found.operation, found.part, found.kind) == ("POST /things/{}", part, kind)


@pytest.mark.parametrize(
    ("change", "part", "kind"),
    [
        (lambda d: thing(d)["required"].append("state"), "field state", "required"),
        (lambda d: thing(d)["properties"]["state"]["enum"].append("odd"), "field state", "enum"),
        (lambda d: thing(d)["properties"].pop("state"), "field state", "gone"),
        (lambda d: thing(d)["properties"].update(more={"type": "null"}), "field more", "new"),
    ],
)
def test_a_field_drifts_in_the_request_and_the_response(
    change: Callable[[Json], None], part: str, kind: str
) -> None:
    found = {(drift.part, drift.kind) for drift in drifts(change)}
    assert {(f"request {part}", kind), (f"response 200 {part}", kind)} <= found


def test_of_what_is_new_or_gone_as_a_whole_the_parts_are_not_told() -> None:
    whole = {"type": "object", "properties": {"a": {}, "b": {}}}
    found = drifts(lambda d: thing(d)["properties"].update(whole=whole))
    assert [drift.part for drift in found if "whole" in drift.part] == [
        "request field whole",
        "response 200 field whole",
    ]


def test_operations_come_and_go() -> None:
    def change(found: Json) -> None:
        found["paths"] = {"/others": {"get": {"responses": {}}}}

    assert [(drift.operation, drift.kind) for drift in drifts(change)] == [
        ("POST /things/{}", "gone"),
        ("GET /others", "new"),
    ]


def test_the_names_of_a_servers_graphs_are_no_drift() -> None:
    ours = copy.deepcopy(document())
    theirs = copy.deepcopy(document())
    theirs["components"]["schemas"]["GraphName"]["enum"] = ["agent", "mine"]
    assert compare(inventory(ours), inventory(theirs)) == []
