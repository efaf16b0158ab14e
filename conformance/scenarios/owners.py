"""Two users: what one has, the other asks for in every way there is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.identities import somebody_else
from conformance.onward import id_of
from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver

YEARLY = "0 0 1 1 *"


class Belongings:
    """What the first user has, made with the scenario's tag in it."""

    def __init__(self, d: Driver) -> None:
        self._d = d
        self.metadata = {"runcontract": d.tag}
        self.thread = self.run = self.assistant = self.cron = ""

    async def make(self) -> None:
        """A thread with a run, an assistant, a cron that does not run, an item."""
        d = self._d
        self.thread = await d.thread()
        self.run = id_of(await d.call("create_run", d.body(), thread_id=self.thread), "run_id")
        await d.settle(self.thread, self.run)
        new = {"graph_id": d.target.graph_id, "name": d.tag, "metadata": self.metadata}
        self.assistant = id_of(await d.call("create_assistant", new), "assistant_id")
        d.keep_assistant(self.assistant)
        body = d.body(schedule=YEARLY, enabled=False, metadata=self.metadata)
        self.cron = id_of(await d.call("create_cron", body), "cron_id")
        item = {"namespace": [d.tag], "key": "k", "value": {"text": d.tag}}
        await d.call("put_store_item", item)

    async def look(self, label: str) -> None:
        """What the first user sees of it."""
        d = self._d
        await d.call("get_thread", thread_id=self.thread, label=f"{label}/thread")
        await d.call("get_thread_state", thread_id=self.thread, label=f"{label}/state")
        await d.call("get_run", thread_id=self.thread, run_id=self.run, label=f"{label}/run")
        await d.call("list_runs", thread_id=self.thread, label=f"{label}/runs")
        await d.call("get_assistant", assistant_id=self.assistant, label=f"{label}/assistant")
        await d.call("get_cron", cron_id=self.cron, label=f"{label}/cron")
        query = {"namespace": d.tag, "key": "k"}
        await d.call("get_store_item", query=query, label=f"{label}/item")

    async def drop(self) -> None:
        """Removes what nobody else removes."""
        d = self._d
        if self.cron:
            await d.call("delete_cron", cron_id=self.cron)
        await d.call("delete_store_item", {"namespace": [d.tag], "key": "k"})


@scenario(needs=["other_user"], quick=True)
async def owners(d: Driver) -> None:
    """One user's belongings, and another's attempts on them; then the other's own."""
    mine = Belongings(d)
    d.note(tag=d.tag)
    try:
        await mine.make()
        await mine.look("before")
        async with somebody_else(d) as other:
            await _reads(other, mine)
            await _finds(other, mine)
            await _follows(other, mine)
            await _takes(other, mine)
            await _changes(other, mine)
            await mine.look("after")
            await _owns(other)
    finally:
        await mine.drop()


async def _reads(d: Driver, mine: Belongings) -> None:
    for operation in ("get_thread", "get_thread_state", "get_thread_history", "list_runs"):
        await d.call(operation, thread_id=mine.thread, label=f"read/{operation}")
    await d.call("search_thread_history", {}, thread_id=mine.thread, label="read/history")
    await d.call("get_run", thread_id=mine.thread, run_id=mine.run, label="read/get_run")
    for operation in ("get_assistant", "get_assistant_graph", "get_assistant_schemas"):
        await d.call(operation, assistant_id=mine.assistant, label=f"read/{operation}")
    await d.call("list_assistant_versions", {}, assistant_id=mine.assistant, label="read/versions")
    await d.call("get_cron", cron_id=mine.cron, label="read/cron")


async def _finds(d: Driver, mine: Belongings) -> None:
    wanted = {"metadata": mine.metadata}
    for operation in ("search_threads", "search_assistants", "search_crons"):
        await d.call(operation, wanted, label=f"found/{operation}")
    await d.call("search_threads", {"ids": [mine.thread]}, label="found/ids")
    await d.call("search_assistants", {"name": d.tag}, label="found/name")
    for operation in ("count_threads", "count_assistants"):
        await d.call(operation, wanted, label=f"counted/{operation}")
    query = {"namespace": d.tag, "key": "k"}
    await d.call("get_store_item", query=query, label="stored/item")
    await d.call("search_store_items", {"namespace_prefix": [d.tag]}, label="stored/search")


