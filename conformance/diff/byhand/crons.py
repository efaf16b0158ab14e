"""Crons: made, patched, searched, counted, deleted. None of them ever runs."""

from __future__ import annotations

from typing import Any

from conformance.diff.sequence import Sequence, Step, step
from conformance.diff.steps import T, each, thread

C = "<<c.cron_id>>"
_TAG = {"sequence": "<<tag>>"}
_SCHEDULES = (
    *("* * * * *", "*/5 * * * *", "0 0 1 1 *", "0 0 l * *", "0 0 * * fri#2", "0 0 * * L3"),
    *("@daily", "@Weekly", "@reboot", "0 0 12 * * *", "0 0 1 1 * 0 2040", "0 0 31 2 *"),
    *("", "* * * *", "60 * * * *", "*/0 * * * *", "every morning", "mon * * * *", "5-1 * * * *"),
    *("H * * * *", "0 0 ? * *", " 0 9 * * *\n", "0 0 15w * *"),
)
_ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "EST", "utc", "Nowhere/Land", "", "/etc")


def sequences() -> list[Sequence]:
    """Making, schedules, patches, searching, what is missing."""
    return [*_making(), *_schedules(), *_patching(), *_searching(), *_missing()]


def _body(**fields: Any) -> dict[str, Any]:
    given = {"assistant_id": "probe", "schedule": "0 0 1 1 *", "enabled": False}
    return {**given, "metadata": _TAG, **fields}


def _made(label: str = "c", **fields: Any) -> Step:
    return step("create_cron", _body(**fields), label=label)


def _making() -> list[Sequence]:
    whole: dict[str, Any] = {
        "input": {"a": [1]},
        "config": {"tags": ["t"], "configurable": {"k": 1, "cron_id": "theirs"}},
        "metadata": {**_TAG, "run_id": "theirs"},
        "interrupt_before": ["work"],
        "interrupt_after": "*",
        "stream_mode": ["values", "updates"],
        "stream_subgraphs": True,
        "stream_resumable": True,
        "durability": "exit",
        "on_run_completed": "keep",
        "timezone": "Europe/Berlin",
        "odd": {"kept": True},
    }
    wrong: tuple[Any, ...] = (
        _body(assistant_id=7),
        _body(assistant_id="nobody"),
        _body(assistant_id="<<uuid:1>>"),
        _body(schedule=None),
        _body(timezone=1),
        _body(enabled="yes"),
        _body(input="hello"),
        _body(metadata="blue"),
        _body(on_run_completed="archive"),
        _body(stream_mode="telepathy"),
        _body(interrupt_before="work"),
        [],
        None,
    )
    return [
        Sequence(
            "crons/make",
            (
                _made(),
                step("get_cron", cron_id=C),
                step("delete_cron", cron_id=C),
                step("get_cron", cron_id=C),
                step("delete_cron", cron_id=C),
            ),
        ),
        Sequence("crons/whole", (_made(**whole), step("get_cron", cron_id=C))),
        Sequence("crons/context", (_made(context={"m": 1}), step("get_cron", cron_id=C))),
        Sequence("crons/both", (_made(config={"configurable": {"m": 1}}, context={"m": 2}),)),
        Sequence(
            "crons/thread",
            (
                thread(),
                step("create_thread_cron", _body(on_run_completed="keep"), thread_id=T, label="c"),
                step("get_cron", cron_id=C),
                step("patch_cron", {"on_run_completed": "keep"}, cron_id=C),
                step("search_crons", {"thread_id": T}),
                step("count_crons", {"thread_id": T}),
                step("delete_thread", thread_id=T),
                step("get_cron", cron_id=C),
                step("create_thread_cron", _body(), thread_id="<<uuid:1>>"),
                step("create_thread_cron", _body(), thread_id="nope"),
            ),
        ),
        Sequence(
            "crons/assistant",
            (
                step("create_assistant", {"graph_id": "probe"}, label="a"),
                _made(assistant_id="<<a.assistant_id>>"),
                step("search_crons", {"assistant_id": "<<a.assistant_id>>"}),
                step("delete_assistant", assistant_id="<<a.assistant_id>>"),
                step("get_cron", cron_id=C),
            ),
        ),
        Sequence("crons/wrong", each("create_cron", wrong)),
        Sequence(
            "crons/incomplete",
            each("create_cron", ({"assistant_id": "probe"}, {"schedule": "0 0 1 1 *"}, {})),
        ),
    ]


