"""Threads: create, get, patch, delete, search, count, copy."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from conformance.onward import id_of, together
from conformance.registry import scenario

if TYPE_CHECKING:
    from conformance.driver import Driver


@scenario(quick=True)
async def threads(d: Driver) -> None:
    """One thread from its creation to its deletion; ids of the client's."""
    wanted = str(uuid.uuid4())
    d.keep(wanted)
    d.note(wanted=wanted)
    meta = {"runcontract": d.tag, "yes": True, "deep": {"a": [1, 2]}}
    await d.call("create_thread", {"thread_id": wanted, "metadata": meta}, label="created")
    again = {"thread_id": wanted, "metadata": {"other": 1}}
    await d.call("create_thread", again, label="raise")
    graph = {"metadata": {"graph_id": d.target.graph_id, "runcontract": d.tag}}
    bound = await d.call("create_thread", graph, label="bound")
    d.keep(id_of(bound, "thread_id"))
    await d.call("create_thread", {**again, "if_exists": "do_nothing"}, label="do-nothing")
    await d.call("get_thread", thread_id=wanted, label="got")
    patch = {"metadata": {"yes": False, "new": 1}}
    await d.call("patch_thread", patch, thread_id=wanted, label="patched")
    await d.call("get_thread", thread_id=wanted, label="got-patched")
    await d.call(
        "patch_thread",
        {"metadata": {"newer": 2}},
        thread_id=wanted,
        headers={"prefer": "return=minimal"},
        label="patched-minimal",
    )
    run = await d.create(wanted)
    await d.settle(wanted, run)
    await d.call("delete_thread", thread_id=wanted, label="deleted")
    await d.call("get_thread", thread_id=wanted, label="gone/thread")
    await d.call("list_runs", thread_id=wanted, label="gone/runs")
    await d.call("get_run", thread_id=wanted, run_id=run, label="gone/run")
    await d.call("delete_thread", thread_id=wanted, label="gone/again")
    await d.call("create_thread", {"thread_id": wanted}, label="reborn/thread")
    await d.call("get_thread_state", thread_id=wanted, label="reborn/state")
    await d.call("search_thread_history", {"limit": 10}, thread_id=wanted, label="reborn/history")
    await d.call("list_runs", thread_id=wanted, label="reborn/runs")
    fresh = str(uuid.uuid4())
    d.keep(fresh)
    body = {"thread_id": fresh, "if_exists": "do_nothing", "metadata": meta}
    await together(*(d.call("create_thread", body, label=f"race/{n}") for n in range(5)))


@scenario(needs={"probe"})
async def busy_threads(d: Driver) -> None:
    """A thread while its runs come and go; a failure mended; a busy thread deleted."""

    async def followed() -> None:
        thread = await d.thread()
        first = await d.create(thread, [{"sleep": 2 * d.pace.hold}])
        await d.call("get_thread", thread_id=thread, label="busy/pending")
        await d.until(thread, first, "running")
        await d.call("get_thread", thread_id=thread, label="busy/running")
        second = await d.create(thread, [{"sleep": d.pace.hold}])
        await d.settle(thread, first)
        await d.call("get_thread", thread_id=thread, label="busy/queued")
        await d.settle(thread, second)
        await d.thread_until(thread, "idle", label="idle")

    async def mended() -> None:
        thread = await d.thread()
        failing = [{"fail": {"error": "ValueError", "message": "as the script says"}}]
        await d.wait(thread, failing)
        await d.call("get_thread", thread_id=thread, label="failed")
        await d.wait(thread, [{"update": {"note": "mended"}}])
        await d.call("get_thread", thread_id=thread, label="mended")

    async def deleted() -> None:
        thread = await d.thread()
        run = await d.create(thread, [{"sleep": 2 * d.pace.hold}, {"update": {"note": "late"}}])
        await d.until(thread, run, "running")
        await d.call("delete_thread", thread_id=thread, label="deleted")
        await asyncio.sleep(3 * d.pace.hold)
        await d.call("get_thread", thread_id=thread, label="deleted-later")

    await together(followed(), mended(), deleted())


