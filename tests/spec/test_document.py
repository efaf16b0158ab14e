from __future__ import annotations

import json
import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from spec.document import document, document_json, operations
from spec.lifecycle import lifecycle
from spec.requirements import requirements
from tests.spec.validation import nodes, problems, resolve

OPERATIONS = {
    "Assistants": """create_assistant search_assistants count_assistants get_assistant
        patch_assistant delete_assistant get_assistant_graph get_assistant_schemas
        get_assistant_subgraphs get_assistant_subgraph list_assistant_versions
        set_latest_assistant_version""",
    "Threads": """create_thread search_threads count_threads prune_threads get_thread patch_thread
        delete_thread copy_thread get_thread_storage get_thread_state update_thread_state
        get_thread_state_at get_thread_state_checkpoint get_thread_history search_thread_history
        stream_thread""",
    "Thread Runs": """create_run stream_run wait_run list_runs get_run delete_run join_run
        join_run_stream cancel_run""",
    "Stateless Runs": """create_stateless_run stream_stateless_run wait_stateless_run
        create_run_batch cancel_runs""",
    "Crons": """create_cron create_thread_cron search_crons count_crons get_cron patch_cron
        delete_cron""",
    "Store": """put_store_item get_store_item delete_store_item search_store_items
        list_store_namespaces""",
    "Protocol v2": "send_thread_command stream_thread_events",
    "MCP": "post_mcp get_mcp delete_mcp",
    "A2A": "post_a2a get_a2a_card get_a2a_agent_card get_a2a_agent_json get_agent_card",
    "System": "get_ok get_root get_info get_metrics get_document get_docs",
}
RUN_PROPERTIES = {
    "run_id",
    "thread_id",
    "assistant_id",
    "created_at",
    "updated_at",
    "status",
    "metadata",
    "kwargs",
    "multitask_strategy",
}
STREAMS = {"stream_run", "join_run_stream", "stream_stateless_run", "stream_thread"}
# judged by its own rules: an envelope, and no 422
PROTOCOL = {"send_thread_command", "stream_thread_events"}
CARDS = {"get_a2a_card", "get_a2a_agent_card", "get_a2a_agent_json", "get_agent_card"}
ENVELOPES = {"post_mcp", "post_a2a", *CARDS}  # their protocols have refusals of their own
REFUSED = {"get_mcp", "delete_mcp"}  # whatever they are asked
WITH_WEBHOOK = {
    "create_run",
    "stream_run",
    "wait_run",
    "create_stateless_run",
    "stream_stateless_run",
    "wait_stateless_run",
    "create_run_batch",
    "create_cron",
    "create_thread_cron",
}


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = document()["components"]["schemas"][name]
    return found


def responses(operation_id: str) -> dict[str, Any]:
    return {
        code: resolve(node) for code, node in operations()[operation_id].spec["responses"].items()
    }


def media() -> list[tuple[str, dict[str, Any]]]:
    """Every media type object of a request, a response or a callback, with its place."""
    return [
        (f"{where}/{kind}", entry)
        for where, node in nodes(document())
        if isinstance(node.get("content"), dict) and "/components/examples" not in where
        for kind, entry in node["content"].items()
        if isinstance(entry, dict) and "schema" in entry
    ]


