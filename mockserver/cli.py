"""`runcontract mock`: serve a mock Agent Server."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import NoReturn

import click

from mockserver.http.keys import EXPECTED, sendable
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
@click.option("--api-key", metavar="KEY", help="Answer only requests with this key in x-api-key.")
@click.option(
    "--users",
    "users_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of users and their keys; each sees only what is their own.",
)
@click.option(
    "--configurable-header",
    "passed_on",
    multiple=True,
    metavar="PATTERN",
    help="Request headers that agents get in config.configurable, such as 'x-*'; "
    "'!x-internal' excludes. May be repeated.",
)
@click.option(
    "--loopback-webhooks/--no-loopback-webhooks",
    default=True,
    show_default=True,
    help="Whether webhooks may call this machine, which hosted servers refuse.",
)
@click.option("--seed", type=int, help="Makes ids repeatable.")
def mock(
    host: str,
    port: int,
    agents_file: Path | None,
    pace: PaceName,
    speed: float,
    api_key: str | None,
    users_file: Path | None,
    passed_on: tuple[str, ...],
    loopback_webhooks: bool,
    seed: int | None,
) -> None:
    """Serve a mock Agent Server until Ctrl-C or SIGTERM."""
    logging.basicConfig(
        level=logging.WARNING,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    if api_key is not None and users_file is not None:
        _refuse("--api-key and --users contradict each other: the file has a key for each user")
    if api_key is not None and not sendable(api_key):
        _refuse(f"--api-key must be {EXPECTED}")
    settings = Settings(
        host=host,
        port=port,
        pace=pace,
        speed=speed,
        seed=seed,
        agents_file=agents_file,
        api_key=api_key,
        users_file=users_file,
        passed_on=passed_on,
        loopback_webhooks=loopback_webhooks,
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
    from mockserver.written import FileRefusedError
    from spec.document import document

    try:
        engine = Engine(settings)
        app = application(engine, document(), HANDLERS, SOCKETS)
    except FileRefusedError as error:
        _refuse(str(error))
    serve(app, engine, sock)


def _refuse(message: str) -> NoReturn:
    click.echo(f"runcontract mock: {message}", err=True)
    sys.exit(_USAGE_ERROR)
