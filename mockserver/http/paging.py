"""The headers of a page: where the next one begins, how many rows are known to exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.http.call import Headers


def pagination(offset: int, limit: int, sent: int, *, more: bool) -> Headers:
    """Pagination headers as this API counts: while more rows follow, the total is one past it."""
    if not more:
        return (("x-pagination-total", str(offset + sent)),)
    following = offset + limit
    return (
        ("x-pagination-next", str(following)),
        ("x-pagination-total", str(following + 1)),
    )
