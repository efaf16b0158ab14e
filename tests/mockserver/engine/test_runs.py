from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from mockserver.engine import settling
from mockserver.engine.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from tests.mockserver.engine.bench import Bench, drain

if TYPE_CHECKING:
    from mockserver.engine.jobs import Job

UNKNOWN = "00000000-0000-4000-8000-000000000000"
ASK = [{"interrupt": "why?"}, {"update": {"note": {"$": "resume"}}}]
FAIL = [{"fail": {"error": "ValueError", "message": "boom"}}]


async def waited(bench: Bench, job: Job) -> Any:
    reading = await bench.follow(bench.engine.following.wait(job))
    await bench.advance(60)
    return orjson.loads(await reading)


async def joined(bench: Bench, job: Job) -> Any:
    chunks = bench.engine.following.join(
        job.thread.thread_id, job.run.run_id, cancel_on_disconnect=False
    )
    return orjson.loads(await drain(chunks))


# --- the row ------------------------------------------------------------------------------------


async def test_the_row_has_ten_keys_and_says_what_was_asked(bench: Bench) -> None:
    thread = bench.thread()
    job = bench.submit(
        thread,
        [],
        stream_mode="updates",
        stream_subgraphs=True,
        stream_resumable=True,
        checkpoint_during=False,
        after_seconds=2.5,
        feedback_keys=["k"],
        if_not_exists="create",
    )
    row = job.run.view()
    assert set(row) == {
        "run_id",
        "thread_id",
        "assistant_id",
        "metadata",
        "status",
        "kwargs",
        "multitask_strategy",
        "created_at",
        "updated_at",
        "langsmith_session_name",
    }
    assert row["thread_id"] == thread.thread_id
    assert row["multitask_strategy"] == "enqueue"
    assert row["langsmith_session_name"] is None
    kwargs = row["kwargs"]
    assert set(kwargs) == {
        "input",
        "command",
        "config",
        "context",
        "stream_mode",
        "interrupt_before",
        "interrupt_after",
        "webhook",
        "feedback_keys",
        "temporary",
        "subgraphs",
        "resumable",
        "checkpoint_during",
        "durability",
    }
    assert kwargs["stream_mode"] == ["updates"]
    assert (kwargs["subgraphs"], kwargs["resumable"], kwargs["temporary"]) == (True, True, False)
    assert (kwargs["checkpoint_during"], kwargs["durability"]) == (False, "exit")
    assert kwargs["config"]["configurable"]["__after_seconds__"] == 2.5
    assert kwargs["config"]["configurable"]["run_id"] == row["run_id"]


async def test_defaults_of_the_row(bench: Bench) -> None:
    kwargs = bench.submit(bench.thread(), stream_mode=[], command={}).run.view()["kwargs"]
    assert kwargs["stream_mode"] == ["values"]
    assert kwargs["command"] == {}
    assert (kwargs["checkpoint_during"], kwargs["durability"]) == (True, "async")


async def test_the_row_is_the_same_bytes_but_for_status_time_and_config(bench: Bench) -> None:
    """Metadata may hold what looks like a status: only the row's own changes."""
    job = bench.submit(bench.thread(), metadata={"status": "pending", "updated_at": "x"})
    before = job.run.view()
    await bench.advance(60)
    after = job.run.view()
    assert after["metadata"] == before["metadata"]
    changed = {key for key in after if after[key] != before[key]}
    assert changed <= {"status", "updated_at", "kwargs"}
    assert {**after["kwargs"], "config": 0} == {**before["kwargs"], "config": 0}
    assert after["status"] == "success"


async def test_a_run_that_makes_its_thread_does_not_inherit_its_graph(bench: Bench) -> None:
    made = bench.submit(UNKNOWN, if_not_exists="create", metadata={"m": 1})
    later = bench.submit(UNKNOWN)
    assert "graph_id" not in made.run.view()["metadata"]
    assert later.run.view()["metadata"]["graph_id"] == "probe"
    assert later.run.view()["metadata"]["m"] == 1


