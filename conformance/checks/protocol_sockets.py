"""Protocol v2 over a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance import expect
from conformance.envelopes import events_of, refusal, refused, result_of, seen
from conformance.errors import Violation
from conformance.protocol import turned
from conformance.recording import NO_JSON
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Exchange, Recording

OPEN = 101


@check("PROTO-SOCKET-01", scenario="socket_runs")
def sockets_take_commands(r: Recording) -> None:
    """The same envelopes: subscriptions with an id and a count, runs with an id, answers."""
    made = result_of(r["subscribed"], OPEN)
    expect.ensure(isinstance(made.get("subscription_id"), str), "an id", made, r["subscribed"])
    expect.equal(made.get("replayed_events"), 0, "replayed_events", r["subscribed"])
    for label in ("started", "asking"):
        run_id = result_of(r[label], OPEN).get("run_id")
        expect.ensure(isinstance(run_id, str), "a text `run_id`", run_id, r[label])
    expect.equal(result_of(r["answered"], OPEN), {}, "result", r["answered"])
    expect.equal(expect.values(r["state"]).get("note"), "yes", "note", r["state"])


@check("PROTO-SOCKET-02", scenario="socket_runs")
def sockets_tell_the_same(r: Recording) -> None:
    """Number, id, method, namespace and data of each event, as over server-sent events."""
    told = [seen(event) for event in events_of(r["all"], stop=r.note("through"))]
    wanted = [seen(event) for event in events_of(r["over-sse"])]
    got = [one[0] for one in told]
    expect.ensure(told == wanted, f"{[one[0] for one in wanted]} as there", got, r["all"])


@check("PROTO-SOCKET-03", scenario="socket_runs")
def unsubscribed_is_silent(r: Recording) -> None:
    """What is left of two subscriptions is what comes; the other one is gone."""
    expect.equal(result_of(r["unsubscribed"], OPEN), {}, "result", r["unsubscribed"])
    result_of(r["named"], OPEN)
    after = events_of(r["all"], r.note("narrowed"))
    methods = {event["method"] for event in after}
    expect.equal(sorted(methods), ["lifecycle"], "methods", r["all"])
    expect.ensure(turned(after[-1], "completed"), "`completed` last", after[-1], r["all"])
    refused(r["gone"], "no_such_subscription", status=OPEN)


@check("PROTO-SOCKET-04", scenario="socket_runs")
def trees_show_subgraphs(r: Recording) -> None:
    """The graph with its status, the subgraph beneath it."""
    tree = result_of(r["tree"], OPEN).get("tree")
    expect.contains(tree, {"namespace": [], "status": "completed"}, "a tree", r["tree"])
    children = expect.objects(tree.get("children") if tree else None, "children", r["tree"])
    names = [(child.get("graph_name"), child.get("status")) for child in children]
    expect.equal(names, [("nest", "completed")], "children", r["tree"])
    namespace = children[0].get("namespace")
    nested = isinstance(namespace, list) and len(namespace) == 1
    nested = nested and str(namespace).startswith("['nest:")
    expect.ensure(nested, "the namespace `[nest:…]`", namespace, r["tree"])


@check("PROTO-SOCKET-05", scenario="socket_runs")
def answers_say_how_far(r: Recording) -> None:
    """applied_through_seq is the last event's number where all channels are subscribed to."""
    result_of(r["tree"], OPEN)
    through = r["tree"].json["meta"]["applied_through_seq"]
    told = events_of(r["all"], stop=r.note("through"))
    last = max((event["seq"] for event in told), default=0)
    expect.equal(through, last, "applied_through_seq", r["tree"])


@check("PROTO-SOCKET-06", scenario="socket_runs")
def late_sockets_are_told_all(r: Recording) -> None:
    """Whoever subscribes when a run is over gets what is asked for of it."""
    whole = events_of(r["over-sse"])
    wanted = {
        "all": [event for event in whole if event["method"] in ("lifecycle", "values")],
        "root": [
            event
            for event in whole
            if event["method"] == "lifecycle" and not event["params"]["namespace"]
        ],
    }
    for name, events in wanted.items():
        exchange = r[f"late/{name}"]
        found = [seen(event) for event in events_of(exchange)]
        got = [(one[0], one[2]) for one in found]
        same = found == [seen(event) for event in events]
        expect.ensure(same, f"{[(e['seq'], e['method']) for e in events]}", got, exchange)


@check("PROTO-SOCKET-11", scenario="socket_runs")
def reconnects_go_on(r: Recording) -> None:
    """What came after `since` on the channels, before the answer, which counts it."""
    exchange = r["reconnected"]
    result = result_of(exchange, OPEN)
    params = exchange.sent["params"]
    expect.equal(result.get("subscription_id"), "my own", "subscription_id", exchange)
    wanted = [
        seen(event)
        for event in events_of(r["over-sse"])
        if event["method"] == "values" and event["seq"] > params["since"]
    ]
    told = events_of(r["all"], r.note("through"), r.note("reconnected"))
    got = [event["seq"] for event in told]
    same = [seen(event) for event in told] == wanted
    expect.ensure(same, f"{[one[0] for one in wanted]}", got, r["all"])
    expect.equal(result.get("replayed_events"), len(wanted), "replayed_events", exchange)


@check("PROTO-SOCKET-07", scenario="socket_refusals")
def bad_messages_are_told(r: Recording) -> None:
    """invalid_argument in an envelope, with the id as far as there was one; the socket stays."""
    for exchange in r.each("message"):
        sent = exchange.sent
        number = sent.get("id") if isinstance(sent, dict) else None
        refusal(_answer(exchange), exchange, "invalid_argument", number)
    result_of(r["after"], OPEN)


@check("PROTO-SOCKET-08", scenario="socket_refusals")
def refusals_over_sockets(r: Recording) -> None:
    """The codes that commands get elsewhere."""
    codes = ("unknown_command", "invalid_argument", "no_such_subscription", "no_such_run")
    for code in (*codes, "unknown_error"):
        for exchange in r.each(code):
            refused(exchange, code, status=OPEN)


@check("PROTO-SOCKET-09", scenario="socket_refusals")
def bytes_are_answered(r: Recording) -> None:
    """A command in a binary message is carried out or refused; the socket stays."""
    answer = _answer(r["binary"])
    whole = isinstance(answer, dict) and answer.get("type") == "error"
    expect.ensure(whole, "an envelope", r["binary"].error or answer, r["binary"])


@check("PROTO-SOCKET-10", scenario="socket_refusals")
def no_thread_closes_the_socket(r: Recording) -> None:
    """With the code 1011."""
    exchange = r["nowhere"]
    code = exchange.headers.get("close-code", "none")
    if code != "1011":
        ended = exchange.stream.ended if exchange.stream is not None else exchange.error
        raise Violation("the close code 1011", f"{code}, and it was {ended}", exchange)


def _answer(exchange: Exchange) -> Any:
    """The envelope that came back over a socket."""
    expect.status(exchange, OPEN)
    return None if exchange.json is NO_JSON else exchange.json
