"""The file that a fault of the suite leaves behind."""

from __future__ import annotations

import platform
import tempfile

from spec import __version__


def write(url: str, details: str) -> str:
    """Writes what went wrong to a new file and returns its path; secrets of `-H` are not in it."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="runcontract-crash-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(
            f"runcontract {__version__} check {url}\n"
            f"Python {platform.python_version()} on {platform.platform()}\n\n{details}\n"
        )
    return file.name