@scenario(quick=True)
async def thread_search(d: Driver) -> None:
    """Five threads of one mark, searched in every way."""
    mark = d.tag
    made: list[str] = []
    for n in range(5):
        marks = {"mark": mark, "n": n, "even": n % 2 == 0, "deep": {"n": n, "same": "x%_"}}
        made.append(await d.thread(metadata=marks))
    d.note(made=made)
    run = await d.create(made[0])
    await d.settle(made[0], run)

    async def search(label: str, meta: dict[str, Any] | None = None, **fields: Any) -> None:
        body = {"metadata": {"mark": mark, **(meta or {})}, **fields}
        await d.call("search_threads", body, label=label)

    await search("all")
    await search("even", {"even": True})
    await search("deep", {"deep": {"same": "x%_"}})
    await search("none", {"deep": {"n": 77}})
    await search("ids", ids=made[1:3])
    for status in ("idle", "busy", "interrupted", "error"):
        await search(f"status/{status}", status=status)
    for offset in range(0, 6, 2):
        await search(
            f"page/{offset}", limit=2, offset=offset, sort_by="created_at", sort_order="asc"
        )
    for offset in range(0, 6, 2):
        await search(f"tied/{offset}", limit=2, offset=offset, sort_by="status", sort_order="asc")
    await search("down", sort_by="created_at", sort_order="desc")
    await search("selected", select=["thread_id", "status"])
    extract = {"even": "metadata.even", "number": "metadata.deep.n"}
    await search("extracted", select=["thread_id"], extract=extract)
    counted: tuple[dict[str, Any], ...] = ({}, {"even": True}, {"n": 77})
    for n, meta in enumerate(counted):
        await d.call("count_threads", {"metadata": {"mark": mark, **meta}}, label=f"count/{n}")
    junk: dict[str, Any] = {
        "metadata": {"metadata": 7},
        "status": {"status": "tired"},
        "limit": {"limit": "many"},
        "limit-zero": {"limit": 0},
        "sort": {"sort_by": "colour"},
        "select": {"select": ["wings"]},
    }
    for name, body in junk.items():
        await d.call("search_threads", body, label=f"junk/{name}")


@scenario(needs={"probe"}, quick=True)
async def thread_values(d: Driver) -> None:
    """Three threads that ran, searched and counted by what their values hold."""
    made: list[str] = []
    for n in range(3):
        thread = await d.thread(metadata={"mark": d.tag})
        data = {"n": n, "deep": {"n": n, "same": True}}
        await d.wait(thread, [{"update": {"note": f"note {n}", "data": data}}])
        made.append(thread)
    d.note(made=made)
    asked: dict[str, dict[str, Any]] = {
        "plain": {"note": "note 1"},
        "nested": {"data": {"deep": {"n": 2}}},
        "all": {"data": {"deep": {"same": True}}},
        "none": {"note": "note 1", "data": {"n": 2}},
    }
    for name, values in asked.items():
        body = {"metadata": {"mark": d.tag}, "values": values}
        await d.call("search_threads", body, label=f"search/{name}")
        await d.call("count_threads", body, label=f"count/{name}")


@scenario()
async def copied(d: Driver) -> None:
    """A thread after a run, copied; then a run on the copy."""
    thread = await d.thread(metadata={"runcontract": d.tag, "colour": "blue"})
    await d.wait(thread)
    await d.call("get_thread_state", thread_id=thread, label="original")
    made = await d.call("copy_thread", thread_id=thread, label="copied")
    copy = id_of(made, "thread_id")
    d.keep(copy)
    d.note(thread=thread, copy=copy)
    await d.call("get_thread", thread_id=copy, label="copy")
    await d.call("get_thread_state", thread_id=copy, label="copy-state")
    await d.call("list_runs", thread_id=copy, label="copy-runs")
    await d.wait(copy)
    await d.call("get_thread_state", thread_id=copy, label="copy-later")
    await d.call("get_thread_state", thread_id=thread, label="original-later")
