"""Runs that report their end to an address of the client's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance import expect
from conformance.answers import RUN_KEYS, ended, run_of
from conformance.contract import schema_faults
from conformance.errors import Violation
from conformance.registry import check

if TYPE_CHECKING:
    from conformance.receiver import Delivery
    from conformance.recording import Exchange, Recording


def report_of(delivery: Delivery, exchange: Exchange) -> dict[str, object]:
    """The Run in a delivery."""
    expect.equal(delivery.method, "POST", "method", exchange)
    body = delivery.body
    if not isinstance(body, dict) or any(key not in body for key in RUN_KEYS):
        raise Violation("the Run as JSON", body, exchange)
    expect.equal(body["run_id"], run_of(exchange)["run_id"], "run_id", exchange)
    fault = next(schema_faults("RunEnded", body), None)
    expect.ensure(fault is None, "a body by the document's callback", fault, exchange)
    return body


@check("HOOK-CALL-01", scenario="webhooks")
def webhook_tells_the_end(r: Recording) -> None:
    """Once, with status and values."""
    created = r["heard/created"]
    found = r.note("heard")
    expect.equal(len(found), 1, "number of deliveries", created)
    report = report_of(found[0], created)
    expect.equal(report["status"], "success", "status", created)
    wanted = expect.member(r["heard/thread"], "values")
    expect.equal(report.get("values"), wanted, "values", created)


@check("HOOK-CALL-02", scenario="webhook_endings")
def webhook_tells_failure_and_cancel(r: Recording) -> None:
    """error with its reason; interrupted."""
    received = r.note("received")
    for name, status in (("failed", "error"), ("cancelled", "interrupted")):
        delivery = received.get(f"/{name}")
        if delivery is None:
            raise Violation("a delivery", "none", r[name])
        expect.equal(report_of(delivery, r[name])["status"], status, "status", r[name])
    error = received["/failed"].body.get("error")
    told = "as the script says" in str(error)
    expect.ensure(told, "the error's message", error, r["failed"])


@check("HOOK-CALL-03", scenario="webhooks_refused")
def junk_webhooks_are_422(r: Recording) -> None:
    """Of another scheme, or without a host."""
    for exchange in r.each("junk"):
        expect.status(exchange, 422)


@check("HOOK-CALL-04", scenario="webhooks")
def deaf_ears_change_nothing(r: Recording) -> None:
    """The run is a success."""
    delivered = len(r.note("deaf"))
    expect.ensure(delivered >= 1, "a delivery", delivered, r["deaf/created"])
    ended(r["deaf/run"], "success")
