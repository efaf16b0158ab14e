"""A2A: envelopes, cards and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.errors import Violation
from conformance.jsonrpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    answer,
    refused,
    result,
)
from conformance.registry import check
from conformance.scenarios.a2a import SAID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.recording import Exchange, Recording

BAD_PART = -32005
TASK_NOT_FOUND = -32001


def task_of(exchange: Exchange, state: str = "") -> dict[str, Any]:
    """The task that a call was answered with, in this state where one is named."""
    found = result(exchange)
    for name in ("id", "contextId"):
        expect.ensure(isinstance(found.get(name), str), f"a task with {name}", found, exchange)
    if state:
        expect.equal(state_of(found), state, "state", exchange)
    return found


def state_of(task: dict[str, Any]) -> Any:
    """The state of a task or of an update."""
    status = task.get("status")
    return status.get("state") if isinstance(status, dict) else None


def messages_of(task: dict[str, Any], exchange: Exchange) -> list[dict[str, Any]]:
    """The history of a task; empty where it has none."""
    return expect.objects(task.get("history", []), "history", exchange)


def texts_in(told: dict[str, Any]) -> list[str]:
    """The texts in the parts of a message or of an artifact."""
    parts = told.get("parts")
    return [
        str(part["text"])
        for part in (parts if isinstance(parts, list) else ())
        if isinstance(part, dict) and "text" in part
    ]


def data_in(told: dict[str, Any]) -> list[Any]:
    """The data in the parts of an artifact."""
    parts = told.get("parts")
    return [
        part["data"]
        for part in (parts if isinstance(parts, list) else ())
        if isinstance(part, dict) and "data" in part
    ]


def artifacts_of(task: dict[str, Any], exchange: Exchange) -> list[dict[str, Any]]:
    """The artifacts of a task; empty where it has none."""
    return expect.objects(task.get("artifacts", []), "artifacts", exchange)


@check("A2A-RPC-01", scenario="a2a_envelopes")
def agents_answers_name_their_call(r: Recording) -> None:
    """Version and id of results and errors, all of them 200."""
    for exchange in r.each("id"):
        answer(expect.mapping(exchange), exchange)


@check("A2A-RPC-02", scenario="a2a_envelopes")
def no_json_is_a_parse_error(r: Recording) -> None:
    """-32700 with the id null."""
    for exchange in r.each("no-json"):
        refused(exchange, PARSE_ERROR)
        expect.equal(expect.member(exchange, "id"), None, "id", exchange)


@check("A2A-RPC-03", scenario="a2a_envelopes")
def no_call_is_an_invalid_request(r: Recording) -> None:
    """-32600, whatever the id."""
    for exchange in r.each("no-call"):
        told = expect.member(exchange, "error")
        code = told.get("code") if isinstance(told, dict) else None
        expect.equal(code, INVALID_REQUEST, "code", exchange)


@check("A2A-RPC-04", scenario="a2a_envelopes")
def unknown_methods_of_agents_are_errors(r: Recording) -> None:
    """-32601."""
    for exchange in r.each("unknown"):
        refused(exchange, METHOD_NOT_FOUND)


@check("A2A-RPC-06", scenario="a2a_envelopes")
def agents_of_nobody_are_errors(r: Recording) -> None:
    """-32602, by an unknown id and by none; -32001 where a task is looked up."""
    for exchange in r.each("nobody"):
        more = (TASK_NOT_FOUND,) if exchange.label.endswith("-get") else ()
        refused(exchange, INVALID_PARAMS, *more)


@check("A2A-RPC-07", scenario="a2a_envelopes")
def responses_are_accepted(r: Recording) -> None:
    """202."""
    expect.status(r["accepted/response"], 202)


@check("A2A-HTTP-01", scenario="a2a_envelopes")
def what_is_given_has_to_be_acceptable(r: Recording) -> None:
    """Wildcards do; otherwise 400."""
    for exchange in r.each("acceptable"):
        result(exchange)
    for exchange in r.each("inacceptable"):
        found = expect.mapping(exchange, 400)
        told = isinstance(found.get("error"), str)
        expect.ensure(told, "an object with a string `error`", found, exchange)


@check("A2A-RPC-05", scenario="a2a_parameters")
def senseless_parameters_of_agents_are_errors(r: Recording) -> None:
    """-32602 for each of them."""
    for exchange in r.each("wrong"):
        refused(exchange, INVALID_PARAMS)


@check("A2A-CARD-01", scenario="a2a_cards")
def card_is_the_same_everywhere(r: Recording) -> None:
    """In four places and by a method, with name, description, and that it streams."""
    wanted = {"name": r.note("name"), "description": "Cooks."}
    cards = [(exchange, expect.mapping(exchange)) for exchange in r.each("card")]
    cards.append((r["extended"], result(r["extended"])))
    for exchange, card in cards:
        expect.contains(card, wanted, "a card", exchange)
        expect.contains(card.get("capabilities"), {"streaming": True}, "capabilities", exchange)
        if card != cards[0][1]:
            raise Violation("the card of the other places", card, exchange)


@check("A2A-CARD-02", scenario="a2a_cards")
def card_says_where_the_agent_is(r: Recording) -> None:
    """Its address, and JSON-RPC there."""
    card = expect.mapping(r["card/get_a2a_card"])
    expect.equal(card.get("url"), r.note("url"), "url", r["card/get_a2a_card"])
    places = expect.objects(
        card.get("supportedInterfaces"), "supportedInterfaces", r["card/get_a2a_card"]
    )
    wanted = {"url": r.note("url"), "protocolBinding": "JSONRPC"}
    expect.ensure(places, "an interface", places, r["card/get_a2a_card"])
    expect.contains(places[0], wanted, "an interface", r["card/get_a2a_card"])


@check("A2A-CARD-03", scenario="a2a_cards")
def cards_of_nobody_are_400(r: Recording) -> None:
    """With error -32602."""
    for exchange in r.each("nobody"):
        told = expect.member(exchange, "error", 400)
        code = told.get("code") if isinstance(told, dict) else None
        expect.equal(code, INVALID_PARAMS, "code", exchange)


def _completed(task: dict[str, Any], exchange: Exchange) -> None:
    said = [text for found in artifacts_of(task, exchange) for text in texts_in(found)]
    expect.equal(said, [SAID], "texts of artifacts", exchange)


def _sides(task: dict[str, Any], exchange: Exchange) -> Iterator[tuple[Any, list[str]]]:
    return ((told.get("role"), texts_in(told)) for told in messages_of(task, exchange))


@check("A2A-SEND-01", scenario="a2a_messages")
def message_becomes_a_task(r: Recording) -> None:
    """Completed, with both sides' messages and the artifact."""
    exchange = r["sent"]
    task = task_of(exchange, "completed")
    expect.equal(task.get("kind"), "task", "kind", exchange)
    sides = [("user", ["Hello"]), ("agent", [SAID])]
    expect.equal(list(_sides(task, exchange)), sides, "history", exchange)
    began = messages_of(task, exchange)[0].get("messageId")
    expect.equal(began, r.note("message_id"), "messageId", exchange)
    _completed(task, exchange)


