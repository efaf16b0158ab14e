"""Streams of runs: headers, modes, order, ends."""

from __future__ import annotations

import itertools
from typing import Any

from conformance import expect
from conformance.checks.runs import newest_of, run_of
from conformance.errors import shown
from conformance.recording import Exchange, Recording, StreamRecord, decoded
from conformance.registry import check
from conformance.scenarios.streaming import MODES, SHOW, TEXTS
from conformance.streams import grammar
from spec.lifecycle import lifecycle


def stream_of(exchange: Exchange) -> StreamRecord:
    """The stream of an answer that the server closed by itself."""
    expect.closed(exchange)
    return expect.stream(exchange)


def final_values(exchange: Exchange) -> dict[str, Any]:
    """The data of the last `values` event."""
    found = stream_of(exchange).datas("values")
    expect.ensure(found, "a values event", "none", exchange)
    expect.ensure(isinstance(found[-1], dict), "values that are an object", found[-1], exchange)
    return dict(found[-1])


@check("STR-HEAD-01", scenario="streamed")
def stream_is_an_event_stream(r: Recording) -> None:
    """Content-Type, and no cache."""
    found = r["default/stream"]
    stream_of(found)
    expect.equal(found.content_type, "text/event-stream", "media type", found)
    control = expect.header(found, "cache-control")
    lawful = "no-store" in control or "no-cache" in control
    expect.ensure(lawful, "Cache-Control no-store or no-cache", control, found)


@check("STR-HEAD-02", scenario="streamed")
def stream_names_its_location(r: Recording) -> None:
    """Content-Location is the run, Location its stream."""
    found, run = r["default/stream"], newest_of(r["default/runs"])
    where = f"/threads/{r.note('thread-default')}/runs/{run['run_id']}"
    expect.equal(expect.header(found, "content-location"), where, "Content-Location", found)
    expect.equal(expect.header(found, "location"), f"{where}/stream", "Location", found)


@check("STR-META-01", scenario="streamed")
def one_run_id_everywhere(r: Recording) -> None:
    """The metadata event, the header and the stored run name the same run."""
    found, run = r["default/stream"], newest_of(r["default/runs"])
    first = stream_of(found).datas("metadata")
    expect.ensure(first, "a metadata event", "none", found)
    expect.contains(first[0], {"run_id": run["run_id"], "attempt": 1}, "metadata", found)
    where = expect.header(found, "content-location")
    expect.ensure(where.endswith(run["run_id"]), f"…{run['run_id']}", where, found)


@check("STR-MODE-02", scenario="streamed")
def last_values_are_the_state(r: Recording) -> None:
    """What the state shows afterwards."""
    found = final_values(r["default/stream"])
    expect.equal(expect.member(r["default/state"], "values"), found, "state", r["default/state"])


@check("STR-MODE-10", scenario="streamed")
def string_and_list_are_the_same(r: Recording) -> None:
    """And the default is values."""
    wanted = [frame.event for frame in stream_of(r["list/stream"]).events]
    for name in ("default", "string"):
        found = [frame.event for frame in stream_of(r[f"{name}/stream"]).events]
        expect.equal(found, wanted, "event names", r[f"{name}/stream"])


@check("STR-END-02", scenario="streamed")
def everything_is_final_when_the_stream_closes(r: Recording) -> None:
    """The first look after the close sees a terminal run and a thread at rest."""
    for name in ("default", "string", "list"):
        run = newest_of(r[f"{name}/runs"])
        expect.one_of(run["status"], lifecycle().run_terminal, "status", r[f"{name}/runs"])
        status = expect.member(r[f"{name}/thread"], "status")
        expect.ensure(status != "busy", "a thread at rest", status, r[f"{name}/thread"])


@check("STR-JOIN-04", scenario="streamed")
def stream_of_a_finished_run_closes(r: Recording) -> None:
    """With and without Last-Event-ID."""
    for exchange in r.each("rejoined"):
        stream_of(exchange)


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


@check("STR-TEXT-01", scenario="texts")
def text_survives(r: Recording) -> None:
    """In custom events, in values, in the state."""
    stream = stream_of(r["stream"])
    expect.equal(stream.datas("custom"), list(TEXTS), "custom values", r["stream"])
    wanted = {str(n): text for n, text in enumerate(TEXTS)}
    expect.contains(final_values(r["stream"]).get("data"), wanted, "values", r["stream"])
    expect.contains(expect.values(r["state"]).get("data"), wanted, "state", r["state"])


@check("STR-LIVE-01", scenario="stream_tokens")
def tokens_come_one_by_one(r: Recording) -> None:
    """Six tokens spread over at least half the time they take to make."""
    exchange = r["stream"]
    times = [frame.time for frame in stream_of(exchange).named("messages")]
    expect.ensure(len(times) >= r.note("tokens"), "six chunks", len(times), exchange)
    spread = times[r.note("tokens") - 1] - times[0]
    least = (r.note("tokens") - 1) * r.note("pace") / 2
    expect.ensure(spread >= least, f"at least {least:.2f} s", f"{spread:.2f} s", exchange)


