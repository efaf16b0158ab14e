"""`runcontract spec`: prints the document."""

from __future__ import annotations

from typing import Any

import click
import orjson

from spec.document import document


@click.command("spec")
@click.option("--json", "form", flag_value="json", help="As JSON.")
@click.option("--yaml", "form", flag_value="yaml", default="yaml", help="As YAML (the default).")
def spec(form: str) -> None:
    """Print the OpenAPI 3.1 document of the Agent Server API, in one piece."""
    printed = as_json(document()) if form == "json" else as_yaml(document())
    click.echo(printed, nl=False)


def as_json(found: dict[str, Any]) -> bytes:
    """The document as indented JSON with a newline at the end."""
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_yaml(found: dict[str, Any]) -> str:
    """The document as YAML, in its own order, texts of several lines as blocks."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Texts of several lines as blocks."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    printed: str = yaml.dump(found, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
    return printed
