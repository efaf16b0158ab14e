"""What holds for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    # connexion 3.3 imports what jsonschema has deprecated; we use none of it
    for name in ("RefResolver", "exceptions.RefResolutionError"):
        config.addinivalue_line(
            "filterwarnings", f"ignore:jsonschema.{name} is deprecated:DeprecationWarning"
        )