@check("STR-BEAT-01", scenario="stream_silence")
def silence_is_kept_alive(r: Recording) -> None:
    """At least one comment in six seconds and a bit."""
    comments = len(stream_of(r["stream"]).comments)
    expect.ensure(comments >= 1, "a comment within 6 s", comments, r["stream"])


@check("STR-END-03", scenario="stream_endings")
def failure_is_the_last_event(r: Recording) -> None:
    """One error event, and the stored run agrees."""
    exchange = r["failed/stream"]
    stream = stream_of(exchange)
    expect.equal([f.event for f in stream.events].count("error"), 1, "error events", exchange)
    expect.equal(stream.events[-1].event, "error", "last event", exchange)
    wanted = {"error": "ValueError", "message": "as the script says"}
    expect.contains(decoded(stream.events[-1].data), wanted, "error", exchange)
    run = newest_of(r["failed/runs"])
    expect.equal(run["status"], "error", "stored status", r["failed/runs"])


@check("STR-END-04", scenario="stream_endings")
def no_error_without_a_failure(r: Recording) -> None:
    """Success, a question, a cancel."""
    for name, status in (("ok", "success"), ("asked", "success"), ("cancelled", "interrupted")):
        exchange = r[f"{name}/stream"]
        errors = stream_of(exchange).named("error")
        expect.ensure(not errors, "no error event", [frame.data for frame in errors], exchange)
        run = newest_of(r[f"{name}/runs"])
        expect.equal(run["status"], status, "stored status", r[f"{name}/runs"])


@check("STR-END-04", scenario="streamed")
def plain_streams_have_no_error(r: Recording) -> None:
    """Nothing went wrong."""
    for name in ("default", "string", "list"):
        errors = stream_of(r[f"{name}/stream"]).datas("error")
        expect.equal(errors, [], "error events", r[f"{name}/stream"])


@check("STR-END-02", scenario="stream_endings")
def failures_are_final_when_the_stream_closes(r: Recording) -> None:
    """Failed, asking and cancelled runs too."""
    for name in ("failed", "asked", "cancelled"):
        run = newest_of(r[f"{name}/runs"])
        expect.one_of(run["status"], lifecycle().run_terminal, "status", r[f"{name}/runs"])
        status = expect.member(r[f"{name}/thread"], "status")
        expect.ensure(status != "busy", "a thread at rest", status, r[f"{name}/thread"])


@check("STR-INT-01", scenario="stream_endings")
def interrupt_is_in_the_stream(r: Recording) -> None:
    """With id and value, the same in values and updates."""
    exchange = r["asked/stream"]
    seen = [
        item
        for data in stream_of(exchange).datas("values", "updates")
        if isinstance(data, dict)
        for item in data.get("__interrupt__") or ()
    ]
    expect.ensure(seen, "an `__interrupt__` in values or updates", "none", exchange)
    for item in seen:
        lawful = isinstance(item, dict) and isinstance(item.get("id"), str)
        expect.ensure(lawful, "an interrupt with an id", item, exchange)
        expect.equal(item.get("value"), {"question": "may I?"}, "interrupt value", exchange)
    ids = {item["id"] for item in seen}
    expect.equal(len(ids), 1, "number of interrupt ids", exchange)


@check("STR-ID-01", scenario="stream_resumed")
def resumable_events_have_ids(r: Recording) -> None:
    """Every one."""
    for frame in stream_of(r["live"]).events:
        expect.ensure(frame.id, f"an id on the {frame.event} event", frame.id, r["live"])


@check("STR-ID-02", scenario="stream_burst")
def ids_are_unique(r: Recording) -> None:
    """Sixty events in one instant."""
    stream = stream_of(r["stream"])
    expect.ensure(any(f.id for f in stream.events), "events with ids", "none", r["stream"])
    repeated = grammar.repeated_ids(stream)
    count = f"{len(repeated)} ids stand on several events, {', '.join(repeated[:3])} among them"
    expect.ensure(not repeated, "an id of its own for each event", count, r["stream"])


@check("STR-JOIN-01", scenario="stream_joined")
def joined_streams_are_alike(r: Recording) -> None:
    """Both see what happened after they came, and end."""
    streams = [stream_of(exchange) for exchange in r.each("joined")]
    told = [[(frame.event, frame.data) for frame in stream.events] for stream in streams]
    custom = streams[0].datas("custom")
    expect.equal(custom, ["late"], "custom values", r["joined/0"])
    expect.equal(told[1], told[0], "the events of the other client", r["joined/1"])
    expect.equal(run_of(r["run"])["status"], "success", "status", r["run"])


@check("STR-JOIN-05", scenario="stream_joined")
def joined_streams_filter_by_mode(r: Recording) -> None:
    """Custom events of the graph and of its subgraph, nothing else."""
    stream = stream_of(r["filtered"])
    names = [grammar.base(frame.event) for frame in stream.events]
    expect.equal(set(names) - {"metadata"}, {"custom"}, "event names", r["filtered"])
    found = [decoded(f.data) for f in stream.events if grammar.base(f.event) == "custom"]
    expect.equal(found, ["late", "inner"], "custom values", r["filtered"])