async def test_a_worker_writes_into_the_config_of_the_run_it_takes(bench: Bench) -> None:
    thread = bench.thread()
    asked = '{"config":{"configurable":{"langgraph_auth_user":null'
    body = {"input": {"note": asked}, "context": {"k": 1}, "metadata": {"m": 1}}
    first = bench.submit(thread, [{"sleep": 3}])
    second = bench.submit(thread, **body)
    await bench.advance(1)
    waiting, taken = second.run.view()["kwargs"], first.run.view()["kwargs"]["config"]
    assert taken["configurable"]["__pregel_node_finished"] is None
    assert taken["metadata"]["run_attempt"] == 1
    assert waiting["config"]["configurable"]["__context_provided__"] is True
    assert "run_attempt" not in waiting["config"]["metadata"]
    await bench.advance(60)
    ended = second.run.view()["kwargs"]
    assert "__context_provided__" not in ended["config"]["configurable"]
    assert ended["config"]["configurable"]["k"] == 1
    assert (ended["config"]["metadata"]["m"], ended["input"]["note"]) == (1, asked)


async def test_a_run_that_waits_is_what_its_row_says(bench: Bench) -> None:
    config: dict[str, Any] = {"configurable": {"x": 1.5, "y": -0.0, "z": 2**53}, "tags": ["é"]}
    modes = ["custom", "updates"]
    script = [{"custom": {"$": "input.a"}}]
    given = {"script": script, "input": {"a": "\u2028"}}
    job = bench.submit(
        bench.thread(), input=given, after_seconds=5, config=config, stream_mode=modes
    )
    asked, row = job.kwargs, job.row
    assert row == job.run.view()
    await bench.engine.runs.admitted(job)
    assert job.row is None
    assert job.kwargs is not asked
    assert job.kwargs == asked
    stream = await bench.follow(bench.engine.following.stream(job))
    await bench.advance(60)
    assert job.run.status == "success"
    assert b'event: custom\r\ndata: "\xe2\x80\xa8"' in await stream
    written = job.run.view()["kwargs"]["config"]
    assert {**written["configurable"], **config["configurable"]} == written["configurable"]
    assert "run_attempt" in written["metadata"], "the worker has found the config in the row"


async def test_updated_at_moves_at_the_end_and_not_at_the_start(bench: Bench) -> None:
    job = bench.submit(bench.thread(), [{"sleep": 3}], after_seconds=4)
    created = job.run.view()
    await bench.advance(5)
    playing = job.run.view()
    await bench.advance(5)
    ended = job.run.view()
    assert playing["status"] == "running"
    assert playing["updated_at"] == created["updated_at"] < created["created_at"]
    assert ended["updated_at"] > ended["created_at"] == created["created_at"]


# --- merging ------------------------------------------------------------------------------------


async def test_metadata_are_merged_and_the_nearer_wins(bench: Bench) -> None:
    engine = bench.engine
    assistant = engine.assistants.create(
        {"graph_id": "probe", "metadata": {"am": 1, "shared": "assistant"}}
    )
    thread = bench.thread(metadata={"tm": 1, "shared": "thread"})
    job = bench.submit(
        thread,
        assistant_id=assistant.assistant_id,
        config={"metadata": {"cm": 1, "shared": "config", "run_id": "spoofed"}},
        metadata={"rm": 1, "thread_id": "spoofed", "assistant_id": "spoofed"},
    )
    row = job.run.view()
    assert row["metadata"] == {
        "am": 1,
        "tm": 1,
        "cm": 1,
        "rm": 1,
        "shared": "config",
        "graph_id": "probe",
        "assistant_id": assistant.assistant_id,
    }
    assert row["kwargs"]["config"]["metadata"] == row["metadata"]
    assert thread.metadata == {
        "tm": 1,
        "shared": "thread",
        "graph_id": "probe",
        "assistant_id": assistant.assistant_id,
    }


async def test_config_is_merged_and_the_servers_keys_are_the_servers(bench: Bench) -> None:
    assistant = bench.engine.assistants.create(
        {"graph_id": "probe", "config": {"tags": ["a"], "configurable": {"a": 1, "b": 1}}}
    )
    thread = bench.thread()
    job = bench.submit(
        thread,
        assistant_id=assistant.assistant_id,
        config={
            "recursion_limit": 9,
            "configurable": {"b": 2, "user_id": "u", "run_id": "x", "langgraph_auth_user": "x"},
        },
    )
    kwargs = job.run.view()["kwargs"]
    configurable = kwargs["config"]["configurable"]
    assert (configurable["a"], configurable["b"], configurable["user_id"]) == (1, 2, "u")
    assert configurable["run_id"] == job.run.run_id
    assert configurable["langgraph_auth_user"] is None
    assert (kwargs["config"]["tags"], kwargs["config"]["recursion_limit"]) == (["a"], 9)
    assert thread.config["recursion_limit"] == 9
    assert thread.config["configurable"] == {"a": 1, "b": 1}  # the request's stay with the run


