"""Going on with a thread: answers to questions, new input instead, commands."""

from __future__ import annotations

from conformance.diff.sequence import Sequence
from conformance.diff.steps import ASK, looks, on_thread, thread, wait


def sequences() -> list[Sequence]:
    """Answers, what comes instead of one, commands."""
    return [*_answers(), *_instead(), *_commands()]


def _answers() -> list[Sequence]:
    both = [
        {
            "parallel": {
                "left": [{"interrupt": "l"}, {"update": {"data": {"l": {"$": "resume"}}}}],
                "right": [{"interrupt": "r"}, {"update": {"data": {"r": {"$": "resume"}}}}],
            }
        },
        {"say": "after"},
    ]
    twice = [{"interrupt": 1}, {"interrupt": 2}, {"update": {"note": {"$": "resume"}}}]
    asked = wait(ASK, label="asked")
    return [
        *(
            Sequence(
                f"answers/resume-{name}",
                (thread(), asked, wait(command={"resume": value}), *looks()),
            )
            for name, value in {
                "text": "yes",
                "object": {"a": [1]},
                "false": False,
                "zero": 0,
                "list": ["x"],
                "empty": "",
            }.items()
        ),
        Sequence(
            "answers/resume-null",
            (thread(), asked, wait(command={"resume": None}), on_thread("get_thread")),
        ),
        Sequence(
            "answers/resume-twice",
            (
                thread(),
                wait(twice),
                wait(command={"resume": "a"}),
                *looks(),
                wait(command={"resume": "b"}),
                *looks(),
            ),
        ),
        Sequence(
            "answers/resume-both",
            (
                thread(),
                wait(both, label="b"),
                on_thread("get_thread"),
                wait(
                    command={
                        "resume": {
                            "<<b.__interrupt__.0.id>>": "one",
                            "<<b.__interrupt__.1.id>>": "two",
                        }
                    }
                ),
                *looks(),
            ),
        ),
        Sequence(
            "answers/resume-one-of-both",
            (
                thread(),
                wait(both, label="b"),
                wait(command={"resume": {"<<b.__interrupt__.0.id>>": "one"}}),
                *looks(),
            ),
        ),
        Sequence(
            "answers/resume-scalar-of-both",
            (thread(), wait(both), wait(command={"resume": "x"}), on_thread("get_thread")),
        ),
        Sequence(
            "answers/resume-unknown-id",
            (thread(), asked, wait(command={"resume": {"0" * 32: "x"}}), on_thread("get_thread")),
        ),
    ]


def _instead() -> list[Sequence]:
    asked = wait(ASK, label="asked")
    return [
        Sequence("answers/ask-again", (thread(), asked, wait(input=None), *looks())),
        Sequence(
            "answers/new-input-while-asked", (thread(), asked, wait([{"say": "instead"}]), *looks())
        ),
        Sequence(
            "answers/resume-nothing-asked",
            (thread(), wait([]), wait(command={"resume": "x"}), *looks()),
        ),
        Sequence(
            "answers/resume-fresh",
            (thread(), wait(command={"resume": "x"}), on_thread("get_thread")),
        ),
        Sequence(
            "answers/failed-then-null",
            (
                thread(),
                wait(
                    [
                        {"update": {"note": 1}},
                        {"node": "check"},
                        {"fail": {"error": "ValueError", "message": "x"}},
                    ]
                ),
                *looks(),
                wait(input=None),
                *looks(),
            ),
        ),
        Sequence(
            "answers/failed-over-answer",
            (
                thread(),
                wait([{"interrupt": "?"}, {"fail": {"error": "KeyError", "message": "x"}}]),
                wait(command={"resume": 1}),
                *looks(),
                wait(input=None),
                *looks(),
            ),
        ),
        Sequence(
            "answers/failed-then-input",
            (
                thread(),
                wait([{"fail": {"error": "ValueError", "message": "x"}}]),
                wait([{"say": "ok"}]),
                *looks(),
            ),
        ),
    ]


def _commands() -> list[Sequence]:
    commands = {
        "goto": {"goto": "check"},
        "goto-list": {"goto": ["left", "right"]},
        "goto-send": {
            "goto": {"node": "check", "input": {"script": [{"update": {"note": "sent"}}]}}
        },
        "goto-sends": {
            "goto": [
                {"node": "work", "input": {"script": []}},
                {"node": "work", "input": {"script": []}},
            ]
        },
        "goto-unknown": {"goto": "bogus"},
        "update": {"update": {"note": "told"}},
        "update-pairs": {"update": [["note", "told"], ["log", ["x"]]]},
        "both": {"update": {"note": "told"}, "goto": "check"},
        "update-resume": {"update": {"note": "told"}, "resume": "x"},
        "empty": {},
        "unknown": {"bogus": 1},
    }
    asked = wait(ASK, label="asked")
    return [
        *(
            Sequence(
                f"answers/command-{name}",
                (thread(), wait([{"say": "seed"}]), wait(command=command), *looks()),
            )
            for name, command in commands.items()
        ),
        *(
            Sequence(
                f"answers/command-fresh-{name}",
                (
                    thread(),
                    wait(command=commands[name]),
                    on_thread("get_thread"),
                    on_thread("get_thread_state"),
                ),
            )
            for name in ("goto", "update", "both")
        ),
        Sequence(
            "answers/command-asked",
            (thread(), asked, wait(command={"goto": "work", "update": {"note": 1}}), *looks()),
        ),
        Sequence(
            "answers/command-asked-list",
            (thread(), asked, wait(command={"goto": ["nest", "work"]}), *looks()),
        ),
        Sequence(
            "answers/command-asked-update",
            (
                thread(),
                asked,
                wait(command={"update": {"log": ["told"]}}),
                on_thread("get_thread"),
                wait(command={"resume": "x", "goto": "left"}),
                *looks(),
            ),
        ),
        Sequence(
            "answers/command-and-input",
            (thread(), wait([]), wait([{"say": "unused"}], command={"goto": "check"}), *looks()),
        ),
    ]
