"""What was on the target before the fuzzer came, and is to be there when it has gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from conformance.fuzz.configuration import answer_seconds

if TYPE_CHECKING:
    from conformance.target import Target

_MOST = 1000
_LISTS = (("/assistants/search", "assistant_id"), ("/threads/search", "thread_id"))


def existing(target: Target) -> list[str]:
    """The ids of the target's assistants and of its latest threads, and of the assistant driven.

    A target that does not list them is taken to have no more.
    """
    with httpx.Client(
        base_url=target.url,
        headers=dict(target.headers),
        timeout=answer_seconds(target),
        trust_env=False,
    ) as client:
        found = [target.assistant_id] if target.assistant_id else []
        for path, name in _LISTS:
            found += _listed(client, path, name)
    return list(dict.fromkeys(found))


def _listed(client: httpx.Client, path: str, name: str) -> list[str]:
    try:
        rows: Any = client.post(path, json={"limit": _MOST}).json()
    except (httpx.HTTPError, ValueError):
        return []
    if not isinstance(rows, list):
        return []
    return [str(row[name]) for row in rows if isinstance(row, dict) and name in row]
