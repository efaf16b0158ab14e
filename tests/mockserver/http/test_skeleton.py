"""The 3.0.3 skeleton of the real document: all its operations, none of its schemas."""

from __future__ import annotations

import connexion.spec
import orjson

from mockserver.http.skeleton import operations, path_parameters, skeleton
from spec.document import document


def test_the_skeleton_has_every_operation_and_no_schema_of_the_document() -> None:
    made = skeleton(document())
    assert made["openapi"] == "3.0.3"
    assert [op["operationId"] for _, _, op in operations(made)] == [
        op["operationId"] for _, _, op in operations(document())
    ]
    assert b"$ref" not in orjson.dumps(made)
    assert "components" not in made


def test_connexion_loads_the_skeleton_and_not_the_document() -> None:
    loaded = connexion.spec.Specification.load(skeleton(document()))
    assert loaded.version == (3, 0, 3)
    assert set(loaded["paths"]) == set(document()["paths"])


def test_path_parameters_come_in_order() -> None:
    assert path_parameters("/threads/{thread_id}/runs/{run_id}") == ("thread_id", "run_id")
    assert path_parameters("/ok") == ()
