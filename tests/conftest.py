"""What holds for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.serving import mock_process

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_configure(config: pytest.Config) -> None:
    # connexion 3.3 imports what jsonschema has deprecated; we use none of it
    for name in ("RefResolver", "exceptions.RefResolutionError"):
        config.addinivalue_line(
            "filterwarnings", f"ignore:jsonschema.{name} is deprecated:DeprecationWarning"
        )


@pytest.fixture(scope="session")
def mock_url() -> Iterator[str]:
    """The URL of a mock in a process of its own, shared by all tests of the session."""
    with mock_process() as (url, _):
        yield url
