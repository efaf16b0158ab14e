"""Crons: created, patched, searched, deleted, and waited for. None is left behind."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from conformance.onward import field_of, rows_of
from conformance.registry import scenario
from conformance.scenarios.store import CLOSING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conformance.driver import Driver
    from conformance.recording import Exchange

YEARLY = "0 0 1 1 *"
EACH_SECOND = "* * * * * *"
FAR_END = "2999-12-31T23:00:00+00:00"
# every schedule here is enabled: false, so none of them ever runs
SCHEDULES = {
    "yearly": YEARLY,
    "daily": "@daily",
    "noon": "0 12 * * *",
    "named": "30 6 * jan-dec *",
    "step": "*/15 * * * *",
    "last": "0 0 L * *",
    "sunday": "0 0 * * sun",
    "seconds": "0 12 * * * 30",
    "year": "0 0 1 1 * 0 2030-2060",
}
JUNK_SCHEDULES = {
    "empty": "",
    "words": "every morning",
    "four": "* * * *",
    "eight": "* * * * * * * *",
    "minute-60": "60 * * * *",
    "step-0": "*/0 * * * *",
    "reboot": "@reboot",
}
ZONES = ("Asia/Tokyo", "America/New_York", "Europe/Berlin", "UTC")
_WAIT = 5.0  # on top of patience: servers look for due crons every few seconds


class Row:
    """The crons of a scenario, which are removed when it is over."""

    def __init__(self, d: Driver) -> None:
        self._d = d
        self.made: list[str] = []

    def body(self, **fields: Any) -> dict[str, Any]:
        """The creation body of a cron that does not run by itself."""
        metadata = {"runcontract": self._d.tag, **fields.pop("metadata", {})}
        given = {"schedule": YEARLY, "enabled": False, **fields, "metadata": metadata}
        return self._d.body(**given)

    async def create(self, label: str = "", *, thread: str | None = None, **fields: Any) -> str:
        """Creates a cron and returns its id; raises StoppedError where the answer has none."""
        return str(field_of(await self.attempt(label, thread=thread, **fields), "cron_id"))

    async def attempt(self, label: str, *, thread: str | None = None, **fields: Any) -> Exchange:
        """Tries to create a cron."""
        body = self.body(**fields)
        path: dict[str, Any] = {} if thread is None else {"thread_id": thread}
        operation = "create_cron" if thread is None else "create_thread_cron"
        return self._kept(await self._d.call(operation, body, label=label, **path))

    async def raw(self, label: str, body: Any) -> None:
        """Tries to create a cron from a body as it stands."""
        self._kept(await self._d.call("create_cron", body, headers=CLOSING, label=label))

    def _kept(self, exchange: Exchange) -> Exchange:
        """Remembers a cron that was made, wanted or not."""
        if isinstance(exchange.json, dict) and isinstance(exchange.json.get("cron_id"), str):
            self.made.append(exchange.json["cron_id"])
        return exchange


@asynccontextmanager
async def row(d: Driver) -> AsyncIterator[Row]:
    """Crons of the scenario's own."""
    found = Row(d)
    try:
        yield found
    finally:
        for cron in dict.fromkeys(found.made):
            await d.call("delete_cron", cron_id=cron)


