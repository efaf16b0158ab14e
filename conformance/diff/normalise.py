"""What an answer says apart from ids, times, versions, hosts and wording, references preserved.

An id becomes `<run:2.1>`, the first run that the answer to step 2 told of, and stays that in every
later answer of the sequence: an id too many in one answer shifts none in the next. A time becomes
its order to the time the same field had before, and whether it lies before the object's
`created_at`. The text of an error counts only where the requests say it, as a script's `fail` does.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from conformance.recording import NO_JSON, decoded
from conformance.streams.grammar import base

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.recording import Exchange, StreamRecord

Json = Any
UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_ID = re.compile(rf"{UUID}|(?<![0-9a-fA-F])[0-9a-f]{{32}}(?![0-9a-fA-F])")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_USUAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00")
_IN_PATH = re.compile(rf"/(threads|runs|assistants|state)/({UUID})")
_KINDS = MappingProxyType(
    {
        "run_id": "run",
        "thread_id": "thread",
        "assistant_id": "assistant",
        "checkpoint_id": "checkpoint",
        "parent_checkpoint_id": "checkpoint",
        "checkpoint_map": "checkpoint",
        "parents": "checkpoint",
        "checkpoint_ns": "task",
        "langgraph_checkpoint_ns": "task",
        "__pregel_task_id": "task",
        "langgraph_request_id": "request",
        "cron_id": "cron",
        "tool_call_id": "call",
        "tool_calls": "call",
        "interrupts": "interrupt",
        "__interrupt__": "interrupt",
        "messages": "message",
        "tasks": "task",
        "threads": "thread",
        "runs": "run",
        "assistants": "assistant",
        "state": "checkpoint",
        "contextId": "thread",
        "artifactId": "artifact",
        "messageId": "message",
    }
)
_OWNERS = ("thread_id", "run_id", "assistant_id", "checkpoint_id", "cron_id")
_WORDING = frozenset({"detail"})
# versions and hosts: where they stand in metadata they are left out, whoever names them
_DROPPED = frozenset(
    {
        "langgraph_version",
        "langgraph_api_version",
        "langgraph_plan",
        "langgraph_host",
        "langgraph_api_url",
    }
)
_VERSIONS = frozenset({"langgraph_py_version", "langgraph_js_version"})
# how a graph words an error of its own; what a script says stays
_WORDED = re.compile(
    r"^(InvalidUpdateError|GraphRecursionError|EmptyInputError|UserInterrupt|UserRollback)\b"
)
_CLASS = re.compile(r"\b[A-Z]\w*(?:Error|Exception)\b")
_RAISED = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
# an event of protocol v2 by its time and place
_PLACE = re.compile(r"\d{13}-\d+(\.\d+)?")
_INTERNAL = re.compile(r"^__|:")
_SIZES = frozenset({"bytes", "total_bytes", "versions", "count"})
_MILLISECONDS = 10**11
# in this order ids are met under names that tell their kind
_READ_FIRST = MappingProxyType(
    {"metadata": 0, "values": 1, "updates": 2, "tasks": 3, "checkpoints": 4, "debug": 5}
)
HEADERS = (
    "content-type",
    "location",
    "content-location",
    "x-pagination-total",
    "x-pagination-next",
    "cache-control",
    "allow",
    "access-control-allow-origin",
    "access-control-expose-headers",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in its normal form: `events` holds the data of each event name, in order."""

    status: int | str
    headers: Mapping[str, str]
    body: Json = NO_JSON
    events: Mapping[str, list[Json]] | None = None