@check("STR-JOIN-02", scenario="stream_resumed")
def replay_is_the_live_stream(r: Recording) -> None:
    """The same events with the same ids, from the first to the last."""
    wanted = _told(stream_of(r["live"]))
    found = _told(stream_of(r["replay"]))
    expect.equal(found, wanted, "the live events", r["replay"])


@check("STR-JOIN-02", scenario="stream_replayed")
def replay_has_every_mode(r: Recording) -> None:
    """Six modes and a subgraph, event by event."""
    wanted = _told(stream_of(r["live"]))
    found = _told(stream_of(r["replay"]))
    for index, (one, other) in enumerate(itertools.zip_longest(wanted, found)):
        expect.ensure(one == other, f"event {index} {shown(one)}", other, r["replay"])


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


@check("STR-JOIN-03", scenario="stream_resumed")
def resume_behind_every_event(r: Recording) -> None:
    """The rest, without loss or repetition."""
    wanted = _told(stream_of(r["live"]))
    for n, exchange in enumerate(r.each("behind")):
        found = _told(stream_of(exchange))
        expect.equal(found, wanted[n + 1 :], f"the events behind the {n + 1}.", exchange)


def _told(stream: StreamRecord) -> list[tuple[str | None, str | None, str | None]]:
    return [(frame.event, frame.data, frame.id) for frame in stream.events]


@check("STR-JOIN-07", scenario="stream_resumed_live")
def replay_goes_on_live(r: Recording) -> None:
    """What was, then what comes, as the first client saw it."""
    wanted = _told(stream_of(r["live"]))
    expect.equal(_told(stream_of(r["replay"])), wanted, "the live events", r["replay"])


@check("STR-LEAVE-01", scenario="stream_left")
def leaving_a_stream_does_not_cancel(r: Recording) -> None:
    """The run goes on to its end."""
    expect.equal(run_of(r["continue/run"])["status"], "success", "status", r["continue/run"])
    values = expect.member(r["continue/state"], "values")
    expect.contains(values, {"note": "survived"}, "state values", r["continue/state"])


@check("STR-LEAVE-01", scenario="stream_left")
def leaving_a_stream_cancels_on_demand(r: Recording) -> None:
    """The run is interrupted and writes nothing more."""
    expect.equal(run_of(r["cancel/run"])["status"], "interrupted", "status", r["cancel/run"])
    values = expect.values(r["cancel/state"])
    expect.ensure("note" not in values, "no write after the cancel", values, r["cancel/state"])


@check("STR-LEAVE-02", scenario="stream_left")
def leaving_a_joined_stream_does_not_cancel(r: Recording) -> None:
    """Unless it was asked for."""
    found = run_of(r["join-continue/run"])["status"]
    expect.equal(found, "success", "status", r["join-continue/run"])
    found = run_of(r["join-cancel/run"])["status"]
    expect.equal(found, "interrupted", "status", r["join-cancel/run"])


@check("STR-THREAD-01", scenario="thread_stream")
def thread_stream_tells_every_run(r: Recording) -> None:
    """Two runs: start, events of their modes, run_done; each event with an id."""
    exchange = r["runs"]
    stream = expect.stream(exchange)
    for frame in stream.events:
        expect.ensure(frame.id, f"an id on the {frame.event} event", frame.id, exchange)
    told = [data for data in stream.datas("metadata") if isinstance(data, dict)]
    started = [data.get("run_id") for data in told if "attempt" in data]
    done = [data.get("run_id") for data in told if data.get("status") == "run_done"]
    expect.equal(len(started), 2, "runs that started", exchange)
    expect.equal(done, started, "runs that are done", exchange)
    names = {grammar.base(frame.event) for frame in stream.events}
    expect.ensure({"values", "updates"} <= names, "values and updates events", names, exchange)


@check("STR-THREAD-01", scenario="thread_stream")
def thread_stream_stays_open(r: Recording) -> None:
    """It was the client that left."""
    expect.equal(expect.stream(r["runs"]).ended, "left", "end of the stream", r["runs"])


@check("STR-THREAD-02", scenario="thread_stream")
def thread_stream_has_modes(r: Recording) -> None:
    """lifecycle sends only starts and ends; junk is 422."""
    exchange = r["lifecycle"]
    names = {frame.event for frame in expect.stream(exchange).events}
    expect.equal(names, {"metadata"}, "event names", exchange)
    expect.status(r["junk"], 422)


@check("STR-THREAD-03", scenario="thread_stream")
def thread_stream_tells_state_updates(r: Recording) -> None:
    """An event with the state."""
    exchange = r["updates"]
    stream = expect.stream(exchange)
    found = stream.datas("state_update")
    names = [frame.event for frame in stream.events]
    expect.ensure(found, "a state_update event", names, exchange)
    expect.ensure(
        isinstance(found[0], dict) and isinstance(found[0].get("state"), dict),
        "data with the state",
        found[0],
        exchange,
    )
