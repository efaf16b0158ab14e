// `client.threads.stream`, the session of protocol v2, of one generation of the JavaScript client
// (named by SDK) over both of its transports, against one server (SERVER_URL).

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";

import { WebSocket } from "ws";

import { droppingProxy } from "../dropping.mjs";

const { SDK, SERVER_URL } = process.env;
const { Client } = await import(SDK);
const client = new Client({ apiUrl: SERVER_URL, apiKey: null });
const TOGETHER = { concurrency: 6, timeout: 60_000 };
const HELLO = { messages: [{ role: "user", content: "hello you there" }] };
const ENDS = ["completed", "failed", "interrupted"];

const script = (...steps) => ({ script: steps });

async function collect(stream) {
  const all = [];
  for await (const one of stream) all.push(one);
  return all;
}

async function until(holds) {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const over = (threadId, runId) =>
  until(async () => !["pending", "running"].includes((await client.runs.get(threadId, runId)).status));

/**
 * The events of a subscription until the end of a run for which `isLast(event)` holds. The client
 * pauses a subscription with the end of each run.
 */
async function untilEnd(subscription, isLast = () => true) {
  const events = [];
  const iterator = subscription[Symbol.asyncIterator]();
  for (;;) {
    const { value: event, done } = await iterator.next();
    if (done) {
      assert.ok(subscription.isPaused, "the subscription ended before the run");
      subscription.resume();
      continue;
    }
    events.push(event);
    const isEnd = event.method === "lifecycle" && !event.params.namespace.length;
    if (isEnd && ENDS.includes(event.params.data.event) && isLast(event)) return events;
  }
}

/** Sockets of which the first `drops` break at the first event that no command waits for. */
function breakingSockets(drops) {
  return (url) => {
    const socket = new WebSocket(url);
    if ((drops -= 1) < 0) return socket;
    let waiting = 0;
    const send = socket.send.bind(socket);
    socket.send = (text) => (waiting++, send(text));
    socket.on("message", (text) => {
      if (JSON.parse(text).type !== "event") waiting -= 1;
      else if (waiting === 0) socket.terminate();
    });
    return socket;
  };
}

async function first(stream) {
  for await (const one of stream) return one;
}

async function noted(stream) {
  for await (const { note } of stream) if (note) return note;
}

for (const transport of ["sse", "websocket"]) {
  const open = (assistantId, { threadId = randomUUID(), from = client, ...options } = {}) =>
    from.threads.stream(threadId, {
      assistantId,
      transport,
      webSocketFactory: (url) => new WebSocket(url),
      reconnectDelayMs: () => 20,
      ...options,
    });

  describe(`threads.stream over ${transport}`, TOGETHER, () => {
    it("streams messages piece by piece, values, and gives the output", async () => {
      const thread = open("agent");
      const spoken = (async () => {
        const texts = [];
        for await (const message of thread.messages) texts.push(await collect(message.text));
        return texts;
      })();
      const snapshots = collect(thread.values);
      const { run_id } = await thread.run.start({ input: HELLO });
      const output = await thread.output;
      assert.deepEqual(await spoken, [["hello ", "you ", "there"]]);
      assert.deepEqual((await snapshots).map((values) => values.messages.length), [1, 2]);
      assert.deepEqual(output.messages.map((m) => m.text), ["hello you there", "hello you there"]);
      assert.equal((await client.runs.get(thread.threadId, run_id)).status, "success");
      await thread.close();
    });

    it("finds subgraphs with what they say and give", async () => {
      const thread = open("probe");
      const found = (async () => {
        for await (const graph of thread.subgraphs) {
          const [said, note] = await Promise.all([first(graph.messages), noted(graph.values)]);
          return { name: graph.name, said: await said.text, note };
        }
      })();
      const nested = [{ say: "from below" }, { update: { note: 4 } }];
      // the client looks into a subgraph only while its run goes on
      const above = { say: "from above", pace: 1 };
      await thread.run.start({ input: script({ subgraph: nested }, above) });
      assert.deepEqual(await found, { name: "nest", said: "from below", note: 4 });
      const output = await thread.output;
      assert.deepEqual(output.messages.map((m) => m.text), ["from below", "from above"]);
      await thread.close();
    });

    it("asks a person and goes on with the answer", async () => {
      const thread = open("probe");
      await thread.run.start({
        input: script({ interrupt: { ok: "?" } }, { update: { note: { $: "resume" } } }),
      });
      await thread.output;
      assert.equal(thread.interrupted, true);
      const [asked] = thread.interrupts;
      assert.deepEqual(asked.payload, { ok: "?" });
      const answer = { namespace: asked.namespace, interrupt_id: asked.interruptId };
      const lifecycle = await thread.subscribe("lifecycle");
      await thread.input.respond({ ...answer, response: "yes" });
      const seen = await untilEnd(lifecycle, (event) => event.params.data.event === "completed");
      const events = ["running", "interrupted", "running", "completed"];
      assert.deepEqual(seen.map((event) => event.params.data.event), events);
      assert.equal(thread.interrupted, false);
      assert.deepEqual(thread.interrupts, []);
      assert.equal((await client.threads.getState(thread.threadId)).values.note, "yes");
      const again = thread.input.respond({ ...answer, response: "again" });
      await assert.rejects(again, { code: "no_such_interrupt" });
      await thread.close();
    });

    it("shows the tree of a run, where there is a connection to ask on", async () => {
      const thread = open("probe");
      await thread.run.start({ input: script({ subgraph: [{ update: { note: 1 } }] }) });
      await thread.output;
      if (transport === "sse") {
        await assert.rejects(thread.agent.getTree(), { code: "no_such_run" });
      } else {
        const { tree } = await thread.agent.getTree();
        assert.deepEqual([tree.graph_name, tree.status], ["probe", "completed"]);
        assert.deepEqual(tree.children.map((child) => child.graph_name), ["nest"]);
      }
      await assert.rejects(thread.state.get({}), { code: "unknown_command" });
      await thread.close();
    });

    it("tells of a failure, and refuses what it does not know", async () => {
      const thread = open("probe");
      const lifecycle = thread.subscribe(["lifecycle", "input"]);
      await thread.run.start({ input: script({ fail: { error: "ValueError", message: "boom" } }) });
      const { params } = (await untilEnd(await lifecycle)).at(-1);
      assert.equal(params.data.event, "failed");
      assert.match(params.data.error, /boom/);
      await thread.close();
      const nobody = open("nobody");
      await assert.rejects(nobody.run.start({ input: HELLO }), /422/);
      await nobody.close();
    });

    it("gives the events of a namespace, each once and in order, until unsubscribed", async () => {
      const thread = open("probe");
      const everything = thread.subscribe(["values", "messages", "lifecycle"]);
      const below = thread.subscribe({ channels: ["messages"], namespaces: [["nest"]] });
      await thread.run.start({ input: script({ subgraph: [{ say: "a b" }] }, { say: "c" }) });
      const seen = await untilEnd(await everything);
      const order = seen.map((event) => event.seq);
      assert.deepEqual(order, [...new Set(order)].sort((a, b) => a - b));
      assert.equal(new Set(seen.map((event) => event.event_id)).size, seen.length);
      const nested = (event) => event.method === "messages" && event.params.namespace.length;
      const subscription = await below;
      const inner = [];
      for (const { event_id } of seen.filter(nested)) {
        const { value } = await subscription[Symbol.asyncIterator]().next();
        inner.push(value);
        assert.equal(value.event_id, event_id);
      }
      assert.equal(inner.at(-1).params.data.event, "message-finish");
      await subscription.unsubscribe();
      assert.deepEqual(await collect(subscription), []);
      await thread.close();
    });

    it("takes a second turn, and shows all of it to who comes later", async () => {
      const thread = open("probe");
      const own = await thread.subscribe(["values", "messages", "lifecycle", "input"]).catch(() => null);
      const input = { ...HELLO, ...script({ say: "one two three", pace: 0.05 }) };
      let last;
      for (const turn of [1, 2]) {
        last = (await thread.run.start({ input })).run_id;
        await over(thread.threadId, last);
        const { values } = await client.threads.getState(thread.threadId);
        assert.equal(values.messages.length, 2 * turn);
      }
      await own?.unsubscribe();
      const later = open("probe", { threadId: thread.threadId });
      const subscription = await later.subscribe(["values", "messages", "lifecycle"]);
      const seen = await untilEnd(subscription, ({ event_id }) => event_id.includes(last));
      const pieces = seen.filter((event) => event.params.data.event === "content-block-delta");
      // the reference may leave earlier runs out where the subscription came over a socket
      if (transport === "sse" || seen[0].seq === 1) assert.equal(pieces.length, 6);
      else assert.equal(pieces.length, 3);
      await thread.close();
      await later.close();
    });

    it("goes on where a connection broke", async () => {
      const proxy = await droppingProxy(SERVER_URL, { events: 3, drops: 2 });
      const flaky = new Client({ apiUrl: proxy.url, apiKey: null });
      const reconnects = [];
      const thread = open("probe", {
        from: transport === "sse" ? flaky : client,
        webSocketFactory: breakingSockets(2),
        onReconnect: (at) => reconnects.push(at),
      });
      const said = (async () => {
        const texts = [];
        for await (const message of thread.messages) texts.push(await message.text);
        return texts;
      })();
      await thread.run.start({ input: script({ say: "one two three four", pace: 0.3 }, { say: "five" }) });
      const output = await thread.output;
      assert.deepEqual(await said, ["one two three four", "five"]);
      assert.deepEqual(output.messages.map((m) => m.text), ["one two three four", "five"]);
      assert.ok(reconnects.length >= 2, `reconnected ${reconnects.length} times`);
      await thread.close();
      proxy.close();
    });

    it("closes, while the run goes on", async () => {
      const thread = open("probe");
      const input = script({ update: { note: 1 } }, { node: "check" }, { sleep: 0.5 });
      const { run_id } = await thread.run.start({ input });
      await noted(thread.values);
      const rest = collect(thread.values);
      await thread.close();
      await rest;
      await over(thread.threadId, run_id);
      assert.equal((await client.runs.get(thread.threadId, run_id)).status, "success");
      await assert.rejects(thread.run.start({ input: HELLO }));
    });
  });
}
