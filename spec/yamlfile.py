"""Reads a YAML file. Needs PyYAML and nothing else: the build reads the document's tree with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; libyaml's parser where there is one, eight times faster."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open("rb") as stream:
        return yaml.load(stream, Loader=loader)