def test_is_valid_openapi_3_1() -> None:
    assert document()["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(document()).iter_errors()) == []


def test_json_is_the_same_document() -> None:
    assert json.loads(document_json()) == document()


def test_a_server_publishes_the_names_of_its_graphs() -> None:
    published = json.loads(document_json(("agent", "probe")))
    names = published["components"]["schemas"]["GraphName"]
    assert names.pop("enum") == ["agent", "probe"]
    assert published == document()


def test_every_operation_has_its_fixed_id_and_tag() -> None:
    found = [
        item[method]["operationId"]
        for item in document()["paths"].values()
        for method in item
        if method in {"get", "put", "post", "delete", "patch", "head", "options", "trace"}
    ]
    assert sorted(found) == sorted(" ".join(OPERATIONS.values()).split())
    for tag, names in OPERATIONS.items():
        for name in names.split():
            assert operations()[name].spec["tags"] == [tag], name
    assert [tag["name"] for tag in document()["tags"]] == list(OPERATIONS)


@pytest.mark.parametrize("operation_id", operations())
def test_operation_is_described_and_its_path_parameters_are_declared(operation_id: str) -> None:
    operation = operations()[operation_id]
    assert operation.spec["summary"]
    assert operation.spec["description"]
    declared = [resolve(node) for node in operation.spec.get("parameters", [])]
    in_path = {node["name"] for node in declared if node["in"] == "path"}
    assert in_path == set(re.findall(r"{(\w+)}", operation.path))
    assert all(node["description"] and "schema" in node for node in declared)


def test_every_reference_resolves() -> None:
    references = [
        (where, node["$ref"])
        for where, node in nodes(document())
        if isinstance(node.get("$ref"), str)
    ]
    assert references
    for where, reference in references:
        assert reference.startswith("#/components/"), where
        try:
            resolve({"$ref": reference})
        except KeyError:
            pytest.fail(f"{where}: {reference} leads nowhere")


def test_every_component_is_used() -> None:
    used = {node["$ref"] for _, node in nodes(document()) if isinstance(node.get("$ref"), str)}
    asked = {name for one in document()["security"] for name in one}
    used |= {f"#/components/securitySchemes/{name}" for name in asked}
    every = {
        f"#/components/{kind}/{name}"
        for kind, entries in document()["components"].items()
        for name in entries
    }
    assert every <= used


def test_every_schema_and_property_is_described() -> None:
    bare = [
        f"{name}{where.removeprefix('#')}/{key}"
        for name, entry in document()["components"]["schemas"].items()
        for where, node in nodes(entry)
        if isinstance(node.get("properties"), dict) and "not" not in where
        for key, value in node["properties"].items()
        if not {"description", "$ref"} & value.keys()
    ]
    assert bare == []
    assert [
        n for n, s in document()["components"]["schemas"].items() if "description" not in s
    ] == []


@pytest.mark.parametrize("operation_id", operations())
def test_refusals_have_the_error_schema(operation_id: str) -> None:
    for code, response in responses(operation_id).items():
        apart = operation_id in REFUSED or (operation_id in ENVELOPES and code == "400")
        apart = apart or (operation_id, code) == ("send_thread_command", "400")
        if code.startswith("4") and not apart:
            assert response["content"] == {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Error"},
                    "examples": response["content"]["application/json"]["examples"],
                }
            }


@pytest.mark.parametrize("operation_id", operations())
def test_statuses(operation_id: str) -> None:
    operation, codes = operations()[operation_id], set(responses(operation_id))
    if operation_id in REFUSED:
        assert codes <= {"404", "405"}
        assert "content" not in responses(operation_id)[codes.pop()]
        return
    assert any(code.startswith("2") for code in codes)
    if operation.method == "delete" or operation_id == "cancel_runs":
        assert codes & {"200", "204"} == {"204"}
    if "requestBody" in operation.spec:
        assert {"413", "400" if operation_id in PROTOCOL | ENVELOPES else "422"} <= codes
        assert operation.spec["requestBody"]["required"] is True
    if "{" in operation.path and operation_id not in PROTOCOL | ENVELOPES:
        assert "422" in codes
    for code in ("202", "204"):
        assert "content" not in responses(operation_id).get(code, {})


def test_cancel_answers_202_without_waiting_and_200_with() -> None:
    assert {"200", "202", "404"} <= set(responses("cancel_run"))


def test_streaming_an_unknown_run_is_no_404() -> None:
    assert "404" not in responses("join_run_stream")


def test_a_key_may_be_asked_for_but_for_the_servers_own_paths() -> None:
    found = document()
    schemes = found["components"]["securitySchemes"]
    assert {scheme["type"] for scheme in schemes.values()} == {"apiKey", "http"}
    assert schemes["ApiKey"]["name"] == "x-api-key"
    asked: list[dict[str, list[str]]] = found["security"]
    assert {} in asked  # a server need not ask
    assert {name for one in asked for name in one} == set(schemes)
    for operation in operations().values():
        system = operation.spec["tags"] == ["System"]
        assert operation.spec.get("security") == ([] if system else None)
        assert not {"401", "403"} & operation.spec["responses"].keys()


