"""The commands that show a violation again: curl, in order, ids carried in shell variables."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conformance.recording import Exchange, Recording
    from conformance.target import Target

# what an operation's answer mints: the shell variable, and the key of the body that holds the id
_MINTS = {
    "send_thread_command": ("RUN", "result.run_id"),
    "create_thread": ("THREAD", "thread_id"),
    "create_run": ("RUN", "run_id"),
    "copy_thread": ("COPY", "thread_id"),
    "create_stateless_run": ("RUN", "run_id"),
    "create_assistant": ("ASSISTANT", "assistant_id"),
}
# these tell the run's id in Content-Location
_LOCATED = frozenset({"stream_run", "wait_run"})
_LOCATION = "tr -d '\\r' | sed -n 's|^content-location: .*/||Ip'"
_CARRIED = frozenset(
    {
        "content-type",
        "last-event-id",
        "prefer",
        "origin",
        "accept",
        "access-control-request-method",
        "access-control-request-headers",
    }
)
_MOST = 12
_PAUSE = 0.2


def commands(recording: Recording, exchange: Exchange | None, target: Target) -> tuple[str, ...]:
    """The requests that led to an exchange, and the exchange; none where it is not known.

    Requests that only looked are left out. Secret headers appear as variables named after them.
    """
    if exchange is None:
        return ()
    before = [
        found
        for found in recording.exchanges
        if found.started <= exchange.started and found is not exchange and _led_to(found, exchange)
    ]
    if len(before) > _MOST:  # what made the thread, and the latest of what happened on it
        before = [*before[:1], *before[1 - _MOST :]]
    chain = [*before, exchange]
    names: dict[str, str] = {}
    lines: list[str] = []
    for place, found in enumerate(chain):
        if place and (pause := found.started - chain[place - 1].answered) > _PAUSE:
            lines.append(f"sleep {pause:.1f}")
        lines.append(_command(found, target, names, chain[place + 1 :]))
    return tuple(lines)


def _led_to(found: Exchange, exchange: Exchange) -> bool:
    if found.operation == "cancel_runs":  # reaches every thread
        return True
    if found.over_socket and found.stream is None:  # a part of what the whole socket was sent
        return False
    if found.status is None or found.method in ("GET", "HEAD", "OPTIONS"):
        return False
    if (minted := _minted(found)) and _mentions(exchange, minted):
        return True
    thread = _thread_of(exchange.path)
    return thread is not None and thread == _thread_of(found.path)


def _thread_of(path: str) -> str | None:
    parts = path.partition("?")[0].split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "threads" and len(parts[2]) == 36 else None


def _secrets(exchange: Exchange, target: Target) -> list[str]:
    """The headers of who asked: the user, or the second one where it was them."""
    theirs = target.other_headers
    second = theirs and theirs.items() <= exchange.request_headers.items()
    words: list[str] = []
    for name in theirs if second else target.headers:
        variable = f"{'OTHER_' if second else ''}{name.upper().replace('-', '_')}"
        words += ["-H", f'"{name}: ${variable}"']
    return words


def _over_socket(exchange: Exchange, target: Target, names: dict[str, str]) -> str:
    """What was sent over a WebSocket, by websocat: a message a line."""
    lines = (exchange.request_body or b"").splitlines()
    sent = " ".join(_body(line, names) for line in lines)
    words = ["printf", "'%s\\n'", sent, "|", "websocat", "-n"]
    words += _secrets(exchange, target)
    scheme, _, rest = target.url.partition(":")
    address = f"{'wss' if scheme == 'https' else 'ws'}:{rest}{exchange.path}"
    return " ".join([*words, _quoted(address, names)])


def _command(
    exchange: Exchange, target: Target, names: dict[str, str], later: Sequence[Exchange] = ()
) -> str:
    if exchange.over_socket:
        return _over_socket(exchange, target, names)
    words = ["curl", "-sN" if exchange.stream else "-s"]
    if not later:
        words.append("-i")
    if exchange.method != "GET":
        words += ["-X", exchange.method]
    words.append(_quoted(target.url + exchange.path, names))
    words += _secrets(exchange, target)
    for name, value in exchange.request_headers.items():
        if name in _CARRIED and name not in target.headers and value != "*/*":
            words += ["-H", _quoted(f"{name}: {value}", names)]
    if exchange.request_body:
        words += ["-d", _body(exchange.request_body, names)]
    line = " ".join(words)
    minted = _minted(exchange)
    if not minted or not any(_mentions(found, minted) for found in later):
        return line
    variable, key = _MINTS.get(exchange.operation or "", ("RUN", ""))
    taken = set(names.values())
    names[minted] = next(name for name in _numbered(variable) if name not in taken)
    if key:
        return f"{names[minted]}=$({line} | jq -r .{key})"
    return f"{names[minted]}=$({line} -D - -o /dev/null | {_LOCATION})"


def _minted(exchange: Exchange) -> str:
    """The id that an exchange brought into the world; empty where it did not."""
    _, key = _MINTS.get(exchange.operation or "", ("", ""))
    if key:
        found = exchange.json
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found if isinstance(found, str) else ""
    if exchange.operation in _LOCATED:
        return exchange.headers.get("content-location", "").rpartition("/")[2]
    return ""


def _mentions(exchange: Exchange, text: str) -> bool:
    return text in exchange.path or text.encode() in (exchange.request_body or b"")


def _numbered(name: str) -> Iterable[str]:
    yield name
    yield from (f"{name}{number}" for number in range(2, 1000))


def _body(content: bytes, names: dict[str, str]) -> str:
    if len(content) > 4000:
        return f"@body  # {len(content)} bytes"
    try:
        return _quoted(content.decode("utf-8"), names)
    except UnicodeDecodeError:
        return f"$'{''.join(f'{chr(92)}x{byte:02x}' for byte in content)}'"


def _quoted(text: str, names: dict[str, str]) -> str:
    quoted = shlex.quote(text)
    for value, variable in names.items():
        if value in quoted:
            # out of the single quotes, the variable, and back in
            inner = f"'\"${variable}\"'" if quoted.startswith("'") else f"${variable}"
            quoted = quoted.replace(value, inner)
    return quoted
