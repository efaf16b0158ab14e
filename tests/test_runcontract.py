"""The front door: lazy commands."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

import runcontract


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(runcontract.main, ["--help"])
    assert result.exit_code == 0
    for name in runcontract.COMMANDS:
        assert name in result.output


def test_unknown_command_is_bad_usage() -> None:
    result = CliRunner().invoke(runcontract.main, ["moc"])
    assert result.exit_code == 2
    assert "moc" in result.output


@pytest.mark.parametrize(
    ("command", "strangers"),
    [
        ("mock", ["schemathesis", "openapi_core", "conformance", "hypothesis", "pytest"]),
        ("check", ["connexion", "mockserver", "schemathesis"]),
        ("spec", ["connexion", "mockserver", "conformance", "schemathesis"]),
    ],
)
def test_a_command_imports_only_its_own_side(command: str, strangers: list[str]) -> None:
    module = runcontract.COMMANDS[command][0]
    program = f"import sys, {module}; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert module in loaded
    assert not {name for name in loaded if name.split(".")[0] in strangers}