def examples_of(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: resolve(node)["value"] for name, node in entry.get("examples", {}).items()}


@pytest.mark.parametrize(("where", "entry"), media(), ids=[where for where, _ in media()])
def test_examples_are_valid(where: str, entry: dict[str, Any]) -> None:
    found = examples_of(entry)
    if "application/json" in where or "event-stream" in where:
        assert found, "an example is missing"
    for name, value in found.items():
        assert problems(entry["schema"], value) == [], name


def test_examples_of_parameters_are_valid() -> None:
    found = {
        name: node
        for name, node in document()["components"]["parameters"].items()
        if "example" in node
    }
    assert found
    for name, node in found.items():
        assert problems(node["schema"], node["example"]) == [], name


def test_defaults_are_valid() -> None:
    found = [(where, node) for where, node in nodes(document()) if "default" in node]
    schemas = [(where, node) for where, node in found if "responses" not in where]
    assert schemas
    for where, node in schemas:
        assert problems(node, node["default"]) == [], where


def test_a_wrong_example_would_be_found() -> None:
    run = resolve({"$ref": "#/components/examples/Run"})["value"]
    assert problems(schema("Run"), run | {"status": "done"}) != []
    assert problems(schema("Run"), {key: run[key] for key in run if key != "kwargs"}) != []
    event = {"event": "metadata", "data": '{"run_id": 1}'}
    assert problems(schema("RunEvent"), event) != []
    assert problems(schema("RunEvent"), {"event": "metadata", "data": "nothing"}) != []
    assert problems(schema("RunEvent"), {"event": "end", "data": "null"}) != []


def links() -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    return [
        (operation_id, name, link, response)
        for operation_id in operations()
        for response in responses(operation_id).values()
        for name, link in response.get("links", {}).items()
    ]


def test_links_lead_to_parameters_that_exist() -> None:
    assert len(links()) > 80
    for source, name, link, _ in links():
        target = operations()[link["operationId"]]
        declared = {resolve(node)["name"] for node in target.spec.get("parameters", [])}
        assert link.get("parameters", {}).keys() <= declared, (source, name)
        needed = set(re.findall(r"{(\w+)}", target.path)) - {"namespace"}
        given = set(link.get("parameters", {}))
        assert needed - given <= {"checkpoint_id"}, (source, name)
        body = target.spec.get("requestBody", {})
        assert "requestBody" not in link or body, (source, name)


