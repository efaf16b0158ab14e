"""Liars about creating, getting, listing and deleting runs, and about what bodies they take."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.liars import liar as say
from tests.liars.liar import Liar
from tests.liars.wire import Answer, Asked

if TYPE_CHECKING:
    from collections.abc import Callable

CREATING = ("create_run", "stream_run", "wait_run")
JSON_HEADERS = [("content-type", "application/json")]


def put(**fields: Any) -> Callable[[dict[str, Any]], None]:
    """Sets fields of an object."""
    return lambda found: found.update(fields)


def without_keys(*names: str) -> Callable[[dict[str, Any]], None]:
    """Takes keys out of an object."""

    def change(found: dict[str, Any]) -> None:
        for name in names:
            found.pop(name, None)

    return change


def no_content() -> Answer:
    """204."""
    return Answer(204, [], b"")


async def pretends(_asked: Asked, _honest: say.Honest) -> Answer | None:
    """Says that it is done and does nothing."""
    return no_content()


async def falls_back(asked: Asked, honest: say.Honest) -> Answer | None:
    """Runs its own assistant where it does not know the one that was asked for."""
    answer = await honest(asked)
    if answer.status != 404 or not isinstance(asked.json, dict):
        return answer
    asked.json = {**asked.json, "assistant_id": "probe"}
    return await honest(asked)


def idempotent() -> Callable[[Asked, say.Honest], Any]:
    """Answers the second request with a key as it answered the first."""
    given: dict[str, Answer] = {}

    async def instead(asked: Asked, honest: say.Honest) -> Answer | None:
        key = dict(asked.headers).get("idempotency-key")
        if key is None:
            return None
        key += asked.path
        if key not in given:
            given[key] = await honest(asked)
        return Answer(given[key].status, list(given[key].headers), given[key].body)

    return instead


def takes_their_id(asked: Asked, given: Answer) -> None:
    """Shows the run id that the client sent."""
    if given.status == 200 and isinstance(asked.json, dict) and "run_id" in asked.json:
        given.json = {**given.json, "run_id": asked.json["run_id"]}


def shows_the_name(asked: Asked, given: Answer) -> None:
    """Shows the assistant as the client named it."""
    if given.status == 200:
        given.json = {**given.json, "assistant_id": asked.json["assistant_id"]}


def ignores_the_thread() -> Callable[[Asked, say.Honest], Any]:
    """Finds a run by its id on whatever thread it is looked for."""
    threads: dict[str, str] = {}

    async def instead(asked: Asked, honest: say.Honest) -> Answer | None:
        if asked.operation == "create_run":
            answer = await honest(asked)
            if answer.status == 200:
                threads[answer.json["run_id"]] = answer.json["thread_id"]
            return answer
        owner = threads.get(asked.values["run_id"])
        if owner is not None:
            asked.path = asked.path.replace(asked.values["thread_id"], owner)
        return None

    return instead


def lenient_numbers(asked: Asked) -> None:
    """Ignores a limit or an offset that is no number."""
    asked.query = [
        (name, value)
        for name, value in asked.query
        if name not in ("limit", "offset") or value.isdigit()
    ]


async def creates_all_the_same(asked: Asked, honest: say.Honest) -> Answer | None:
    """Refuses a body, and creates a run of it."""
    answer = await honest(asked)
    if answer.status in (400, 422) and "thread_id" in asked.values:
        asked.json = {"assistant_id": "probe", "input": {"script": []}}
        asked.path = f"/threads/{asked.values['thread_id']}/runs"
        await honest(asked)
    return answer


async def knows_one_mode_only(asked: Asked, _honest: say.Honest) -> Answer | None:
    """Refuses a list of stream modes."""
    if isinstance(asked.json, dict) and isinstance(asked.json.get("stream_mode"), list):
        return Answer(422, list(JSON_HEADERS), b'{"detail":"one mode, please"}')
    return None


def chokes(asked: Asked, given: Answer) -> None:
    """Cannot take large bodies."""
    if len(asked.body) > 1_000_000:
        given.status, given.body = 500, b"Internal Server Error"


LIARS = (
    Liar(
        "a run of another thread",
        ("runs.creation-answers-the-run", "universal.answers-speak-of-what-was-asked"),
        ("create_run",),
        answer=say.each_run(put(thread_id=str(uuid.uuid4()))),
    ),
    Liar(
        "a run that runs before it was taken",
        ("runs.new-run-is-pending",),
        ("create_run",),
        answer=say.each_run(put(status="running")),
    ),
    Liar(
        "no Content-Location on creation",
        ("runs.creation-names-its-location",),
        ("create_run",),
        answer=say.no_header("content-location"),
    ),
    Liar(
        "assistants shown by name",
        ("runs.assistant-by-id-or-name",),
        ("create_run",),
        answer=shows_the_name,
    ),
    Liar(
        "a default for unknown assistants",
        ("runs.unknown-assistant-is-404",),
        CREATING,
        instead=falls_back,
    ),
    Liar(
        "threads made on the way",
        ("runs.unknown-thread-is-404",),
        CREATING,
        ask=say.with_fields(if_not_exists="create"),
    ),
    Liar(
        "if_not_exists ignored",
        ("runs.thread-is-created-on-demand",),
        CREATING,
        ask=say.without("if_not_exists"),
    ),
    Liar(
        "metadata ignored",
        ("runs.metadata-comes-back", "runs.metadata-is-merged"),
        ("create_run",),
        ask=say.without("metadata"),
    ),
    Liar(
        "idempotency keys",
        ("runs.equal-creations-are-two-runs", "universal.ids-are-nobody-elses"),
        ("create_run",),
        instead=idempotent(),
    ),
    Liar(
        "empty kwargs",
        ("runs.kwargs-show-the-request",),
        ("create_run", "get_run"),
        answer=say.each_run(put(kwargs={})),
    ),
    Liar(
        "run ids of the client's",
        ("runs.ids-are-the-servers",),
        ("create_run",),
        answer=takes_their_id,
    ),
    Liar(
        "created_at as of now",
        ("runs.get-answers-the-created-run", "universal.run-times-only-grow"),
        ("get_run",),
        answer=say.each_run(lambda run: run.update(created_at=datetime.now(UTC).isoformat())),
    ),
    Liar(
        "runs found on any thread",
        ("runs.unknown-run-is-404",),
        ("create_run", "get_run"),
        instead=ignores_the_thread(),
    ),
    Liar(
        "success shown as error",
        ("runs.plain-run-succeeds",),
        ("get_run",),
        answer=say.each_run(
            lambda run: put(status="error")(run) if run["status"] == "success" else None
        ),
    ),
    Liar(
        "the oldest run first",
        ("runs.list-is-newest-first",),
        ("list_runs",),
        answer=say.body(lambda runs: runs[::-1]),
    ),
    Liar(
        "a list of summaries",
        ("runs.list-holds-whole-runs",),
        ("list_runs",),
        answer=say.each_run(without_keys("kwargs", "metadata")),
    ),
    Liar(
        "a list in an envelope",
        ("runs.list-holds-whole-runs", "runs.list-is-newest-first"),
        ("list_runs",),
        answer=say.body(lambda runs: {"runs": runs}),
    ),
    Liar(
        "offset ignored",
        ("runs.pages-are-without-gaps",),
        ("list_runs",),
        ask=say.without_query("offset"),
    ),
    Liar(
        "the status filter ignored",
        ("runs.status-filters", "runs.unknown-status-filter-is-422"),
        ("list_runs",),
        ask=say.without_query("status"),
    ),
    Liar(
        "select ignored",
        ("runs.select-reduces", "runs.unknown-select-is-422"),
        ("list_runs",),
        ask=say.without_query("select"),
    ),
    Liar(
        "an empty list for unknown threads",
        ("runs.list-of-unknown-thread-is-404",),
        ("list_runs",),
        answer=say.status(200, when=[404], body=[]),
    ),
    Liar(
        "junk pages taken",
        ("runs.junk-pages-are-refused",),
        ("list_runs",),
        ask=lenient_numbers,
    ),
    Liar(
        "runs that cannot be deleted",
        (
            "runs.deleted-run-is-gone",
            "runs.deleting-nothing-is-404",
            "runs.checkpoints-go-with-the-run",
            "runs.deleting-a-running-run-stops-it",
            "runs.deleting-a-pending-run-frees-the-thread",
        ),
        ("delete_run",),
        instead=pretends,
        patience=3,
    ),
    Liar(
        "400 for ill-typed bodies",
        ("bodies.ill-typed-bodies-are-422", "bodies.null-is-422"),
        CREATING,
        answer=say.status(400, when=[422]),
    ),
    Liar(
        "refused runs created all the same",
        ("bodies.refused-bodies-create-nothing", "bodies.broken-bodies-are-refused"),
        CREATING,
        instead=creates_all_the_same,
    ),
    Liar(
        "context ignored beside configurable",
        ("bodies.configurable-and-context-are-400",),
        CREATING,
        ask=say.without("context"),
    ),
    Liar(
        "no list of stream modes",
        ("bodies.lawful-bodies-are-accepted",),
        CREATING,
        instead=knows_one_mode_only,
    ),
    Liar("large bodies break it", ("bodies.odd-text-does-no-harm",), CREATING, answer=chokes),
)