@check("A2A-SEND-02", scenario="a2a_messages")
def names_of_version_1_are_spelt_out(r: Recording) -> None:
    """`task`, TASK_STATE_COMPLETED, ROLE_AGENT; TASK_STATE_FAILED."""
    exchange = r["sent-new"]
    task = result(exchange).get("task")
    if not isinstance(task, dict):
        raise Violation("a result with `task`", result(exchange), exchange)
    expect.equal(state_of(task), "TASK_STATE_COMPLETED", "state", exchange)
    sides = [("ROLE_USER", ["Hello"]), ("ROLE_AGENT", [SAID])]
    expect.equal(list(_sides(task, exchange)), sides, "history", exchange)
    _completed(task, exchange)
    failed = result(r["failed-new"]).get("task")
    state = state_of(failed) if isinstance(failed, dict) else failed
    expect.equal(state, "TASK_STATE_FAILED", "state", r["failed-new"])


@check("A2A-SEND-03", scenario="a2a_messages")
def incomplete_messages_are_refused(r: Recording) -> None:
    """-32602, bad parts -32005, and no thread is made."""
    for exchange in r.each("incomplete"):
        refused(exchange, INVALID_PARAMS)
    for exchange in r.each("no-part"):
        refused(exchange, BAD_PART)
    expect.status(r["nothing-made"], 404)


@check("A2A-SEND-04", scenario="a2a_messages")
def failed_run_is_a_failed_task(r: Recording) -> None:
    """With the class of the error and without artifacts."""
    exchange = r["failed"]
    task = task_of(exchange, "failed")
    expect.equal(artifacts_of(task, exchange), [], "artifacts", exchange)
    told = task["status"].get("message")
    said = " ".join(texts_in(told)) if isinstance(told, dict) else ""
    expect.ensure("ValueError" in said, "a message that names ValueError", told, exchange)


@check("A2A-SEND-05", scenario="a2a_messages")
def every_text_reaches_the_agent(r: Recording) -> None:
    """Both of them stand in the history."""
    exchange = r["texts"]
    told = messages_of(task_of(exchange), exchange)
    said = "".join(text for found in told for text in texts_in(found))
    expect.equal(said, "first second", "texts of the history", exchange)


@check("A2A-SEND-06", scenario="a2a_messages")
def data_reach_the_agent(r: Recording) -> None:
    """The script in them is played."""
    _completed(task_of(r["sent"]), r["sent"])