class Normaliser:
    """Normalises the answers of one server in one sequence; `literal` ids stay as they are.

    `said` are the texts that the sequence's requests hold.
    """

    def __init__(
        self, url: str = "", literal: Iterable[str] = (), said: Iterable[str] = ()
    ) -> None:
        self._url = url
        self._said = frozenset(said)
        self._literal = frozenset(literal)
        self._names: dict[str, str] = {}
        self._place = 0
        self._counts: dict[str, int] = {}  # ids of each kind that came up in this answer
        self._times: dict[tuple[str, str], datetime] = {}

    def answer(self, exchange: Exchange, place: int = 0) -> Answer:
        """The answer to the step at this place."""
        self._place = place
        self._counts.clear()
        self.text(exchange.path)
        headers = {
            name: self._header(name, exchange.headers[name])
            for name in HEADERS
            if name in exchange.headers
        }
        status = exchange.status if exchange.status is not None else "no answer"
        if exchange.stream is not None:
            return Answer(status, headers, events=self.events(exchange.stream))
        return Answer(status, headers, self._body(exchange))

    def events(self, stream: StreamRecord) -> dict[str, list[Json]]:
        """The data of a stream's events in order, by their names; ids only as present or absent.

        Events of different modes may come in any order beside each other, so each mode is read on
        its own, metadata and values first. So do the tasks of one superstep: what `events` and
        `messages` tell of a task's work is read task by task.
        """
        order: list[tuple[int, str, str, Json, bool]] = []
        speakers: dict[str, Json] = {}
        for frame in stream.events:
            name, data = frame.event or "", decoded(frame.data)
            rank = _READ_FIRST.get(base(name), len(_READ_FIRST))
            task = _task(name, data, speakers)
            order.append((rank, base(name), task, (name, data), frame.id is not None))
        seen: dict[str, list[Json]] = {}
        for _, _, task, (name, data), has_id in sorted(order, key=lambda found: found[:3]):
            found: dict[str, Json] = {"data": "<no JSON>" if data is NO_JSON else self.value(data)}
            if has_id:
                found["id"] = "<event id>"
            seen.setdefault(self.text(name) + task, []).append(found)
        if stream.ended not in ("closed", "left"):
            seen["<end>"] = [stream.ended]
        return seen

    def value(self, value: Json, key: str = "", owner: str = "") -> Json:
        """A JSON value; `key` is where it lies, `owner` the kind of id its list or map gives."""
        if isinstance(value, dict):
            return self._object(value, key, owner)
        if isinstance(value, list):
            made = [self.value(inner, key, _KINDS.get(key, owner)) for inner in value]
            # a drawing's edges are a set, and so are the tools of a server
            return sorted(made, key=_set_order) if key in ("edges", "tools") else made
        if isinstance(value, str):
            return self._string(value, key, owner)
        if isinstance(value, bool) or value is None:
            return value
        if value > _MILLISECONDS:
            return "<ms>"
        return "<size>" if key in _SIZES else value

    def text(self, text: str, kind: str = "id") -> str:
        """A string with its ids, times and the server's own address replaced."""
        if self._url and self._url in text:
            text = text.replace(self._url, "<url>")
        text = _IN_PATH.sub(lambda m: f"/{m[1]}/{self._name(m[2], _KINDS[m[1]])}", text)
        text = _ID.sub(lambda found: self._name(found[0], kind), text)
        return _TIME.sub("<time>", text)

    # --- parts

    def _header(self, name: str, value: str) -> str:
        value = self.text(value)
        if name in ("allow", "access-control-expose-headers"):
            return ", ".join(sorted(part.strip() for part in value.split(",")))
        return value

    def _body(self, exchange: Exchange) -> Json:
        if not exchange.body.strip():
            return "<empty>"
        if exchange.json is not NO_JSON:
            refused = isinstance(exchange.json, dict) and exchange.json.keys() == {"error"}
            if refused and isinstance(exchange.json["error"], str):
                return {"error": "<text>"}
            return self.value(exchange.json)
        return "<text>"

    def _object(self, value: dict[str, Json], key: str, owner: str) -> dict[str, Json]:
        inside = _KINDS.get(key, owner)
        made: dict[str, Json] = {}
        # ids under names that say their kind first, whatever order the server writes them in
        if isinstance(value.get("error"), str) and isinstance(value.get("message"), str):
            own = _WORDED.match(value["error"]) or not self._is_said(value["message"])
            value = {**value, "message": "<text>"} if own else value
        if isinstance(value.get("code"), int) and "message" in value:  # an error of JSON-RPC
            value = {**value, "message": "<text>"}
        if "description" in value and {"artifactId", "uri"} & value.keys():
            value = {**value, "description": "<text>"}
        if key == "by_channel":  # of a saver's channels only those that are keys of the state
            value = {name: inner for name, inner in value.items() if not _INTERNAL.search(name)}
        if isinstance(value.get("properties"), dict):  # what a schema's author says of it
            value = {name: inner for name, inner in value.items() if name != "description"}
        if key == "status" and value.get("state") != "working" and "message" in value:
            value = {**value, "message": _unworded(value["message"])}
        if value.get("type") == "event" and "event_id" in value:
            # its run's id may stand beside it, and has to say nothing new of it
            value = {name: inner for name, inner in value.items() if name != "run_id"}
        value = {name: inner for name, inner in value.items() if name not in _DROPPED}
        for name in sorted(value, key=lambda name: (_rank(name), _ID.sub("<id>", name))):
            shown = self.text(name, "task" if key == "interrupts" else inside or "id")
            made[shown] = self.value(value[name], name, inside)
        whose = "/".join(str(made[name]) for name in _OWNERS if name in made)
        for name, inner in value.items():
            if isinstance(inner, str) and _TIME.fullmatch(inner):
                made[name] = self._time(inner, name, whose, value)
        return made

    def _string(self, value: str, key: str, owner: str) -> str:
        if key in _WORDING:
            return "<text>"
        if key in _VERSIONS:
            return "<version>"
        if key == "event_id" and _PLACE.fullmatch(value):
            return "<event id>"
        if key == "error" and (worded := _WORDED.match(value)):
            return worded[1]
        if key == "error" and (raised := _RAISED.fullmatch(value)):
            return value if self._is_said(_literal(raised[2])) else f"{raised[1]}(<text>)"
        kind = _KINDS.get(key, owner) if key != "id" else owner
        return self.text(value, kind or "id")

    def _is_said(self, message: str) -> bool:
        """Whether an error's text is the request's; that of a KeyError is in quotes."""
        return not message or message in self._said or _literal(message) in self._said

    def _name(self, value: str, kind: str) -> str:
        if value in self._literal:
            return value
        same = value.lower().replace("-", "") if len(value) == 36 else value
        if same not in self._names:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._names[same] = f"<{kind}:{self._place}.{self._counts[kind]}>"
        return self._names[same]

    def _time(self, value: str, name: str, whose: str, around: Mapping[str, Json]) -> str:
        shape = "time" if _USUAL_TIME.fullmatch(value) else "time of another form"
        moment = _moment(value)
        if moment is None or not whose:
            return f"<{shape}>"
        before = self._times.get((whose, name))
        self._times[whose, name] = moment
        words = [shape] if before is None else [shape, _order(moment, before, "before")]
        created = _moment(around.get("created_at"))
        if name != "created_at" and created is not None:
            words += ["<created_at"] if _order(moment, created, "").startswith("<") else []
        return f"<{' '.join(words)}>"


