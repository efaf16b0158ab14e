"""Runs that report their end to an address of the client's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.onward import together
from conformance.receiver import Receiver
from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver


@scenario(needs={"webhook"})
async def webhooks(d: Driver) -> None:
    """A webhook that is received and one that is refused, of a plain run."""
    async with Receiver() as receiver, Receiver(status=404) as deaf:
        for name, server in (("heard", receiver), ("deaf", deaf)):
            thread = await d.thread()
            run = await d.create(
                thread, webhook=f"{server.url}/{name}?a=1", label=f"{name}/created"
            )
            await d.settle(thread, run, label=f"{name}/run")
            await d.call("get_thread", thread_id=thread, label=f"{name}/thread")
        await receiver.arrival("/heard?a=1", d.pace.patience)
        await deaf.arrival("/deaf?a=1", d.pace.patience)
        d.note(heard=tuple(receiver.deliveries), deaf=tuple(deaf.deliveries))


@scenario(needs={"webhook", "probe"})
async def webhook_endings(d: Driver) -> None:
    """Webhooks of a failed and of a cancelled run."""
    async with Receiver() as receiver:

        async def failed() -> None:
            thread = await d.thread()
            script = [{"fail": {"error": "ValueError", "message": "as the script says"}}]
            await d.create(thread, script, webhook=f"{receiver.url}/failed", label="failed")
            await receiver.arrival("/failed", d.pace.patience)

        async def cancelled() -> None:
            thread = await d.thread()
            run = await d.create(
                thread, [{"sleep": 30}], webhook=f"{receiver.url}/cancelled", label="cancelled"
            )
            await d.until(thread, run, "running")
            await d.call("cancel_run", thread_id=thread, run_id=run)
            await receiver.arrival("/cancelled", d.pace.patience)

        await together(failed(), cancelled())
        d.note(received={delivery.path: delivery for delivery in receiver.deliveries})


@scenario(quick=True)
async def webhooks_refused(d: Driver) -> None:
    """Addresses that are none."""
    thread = await d.thread()
    junk: dict[str, Any] = {
        "no-scheme": "example.invalid/hook",
        "ftp": "ftp://127.0.0.1/hook",
        "no-host": "http:///hook",
        "empty": "",
    }
    for name, url in junk.items():
        await d.call("create_run", d.body(webhook=url), thread_id=thread, label=f"junk/{name}")
