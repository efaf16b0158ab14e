"""The reference with the recommended handlers keeps users apart as the mock does."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.ownership import differences
from tests.passing_on import CONFIGURABLE_HEADERS, untold
from tests.reference.environment import ROOT
from tests.reference.server import reference_server

pytestmark = pytest.mark.reference

HANDLERS = Path(__file__).with_name("owners.py")


def test_what_is_somebody_elses_looks_missing_and_agents_are_told_who_asks() -> None:
    files = {HANDLERS.name: HANDLERS.read_text()}
    settings = {
        "auth": {"path": f"./{HANDLERS.name}:auth"},
        "http": {"configurable_headers": CONFIGURABLE_HEADERS},
    }
    users = ("-H", "x-api-key: alice-key", "--other-user", "authorization: Bearer bob-key")
    with reference_server(files=files, settings=settings) as url:
        assert asyncio.run(_asked(url)) == []
        command = (sys.executable, "-m", "runcontract", "check", url, "--profile", "auth", *users)
        judged = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert judged.returncode == 0, judged.stdout + judged.stderr


async def _asked(url: str) -> list[str]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        return [*await differences(client), *await untold(client)]