def _unworded(message: Json) -> Json:
    """What a task says of its end, but for the error that it names at last."""
    parts = message.get("parts") if isinstance(message, dict) else None
    if not isinstance(parts, list):
        return message
    told = [
        {**part, "text": " ".join(["<text>", *_CLASS.findall(part["text"])])}
        if isinstance(part, dict) and isinstance(part.get("text"), str)
        else part
        for part in parts
    ]
    return {**message, "parts": told}


def _set_order(value: Json) -> str:
    """By its name, else as it is written."""
    return str(value.get("name") or value) if isinstance(value, dict) else str(value)


def _literal(text: str) -> str:
    """The string that a Python literal stands for; the text itself where it is none."""
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _task(name: str, data: Json, speakers: dict[str, Json]) -> str:
    """` (left)` for an event about the work of a task that may run beside others.

    `speakers` are the nodes of the messages met so far: `messages/partial` does not name its own.
    """
    node: Json = None
    mode = base(name)
    if mode == "events" and isinstance(data, dict):
        node = (data.get("metadata") or {}).get("langgraph_node")
    elif mode == "messages" and isinstance(data, list) and len(data) == 2:
        node = data[1].get("langgraph_node")
    elif mode == "messages/metadata" and isinstance(data, dict):
        for message, told in data.items():
            node = speakers[message] = (told.get("metadata") or {}).get("langgraph_node")
    elif mode in ("messages/partial", "messages/complete") and isinstance(data, list):
        node = next(
            (speakers.get(str(one.get("id"))) for one in data if isinstance(one, dict)), None
        )
    elif mode in ("tasks", "debug") and isinstance(data, dict):
        node = data.get("payload", data).get("name")
    elif mode == "updates" and isinstance(data, dict) and len(data) == 1:
        node = next(iter(data))
    return f" ({node})" if node in ("left", "right") else ""


def _rank(name: str) -> int:
    if name in _OWNERS:
        return _OWNERS.index(name)
    return len(_OWNERS) if name in _KINDS else len(_OWNERS) + 1


def _moment(value: Json) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _order(one: datetime, other: datetime, named: str) -> str:
    try:
        return f"{'=' if one == other else '>' if one > other else '<'}{named}"
    except TypeError:  # one with a zone and one without
        return f"?{named}"