async def _follows(d: Driver, mine: Belongings) -> None:
    await d.call("join_run", thread_id=mine.thread, run_id=mine.run, label="followed/join")
    await d.call(
        "join_run_stream",
        thread_id=mine.thread,
        run_id=mine.run,
        label="followed/run",
        headers={"last-event-id": "-1"},
    )

    async def listens(operation: str, *body: Any, **more: Any) -> None:
        label = f"followed/{operation}"
        async with d.opened(operation, *body, thread_id=mine.thread, label=label, **more) as live:
            await live.head(d.pace.patience)
            await asyncio.sleep(d.pace.hold)

    await listens("stream_thread", headers={"last-event-id": "0"})
    if "protocol" in d.target.capabilities:
        channels = {"channels": ["values", "messages", "lifecycle", "updates"]}
        await listens("stream_thread_events", channels)


async def _takes(d: Driver, mine: Belongings) -> None:
    graph = d.target.graph_id
    for name in ("raise", "do_nothing"):
        thread = {"thread_id": mine.thread, "if_exists": name}
        await d.call("create_thread", thread, label=f"taken/thread-{name}")
        assistant = {"assistant_id": mine.assistant, "graph_id": graph, "if_exists": name}
        await d.call("create_assistant", assistant, label=f"taken/assistant-{name}")
    await d.call("copy_thread", thread_id=mine.thread, label="copied")


async def _changes(d: Driver, mine: Belongings) -> None:
    changed = {"metadata": {"changed": True}}
    await d.call("patch_thread", changed, thread_id=mine.thread, label="changed/thread")
    await d.call(
        "update_thread_state", {"values": None}, thread_id=mine.thread, label="changed/state"
    )
    for operation in ("create_run", "wait_run", "stream_run"):
        body = d.body(if_not_exists="create")
        await d.call(operation, body, thread_id=mine.thread, label=f"changed/{operation}")
    await d.call("cancel_run", thread_id=mine.thread, run_id=mine.run, label="changed/cancel")
    some = {"thread_id": mine.thread, "run_ids": [mine.run]}
    await d.call("cancel_runs", some, label="changed/cancel-some")
    await d.call("delete_run", thread_id=mine.thread, run_id=mine.run, label="changed/run")
    await d.call("patch_assistant", changed, assistant_id=mine.assistant, label="changed/assistant")
    await d.call(
        "set_latest_assistant_version",
        {"version": 1},
        assistant_id=mine.assistant,
        label="changed/latest",
    )
    await d.call(
        "create_stateless_run", d.body(assistant_id=mine.assistant), label="changed/run-assistant"
    )
    await d.call("patch_cron", changed, cron_id=mine.cron, label="changed/cron")
    body = d.body(schedule=YEARLY, enabled=False)
    await d.call("create_thread_cron", body, thread_id=mine.thread, label="changed/thread-cron")
    await d.call("delete_cron", cron_id=mine.cron, label="changed/delete-cron")
    await d.call("delete_assistant", assistant_id=mine.assistant, label="changed/delete-assistant")
    await d.call("delete_thread", thread_id=mine.thread, label="changed/delete-thread")


async def _owns(d: Driver) -> None:
    """The other user's own thread, made and removed by them."""
    made = await d.call(
        "create_thread", {"metadata": {"runcontract": f"{d.tag}-other"}}, label="own/made"
    )
    thread = id_of(made, "thread_id")
    try:
        await d.wait(thread, label="own/run")
        await d.call("get_thread", thread_id=thread, label="own/got")
        wanted = {"metadata": {"runcontract": f"{d.tag}-other"}}
        await d.call("search_threads", wanted, label="own/found")
    finally:
        await d.call("delete_thread", thread_id=thread, label="own/deleted")
