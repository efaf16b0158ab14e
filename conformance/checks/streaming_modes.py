"""Streams of runs: what each mode sends."""

from __future__ import annotations

from typing import Any

from conformance import expect
from conformance.answers import stream_of
from conformance.recording import Recording, decoded
from conformance.registry import check
from conformance.scenarios.streaming import SHOW
from conformance.streams import grammar
from conformance.streams.grammar import MODES


@check("STR-MODE-02", scenario="stream_modes")
def values_after_every_superstep(r: Recording) -> None:
    """The input's state and one for each of six supersteps, the last one final."""
    found = stream_of(r["mode/values"]).datas("values")
    expect.ensure(
        len(found) >= 6, "a values event after each superstep", len(found), r["mode/values"]
    )
    wanted = {"note": "last", "data": {"checked": True, "l": 1, "inner": True}}
    expect.contains(found[-1], wanted, "final values", r["mode/values"])
    logs = [len(state.get("log", [])) for state in found]
    expect.ensure(logs == sorted(logs), "a log that only grows", logs, r["mode/values"])


@check("STR-MODE-03", scenario="stream_modes")
def updates_name_their_nodes(r: Recording) -> None:
    """Each event is an object of nodes; together they are the nodes of the script, in order."""
    exchange = r["mode/updates"]
    nodes: list[str] = []
    for update in stream_of(exchange).datas("updates"):
        expect.ensure(isinstance(update, dict), "an object by node", update, exchange)
        nodes += update
    together = [name for name in nodes if name not in ("left", "right")]
    expect.equal(together, ["work", "check", "nest", "work"], "nodes", exchange)
    expect.equal(sorted(set(nodes) - set(together)), ["left", "right"], "fan-out", exchange)


@check("STR-MODE-04", scenario="stream_modes")
def message_chunks_add_up(r: Recording) -> None:
    """Pairs; chunks with the message's id whose texts make the whole."""
    exchange = r["mode/messages-tuple"]
    pairs = stream_of(exchange).datas("messages")
    for pair in pairs:
        lawful = isinstance(pair, list) and len(pair) == 2
        lawful = lawful and all(isinstance(part, dict) for part in pair)
        expect.ensure(lawful, "a pair of message and metadata", pair, exchange)
        expect.ensure(
            "langgraph_node" in pair[1], "metadata with langgraph_node", pair[1], exchange
        )
    text = "".join(str(chunk.get("content")) for chunk, _ in pairs if chunk.get("id") == "ai-show")
    expect.equal(text, SHOW[0]["say"], "text of the chunks", exchange)
    chunks = sum(chunk.get("id") == "ai-show" for chunk, _ in pairs)
    expect.ensure(chunks >= 5, "a chunk for each of five tokens", chunks, exchange)


@check("STR-MODE-13", scenario="stream_modes")
def messages_have_types(r: Recording) -> None:
    """Chunks one that clients know as the AI's, the tool's message its own."""
    exchange = r["mode/messages-tuple"]
    pairs = stream_of(exchange).datas("messages")
    messages = [pair[0] for pair in pairs if isinstance(pair, list) and pair]
    seen = 0
    for message in expect.objects(messages, "messages", exchange):
        if message.get("id") == "ai-show":
            seen += 1
            expect.one_of(message.get("type"), ("AIMessageChunk", "ai"), "chunk type", exchange)
        elif message.get("tool_call_id") == "call-1":
            seen += 1
            expect.one_of(message.get("type"), ("tool",), "type of the tool's message", exchange)
    expect.ensure(seen >= 2, "the chunks and the tool's message", seen, exchange)


@check("STR-MODE-05", scenario="stream_modes")
def partial_messages_grow(r: Recording) -> None:
    """metadata once a message; each partial begins with the one before."""
    exchange = r["mode/messages"]
    stream = stream_of(exchange)
    told = [
        key
        for data in expect.objects(stream.datas("messages/metadata"), "metadata", exchange)
        for key in data
    ]
    expect.equal(told.count("ai-show"), 1, "metadata events of the message", exchange)
    text = ""
    for data in stream.datas("messages/partial"):
        lawful = isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict)
        expect.ensure(lawful, "a list of one message", data, exchange)
        if data[0].get("id") == "ai-show":
            found = str(data[0].get("content"))
            expect.ensure(found.startswith(text), f"a text that begins {text!r}", found, exchange)
            text = found
    expect.equal(text, SHOW[0]["say"], "last partial", exchange)
    whole = [m for data in stream.datas("messages/complete") for m in data if isinstance(m, dict)]
    tools = [message.get("content") for message in whole if message.get("type") == "tool"]
    expect.equal(tools, ["light"], "complete tool messages", exchange)


@check("STR-MODE-06", scenario="stream_modes")
def custom_values_come_as_written(r: Recording) -> None:
    """Value by value, in order; without subgraphs those of the subgraph stay out."""
    exchange = r["mode/custom"]
    found = stream_of(exchange).datas("custom")
    wanted: list[Any] = [{"n": 1}, [2, "two"], "right"]
    expect.equal(found, wanted, "custom values", exchange)


