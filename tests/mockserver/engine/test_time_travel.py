from __future__ import annotations

from tests.mockserver.engine.stage import Stage

FIRST = (
    {"update": {"note": 1, "log": ["x"]}},
    {"node": "check"},
    {"update": {"data": {"a": 1}}},
)
NOWHERE = {"checkpoint_id": "1f1e4cdc-17c1-697d-bfff-25139328aae4"}


async def finished() -> Stage:
    stage = Stage()
    await stage.script(*FIRST)
    return stage


async def test_without_input_an_older_checkpoint_is_replayed_on_a_copy() -> None:
    stage = await finished()
    before = stage.lineage()[:]
    played = await stage.play(None, checkpoint={"checkpoint_id": before[1].id})
    assert played.values["log"] == ["work", "x", "check"]
    fork, work, check = stage.lineage()[4:]
    assert (fork.source, fork.step, fork.parent_id) == ("fork", 1, before[1].id)
    assert fork.pending == ("work",)
    assert (work.parent_id, check.parent_id) == (fork.id, work.id)
    assert stage.lineage()[:4] == before


async def test_with_input_a_branch_starts_there() -> None:
    stage = await finished()
    base = stage.lineage()[2]
    played = await stage.script(
        {"update": {"note": 5}}, checkpoint={"checkpoint_id": base.id}, config=address(base.id)
    )
    assert played.values == {
        "messages": [],
        "script": [],
        "log": ["work", "x", "work"],
        "data": {},
        "note": 5,
    }
    entry = stage.lineage()[4]
    assert (entry.source, entry.step, entry.parent_id) == ("input", base.step + 1, base.id)
    assert entry.metadata["checkpoint_id"] == base.id


def address(checkpoint_id: str) -> dict[str, object]:
    return {"configurable": {"checkpoint_id": checkpoint_id, "thread_id": "t"}}


async def test_the_present_checkpoint_by_id_is_forked_too() -> None:
    stage = await finished()
    head = stage.lineage()[-1]
    played = await stage.play(None, checkpoint={"checkpoint_id": head.id})
    assert played.error is None
    assert stage.lineage()[-1].source == "fork"
    assert stage.lineage()[-1].values == head.values


async def test_a_fork_asks_its_question_anew() -> None:
    stage = Stage()
    asked = await stage.script({"interrupt": 1}, {"update": {"note": {"$": "resume"}}})
    await stage.resume("first")
    again = await stage.play(None, checkpoint={"checkpoint_id": stage.lineage()[1].id})
    assert again.outcome.next == ("work",)
    assert list(again.outcome.interrupts) != list(asked.outcome.interrupts)
    assert (await stage.resume("second")).values["note"] == "second"


async def test_an_answer_at_the_present_checkpoint_makes_no_copy() -> None:
    stage = Stage()
    await stage.script({"interrupt": 1}, {"update": {"note": {"$": "resume"}}})
    head = stage.lineage()[-1].id
    played = await stage.play(command={"resume": 5}, checkpoint={"checkpoint_id": head})
    assert played.values["note"] == 5
    assert [c.source for c in stage.lineage()] == ["input", "loop", "loop"]


async def test_a_command_on_an_older_checkpoint_changes_the_copy_only() -> None:
    stage = await finished()
    base = stage.lineage()[2]
    said = {"goto": "work", "update": {"note": 8}}
    played = await stage.play(command=said, checkpoint={"checkpoint_id": base.id})
    assert played.values["note"] == 8
    assert played.values["log"] == ["work", "x", "check", "work"]
    assert base.carried.writes == []
    assert base.carried.goto == ()


async def test_an_unknown_checkpoint_is_an_empty_state() -> None:
    stage = await finished()
    assert (await stage.play(None, checkpoint=NOWHERE)).error == "EmptyInputError"
    played = await stage.script({"update": {"note": 5}}, checkpoint=NOWHERE)
    assert played.values["log"] == ["work"]
    entry = stage.lineage()[4]
    assert (entry.step, entry.parent_id) == (-1, NOWHERE["checkpoint_id"])


async def test_a_checkpoint_without_an_id_is_the_present_one() -> None:
    stage = await finished()
    played = await stage.play(None, checkpoint={"checkpoint_ns": ""})
    assert played.values["log"] == ["work", "x", "check"]
    assert len(stage.lineage()) == 4
