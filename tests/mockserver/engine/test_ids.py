from __future__ import annotations

import uuid

import pytest

from mockserver.engine.clock import Clock, VirtualClock
from mockserver.engine.ids import Ids, assistant_id_for, canonical


def test_the_default_assistants_id_is_the_one_every_server_has() -> None:
    assert assistant_id_for("agent") == "fe096781-5601-53d2-b2f6-0d3403f7e9ca"
    assert assistant_id_for("chain") == "608f7b9c-04e5-5cf2-a3f7-ba75a3719808"


def test_each_kind_of_id_is_of_its_version() -> None:
    ids = Ids(None, Clock())
    for text, version in ((ids.uuid4(), 4), (ids.uuid7(), 7), (ids.checkpoint_id(3), 6)):
        parsed = uuid.UUID(text)
        assert (str(parsed), parsed.version, parsed.variant) == (text, version, uuid.RFC_4122)
    assert len(ids.hex32()) == 32


@pytest.mark.parametrize("seed", [None, 7])
def test_run_and_checkpoint_ids_sort_by_age(seed: int | None) -> None:
    ids = Ids(seed, VirtualClock(1_000_000_000_000_000))  # time stands still
    sevens = [ids.uuid7() for _ in range(10_000)]
    sixes = [ids.checkpoint_id(step) for step in (-1, 0, 1, 2, 16, -1, 0)]
    assert sevens == sorted(set(sevens))
    assert sixes == sorted(set(sixes))


@pytest.mark.parametrize(("step", "group"), [(-1, "bfff"), (0, "8000"), (1, "8001"), (16, "8010")])
def test_a_checkpoint_id_shows_its_step(step: int, group: str) -> None:
    assert Ids(1, Clock()).checkpoint_id(step).split("-")[3] == group


def test_the_same_seed_gives_the_same_ids_at_any_time() -> None:
    one, two, other = Ids(1, Clock()), Ids(1, VirtualClock(5)), Ids(2, Clock())

    def some(ids: Ids) -> list[str]:
        return [ids.uuid4(), ids.uuid7(), ids.checkpoint_id(0), ids.hex32(), ids.uuid7()]

    assert some(one) == some(two)
    assert not set(some(one)) & set(some(other))


def test_ids_are_taken_in_any_spelling() -> None:
    text = "fe096781-5601-53d2-b2f6-0d3403f7e9ca"
    for spelling in (text.upper(), text.replace("-", ""), f"{{{text}}}", f"urn:uuid:{text}"):
        assert canonical(spelling) == text
    with pytest.raises(ValueError, match="UUID"):
        canonical("nope")
