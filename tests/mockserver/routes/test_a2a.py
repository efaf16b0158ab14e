"""A2A as a client meets it on the wire: envelopes, refusals, tasks, streams, cards."""

from __future__ import annotations

import gc
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.engine import Engine
from mockserver.engine.ids import assistant_id_for
from mockserver.store.rows import Run
from tests.mockserver.routes.calling import IMMEDIATE, calling

if TYPE_CHECKING:
    import httpx

AGENT, PROBE = assistant_id_for("agent"), assistant_id_for("probe")
ASKS = [{"interrupt": {"ask": "Go on?"}}, {"say": {"$": "resume"}}]
FAILS = [{"fail": {"error": "ValueError", "message": "no"}}]


def text(said: str) -> dict[str, Any]:
    return {"kind": "text", "text": said}


def script(steps: list[Any]) -> dict[str, Any]:
    return {"kind": "data", "data": {"script": steps}}


def sending(*parts: Any, **more: Any) -> dict[str, Any]:
    message = {"messageId": str(uuid.uuid4()), "role": "user", "parts": list(parts), **more}
    return {"message": message}


async def call(
    client: httpx.AsyncClient,
    method: str,
    params: Any,
    agent: str = AGENT,
    **headers: str,
) -> dict[str, Any]:
    """The result or the error of a call."""
    body = {"jsonrpc": "2.0", "id": "c", "method": method, "params": params}
    found = await client.post(f"/a2a/{agent}", json=body, headers=headers)
    assert found.status_code == 200, found.text
    answer: dict[str, Any] = found.json()
    assert answer.pop("jsonrpc") == "2.0"
    assert answer.pop("id") == "c"
    ((kind, value),) = answer.items()
    assert kind in ("result", "error")
    return dict(value)


