"""Routes of the crons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.http.call import Call, Empty, Reply
from mockserver.http.paging import pagination

if TYPE_CHECKING:
    from mockserver.http.call import Handler


async def create_cron(call: Call) -> Reply:
    """A new cron."""
    return Reply(call.engine.crons.create(call.body, call.path.get("thread_id")).view())


async def search_crons(call: Call) -> Reply:
    """A page of crons, whole or the selected properties, with pagination headers."""
    body = call.body
    page, more = call.engine.crons.search(body)
    rows = [cron.view() for cron in page]
    wanted = body.get("select")
    if wanted:
        rows = [{name: row[name] for name in wanted} for row in rows]
    offset, limit = body.get("offset", 0), body.get("limit", 10)
    return Reply(rows, headers=pagination(offset, limit, len(rows), more=more))


async def count_crons(call: Call) -> Reply:
    """How many there are."""
    return Reply(call.engine.crons.count(call.body))


async def get_cron(call: Call) -> Reply:
    """One cron."""
    return Reply(call.engine.crons.get(call.path["cron_id"]).view())


async def patch_cron(call: Call) -> Reply:
    """The cron, changed."""
    return Reply(call.engine.crons.patch(call.path["cron_id"], call.body).view())


async def delete_cron(call: Call) -> Empty:
    """The cron gone."""
    call.engine.crons.delete(call.path["cron_id"])
    return Empty()


HANDLERS: dict[str, Handler] = {
    "create_cron": create_cron,
    "create_thread_cron": create_cron,
    "search_crons": search_crons,
    "count_crons": count_crons,
    "get_cron": get_cron,
    "patch_cron": patch_cron,
    "delete_cron": delete_cron,
}
