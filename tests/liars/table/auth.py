"""Liars about whose things are whose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.liars import liar as say
from tests.liars.liar import Liar

if TYPE_CHECKING:
    from tests.liars.wire import Answer, Asked

SECOND = "x-api-key"


def known_to_all(asked: Asked) -> None:
    """The server forgets who asks."""
    asked.headers = [(name, value) for name, value in asked.headers if name != SECOND]


def forbids(asked: Asked, given: Answer) -> None:
    """Tells the second user that what is not theirs is there."""
    if given.status == 404 and any(name == SECOND for name, _ in asked.headers):
        given.status = 403


LIARS = (
    Liar(
        "ids of others shown",
        ("auth.foreign-ids-look-missing",),
        ("get_thread", "get_run", "get_assistant"),
        ask=known_to_all,
    ),
    Liar("ids of others forbidden", ("auth.foreign-ids-look-missing",), answer=forbids),
    Liar(
        "versions of others shown",
        ("auth.foreign-ids-look-missing",),
        ("list_assistant_versions",),
        ask=known_to_all,
    ),
    Liar(
        "changes of what others have",
        ("auth.foreign-things-cannot-be-changed", "auth.foreign-things-stay"),
        ("patch_thread", "patch_assistant", "patch_cron"),
        ask=known_to_all,
    ),
    Liar(
        "runs on threads of others",
        ("auth.foreign-things-cannot-be-changed", "auth.foreign-things-stay"),
        ("stream_run",),
        ask=known_to_all,
    ),
    Liar(
        "ids of others given away",
        ("auth.taken-ids-are-conflicts",),
        ("create_thread", "create_assistant"),
        answer=say.status(200, when=[409]),
    ),
    Liar(
        "threads of others copied",
        ("auth.taken-ids-are-conflicts",),
        ("copy_thread",),
        ask=known_to_all,
    ),
    Liar(
        "searches that find what others have",
        ("auth.foreign-things-are-not-found",),
        ("search_threads", "search_assistants", "search_crons"),
        ask=known_to_all,
    ),
    Liar(
        "counts of what others have",
        ("auth.foreign-things-are-not-found",),
        ("count_threads",),
        ask=known_to_all,
    ),
    *(
        Liar(
            f"runs of others followed by {operation}",
            ("auth.foreign-runs-are-not-followed",),
            (operation,),
            ask=known_to_all,
        )
        for operation in ("join_run", "stream_thread_events")
    ),
    Liar(
        "items of others shown",
        ("auth.foreign-items-are-not-found",),
        ("get_store_item", "search_store_items"),
        ask=known_to_all,
    ),
    Liar(
        "nothing for the second user",
        ("auth.second-user-has-their-own",),
        ("search_threads", "get_thread"),
        answer=say.status(404, body={"detail": "Not Found"}),
    ),
)