async def streamed(client: httpx.AsyncClient, params: Any, agent: str = AGENT) -> list[Any]:
    """The results, or errors, of a streamed call."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "message/stream", "params": params}
    headers = {"accept": "text/event-stream"}
    found = await client.post(f"/a2a/{agent}", json=body, headers=headers)
    assert found.headers["content-type"] == "text/event-stream"
    lines = [line for line in found.text.splitlines() if line.startswith("data: ")]
    answers = [json.loads(line.removeprefix("data: ")) for line in lines]
    return [answer.get("result") or answer["error"] for answer in answers]


@pytest.mark.parametrize(
    ("body", "code", "call_id"),
    [
        (b"", -32700, None),
        (b"[]", -32600, None),
        (b'{"id": 1, "method": "tasks/get"}', -32600, 1),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "tasks/get"}', -32600, None),
        (b'{"jsonrpc": "2.0", "id": true, "method": "tasks/get"}', -32600, None),
        (b'{"jsonrpc": "2.0", "method": "tasks/get"}', -32600, None),
        (b'{"jsonrpc": "2.0", "id": 1}', -32600, 1),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 5}', -32601, 1),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tasks/list"}', -32601, 1),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": []}', -32602, 1),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "message/send"}', -32602, 1),
    ],
)
async def test_what_is_no_call_is_an_error(body: bytes, code: int, call_id: Any) -> None:
    async with calling() as client:
        found = await client.post(f"/a2a/{AGENT}", content=body)
    assert found.status_code == 200
    assert found.json()["id"] == call_id
    assert found.json()["error"]["code"] == code


async def test_a_response_is_accepted() -> None:
    async with calling() as client:
        body = {"jsonrpc": "2.0", "id": 1, "result": {}}
        found = await client.post(f"/a2a/{AGENT}", json=body)
    assert (found.status_code, found.content) == (202, b"")


@pytest.mark.parametrize(
    ("method", "accept", "status"),
    [
        ("message/send", "text/html", 400),
        ("message/send", "application/*", 200),
        ("message/stream", "application/json", 400),
        ("message/stream", "application/json, text/event-stream;q=1", 200),
    ],
)
async def test_accept_allows_what_comes(method: str, accept: str, status: int) -> None:
    async with calling() as client:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": sending(text("Hi"))}
        found = await client.post(f"/a2a/{AGENT}", json=body, headers={"accept": accept})
    assert found.status_code == status
    if status == 400:
        assert found.json().keys() == {"error"}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"message": {"role": "user", "parts": [text("x")]}}, -32602),
        ({"message": {"messageId": "1", "parts": [text("x")]}}, -32602),
        (sending(), -32602),
        (sending({"kind": "x"}), -32005),
        (sending({"text": "x", "data": {}}), -32005),
        (sending("x"), -32005),
        (sending({"data": [1]}), -32005),
        (sending({"file": {}}), -32005),
        (sending(text("x"), contextId="zz"), -32602),
        (sending(text("x"), contextId=[1]), -32602),
        (sending(text("x"), taskId="zz"), -32001),
        (sending(text("x"), taskId=[1]), -32602),
    ],
)
async def test_a_message_that_makes_no_sense_leaves_nothing(params: Any, code: int) -> None:
    async with calling() as client:
        assert (await call(client, "message/send", params))["code"] == code
        assert [found["code"] for found in await streamed(client, params)] == [code]
        assert (await client.post("/threads/count", json={})).json() == 0


@pytest.mark.parametrize("agent", ["zz", "a4d78597-a581-4aa0-bb77-2e8f473ec269"])
async def test_an_agent_that_there_is_not(agent: str) -> None:
    async with calling() as client:
        found = await call(client, "message/send", sending(text("x")), agent)
        assert found["code"] == -32602
        for path in (f"/a2a/{agent}", f"/.well-known/agent-card.json?assistant_id={agent}"):
            card = await client.get(path)
            assert card.status_code == 400
            assert card.json()["error"]["code"] == -32602


async def test_a_conversation() -> None:
    async with calling() as client:
        first = await call(client, "message/send", sending(text("One")))
        context = first["contextId"]
        second = await call(client, "SendMessage", sending({"text": "Two"}, contextId=context))
        task = second["task"]
        assert first["status"]["state"] == "completed"
        assert task["status"]["state"] == "TASK_STATE_COMPLETED"
        assert task["contextId"] == context
        assert task["id"] != first["id"]
        assert task["artifacts"][0]["parts"] == [text("Two")]
        said = [(m["role"], m["parts"][0]["text"]) for m in task["history"]]
        user, agent = "ROLE_USER", "ROLE_AGENT"
        assert said == [(user, "One"), (agent, "One"), (user, "Two"), (agent, "Two")]
        scoped = await call(
            client, "GetTask", {"id": task["id"]}, **{"LangGraph-A2A-History-Scope": "task"}
        )
        assert [m["parts"][0]["text"] for m in scoped["history"]] == ["Two", "Two"]
        short = await call(client, "tasks/get", {"id": task["id"], "historyLength": 1})
        assert [m["role"] for m in short["history"]] == ["agent"]
        earlier = await call(client, "tasks/get", {"id": first["id"]})
        assert len(earlier["history"]) == 2
        run = (await client.get(f"/threads/{context}/runs/{first['id'].split(':')[1]}")).json()
        assert run["status"] == "success"
        late = sending(text("x"), contextId=context, taskId=first["id"])
        assert (await call(client, "message/send", late))["code"] == -32004
        assert (await call(client, "tasks/cancel", {"id": first["id"]}))["code"] == -32002
        assert (await call(client, "tasks/get", {"id": first["id"]}, PROBE))["code"] == -32001


@pytest.mark.parametrize(
    "answer",
    [
        {"parts": [text("Yes")]},
        {"parts": [{"data": {"resume": "Yes"}}]},
        {"parts": [text("x")], "command": {"resume": "Yes"}},
    ],
)
async def test_a_question_is_answered(answer: dict[str, Any]) -> None:
    async with calling() as client:
        asked = await call(client, "message/send", sending(script(ASKS)), PROBE)
        assert asked["status"]["state"] == "input-required"
        (part,) = asked["artifacts"][0]["parts"]
        assert part["data"]["value"] == {"ask": "Go on?"}
        reply = {"taskId": asked["id"], "contextId": asked["contextId"], **answer}
        parts = reply.pop("parts")
        done = await call(client, "message/send", sending(*parts, **reply), PROBE)
        assert done["id"] == asked["id"]
        assert done["status"]["state"] == "completed"
        assert done["artifacts"][0]["parts"] == [text("Yes")]
        listed = await call(client, "ListTasks", {}, PROBE)
        assert [task["id"] for task in listed["tasks"]] == [asked["id"]]


async def test_a_question_is_not_answered() -> None:
    async with calling() as client:
        asked = await call(client, "message/send", sending(script(ASKS)), PROBE)
        gone = await call(client, "tasks/cancel", {"id": asked["id"]}, PROBE)
        assert gone["status"]["state"] == "canceled"
        found = await call(client, "GetTask", {"id": asked["id"]}, PROBE)
        assert found["status"]["state"] == "TASK_STATE_CANCELED"
        again = await call(client, "tasks/cancel", {"id": asked["id"]}, PROBE)
        assert again["code"] == -32002


async def test_a_failure() -> None:
    async with calling() as client:
        failed = await call(client, "message/send", sending(script(FAILS)), PROBE)
        assert failed["status"]["state"] == "failed"
        assert "ValueError" in failed["status"]["message"]["parts"][0]["text"]
        assert "artifacts" not in failed
        *_, last = await streamed(client, sending(script(FAILS)), PROBE)
        assert last["final"] is True
        assert last["status"]["message"]["parts"] == [text("no")]


async def test_a_stream() -> None:
    async with calling() as client:
        task, *updates, artifact, last = await streamed(client, sending(text("Good morning")))
    assert task["status"]["state"] == "submitted"
    said = [update["status"]["message"]["parts"][0]["text"] for update in updates]
    assert said == ["Good ", "Good morning"]
    assert artifact["artifact"]["parts"] == [text("Good morning")]
    assert (artifact["append"], artifact["lastChunk"]) == (False, True)
    assert last["status"]["state"] == "completed"
    assert [update["final"] for update in (*updates, last)] == [False, False, True]
    assert {update["taskId"] for update in (*updates, artifact, last)} == {task["id"]}


async def test_a_stream_that_ends_with_a_question() -> None:
    async with calling() as client:
        task, artifact, last = await streamed(client, sending(script(ASKS)), PROBE)
    assert artifact["artifact"]["name"] == "Interrupt"
    assert last["status"]["state"] == "input-required"
    assert last["taskId"] == task["id"]


async def test_tasks_are_listed_page_by_page() -> None:
    async with calling() as client:
        made = [(await call(client, "message/send", sending(text(f"{n}"))))["id"] for n in range(3)]
        first = await call(client, "ListTasks", {"pageSize": 2})
        assert [task["id"] for task in first["tasks"]] == made[:0:-1]
        assert (first["totalSize"], first["pageSize"]) == (3, 2)
        second = await call(client, "ListTasks", {"pageToken": first["nextPageToken"]})
        assert [task["id"] for task in second["tasks"]] == made[:1]
        assert second["nextPageToken"] == ""
        failed = await call(client, "ListTasks", {"status": "TASK_STATE_FAILED"})
        assert failed["totalSize"] == 0
        future = {"statusTimestampAfter": "2999-01-01T00:00:00Z"}
        assert (await call(client, "ListTasks", future))["totalSize"] == 0


@pytest.mark.parametrize(
    "params",
    [
        {"pageSize": 0},
        {"pageSize": "5"},
        {"pageToken": "x"},
        {"status": "x"},
        {"status": [1]},
        {"statusTimestampAfter": "soon"},
        {"statusTimestampAfter": "2026-01-01"},
        {"contextId": 5},
        {"historyLength": -1},
    ],
)
async def test_a_list_that_makes_no_sense(params: dict[str, Any]) -> None:
    async with calling() as client:
        assert (await call(client, "ListTasks", params))["code"] == -32602


async def test_cards() -> None:
    async with calling() as client:
        extended = await call(client, "GetExtendedAgentCard", {})
        for path in (
            f"/a2a/{AGENT}",
            f"/a2a/{AGENT}/.well-known/agent-card.json",
            f"/a2a/{AGENT}/.well-known/agent.json",
            f"/.well-known/agent-card.json?assistant_id={AGENT}",
        ):
            assert (await client.get(path)).json() == extended
        assert (await client.get("/.well-known/agent-card.json")).status_code == 400
        assert (await client.get("/.well-known/agent.json")).status_code == 404
    assert extended["name"] == "agent"
    assert extended["url"] == f"http://mock.test/a2a/{AGENT}"


async def test_a_trailing_slash_is_served_too() -> None:
    async with calling() as client:
        body = {"jsonrpc": "2.0", "id": 1, "method": "GetExtendedAgentCard", "params": {}}
        answer = (await client.post(f"/a2a/{AGENT}/", json=body)).json()
        assert answer["result"] == (await client.get(f"/a2a/{AGENT}/")).json()
        assert (await client.put(f"/a2a/{AGENT}/")).status_code == 405


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"parts": [text("Yes")]}, "Yes"),
        ({"parts": [script([]) | {"data": {"resume": ["a", 1]}}]}, '["a",1]'),
        ({"parts": [text("No"), {"data": {"resume": "Yes"}}]}, "Yes"),
        ({"parts": [], "command": {"resume": "Told"}}, None),
        ({"parts": [text("No")], "command": {"resume": "Told"}}, "Told"),
    ],
)
async def test_a_question_is_answered_in_several_ways(more: Any, answer: str | None) -> None:
    async with calling() as client:
        asked = await call(client, "message/send", sending(script(ASKS)), PROBE)
        place = {"contextId": asked["contextId"], "taskId": asked["id"]}
        found = await call(client, "message/send", sending(**more, **place), PROBE)
        if answer is None:
            assert found["code"] == -32602
        else:
            assert found["artifacts"][0]["parts"] == [text(answer)]
            assert found["id"] == asked["id"]


async def test_data_without_an_answer_is_new_input_for_the_same_task() -> None:
    async with calling() as client:
        asked = await call(client, "message/send", sending(script(ASKS)), PROBE)
        place = {"contextId": asked["contextId"], "taskId": asked["id"]}
        more = sending(script([{"say": "new"}]), **place)
        found = await call(client, "message/send", more, PROBE)
        assert found["id"] == asked["id"]
        assert found["artifacts"][0]["parts"] == [text("new")]
        twice = {"data": {"resume": 1}}
        asked = await call(client, "message/send", sending(script(ASKS)), PROBE)
        place = {"contextId": asked["contextId"], "taskId": asked["id"]}
        found = await call(client, "message/send", sending(twice, twice, **place), PROBE)
        assert found["code"] == -32602


async def test_a_cancelled_question_is_asked_no_more() -> None:
    async with calling() as client:
        asked = await call(client, "message/send", sending(script(ASKS)), PROBE)
        await call(client, "tasks/cancel", {"id": asked["id"]}, PROBE)
        thread = (await client.get(f"/threads/{asked['contextId']}")).json()
        assert (thread["status"], thread["interrupts"]) == ("idle", {})
        state = (await client.get(f"/threads/{asked['contextId']}/state")).json()
        assert (state["next"], state["tasks"]) == ([], [])


async def test_nothing_is_kept_of_tasks_whose_thread_is_gone() -> None:
    engine = Engine(IMMEDIATE)
    async with calling(engine=engine) as client:
        answered, canceled = [
            await call(client, "message/send", sending(script(ASKS)), PROBE) for _ in range(2)
        ]
        again = sending(text("yes"), taskId=answered["id"], contextId=answered["contextId"])
        await call(client, "message/send", again, PROBE)
        await call(client, "tasks/cancel", {"id": canceled["id"]}, PROBE)
        assert engine.tasks.remembered == 3
        for task in (answered, canceled):
            await client.delete(f"/threads/{task['contextId']}")
        gc.collect()
        assert engine.tasks.remembered == 0
        assert (await call(client, "ListTasks", {}, PROBE))["totalSize"] == 0


async def test_tasks_are_found_without_reading_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    async with calling() as client:
        for _ in range(3):
            await client.post("/runs/wait", json={"assistant_id": "probe", "input": {}})
            thread = (await client.post("/threads", json={})).json()["thread_id"]
            run = {"assistant_id": "probe", "input": {}}
            await client.post(f"/threads/{thread}/runs/wait", json=run)
        read: list[Run] = []
        honest = Run.view

        def view(row: Run) -> dict[str, Any]:
            read.append(row)
            return honest(row)

        monkeypatch.setattr(Run, "view", view)
        assert (await call(client, "ListTasks", {}))["totalSize"] == 0
        assert read == []
        assert (await call(client, "ListTasks", {}, PROBE))["totalSize"] == 3


async def test_runs_and_messages_name_their_task() -> None:
    async with calling() as client:
        task = await call(client, "message/send", sending(text("Hi")))
        (run,) = (await client.get(f"/threads/{task['contextId']}/runs")).json()
        started = run["metadata"]["a2a"]
        assert started.keys() == {"task_start_id"}
        (told,) = run["kwargs"]["input"]["messages"]
        assert told["additional_kwargs"] == {"a2a": started}


async def test_other_agents_messages_are_not_in_the_history() -> None:
    async with calling() as client:
        task = await call(client, "message/send", sending(text("one")))
        context = task["contextId"]
        other = await call(
            client, "message/send", sending(script([{"say": "x"}]), contextId=context), PROBE
        )
        assert [m["parts"][0]["text"] for m in other["history"]] == ["x"]
        again = await call(client, "message/send", sending(text("two"), contextId=context))
        assert [m["parts"][0]["text"] for m in again["history"]] == ["one", "one", "two", "two"]
        assert {m["taskId"] for m in again["history"]} == {task["id"], again["id"]}


async def test_files_keep_their_names() -> None:
    file = {"bytes": "YQ==", "mimeType": "text/plain", "name": "a.txt"}
    async with calling() as client:
        task = await call(client, "message/send", sending({"file": file}))
        assert task["history"][0]["parts"] == [{"kind": "file", "file": file}]
        both = sending({"file": {"bytes": "YQ==", "uri": "http://x"}})
        assert (await call(client, "message/send", both))["code"] == -32005


async def test_whole_messages_and_tools_are_streamed_too() -> None:
    steps = [
        {"tool": {"name": "look", "args": {}, "result": "seen"}},
        {"update": {"messages": [{"type": "ai", "content": "Whole"}]}},
    ]
    async with calling() as client:
        events = await streamed(client, sending(script(steps)), PROBE)
    working = [e["status"]["message"]["parts"][0] for e in events if e.get("final") is False]
    assert [part["kind"] for part in working] == ["data", "text"]
    assert working[1] == text("Whole")


async def test_a_list_tells_the_histories_that_look_ups_tell() -> None:
    async with calling() as client:
        asked = await call(client, "message/send", sending(text("a"), script(ASKS)), PROBE)
        context = asked["contextId"]
        place = {"contextId": context, "taskId": asked["id"]}
        await call(client, "message/send", sending(text("Yes"), **place), PROBE)
        await call(client, "message/send", sending(text("b"), contextId=context))
        await call(client, "message/send", sending(text("c"), contextId=context), PROBE)
        listed = await call(client, "ListTasks", {"contextId": context, "historyLength": 3}, PROBE)
        assert [len(task["history"]) for task in listed["tasks"]] == [3, 2]
        for task in listed["tasks"]:
            params = {"id": task["id"], "historyLength": 3}
            assert (await call(client, "GetTask", params, PROBE))["history"] == task["history"]
        told = listed["tasks"][0]["history"]
        assert [message["parts"] for message in told] == [
            [text(said)] for said in ("a", "Yes", "c")
        ]
        tasks = [message["taskId"] for message in told]
        assert tasks == [asked["id"], asked["id"], listed["tasks"][0]["id"]]