@scenario(quick=True)
async def crons(d: Driver) -> None:
    """One cron from its creation to its deletion, one of a thread; patches."""
    async with row(d) as own:
        thread = await d.thread()
        d.note(thread=thread, assistant=d.target.assistant_id, sent=own.body(input={"a": [1]}))
        cron = await own.create("created", input={"a": [1]})
        await d.call("get_cron", cron_id=cron, label="got")
        bare = {"assistant_id": d.target.assistant_id, "schedule": YEARLY}
        await own.raw("bare", {**bare, "enabled": False})
        bound = await own.create("bound", thread=thread)
        await d.call("get_cron", cron_id=bound, label="got-bound")
        if d.target.graph_id:
            await own.create("by-graph", assistant_id=d.target.graph_id)
        nobody = str(uuid.uuid4())
        await own.attempt("unknown/thread", thread=nobody)
        await own.attempt("unknown/assistant", assistant_id=nobody)
        await own.attempt("unknown/graph", assistant_id=f"no-{d.tag}")
        patches: dict[str, dict[str, Any]] = {
            "metadata": {"metadata": {"more": {"x": 1}}},
            "enabled": {"enabled": True},
            "disabled": {"enabled": False},
            "schedule": {"schedule": "0 12 * * *"},
            "zone": {"timezone": "Asia/Tokyo"},
            "end": {"end_time": FAR_END},
            "no-end": {"end_time": None},
        }
        for name, body in patches.items():
            await d.call("patch_cron", body, cron_id=cron, label=f"patched/{name}")
        await d.call("get_cron", cron_id=cron, label="got-patched")
        await d.call("patch_cron", {}, cron_id=cron, label="refused/empty")
        bad = {"timezone": "UTC", "schedule": "no schedule", "metadata": {"bad": True}}
        await d.call("patch_cron", bad, cron_id=cron, label="refused/schedule")
        await d.call("get_cron", cron_id=cron, label="got-refused")
        await d.call("delete_cron", cron_id=cron, label="deleted")
        await d.call("get_cron", cron_id=cron, label="gone/get")
        await d.call("delete_cron", cron_id=cron, label="gone/delete")
        await d.call("patch_cron", {"enabled": True}, cron_id=cron, label="gone/patch")
        await d.call("get_cron", cron_id="no-uuid", label="bad/get")
        await d.call("delete_cron", cron_id="no-uuid", label="bad/delete")
        await d.call("delete_thread", thread_id=thread)
        await d.call("get_cron", cron_id=bound, label="orphan/thread")
        assistant = str(uuid.uuid4())
        d.keep_assistant(assistant)
        made = {"graph_id": d.target.graph_id, "assistant_id": assistant}
        await d.call("create_assistant", made)
        lonely = await own.create(assistant_id=assistant)
        await d.call("delete_assistant", assistant_id=assistant)
        await d.call("get_cron", cron_id=lonely, label="orphan/assistant")


@scenario(quick=True)
async def cron_schedules(d: Driver) -> None:
    """Schedules and zones of every kind, and some that are none."""
    async with row(d) as own:
        for name, schedule in SCHEDULES.items():
            await own.attempt(f"schedule/{name}", schedule=schedule)
        for zone in ZONES:
            await own.attempt(f"zone/{zone}", schedule="0 9 * * *", timezone=zone)
        for name, schedule in JUNK_SCHEDULES.items():
            await own.attempt(f"junk/{name}", schedule=schedule)
        await own.attempt("never", schedule="0 0 31 2 *")
        for name, zone in {"unknown": "Nowhere/Land", "case": "utc"}.items():
            await own.attempt(f"no-zone/{name}", timezone=zone)
        await own.attempt("empty-zone", timezone="")
        await own.attempt("end/given", end_time=FAR_END)
        for name, end in {"words": "someday", "empty": ""}.items():
            await own.attempt(f"no-end/{name}", end_time=end)


ILL_TYPED: dict[str, dict[str, Any]] = {
    "assistant-number": {"assistant_id": 7},
    "schedule-number": {"schedule": 7},
    "schedule-null": {"schedule": None},
    "timezone-number": {"timezone": 1},
    "end-number": {"end_time": 1},
    "enabled-text": {"enabled": "yes"},
    "input-text": {"input": "hello"},
    "config-list": {"config": []},
    "completed-unknown": {"on_run_completed": "archive"},
    "stream-mode-unknown": {"stream_mode": "telepathy"},
    "interrupt-name": {"interrupt_before": "work"},
    "durability-unknown": {"durability": "someday"},
    "webhook-number": {"webhook": 80},
}


@scenario(quick=True)
async def refused_crons(d: Driver) -> None:
    """Missing and ill-typed properties of crons and of searches."""
    async with row(d) as own:
        whole = own.body()
        for name in ("assistant_id", "schedule"):
            body = {key: value for key, value in whole.items() if key != name}
            await own.raw(f"missing/{name}", body)
        for name, fields in ILL_TYPED.items():
            await own.raw(f"ill/{name}", {**whole, **fields})
        await own.raw("ill/metadata-text", {**whole, "metadata": "blue"})
        await own.raw("ill/array", [])
        thread = await d.thread()
        await own.attempt("ill/strategy-unknown", thread=thread, multitask_strategy="panic")
        junk: dict[str, Any] = {
            "assistant": {"assistant_id": "no-uuid"},
            "thread": {"thread_id": "no-uuid"},
            "enabled": {"enabled": "yes"},
            "limit": {"limit": 0},
            "sort": {"sort_by": "colour"},
            "select": {"select": ["wings"]},
        }
        for name, body in junk.items():
            await d.call("search_crons", body, label=f"junk/{name}")
        await d.call("count_crons", {"thread_id": "no-uuid"}, label="junk/count")


