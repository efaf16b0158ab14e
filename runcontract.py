"""The front door: `runcontract mock | check | diff | drift | spec | probe`.

Each command lives with its room and is imported only when it is called, so that the mock never pays
for the suite, nor the suite for the mock.
"""

from __future__ import annotations

import importlib
import sys
from types import MappingProxyType

import click

from spec import __version__

COMMANDS = MappingProxyType(
    {
        "check": ("conformance.cli", "check", "Judge a running Agent Server by the contract."),
        "diff": ("conformance.diff.cli", "diff", "Compare the answers of two servers."),
        "drift": ("conformance.drift.cli", "drift", "Compare a server's document with ours."),
        "mock": ("mockserver.cli", "mock", "Serve a mock Agent Server."),
        "probe": (
            "conformance.probe.cli",
            "probe",
            "Write the probe graph, which plays scripts in a real server.",
        ),
        "spec": ("spec.cli", "spec", "Print the OpenAPI document."),
    }
)


class LazyGroup(click.Group):
    """A command group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, without importing anything."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, imported now; None where there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The help's list of commands, from the table, so that `--help` imports neither side."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="runcontract")
def main() -> None:
    """Contract tests and a mock server for the Agent Server API."""


if __name__ == "__main__":
    sys.exit(main())
