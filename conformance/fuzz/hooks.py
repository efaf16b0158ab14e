"""What Schemathesis loads in its own process: keeps what was there before out of harm's way.

Started with RUNCONTRACT_KEEP naming a JSON file of ids: assistants and threads that were there
before the fuzzer came. No generated request changes or removes them.
"""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schemathesis

if TYPE_CHECKING:
    from schemathesis import Case, HookContext

KEEP = "RUNCONTRACT_KEEP"


@functools.cache
def kept() -> frozenset[str]:
    """The ids, without dashes and in lower case."""
    listed: list[str] = json.loads(Path(os.environ[KEEP]).read_text())
    return frozenset(map(plain, listed))


def plain(value: object) -> str:
    """An id in one spelling, however it was written."""
    return str(value).lower().removeprefix("urn:uuid:").strip("{}").replace("-", "")


def spares(method: str, path_parameters: object, body: object) -> bool:
    """Whether a request leaves alone what is kept: it only reads, or names none of it.

    An assistant in a body is only run.
    """
    if method.upper() in ("GET", "HEAD"):
        return True
    named = list(path_parameters.values()) if isinstance(path_parameters, dict) else []
    if isinstance(body, dict):
        listed = body.get("thread_ids")
        named += [body.get("thread_id"), *(listed if isinstance(listed, list) else ())]
    return kept().isdisjoint(map(plain, named))


@schemathesis.hook
def filter_case(_context: HookContext, case: Case[Any]) -> bool:
    """Leaves out the cases that do not spare what is kept."""
    return spares(case.method, case.path_parameters, case.body)