def pointers(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [pointer for item in value.values() for pointer in pointers(item)]
    if isinstance(value, list):
        return [pointer for item in value for pointer in pointers(item)]
    return [value] if isinstance(value, str) else []


def test_links_find_what_they_take_in_an_example() -> None:
    for source, name, link, response in links():
        found = next(iter(examples_of(response["content"]["application/json"]).values()))
        wanted = pointers(link.get("parameters", {})) + pointers(link.get("requestBody", {}))
        for expression in wanted:
            kind, _, path = expression.partition("#/")
            if kind == "$request.path.thread_id" or kind == "$request.path.assistant_id":
                continue
            assert kind == "$response.body", (source, name)
            value = found
            for part in path.split("/"):
                value = value[int(part)] if isinstance(value, list) else value[part]
            assert value, (source, name)


def test_every_id_an_operation_takes_comes_from_a_link() -> None:
    reached = {link["operationId"] for _, _, link, _ in links()}
    take_ids = {name for name, operation in operations().items() if "{" in operation.path}
    assert take_ids <= reached


def test_run_is_the_seed() -> None:
    run = schema("Run")
    assert set(run["required"]) == RUN_PROPERTIES
    assert set(run["properties"]) == RUN_PROPERTIES | {"langsmith_session_name"}
    assert set(schema("RunField")["enum"]) == set(run["properties"])
    assert schema("RunSelection")["properties"] == run["properties"]
    assert "required" not in schema("RunSelection")
    assert {"limit", "offset", "status", "select"} <= {
        resolve(node)["name"] for node in operations()["list_runs"].spec["parameters"]
    }


def test_enums_are_those_of_the_lifecycle() -> None:
    assert set(schema("RunStatus")["enum"]) == set(lifecycle().run_states)
    assert set(schema("ThreadStatus")["enum"]) == set(lifecycle().thread_states)
    assert set(schema("MultitaskStrategy")["enum"]) == set(lifecycle().strategies)
    strategy = schema("RunCreate")["properties"]["multitask_strategy"]
    assert strategy["default"] == lifecycle().default_strategy


@pytest.mark.parametrize("operation_id", sorted(STREAMS))
def test_streams_are_typed_event_by_event(operation_id: str) -> None:
    entry = responses(operation_id)["200"]["content"]["text/event-stream"]
    for branch in resolve(entry["schema"])["oneOf"]:
        data = resolve(branch)["properties"]["data"]
        assert data["contentMediaType"] == "application/json"
        assert "contentSchema" in data


def test_every_stream_mode_has_its_events() -> None:
    names = {
        "messages-tuple": ["messages", "messages|nest:1"],
        "messages": ["messages/metadata", "messages/partial", "messages/complete"],
    }
    for mode in schema("StreamMode")["enum"]:
        for name in names.get(mode, [mode, f"{mode}|nest:1"]):
            branches = [
                branch
                for branch in schema("RunEvent")["oneOf"]
                if not problems(resolve(branch)["properties"]["event"], name)
            ]
            assert len(branches) == 1, name


@pytest.mark.parametrize("operation_id", sorted(WITH_WEBHOOK))
def test_runs_call_back(operation_id: str) -> None:
    callback = resolve(operations()[operation_id].spec["callbacks"]["run_ended"])
    for expression, item in callback.items():
        assert expression.endswith("/webhook}")
        body = item["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert body == {"$ref": "#/components/schemas/RunEnded"}


def test_only_runs_with_a_webhook_call_back() -> None:
    found = {name for name, operation in operations().items() if "callbacks" in operation.spec}
    assert found == WITH_WEBHOOK


@pytest.mark.parametrize("text", ["", "0", "1", "True", "False", True, False])
def test_flags_take_what_clients_send(text: Any) -> None:
    assert problems(schema("Flag"), text) == []


@pytest.mark.parametrize("junk", ["yes please", 2, None])
def test_flags_refuse_junk(junk: Any) -> None:
    assert problems(schema("Flag"), junk) != []


RUN: dict[str, Any] = {"assistant_id": "agent"}
UUID = "01a1f7f4-30d0-7c11-8a52-3f0f6f0a9b01"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("RunCreate", RUN),
        ("RunCreate", RUN | {"input": None, "command": None}),
        ("RunCreate", RUN | {"input": 5, "something_new": {"a": 1}}),
        ("RunCreate", RUN | {"stream_mode": "values"}),
        ("RunCreate", RUN | {"stream_mode": []}),
        ("RunCreate", RUN | {"command": {"goto": ["a", "b"]}}),
        ("RunCreate", RUN | {"command": {"goto": [{"node": "a", "input": 1}]}}),
        ("RunCreate", RUN | {"command": {"goto": "a", "update": [["key", 1]]}}),
        ("RunCreate", RUN | {"command": {"resume": False, "update": {"key": 1}}}),
        ("RunCreate", RUN | {"interrupt_before": "*", "interrupt_after": []}),
        ("RunCreate", RUN | {"webhook": "http://127.0.0.1:8000/hook?run=1"}),
        ("RunCreate", RUN | {"webhook": "https://[::1]/"}),
        ("RunCreate", RUN | {"checkpoint": {}, "after_seconds": 0.5}),
        ("RunCreate", RUN | {"metadata": {"a\0": "\0"}, "config": {"recursion_limit": -1}}),
        ("RunCreate", RUN | {"webhook": "https://a.example:65535"}),
        ("RunCreate", RUN | {"webhook": "http://my_service:8000/hook"}),
        ("ThreadCreate", {"thread_id": ""}),
        ("RunsCancel", {"status": "all"}),
        ("RunsCancel", {"thread_id": UUID, "run_ids": []}),
        ("ThreadCreate", {"thread_id": UUID.upper()}),
        ("ThreadSearch", {"extract": {"last": "values.messages[-1].content"}}),
        ("StateUpdate", {"values": None}),
        ("HistorySearch", {"before": "1f1e"}),
        ("HistorySearch", {"before": {"configurable": {"checkpoint_id": "1f1e"}}}),
    ],
)
def test_requests_that_clients_send_are_valid(name: str, body: Any) -> None:
    assert problems(schema(name), body) == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("RunCreate", {}),
        ("RunCreate", []),
        ("RunCreate", None),
        ("RunCreate", {"assistant_id": None}),
        ("RunCreate", {"assistant_id": ""}),
        *(
            ("RunCreate", RUN | {key: None})
            for key in schema("RunCreate")["properties"]
            if key not in {"input", "command"}
        ),
        ("RunCreate", RUN | {"stream_mode": "tools"}),
        ("RunCreate", RUN | {"stream_mode": ["values", "lifecycle"]}),
        ("RunCreate", RUN | {"multitask_strategy": "queue"}),
        ("RunCreate", RUN | {"interrupt_before": "work"}),
        ("RunCreate", RUN | {"after_seconds": -31536001}),
        ("RunCreate", RUN | {"config": {"recursion_limit": 2.5}}),
        ("RunCreate", RUN | {"config": {"tags": "a"}}),
        ("RunCreate", RUN | {"config": {"configurable": {"a\0": 1}}}),
        ("RunCreate", RUN | {"context": {"a\0": 1}}),
        ("RunCreate", RUN | {"command": {"goto": ["a", {"node": "b", "input": 1}]}}),
        ("RunCreate", RUN | {"command": {"goto": {"node": "a"}}}),
        ("RunCreate", RUN | {"command": {"goto": 1}}),
        ("RunCreate", RUN | {"command": {"update": 1}}),
        ("RunCreate", RUN | {"webhook": "/relative"}),
        ("RunCreate", RUN | {"webhook": "ftp://host/"}),
        ("RunCreate", RUN | {"webhook": "http:///path"}),
        ("RunCreate", RUN | {"webhook": "http://a..b/"}),
        ("RunCreate", RUN | {"webhook": "http://a:65536/"}),
        ("RunCreate", RUN | {"webhook": "http://[9]:1/"}),
        ("RunCreate", RUN | {"webhook": "http://a/ b"}),
        ("RunCreate", RUN | {"checkpoint_id": "nope"}),
        ("RunCreateAttached", RUN | {"on_disconnect": "pause"}),
        ("StatelessRunCreate", RUN | {"on_completion": "archive"}),
        ("RunBatch", []),
        ("RunsCancel", {}),
        ("RunsCancel", {"status": "success"}),
        ("RunsCancel", {"run_ids": [UUID]}),
        ("RunsCancel", {"status": "all", "thread_id": UUID}),
        ("RunsCancel", {"thread_id": "x", "run_ids": []}),
        ("ThreadCreate", {"if_exists": "update"}),
        ("ThreadSearch", {"limit": 0}),
        ("ThreadSearch", {"limit": 1001}),
        ("ThreadSearch", {"extract": {"status": "values.x"}}),
        ("ThreadSearch", {"extract": {"a-b": "values.x"}}),
        ("ThreadSearch", {"extract": {"a": "secrets.x"}}),
        ("ThreadPrune", {}),
        ("StateUpdate", {"values": "text"}),
        ("StateUpdate", {"as_node": None}),
        ("StateAtCheckpoint", {}),
        ("HistorySearch", {"limit": 0}),
        ("AssistantCreate", {}),
    ],
)
def test_requests_that_make_no_form_are_refused(name: str, body: Any) -> None:
    assert problems(schema(name), body) != []


def test_every_requirement_names_operations_of_the_document() -> None:
    for requirement in requirements().values():
        assert set(requirement.operations) <= set(operations()), requirement.id
