"""Requests of the fuzzer's report as commands for a shell, with nothing secret in them."""

from __future__ import annotations

import base64
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# The tool's own headers tell nothing about the request.
_NOISE = frozenset({"user-agent", "accept", "accept-encoding", "connection", "content-length"})


def commands(recorder: Mapping[str, Any], case: str, secret: frozenset[str]) -> list[str]:
    """One curl for the case and for each case it was derived from, oldest first."""
    found: list[str] = []
    current: str | None = case
    while current is not None:
        interaction = recorder["interactions"].get(current)
        if interaction:
            found.insert(0, _curl(interaction["request"], secret))
        current = recorder["cases"].get(current, {}).get("parent_id")
    return found


def _curl(request: Mapping[str, Any], secret: frozenset[str]) -> str:
    parts = ["curl", "-X", request["method"]]
    hidden: list[str] = []
    for name, values in request["headers"].items():
        if name.lower() in secret:
            hidden.append(f'-H "{name}: {variable(name)}"')
        elif name.lower() not in _NOISE:
            for value in values if isinstance(values, list) else [values]:
                parts += ["-H", f"{name}: {value}"]
    if body := content_of(request.get("body")):
        try:
            parts += ["--data-raw", body.decode()]
        except UnicodeDecodeError:
            encoded = base64.b64encode(body).decode()
            command = _joined(*parts, "--data-binary", "@-", *hidden, request["uri"])
            return f"echo {encoded} | base64 -d | {command}"
    return _joined(*parts, *hidden, request["uri"])


def _joined(*words: str) -> str:
    """The words as a shell takes them; those that are quoted already stay."""
    return " ".join(word if word.startswith('-H "') else shlex.quote(word) for word in words)


def variable(name: str) -> str:
    """The shell variable that stands for the secret value of a header."""
    return f"${name.upper().replace('-', '_')}"


def content_of(content: Any) -> bytes:
    """A body as the report holds it: `{"$base64": …}`, a text, or nothing."""
    if isinstance(content, dict):
        return base64.b64decode(content.get("$base64", ""))
    return content.encode() if isinstance(content, str) else b""