@check("STR-MODE-07", scenario="stream_modes")
def tasks_start_and_end(r: Recording) -> None:
    """One start and one end for each task."""
    exchange = r["mode/tasks"]
    open_tasks: dict[str, str] = {}
    ended: list[str] = []
    for data in stream_of(exchange).datas("tasks"):
        lawful = isinstance(data, dict) and {"id", "name"} <= set(data)
        expect.ensure(lawful, "a task with id and name", data, exchange)
        if "result" in data or "error" in data:
            expect.equal(open_tasks.pop(data["id"], None), data["name"], "started task", exchange)
            ended.append(data["name"])
        else:
            open_tasks[data["id"]] = data["name"]
    expect.equal(open_tasks, {}, "tasks that never end", exchange)
    wanted = ["check", "left", "nest", "right", "work", "work"]
    expect.equal(sorted(ended), wanted, "tasks", exchange)


@check("STR-MODE-08", scenario="stream_modes")
def checkpoints_lead_to_the_end(r: Recording) -> None:
    """Each with values, metadata, next and tasks; the last with nothing next."""
    exchange = r["mode/checkpoints"]
    found = stream_of(exchange).datas("checkpoints")
    expect.ensure(len(found) >= 6, "a checkpoint after each superstep", len(found), exchange)
    for data in found:
        lawful = isinstance(data, dict) and {"values", "metadata", "next", "tasks"} <= set(data)
        expect.ensure(lawful, "values, metadata, next and tasks", data, exchange)
    expect.equal(found[-1]["next"], [], "next of the last checkpoint", exchange)
    expect.contains(found[-1]["values"], {"note": "last"}, "values of the last", exchange)
    steps = [data["metadata"].get("step") for data in found]
    expect.equal(steps, sorted(steps), "steps", exchange)


@check("STR-MODE-09", scenario="stream_modes")
def debug_events_have_their_shape(r: Recording) -> None:
    """step, type and payload, of the three types."""
    exchange = r["mode/debug"]
    found = stream_of(exchange).datas("debug")
    for data in found:
        lawful = isinstance(data, dict) and {"step", "type", "payload"} <= set(data)
        expect.ensure(lawful, "step, type and payload", data, exchange)
    types = {data["type"] for data in found}
    expect.equal(types, {"checkpoint", "task", "task_result"}, "types", exchange)


@check("STR-MODE-09", scenario="stream_modes")
def events_mode_sends_events(r: Recording) -> None:
    """Objects with event and data, chat model chunks among them."""
    exchange = r["mode/events"]
    found = stream_of(exchange).datas("events")
    for data in found:
        lawful = isinstance(data, dict) and {"event", "data"} <= set(data)
        expect.ensure(lawful, "event and data", data, exchange)
    names = {data["event"] for data in found}
    wanted = {"on_chain_start", "on_chain_end", "on_chat_model_stream"}
    expect.ensure(wanted <= names, f"events {', '.join(sorted(wanted))}", names, exchange)


@check("STR-MODE-11", scenario="stream_modes")
def modes_together_are_the_modes_alone(r: Recording) -> None:
    """As many events of each name as the mode alone sent."""
    together = stream_of(r["all"])
    for mode in MODES:
        if mode in ("messages", "events"):  # not asked for, or full of run-dependent parts
            continue
        for name in grammar.NAMES[mode]:
            wanted = len(stream_of(r[f"mode/{mode}"]).named(name))
            expect.equal(len(together.named(name)), wanted, f"number of {name} events", r["all"])
    for name in ("values", "custom"):
        wanted_data = [_plain(data) for data in stream_of(r[f"mode/{name}"]).datas(name)]
        found = [_plain(data) for data in together.datas(name)]
        expect.equal(found, wanted_data, f"{name} events", r["all"])


def _plain(data: Any) -> Any:
    """Values without what differs between two equal runs: ids of messages and of calls."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items() if key != "id"}
    return [_plain(item) for item in data] if isinstance(data, list) else data


@check("STR-SUB-01", scenario="stream_modes")
def subgraph_events_have_a_namespace(r: Recording) -> None:
    """custom and updates of the inner node, under the namespace of `nest`."""
    exchange = r["subgraphs"]
    stream = stream_of(exchange)
    inner = [frame for frame in stream.events if grammar.namespace(frame.event)]
    spaces = {grammar.namespace(frame.event) for frame in inner}
    lawful = len(spaces) == 1 and str(*spaces).startswith("nest:")
    expect.ensure(lawful, "events of one namespace nest:…", spaces, exchange)
    custom = [decoded(frame.data) for frame in inner if grammar.base(frame.event) == "custom"]
    expect.equal(custom, ["inner"], "custom values of the subgraph", exchange)
    nodes = [
        node
        for frame in inner
        if grammar.base(frame.event) == "updates"
        for node in decoded(frame.data)
    ]
    expect.equal(nodes, ["inner"], "updates of the subgraph", exchange)


@check("STR-MODE-04", scenario="stream_modes")
def tuple_form_wins(r: Recording) -> None:
    """Both messages modes give the tuple form, as it is alone."""
    wanted = len(stream_of(r["mode/messages-tuple"]).named("messages"))
    found = len(stream_of(r["both-messages"]).named("messages"))
    expect.equal(found, wanted, "number of messages events", r["both-messages"])


@check("STR-MODE-12", scenario="stream_modes")
def modes_are_refused_or_work(r: Recording) -> None:
    """422, or a stream that the mode's events are in."""
    for exchange in r.each("claimed"):
        expect.status(exchange, 200, 422)
        if exchange.status == 200:
            name = exchange.label.partition("/")[2]
            found = [frame.event for frame in stream_of(exchange).events]
            works = any(grammar.base(event) == name for event in found)
            expect.ensure(works, f"{name} events, or a refusal", found, exchange)