async def test_context_and_configurable_mirror_each_other(bench: Bench) -> None:
    by_context = bench.submit(bench.thread(), context={"k": 1}).run.view()["kwargs"]
    assert by_context["config"]["configurable"]["k"] == 1
    assert by_context["config"]["configurable"]["__context_provided__"] is True
    by_config = bench.submit(bench.thread(), config={"configurable": {"k": 1}}).run.view()["kwargs"]
    assert by_config["context"]["k"] == 1


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"assistant_id": "nobody"}, InvalidError),
        ({"assistant_id": ""}, InvalidError),
        ({"assistant_id": UNKNOWN}, NotFoundError),
        ({"checkpoint_id": "x"}, InvalidError),
        ({"context": {"a": 1}, "config": {"configurable": {"b": 1}}}, RefusedError),
        ({"webhook": "/relative"}, InvalidError),
        ({"assistant_id": UNKNOWN, "webhook": "ftp://host/x"}, InvalidError),
        ({"assistant_id": UNKNOWN, "checkpoint_id": "x"}, InvalidError),
    ],
)
async def test_a_refused_request_leaves_nothing_behind(
    bench: Bench, body: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        bench.submit(UNKNOWN, if_not_exists="create", **body)
    assert bench.engine.threads.find(UNKNOWN) is None
    assert len(bench.engine.runs.table) == 0


async def test_a_missing_thread_is_made_only_where_asked(bench: Bench) -> None:
    with pytest.raises(NotFoundError):
        bench.submit(UNKNOWN)
    job = bench.submit(UNKNOWN, if_not_exists="create", metadata={"a": 1, "run_id": "spoofed"})
    assert job.thread.thread_id == UNKNOWN
    assert job.thread.metadata["a"] == 1
    assert "run_id" not in job.thread.metadata
    assert job.thread.status == "busy"
    # as on real servers, only later runs are told the thread's graph
    own = {"created_by": "system", "a": 1, "assistant_id": job.run.assistant_id}
    assert job.run.view()["metadata"] == own
    assert "graph_id" in bench.submit(UNKNOWN).run.view()["metadata"]


async def test_a_stateless_run_has_nothing_to_resume(bench: Bench) -> None:
    with pytest.raises(RefusedError):
        bench.submit(None, command={"resume": 1})


async def test_a_move_the_lifecycle_does_not_have_is_a_fault(bench: Bench) -> None:
    job = await bench.run(bench.thread())
    with pytest.raises(RuntimeError, match="from success to running"):
        settling.move(bench.engine, job, "running", "start")
    assert job.run.status == "success"


# --- the thread of a run ------------------------------------------------------------------------


async def test_a_run_leaves_its_end_on_the_thread(bench: Bench) -> None:
    thread = bench.thread()
    created = thread.state_updated
    job = bench.submit(thread, [{"sleep": 1}, {"update": {"note": 1}}])
    assert (thread.status, thread.values) == ("busy", None)
    assert thread.state_updated == created
    await bench.advance(1)
    assert job.finished
    assert thread.view()["status"] == "idle"
    assert orjson.loads(thread.encoded())["values"]["note"] == 1
    assert thread.state_updated > created


async def test_an_error_is_kept_until_a_run_succeeds(bench: Bench) -> None:
    thread = bench.thread()
    await bench.run(thread, FAIL)
    assert (thread.status, thread.error) == ("error", {"error": "ValueError", "message": "boom"})
    await bench.run(thread)
    assert (thread.status, thread.error) == ("idle", None)


async def test_a_paused_run_is_a_success_and_its_thread_interrupted(bench: Bench) -> None:
    thread = bench.thread()
    job = await bench.run(thread, ASK)
    assert (job.run.status, thread.status) == ("success", "interrupted")
    ((asked,),) = thread.interrupts.values()
    assert asked["value"] == "why?"
    await bench.run(thread, command={"resume": "so"}, input=None)
    assert (thread.status, thread.interrupts) == ("idle", {})
    before = await bench.run(thread, interrupt_before=["work"])
    assert (before.run.status, thread.status, thread.interrupts) == ("success", "interrupted", {})


async def test_a_graph_that_is_gone_from_the_metadata_holds_up_nothing(bench: Bench) -> None:
    thread = bench.thread()
    job = bench.submit(thread, [{"sleep": 1}])
    bench.engine.threads.patch(thread.thread_id, {"metadata": {"graph_id": "no-such-graph"}})
    await bench.advance(1)
    assert job.finished
    assert thread.status == "idle"


# --- wait and join ------------------------------------------------------------------------------


async def test_wait_and_join_give_the_values(bench: Bench) -> None:
    job = bench.submit(bench.thread(), [{"sleep": 1}, {"update": {"note": 1}}])
    assert (await waited(bench, job))["note"] == 1
    assert await joined(bench, job) == orjson.loads(job.thread.values or b"")


async def test_wait_and_join_tell_an_error(bench: Bench) -> None:
    job = bench.submit(bench.thread(), FAIL)
    told = {"__error__": {"error": "ValueError", "message": "boom"}}
    assert await waited(bench, job) == await joined(bench, job) == told


async def test_wait_gives_the_values_with_an_interrupt_and_join_the_interrupt(
    bench: Bench,
) -> None:
    job = bench.submit(bench.thread(), ASK)
    body = await waited(bench, job)
    (asked,) = body.pop("__interrupt__")
    assert set(asked) == {"value", "id", "response_schema"}
    assert body["log"] == []
    assert await joined(bench, job) == {"__interrupt__": [{"id": asked["id"], "value": "why?"}]}


@pytest.mark.parametrize("modes", [["custom"], ["messages-tuple", "tasks"]])
async def test_a_wait_whose_modes_show_no_question_tells_what_the_thread_does(
    bench: Bench, modes: list[str]
) -> None:
    job = bench.submit(bench.thread(), ASK, stream_mode=modes)
    assert await waited(bench, job) == await joined(bench, job)
    alone = await waited(bench, bench.submit(None, ASK, stream_mode=modes))
    assert alone["log"] == [], "no thread is left to tell of a stateless run"
    assert len(alone["__interrupt__"]) == 1


@pytest.mark.parametrize("mode", ["updates", "values"])
async def test_several_interrupts_are_told_without_values(bench: Bench, mode: str) -> None:
    both = [{"parallel": {"left": [{"interrupt": 1}], "right": [{"interrupt": 2}]}}]
    body = await waited(bench, bench.submit(bench.thread(), both, stream_mode=mode))
    assert set(body) == {"__interrupt__"}
    assert sorted(asked["value"] for asked in body["__interrupt__"]) == [1, 2]


async def test_a_pause_before_a_node_is_not_told_as_an_interrupt(bench: Bench) -> None:
    job = bench.submit(bench.thread(), interrupt_before="*")
    assert "__interrupt__" not in await waited(bench, job)
    assert "__interrupt__" not in await joined(bench, job)


async def test_a_cancelled_wait_ends_with_the_last_values(bench: Bench) -> None:
    steps = [{"update": {"note": "kept"}}, {"node": "check"}, {"sleep": 50}]
    job = bench.submit(bench.thread(), steps)
    reading = await bench.follow(bench.engine.following.wait(job))
    await bench.engine.runs.cancel(job.thread.thread_id, job.run.run_id, rollback=False)
    assert orjson.loads(await reading)["note"] == "kept"
    assert (await joined(bench, job))["note"] == "kept"


async def test_joining_the_unknown_is_an_answer_not_an_error(bench: Bench) -> None:
    job, other = await bench.run(bench.thread()), bench.thread()
    for thread_id, run_id in ((other.thread_id, job.run.run_id), (UNKNOWN, UNKNOWN)):
        chunks = bench.engine.following.join(thread_id, run_id, cancel_on_disconnect=False)
        assert orjson.loads(await drain(chunks))["__error__"]["error"] == "HTTPException"


async def test_newlines_keep_a_wait_alive_and_json_ends_it(bench: Bench) -> None:
    job = bench.submit(bench.thread(), [{"sleep": 6}], after_seconds=6)
    reading = await bench.follow(bench.engine.following.wait(job))
    for _ in range(12):
        await bench.advance(1)
    body = await reading
    assert body.startswith(b"\n\n{")
    assert body.endswith(b"}")


# --- stateless ----------------------------------------------------------------------------------


async def test_a_stateless_run_is_visible_until_it_ends(bench: Bench) -> None:
    job = bench.submit(None, [{"sleep": 1}, {"update": {"note": 1}}])
    thread_id = job.thread.thread_id
    await bench.advance()
    assert bench.engine.runs.get(thread_id, job.run.run_id) is job.run
    assert bench.state(job.thread)["values"] == {}
    body = await waited(bench, job)
    assert body["note"] == 1
    assert bench.engine.threads.find(thread_id) is None
    assert bench.engine.runs.table.find(job.run.run_id) is None
    assert not bench.engine.checkpoints.namespaces(thread_id)


@pytest.mark.parametrize("script", [FAIL, ASK])
async def test_a_stateless_run_vanishes_however_it_ends(bench: Bench, script: Any) -> None:
    job = bench.submit(None, script)
    assert await waited(bench, job)
    assert bench.engine.threads.find(job.thread.thread_id) is None


@pytest.mark.parametrize("rollback", [True, False])
@pytest.mark.parametrize("delay", [0, 5])
async def test_a_stateless_run_vanishes_when_cancelled(
    bench: Bench, rollback: bool, delay: int
) -> None:
    job = bench.submit(None, [{"sleep": 1}], after_seconds=delay)
    await bench.advance()
    await bench.engine.runs.cancel(job.thread.thread_id, job.run.run_id, rollback=rollback)
    assert bench.engine.threads.find(job.thread.thread_id) is None
    assert len(bench.engine.runs.table) == 0


async def test_the_thread_of_a_stateless_run_can_be_deleted_under_it(bench: Bench) -> None:
    job = bench.submit(None, [{"sleep": 1}])
    await bench.advance()
    await bench.engine.threads.delete(job.thread.thread_id)
    assert job.finished
    assert bench.engine.threads.find(job.thread.thread_id) is None
    assert len(bench.engine.runs.table) == 0


async def test_a_stateless_run_that_is_kept_is_like_any_other(bench: Bench) -> None:
    job = await bench.run(None, ASK, on_completion="keep")
    assert job.run.view()["kwargs"]["temporary"] is False
    assert job.thread.status == "interrupted"
    await bench.run(job.thread, command={"resume": 1}, input=None)
    assert bench.state(job.thread)["values"]["note"] == 1


# --- list ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [5, 200])
async def test_runs_are_listed_newest_first_by_status_and_page(bench: Bench, count: int) -> None:
    """The same below and above the size from which a thread's runs have an index by status."""
    thread = bench.thread()
    made = []
    for number in range(count):
        job = await bench.run(thread, FAIL if number % 3 == 0 else [])
        made.append((job.run.run_id, job.run.status))
    made.reverse()

    def listed(**options: Any) -> list[str]:
        options = {"limit": 1000, "offset": 0, "status": None, **options}
        return [run.run_id for run in bench.engine.runs.list(thread.thread_id, **options)]

    assert listed() == [run_id for run_id, _ in made]
    assert listed(limit=2, offset=1) == [run_id for run_id, _ in made][1:3]
    failed = [run_id for run_id, status in made if status == "error"]
    assert listed(status="error") == failed
    assert listed(status="error", limit=1, offset=1) == failed[1:2]
    assert listed(status="timeout") == []
    assert listed(limit=0) == []
    await bench.engine.runs.delete(thread.thread_id, failed[0])
    assert listed(status="error") == failed[1:]


async def test_a_run_for_later_is_listed_first(bench: Bench) -> None:
    thread = bench.thread()
    later = bench.submit(thread, after_seconds=100)
    now = bench.submit(thread)
    listed = bench.engine.runs.list(thread.thread_id, limit=10, offset=0, status=None)
    assert [run.run_id for run in listed] == [later.run.run_id, now.run.run_id]


async def test_two_creations_at_once_with_reject_make_one_run(bench: Bench) -> None:
    thread = bench.thread()

    async def create() -> Job:
        job = bench.submit(thread, [{"sleep": 1}], multitask_strategy="reject")
        return await bench.engine.runs.admitted(job)

    results = await asyncio.gather(*(create() for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(result, ConflictError) for result in results) == 4
    assert len(thread.runs) == 1
