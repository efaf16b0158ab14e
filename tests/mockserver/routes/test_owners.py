"""Each user of a table has resources of their own; those of others look missing, everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.settings import Settings
from tests.mockserver.routes.calling import calling
from tests.ownership import USERS_FILE, differences
from tests.passing_on import PATTERNS, untold

if TYPE_CHECKING:
    from pathlib import Path


async def test_what_is_somebody_elses_looks_missing(tmp_path: Path) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(USERS_FILE)
    async with calling(Settings(users_file=file)) as client:
        assert await differences(client) == []


async def test_agents_are_told_who_asks_and_by_which_headers(tmp_path: Path) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(USERS_FILE)
    async with calling(Settings(users_file=file, passed_on=PATTERNS)) as client:
        assert await untold(client) == []
