"""Liars about threads and assistants."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.table.endings import instead_of
from tests.liars.table.runs import pretends, put, without_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.liars.wire import Answer, Asked

ROW = ("get_thread",)
SEARCH = ("search_threads",)
ASSISTANT = ("get_assistant",)


def sticky_error() -> Callable[[Asked, Answer], None]:
    """An error that was shown once is shown for ever."""
    errors: dict[str, Any] = {}

    def answer(asked: Asked, given: Answer) -> None:
        if given.status == 200:
            thread, row = asked.values["thread_id"], given.json
            errors[thread] = row.get("error") or errors.get(thread)
            given.json = {**row, "error": errors[thread]}

    return answer


def forgets_the_rest(row: dict[str, Any]) -> None:
    """Metadata as if the newest patch were all of it."""
    row["metadata"].pop("deep", None)


async def empty_copy(asked: Asked, honest: say.Honest) -> Answer | None:
    """A copy without the state."""
    thread = f"/threads/{asked.values['thread_id']}"
    asked.method, asked.path = "GET", thread
    metadata = (await honest(asked)).json["metadata"]
    asked.method, asked.path, asked.json = "POST", "/threads", {"metadata": metadata}
    return await honest(asked)


def shares_the_state() -> Liar:
    """A copy that is the same thread by another name, as far as its runs go."""
    originals: dict[str, str] = {}

    def remember(asked: Asked, given: Answer) -> None:
        if asked.operation == "copy_thread":
            originals[given.json["thread_id"]] = asked.values["thread_id"]

    def ask(asked: Asked) -> None:
        thread = asked.values["thread_id"]
        if asked.operation == "wait_run" and thread in originals:
            asked.path = asked.path.replace(thread, originals[thread])

    return Liar(
        "copies that share a state",
        ("threads.copies-go-their-own-ways",),
        ("copy_thread", "wait_run"),
        ask=ask,
        answer=remember,
    )


def its_own_row(asked: Asked, given: Answer) -> None:
    """do_nothing shows what would have been made."""
    if given.status == 200 and asked.json.get("if_exists") == "do_nothing":
        given.json = {**given.json, "created_at": datetime.now(UTC).isoformat()}


def forgets_the_graph(body: dict[str, Any]) -> None:
    """The graph a thread was made for."""
    body.get("metadata", {}).pop("graph_id", None)


def unsteady(body: dict[str, Any]) -> None:
    """What is tied comes in another order on every other page."""
    if body.get("sort_by") == "status" and body.get("offset", 0) % 4:
        body["sort_order"] = "desc"


LIARS = (
    Liar(
        "threads with somebody else's history",
        ("threads.deleted-thread-leaves-nothing",),
        ("search_thread_history",),
        answer=say.body(lambda found: found or [{"values": {}}]),
    ),
    Liar(
        "threads with somebody else's metadata",
        ("threads.deleted-thread-leaves-nothing",),
        ("create_thread",),
        ask=say.from_body(lambda body: {"metadata": {"new": 1}, **body}),
    ),
    Liar(
        "pages of what is tied that overlap",
        ("threads.pages-hold-what-is-tied-once",),
        SEARCH,
        ask=say.from_body(unsteady),
    ),
    Liar(
        "rows of threads that were not stored",
        ("threads.creation-race-has-one-winner",),
        ("create_thread",),
        answer=its_own_row,
    ),
    Liar(
        "graph_id of new threads ignored",
        ("threads.graph-id-of-the-client-is-kept",),
        ("create_thread",),
        ask=say.from_body(forgets_the_graph),
    ),
    shares_the_state(),
    Liar(
        "new threads that are busy",
        ("threads.created-thread-is-idle",),
        ("create_thread",),
        answer=say.body(put(status="busy")),
    ),
    Liar(
        "thread ids of the client's ignored",
        ("threads.thread-ids-may-be-the-clients",),
        ("create_thread",),
        ask=say.without("thread_id"),
    ),
    Liar(
        "threads without interrupts",
        ("threads.thread-shows-its-run", "threads.waiting-thread-shows-its-interrupts"),
        ROW,
        answer=say.body(without_keys("interrupts")),
    ),
    Liar(
        "threads without values",
        ("threads.thread-values-are-the-states",),
        ROW,
        answer=say.body(put(values={})),
    ),
    Liar(
        "a patch that replaces",
        ("threads.patch-merges",),
        ("patch_thread", "get_thread"),
        answer=say.body(forgets_the_rest),
    ),
    Liar(
        "threads that cannot be deleted",
        ("threads.deleted-thread-is-gone", "threads.busy-thread-can-be-deleted"),
        ("delete_thread",),
        instead=pretends,
    ),
    Liar(
        "threads that stay busy",
        ("threads.thread-is-idle-when-all-is-done", "threads.thread-status-follows-the-run"),
        ROW,
        answer=say.body(instead_of("idle", "busy")),
        patience=3,
    ),
    Liar("errors that stay", ("threads.success-clears-the-error",), ROW, answer=sticky_error()),
    Liar(
        "errors of threads hidden",
        ("threads.failed-thread-shows-the-error",),
        ROW,
        answer=say.body(put(error=None)),
    ),
    Liar(
        "metadata of a search ignored",
        ("threads.search-finds-by-metadata",),
        SEARCH,
        ask=say.without("metadata"),
    ),
    Liar(
        "status and ids of a search ignored",
        ("threads.search-finds-by-status-and-ids",),
        SEARCH,
        ask=say.without("status", "ids"),
    ),
    Liar(
        "the order of a search ignored",
        ("threads.search-pages-and-orders",),
        SEARCH,
        ask=say.without("sort_order"),
    ),
    Liar(
        "values of a search ignored",
        ("threads.search-finds-by-values",),
        (*SEARCH, "count_threads"),
        ask=say.without("values"),
    ),
    Liar(
        "rows of assistants that were not stored",
        ("assistants.assistant-race-has-one-winner",),
        ("create_assistant",),
        answer=its_own_row,
    ),
    Liar(
        "select of a search ignored",
        ("threads.search-selects",),
        SEARCH,
        ask=say.without("select"),
    ),
    Liar(
        "400 for junk searches",
        ("threads.junk-search-is-422",),
        SEARCH,
        answer=say.status(400, when=[422]),
    ),
    Liar(
        "a count of its own",
        ("threads.count-is-the-searchs",),
        ("count_threads",),
        answer=say.body(lambda count: count + 1),
    ),
    Liar(
        "copies without a state",
        ("threads.copy-has-the-same-state",),
        ("copy_thread",),
        instead=empty_copy,
    ),
    Liar(
        "assistants that are not found",
        ("assistants.search-finds-the-graphs-assistant",),
        ("search_assistants",),
        answer=say.body(lambda _: []),
    ),
    Liar(
        "a count of assistants of its own",
        ("assistants.assistant-count-is-the-searchs",),
        ("count_assistants",),
        answer=say.body(lambda count: count + 1),
    ),
    Liar(
        "names of assistants lost",
        ("assistants.created-assistant-is-stored",),
        ASSISTANT,
        answer=say.body(put(name="Untitled")),
    ),
    Liar(
        "assistants created again",
        ("assistants.creation-in-vain",),
        ("create_assistant",),
        ask=say.with_fields(if_exists="do_nothing"),
    ),
    Liar(
        "patches without a version",
        ("assistants.patch-makes-a-version",),
        ("patch_assistant",),
        answer=say.body(put(version=1)),
    ),
    Liar(
        "assistants that cannot be deleted",
        ("assistants.deleted-assistant-is-gone",),
        ("delete_assistant",),
        instead=pretends,
    ),
    Liar(
        "a drawing with an edge to nowhere",
        ("assistants.graph-is-drawn",),
        ("get_assistant_graph",),
        answer=say.body(lambda found: found["edges"].append({"source": "a", "target": "b"})),
    ),
    Liar(
        "no schemas",
        ("assistants.schemas-are-told",),
        ("get_assistant_schemas",),
        answer=say.body(without_keys("state_schema")),
    ),
)
