from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from spec.cli import spec
from spec.document import document


@pytest.mark.parametrize("options", [[], ["--yaml"]])
def test_prints_yaml(options: list[str]) -> None:
    printed = CliRunner().invoke(spec, options)
    assert printed.exit_code == 0
    assert printed.stdout.startswith("openapi: 3.1")
    assert yaml.load(printed.stdout, Loader=yaml.CSafeLoader) == document()


def test_prints_json() -> None:
    printed = CliRunner().invoke(spec, ["--json"])
    assert printed.exit_code == 0
    assert printed.stdout.endswith("}\n")
    assert json.loads(printed.stdout) == document()
