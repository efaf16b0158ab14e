"""The reference with the recommended handlers keeps users apart as the mock does."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.ownership import differences
from tests.passing_on import CONFIGURABLE_HEADERS, untold
from tests.reference.server import reference_server

pytestmark = pytest.mark.reference

HANDLERS = Path(__file__).with_name("owners.py")


async def test_what_is_somebody_elses_looks_missing_and_agents_are_told_who_asks() -> None:
    files = {HANDLERS.name: HANDLERS.read_text()}
    settings = {
        "auth": {"path": f"./{HANDLERS.name}:auth"},
        "http": {"configurable_headers": CONFIGURABLE_HEADERS},
    }
    with reference_server(files=files, settings=settings) as url:
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            assert await differences(client) == []
            assert await untold(client) == []
