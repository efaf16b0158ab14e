"""Reads the contract's data files. Each is read once a process, on first use."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import orjson

from spec.yamlfile import read_yaml

__all__ = ["HERE", "read_yaml", "script_schema"]

HERE = Path(__file__).parent


@functools.cache
def script_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a script."""
    schema: dict[str, Any] = orjson.loads((HERE / "script.schema.json").read_bytes())
    return schema
