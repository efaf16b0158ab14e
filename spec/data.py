"""Reads the contract's data files. Each is read once a process, on first use."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import orjson
import yaml

HERE = Path(__file__).parent


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; libyaml's parser, eight times faster than the pure one."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open("rb") as stream:
        return yaml.load(stream, Loader=loader)  # noqa: S506 - both are safe loaders


@functools.cache
def script_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a script."""
    schema: dict[str, Any] = orjson.loads((HERE / "script.schema.json").read_bytes())
    return schema
