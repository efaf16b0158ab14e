"""`runcontract mock`: serve a mock Agent Server."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from mockserver.settings import PaceName, Settings

_USAGE_ERROR = 2


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=2024,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--agents",
    "agents_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that says which assistants there are and what they do.",
)
@click.option(
    "--pace",
    type=click.Choice(["immediate", "real", "virtual"]),
    default="real",
    show_default=True,
    help="How an agent's own waits pass.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="How many times faster than its script a run plays at pace real.",
)
@click.option("--seed", type=int, help="Makes ids repeatable.")
def mock(
    host: str,
    port: int,
    agents_file: Path | None,
    pace: PaceName,
    speed: float,
    seed: int | None,
) -> None:
    """Serve a mock Agent Server until Ctrl-C or SIGTERM."""
    logging.basicConfig(
        level=logging.WARNING,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    settings = Settings(
        host=host, port=port, pace=pace, speed=speed, seed=seed, agents_file=agents_file
    )
    # The server's imports cost most of its start: a usage error need not pay for them.
    from mockserver.http.server import BusyPortError, bind, serve

    try:
        sock = bind(host, port)
    except BusyPortError as error:
        _refuse(str(error))
    from mockserver.engine import Engine
    from mockserver.http.app import application
    from mockserver.routes import HANDLERS, SOCKETS
    from mockserver.scripts.agents import AgentsFileError
    from spec.document import document

    try:
        engine = Engine(settings)
    except AgentsFileError as error:
        _refuse(str(error))
    serve(application(engine, document(), HANDLERS, SOCKETS), engine, sock)


def _refuse(message: str) -> None:
    click.echo(f"runcontract mock: {message}", err=True)
    sys.exit(_USAGE_ERROR)