def _schedules() -> list[Sequence]:
    return [
        Sequence(
            "crons/schedules",
            each("create_cron", tuple(_body(schedule=text) for text in _SCHEDULES)),
        ),
        Sequence(
            "crons/zones",
            each(
                "create_cron",
                tuple(_body(schedule="0 9 1 7 *", timezone=zone) for zone in _ZONES),
            ),
        ),
        Sequence(
            "crons/ends",
            each(
                "create_cron",
                tuple(_body(end_time=end) for end in ("2999-01-01T00:00:00Z", "nope", "", 5)),
            ),
        ),
    ]


def _patching() -> list[Sequence]:
    patches: tuple[Any, ...] = (
        {"enabled": True},
        {"enabled": False},
        {"metadata": {"more": {"x": 1}}},
        {"metadata": {"more": {"y": 1}}, "input": {"z": 1}},
        {"schedule": "0 0 1 7 *"},
        {"timezone": "Asia/Tokyo"},
        {"end_time": "2999-01-01T00:00:00+00:00"},
        {"end_time": None},
        {"config": {"configurable": {"k": 1}}},
        {"on_run_completed": "keep"},
        {"assistant_id": "agent"},
        {"odd": 1},
        {},
        {"timezone": None},
        {"enabled": None},
        {"timezone": ""},
        {"schedule": "nope"},
        [],
    )
    return [
        Sequence(
            "crons/patch",
            (_made(), *each("patch_cron", patches, cron_id=C), step("get_cron", cron_id=C)),
        ),
        Sequence(
            "crons/patch-by-halves",
            (
                _made(),
                step("patch_cron", {"timezone": "UTC", "schedule": "nope"}, cron_id=C),
                step("get_cron", cron_id=C),
                step("patch_cron", {"schedule": "0 0 31 2 *"}, cron_id=C),
                step("get_cron", cron_id=C),
            ),
        ),
    ]


def _searching() -> list[Sequence]:
    queries: tuple[dict[str, Any], ...] = (
        {},
        {"limit": 1},
        {"limit": 1, "offset": 1},
        {"limit": 2, "offset": 2},
        {"offset": 9},
        {"sort_by": "next_run_date", "sort_order": "asc"},
        {"sort_by": "next_run_date"},
        {"sort_order": "asc"},
        {"sort_by": "created_at", "sort_order": "asc"},
        {"sort_by": "thread_id"},
        {"sort_by": "thread_id", "sort_order": "asc"},
        {"enabled": True},
        {"enabled": False},
        {"select": ["cron_id", "timezone"]},
        {"select": []},
        {"assistant_id": "<<uuid:1>>"},
        {"assistant_id": "probe"},
        {"thread_id": "nope"},
        {"limit": 0},
        {"limit": 1001},
        {"sort_by": "user_id"},
        {"select": ["wings"]},
        {"metadata": {**_TAG, "deep": {"a": 1}}},
    )
    return [
        Sequence(
            "crons/search",
            (
                thread(),
                _made("x", schedule="0 0 1 7 *", metadata={**_TAG, "deep": {"a": 1, "b": 2}}),
                _made("y", schedule="0 0 1 5 *", enabled=True),
                step("create_thread_cron", _body(schedule="0 0 1 6 *"), thread_id=T),
                *(step("search_crons", {"metadata": _TAG, **query}) for query in queries),
                step("count_crons", {"metadata": _TAG}),
                step("count_crons", {"metadata": _TAG, "enabled": True}),
                step("count_crons", {"metadata": _TAG, "thread_id": T}),
                step("count_crons", {"assistant_id": "nope"}),
            ),
        )
    ]


def _missing() -> list[Sequence]:
    return [
        Sequence(
            "crons/missing",
            (
                *(
                    step(name, cron_id=who)
                    for name in ("get_cron", "delete_cron")
                    for who in ("<<uuid:1>>", "nope")
                ),
                step("patch_cron", {"enabled": False}, cron_id="<<uuid:1>>"),
                step("patch_cron", {}, cron_id="<<uuid:1>>"),
                step("patch_cron", {"enabled": False}, cron_id="nope"),
            ),
        )
    ]
