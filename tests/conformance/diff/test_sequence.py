"""Steps as data: references filled in, the sequences by hand and by chance."""

from __future__ import annotations

import pytest

from conformance.diff.byhand import sequences
from conformance.diff.generator import generated
from conformance.diff.sequence import Step, UnresolvedError, filled, step
from spec.document import operations

ANSWERS = {"t": {"thread_id": "T1", "list": [{"n": 5}]}, "tag": "abc"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<<tag>>", "abc"),
        ("<<t.list.0.n>>", 5),
        ("n is <<t.list.0.n>>", "n is 5"),
        ({"<<t.thread_id>>": ["<<t.list>>"]}, {"T1": [[{"n": 5}]]}),
        (("a", 1, None), ["a", 1, None]),
    ],
)
def test_references_are_filled_in(given: object, expected: object) -> None:
    assert filled(given, ANSWERS) == expected


@pytest.mark.parametrize("lost", ["<<x.id>>", "<<t.none>>", "<<t.list.9>>", "<<tag.x>>"])
def test_a_reference_that_leads_nowhere(lost: str) -> None:
    with pytest.raises(UnresolvedError):
        filled({"deep": [lost]}, ANSWERS)


def known(found: Step) -> bool:
    return found.operation in operations() or found.operation.partition(" ")[0].isupper()


def test_sequences_by_hand_speak_of_operations_there_are() -> None:
    found = sequences()
    assert len(found) > 250
    assert all(known(one) for sequence in found for one in sequence.steps)
    exercised = {one.operation for sequence in found for one in sequence.steps}
    # protocol v2 and crons have no sequences yet
    left_out = ("/commands", "/stream/events", "/crons", "/store", "/mcp", "/a2a", "/.well-known")
    ours = {
        name
        for name, operation in operations().items()
        if not any(part in operation.path for part in left_out)
    }
    assert ours - exercised <= {"get_document"}


def test_labels_that_are_used_are_given_before() -> None:
    for sequence in [*sequences(), *generated(3, 40)]:
        labels = {"tag", *(f"uuid:{n}" for n in range(1, 5))}
        for one in sequence.steps:
            text = repr((one.body, dict(one.path), dict(one.query), one.operation))
            used = {part.split(">>")[0].split(".")[0] for part in text.split("<<")[1:]}
            assert used <= labels, sequence.name
            labels.add(one.label)


def test_chance_repeats_itself_by_its_seed() -> None:
    assert list(generated(7, 30)) == list(generated(7, 30))
    assert list(generated(7, 30)) != list(generated(8, 30))


def test_a_step_tells_its_path_parameters_from_its_own_fields() -> None:
    made = step("get_run", thread_id="a", run_id="b", label="x", query={"q": 1})
    assert (dict(made.path), made.label, made.query) == (
        {"thread_id": "a", "run_id": "b"},
        "x",
        {"q": 1},
    )