@scenario(quick=True)
async def cron_search(d: Driver) -> None:
    """Five crons of one mark, searched in every way."""
    async with row(d) as own:
        thread, mark = await d.thread(), {"mark": d.tag}
        for n in range(5):
            await own.create(
                thread=thread if n == 4 else None,
                schedule=f"0 0 {n + 1} 1 *",
                enabled=n == 3,
                metadata={**mark, "n": n, "deep": {"even": n % 2 == 0}},
            )
        d.note(made=list(own.made), thread=thread)

        async def search(label: str, **fields: Any) -> None:
            await d.call("search_crons", {"metadata": mark, **fields}, label=label)

        await search("all")
        await search("deep", metadata={**mark, "deep": {"even": True}})
        await search("thread", thread_id=thread)
        await search("assistant", assistant_id=d.target.assistant_id)
        await search("nobody", assistant_id=str(uuid.uuid4()))
        await search("enabled", enabled=True)
        await search("disabled", enabled=False)
        for offset in (0, 2, 4):
            await search(f"page/{offset}", limit=2, offset=offset, sort_by="next_run_date")
        await search("up", sort_by="next_run_date", sort_order="asc")
        await search("selected", select=["cron_id", "schedule"])
        await d.call("count_crons", {"metadata": mark}, label="counted")
        await d.call("patch_cron", {"end_time": FAR_END}, cron_id=own.made[1])
        sooner = {"end_time": "2998-01-01T00:00:00+00:00"}
        await d.call("patch_cron", sooner, cron_id=own.made[2])
        body = {"metadata": mark, "sort_by": "end_time", "sort_order": "asc"}
        await d.call("search_crons", body, headers=CLOSING, label="by-end")


async def _until(d: Driver, ask: Any, enough: int = 1) -> None:
    """Asks for a list until it is long enough, or patience runs out; then goes on all the same."""
    deadline = d.now() + d.pace.patience + _WAIT
    while d.now() < deadline:
        found = (await ask()).json
        if isinstance(found, list) and len(found) >= enough:
            return
        await asyncio.sleep(0.25)


@scenario(limit=150.0)
async def cron_runs(d: Driver) -> None:
    """Crons of every second until they ran: of a thread, with threads kept, disabled, deleted."""
    async with row(d) as own:
        thread = await d.thread(metadata={"runcontract": d.tag, "of": "thread"})
        sent = d.input()
        d.note(thread=thread, sent=sent)
        kept, off = {"cron": f"{d.tag}-kept"}, {"cron": f"{d.tag}-off"}
        each: dict[str, Any] = {"schedule": EACH_SECOND, "enabled": True}
        keep: dict[str, Any] = {"on_run_completed": "keep"}
        bound = await own.create("bound", thread=thread, **each, input=sent)
        await own.create("kept", **each, **keep, metadata=kept)
        await own.create("off", **{**each, "enabled": False}, **keep, metadata=off)

        async def threads_of(metadata: dict[str, str], label: str = "") -> Any:
            found = await d.call(
                "search_threads", {"metadata": metadata, "limit": 100}, label=label
            )
            for made in found.json if isinstance(found.json, list) else []:
                if isinstance(made, dict) and isinstance(made.get("thread_id"), str):
                    d.keep(made["thread_id"])
            return found

        await _until(d, lambda: d.call("list_runs", thread_id=thread))
        await d.call("get_cron", cron_id=bound, label="moved-on")
        await d.call("delete_cron", cron_id=bound)
        await d.call("list_runs", thread_id=thread, query={"limit": 100}, label="runs")
        before = len(rows_of(await threads_of(kept)))
        await _until(d, lambda: threads_of(kept), before + 2)
        await threads_of(kept, "kept-threads")
        await threads_of(off, "off-threads")
        await d.call("list_runs", thread_id=thread, query={"limit": 100}, label="runs-later")


@scenario(exclusive="area", limit=150.0)
async def cron_ends(d: Driver) -> None:
    """A cron past its end, and one made after it."""
    async with row(d) as own:
        late, other = await d.thread(), await d.thread()
        each: dict[str, Any] = {"schedule": EACH_SECOND, "enabled": True}
        await own.create(thread=late, **each, end_time="2020-01-01T00:00:00+00:00")
        await own.create(thread=other, **each)
        await _until(d, lambda: d.call("list_runs", thread_id=other), 2)
        await d.call("list_runs", thread_id=late, label="late")
        await d.call("list_runs", thread_id=other, label="other")
