"""What one user has is not there for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance import expect
from conformance.errors import Violation
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Exchange, Recording


def _silent(r: Recording, exchange: Exchange) -> None:
    """Nothing of the first user is in an answer to the second; everything of theirs has the tag."""
    if str(r.note("tag")).encode() in exchange.body:
        raise Violation("nothing of what another user has", exchange.body[:200], exchange)


@check("AUTH-OWN-01", scenario="owners")
def second_user_has_their_own(r: Recording) -> None:
    """Made, run, got, found, deleted."""
    made = expect.mapping(r["own/made"])
    expect.body(r["own/run"])
    got = expect.mapping(r["own/got"])
    expect.equal(got.get("thread_id"), made.get("thread_id"), "the thread", r["own/got"])
    rows = expect.array(r["own/found"])
    found = [row.get("thread_id") if isinstance(row, dict) else row for row in rows]
    expect.equal(found, [made.get("thread_id")], "the threads found", r["own/found"])
    expect.status(r["own/deleted"], 204)


@check("AUTH-READ-01", scenario="owners")
def foreign_ids_look_missing(r: Recording) -> None:
    """404 for each."""
    for exchange in r.each("before"):
        expect.status(exchange, 200)
    for exchange in r.each("read"):
        expect.status(exchange, 404)
        _silent(r, exchange)


@check("AUTH-CHANGE-01", scenario="owners")
def foreign_things_cannot_be_changed(r: Recording) -> None:
    """404 for each."""
    for exchange in r.each("changed"):
        expect.status(exchange, 404)


@check("AUTH-CHANGE-02", scenario="owners")
def foreign_things_stay(r: Recording) -> None:
    """Seen by their owner as before."""
    for before in r.each("before"):
        label = before.label.replace("before", "after", 1)
        expect.equal(expect.body(r[label]), expect.body(before), before.label, r[label])


@check("AUTH-TAKEN-01", scenario="owners")
def taken_ids_are_conflicts(r: Recording) -> None:
    """409, and nothing of what is there."""
    for exchange in r.each("taken"):
        expect.status(exchange, 409)
    expect.status(r["copied"], 404, 409)


@check("AUTH-SEARCH-01", scenario="owners")
def foreign_things_are_not_found(r: Recording) -> None:
    """Empty pages and counts of 0."""
    for exchange in r.each("found"):
        expect.equal(expect.body(exchange), [], "what is found", exchange)
    for exchange in r.each("counted"):
        expect.equal(expect.body(exchange), 0, "the count", exchange)


@check("AUTH-STREAM-01", scenario="owners")
def foreign_runs_are_not_followed(r: Recording) -> None:
    """404, an error, or silence."""
    for exchange in r.each("followed"):
        expect.status(exchange, 200, 404)
        if exchange.status == 404:
            continue
        if exchange.stream is None:
            answer = expect.mapping(exchange)
            expect.equal(list(answer), ["__error__"], "the keys of the answer", exchange)
            continue
        told = {frame.event for frame in exchange.stream.events}
        expect.ensure(told <= {"error"}, "an error or nothing", sorted(map(str, told)), exchange)


@check("AUTH-STORE-01", scenario="owners")
def foreign_items_are_not_found(r: Recording) -> None:
    """Neither got nor found."""
    for exchange in r.each("stored"):
        expect.status(exchange, 200)
        _silent(r, exchange)
