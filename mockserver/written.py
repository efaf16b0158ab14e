"""Files that people write, YAML or JSON: read whole, refused with the place of what is wrong."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from mockserver.scripts.language import hint, kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

Place = tuple[str | int, ...]
T = TypeVar("T")


class FileRefusedError(ValueError):
    """A file that cannot be used: file, line, what was expected, the closest valid name."""


class RefusalError(Exception):
    """What is wrong at a place of the file."""

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(text)
        self.place = place


def read(path: Path, made: Callable[[Any], T], refused: type[FileRefusedError]) -> T:
    """What `made` makes of a file's content. It raises RefusalError, this raises `refused`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as reason:
        raise refused(f"{path}: cannot be read: {reason}") from reason
    try:
        tree = yaml.compose(text, yaml.SafeLoader)
        content = yaml.load(text, _JsonLoader)
    except yaml.YAMLError as reason:
        raise refused(f"{path}{_mark(reason)}: not YAML or JSON: {_problem(reason)}") from reason
    try:
        _check_json((), content)
        return made(content)
    except RefusalError as refusal:
        line = _line(tree, refusal.place)
        where = ".".join(map(str, refusal.place)) or "the file"
        raise refused(f"{path}:{line}: {where}: {refusal}") from None


def mapping(place: Place, content: Any, known: Iterable[str] | None) -> dict[str, Any]:
    """An object, all of whose keys are known where there is something to know.

    Raises RefusalError.
    """
    if not isinstance(content, dict):
        raise RefusalError(place, f"expected an object, got {kind(content)}")
    for key in content:
        if not isinstance(key, str):
            raise RefusalError((*place, key), f"expected a name, got {key!r}")
        if known is not None and key not in known:
            text = f"unknown key {key!r}; expected {', '.join(known)}{hint(key, known)}"
            raise RefusalError((*place, key), text)
    return content


class _JsonLoader(yaml.SafeLoader):
    """YAML of JSON's types: a date is the text it is written as."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _check_json(place: Place, value: Any) -> None:
    """Refuse what JSON cannot carry: binary data, sets, keys that are no text, NaN."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise RefusalError((*place, key), f"expected a text as key, got {key!r}")
            _check_json((*place, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_json((*place, index), item)
    elif isinstance(value, float) and not math.isfinite(value):
        raise RefusalError(place, f"expected a number, got {value}")
    elif value is not None and not isinstance(value, str | int | float | bool):
        raise RefusalError(place, f"expected JSON, got {type(value).__name__}")


def _mark(reason: yaml.YAMLError) -> str:
    mark = getattr(reason, "problem_mark", None)
    return f":{mark.line + 1}" if mark is not None else ""


def _problem(reason: yaml.YAMLError) -> str:
    return str(getattr(reason, "problem", None) or reason)


def _line(node: yaml.Node | None, place: Place) -> int:
    """The line of the deepest part of a place that the file has."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in place:
        child = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, child = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            child = node.value[part] if part < len(node.value) else None
            line = child.start_mark.line + 1 if child is not None else line
        node = child
    return line
