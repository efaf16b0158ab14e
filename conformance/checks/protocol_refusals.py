"""Protocol v2: refusals, each in the envelope it belongs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance import expect
from conformance.envelopes import events_of, refused
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.recording import Exchange, Recording


def _detailed(exchange: Exchange) -> None:
    """A 400 with a text `detail`."""
    text = expect.member(exchange, "detail", 400)
    expect.ensure(isinstance(text, str) and text, "a text `detail`", text, exchange)


@check("PROTO-REFUSE-01", scenario="protocol_refusals")
def no_json_is_400(r: Recording) -> None:
    """With a `detail`."""
    for exchange in r.each("no-json"):
        _detailed(exchange)


@check("PROTO-REFUSE-02", scenario="protocol_refusals")
def no_command_is_400(r: Recording) -> None:
    """400 with an envelope: invalid_argument, and the id as it was sent."""
    for exchange in r.each("no-command"):
        refused(exchange, "invalid_argument", status=400)


@check("PROTO-REFUSE-03", scenario="protocol_refusals")
def unknown_commands_are_told(r: Recording) -> None:
    """200 with an envelope: unknown_command."""
    for exchange in r.each("unknown"):
        refused(exchange, "unknown_command")


@check("PROTO-REFUSE-04", scenario="protocol_refusals")
def senseless_commands_are_told(r: Recording) -> None:
    """200 with an envelope: invalid_argument."""
    for exchange in r.each("senseless"):
        refused(exchange, "invalid_argument")


@check("PROTO-REFUSE-05", scenario="protocol_refusals")
def unknown_assistants_are_told(r: Recording) -> None:
    """200 with an envelope: unknown_error, and the status of the same refusal elsewhere."""
    refused(r["nobody"], "unknown_error")
    text = expect.member(r["nobody"], "message")
    expect.ensure(str(text)[:3] in ("404", "422"), "a 404 or 422 in the text", text, r["nobody"])


@check("PROTO-REFUSE-06", scenario="protocol_refusals")
def what_is_not_there_is_told(r: Recording) -> None:
    """no_such_run for an answer nobody asked for, no_such_subscription for one there is not."""
    refused(r["unasked"], "no_such_run")
    refused(r["unsubscribed"], "no_such_subscription")


@check("PROTO-REFUSE-07", scenario="protocol_refusals")
def refused_commands_leave_nothing(r: Recording) -> None:
    """None of them made the thread."""
    expect.ensure(r.has("nobody"), "a refused run.start", "none was sent")
    expect.status(r["after"], 404)


@check("PROTO-CHANNEL-03", scenario="protocol_refusals")
def bad_channels_are_400(r: Recording) -> None:
    """None at all, no array, unknown ones: 400 with a `detail`."""
    for exchange in r.each("channels"):
        _detailed(exchange)


@check("PROTO-CHANNEL-04", scenario="protocol_refusals")
def every_channel_is_served(r: Recording) -> None:
    """A stream that is open, also on a thread that there is not."""
    for exchange in r.each("open"):
        expect.equal(events_of(exchange), [], "events", exchange)
        ended = expect.stream(exchange).ended
        expect.ensure(ended == "left", "an open stream", f"it was {ended}", exchange)


@check("PROTO-STREAM-02", scenario="protocol_refusals")
def no_thread_is_an_empty_stream(r: Recording) -> None:
    """An id that is no UUID: a stream without events that the server closes."""
    expect.equal(events_of(r["no-thread"]), [], "events", r["no-thread"])
    expect.closed(r["no-thread"])
