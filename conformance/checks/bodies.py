"""What is refused, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance import expect
from conformance.answers import run_of
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Recording


@check("RUN-CREATE-06", scenario="refused_bodies")
def ill_typed_bodies_are_422(r: Recording) -> None:
    """Each of them, on create, stream and wait."""
    for exchange in r.each("ill"):
        expect.status(exchange, 422)


@check("RUN-CREATE-06", "RUN-CREATE-16", "RUN-CREATE-11", scenario="refused_bodies")
def refused_bodies_create_nothing(r: Recording) -> None:
    """The thread has no run."""
    expect.equal(expect.array(r["after"]), [], "runs", r["after"])


@check("RUN-CREATE-16", scenario="refused_bodies")
def null_is_422(r: Recording) -> None:
    """Where null is not allowed."""
    for exchange in r.each("null"):
        expect.status(exchange, 422)


@check("RUN-CREATE-11", scenario="refused_bodies")
def configurable_and_context_are_400(r: Recording) -> None:
    """One of them, not both."""
    expect.status(r["both"], 400)


@check("RUN-CREATE-16", "STR-MODE-10", scenario="accepted_bodies")
def lawful_bodies_are_accepted(r: Recording) -> None:
    """Null input and command, modes as a string and as a list, any node names."""
    for exchange in r.each("accepted"):
        run_of(exchange)


@check("ERR-BODY-01", scenario="broken_bodies")
def broken_bodies_are_refused(r: Recording) -> None:
    """4xx, and nothing is created."""
    for exchange in r.each("broken"):
        expect.status(exchange, 400, 413, 422)
    expect.equal(expect.array(r["after"]), [], "runs", r["after"])


@check("ERR-BODY-02", scenario="broken_bodies")
def odd_text_does_no_harm(r: Recording) -> None:
    """NUL and two megabytes are stored or refused; the server answers the next request."""
    for exchange in r.each("odd"):
        expect.status(exchange, 200, 400, 413, 422)
    expect.status(r["alive"], 200)


@check("ERR-ID-01", scenario="bad_ids")
def bad_ids_are_422(r: Recording) -> None:
    """Wherever an id stands in a path."""
    for exchange in r.each("bad"):
        expect.status(exchange, 422)


@check("ERR-ID-01", scenario="bad_ids", id="bodies.bad-ids-on-stream-and-wait-are-4xx")
def bad_ids_on_stream_and_wait(r: Recording) -> None:
    """400 or 422."""
    for exchange in r.each("lenient"):
        expect.status(exchange, 400, 422)


@check("ERR-ID-02", scenario="bad_ids")
def unknown_ids_are_404(r: Recording) -> None:
    """Threads, assistants, runs that nobody has."""
    for exchange in r.each("nobody"):
        expect.status(exchange, 404)


@check("RUN-JOIN-04", scenario="bad_ids")
def join_of_nothing_says_so(r: Recording) -> None:
    """404, or 200 with `__error__`."""
    for exchange in r.each("join"):
        expect.status(exchange, 200, 404)
        if exchange.status == 200:
            expect.member(exchange, "__error__")


@check("STR-JOIN-06", scenario="bad_ids")
def stream_of_nothing_says_so(r: Recording) -> None:
    """404, or a stream with one error event that ends."""
    for exchange in r.each("stream"):
        expect.status(exchange, 200, 404)
        if exchange.status == 200:
            expect.closed(exchange)
            names = [frame.event for frame in exchange.stream.events] if exchange.stream else []
            expect.equal(names, ["error"], "events", exchange)


@check("ERR-ROUTE-01", scenario="wrong_routes")
def unknown_paths_are_404(r: Recording) -> None:
    """Whatever the method."""
    for exchange in r.each("path"):
        expect.status(exchange, 404)


@check("ERR-ROUTE-02", scenario="wrong_routes")
def wrong_methods_are_405(r: Recording) -> None:
    """With an Allow header; 422 where the path also fits another route with an id."""
    for exchange in r.each("method"):
        if exchange.label == "method/delete":  # also DELETE /threads/{thread_id}
            expect.status(exchange, 405, 422)
        else:
            expect.status(exchange, 405)
        if exchange.status == 405:
            expect.header(exchange, "allow")
