"""`runcontract probe DIR`: writes the probe graph, ready for `langgraph dev`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

FILES = ("graph.py", "langgraph.json")


class ForeignFileError(Exception):
    """A file to be written is there already and holds something else."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} exists and is not what would be written; "
            "name an empty folder, or move that file away"
        )


def write_probe(folder: Path) -> tuple[Path, ...]:
    """Write the probe's files into `folder` (made where missing) and return their paths.

    Files that already hold exactly the same are left as they are. Raises ForeignFileError, before
    anything is written, when one holds something else; OSError when the folder cannot be written.
    """
    contents = {
        folder / name: files("conformance.probe").joinpath(name).read_bytes() for name in FILES
    }
    missing = {path: content for path, content in contents.items() if not _holds(path, content)}
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in missing.items():
        path.write_bytes(content)
    return tuple(contents)


def _holds(path: Path, content: bytes) -> bool:
    if not path.exists():
        return False
    if not path.is_file() or path.read_bytes() != content:
        raise ForeignFileError(path)
    return True


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def probe(folder: Path) -> None:
    """Write the probe graph into DIR, ready for `langgraph dev`.

    A server that runs it lets `runcontract check` control delays, failures, interrupts and tokens.
    Files in DIR that hold something else are never overwritten.
    """
    try:
        paths = write_probe(folder)
    except (ForeignFileError, OSError) as reason:
        click.echo(f"runcontract probe: {reason}", err=True)
        raise SystemExit(2) from None
    for path in paths:
        click.echo(f"wrote {path}")
    click.echo(f"next: cd {folder} && langgraph dev --no-browser --n-jobs-per-worker 10")
