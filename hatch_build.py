"""Build hook: bundles the document and puts the bundle into the wheel.

A user's start then parses no YAML. Needs hatchling and PyYAML, nothing of ours installed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - fixed by hatchling
        root = Path(self.root)
        sys.path.insert(0, str(root))
        try:
            from spec.bundle import bundle, encode
        finally:
            sys.path.remove(str(root))
        (root / "spec" / "_bundle.json").write_bytes(encode(bundle()))
        if self.target_name == "wheel":
            build_data["artifacts"].append("spec/_bundle.json")
