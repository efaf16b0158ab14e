// One generation of the JavaScript client (named by SDK) against one server (SERVER_URL).
// The server is the mock or a real one with the probe graph: only what both promise is asserted.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";

import { droppingProxy } from "../dropping.mjs";

const { SDK, SERVER_URL } = process.env;
const { Client } = await import(SDK);
const client = new Client({ apiUrl: SERVER_URL, apiKey: null });
const HELLO = { messages: [{ role: "user", content: "hello you there" }] };
const LONG = script({ custom: 1 }, { node: "check" }, { sleep: 30 }, { say: "late" });
const TOGETHER = { concurrency: 8, timeout: 60_000 };

function script(...steps) {
  return { script: steps };
}

async function collect(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

async function newThread() {
  return (await client.threads.create()).thread_id;
}

async function until(threadId, runId, status) {
  while ((await client.runs.get(threadId, runId)).status !== status) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function refused(status) {
  return (error) => error.status === status || error.message.includes(String(status));
}

describe(SDK, TOGETHER, () => {
  describe("runs", TOGETHER, () => {
    it("creates, gets, lists, joins and deletes", async () => {
      const threadId = await newThread();
      const created = [];
      const run = await client.runs.create(threadId, "agent", {
        input: HELLO,
        metadata: { m: 1 },
        onRunCreated: (at) => created.push(at),
      });
      assert.equal(run.status, "pending");
      assert.deepEqual(created, [{ run_id: run.run_id, thread_id: threadId }]);
      const values = await client.runs.join(threadId, run.run_id);
      assert.deepEqual(values.messages.map((m) => m.content), ["hello you there", "hello you there"]);
      const got = await client.runs.get(threadId, run.run_id);
      assert.equal(got.status, "success");
      assert.equal(got.metadata.m, 1);
      const listed = await client.runs.list(threadId, { status: "success", limit: 5 });
      assert.deepEqual(listed.map((r) => r.run_id), [run.run_id]);
      assert.deepEqual(await client.runs.list(threadId, { status: "error" }), []);
      const selected = client.runs.list(threadId, { select: ["run_id", "status"] });
      if (["sdk-2.0", "sdk-1.11"].includes(SDK)) {
        await assert.rejects(selected, refused(422)); // they send a list in a query as JSON
      } else {
        assert.deepEqual(await selected, [{ run_id: run.run_id, status: "success" }]);
      }
      await client.runs.delete(threadId, run.run_id);
      await assert.rejects(client.runs.get(threadId, run.run_id), refused(404));
    });

    it("waits, with and without a thread", async () => {
      for (const threadId of [await newThread(), null]) {
        const created = [];
        const onRunCreated = (at) => created.push(at);
        const values = await client.runs.wait(threadId, "agent", { input: HELLO, onRunCreated });
        assert.equal(values.messages.at(-1).content, "hello you there");
        assert.ok(created[0].run_id);
      }
    });

    it("streams every mode asked for, and the run is final when the stream ends", async () => {
      const threadId = await newThread();
      const created = [];
      const parts = await collect(
        client.runs.stream(threadId, "probe", {
          input: script({ custom: { n: 1 } }, { say: "one two three" }),
          streamMode: ["values", "updates", "messages-tuple", "custom", "tasks", "checkpoints"],
          onRunCreated: (at) => created.push(at),
        }),
      );
      assert.equal(parts[0].event, "metadata");
      assert.equal(parts[0].data.run_id, created[0].run_id);
      const names = new Set(parts.map((p) => p.event));
      for (const name of ["values", "updates", "messages", "custom", "tasks", "checkpoints"]) {
        assert.ok(names.has(name), `no ${name} event in ${[...names]}`);
      }
      const tokens = parts.filter((p) => p.event === "messages").map((p) => p.data[0]);
      assert.equal(tokens.map((t) => t.content).join(""), "one two three");
      assert.equal(new Set(tokens.map((t) => t.id)).size, 1);
      const [last] = parts.filter((p) => p.event === "values").slice(-1);
      assert.equal(last.data.messages.at(-1).content, "one two three");
      assert.equal((await client.runs.get(threadId, created[0].run_id)).status, "success");
    });

    it("streams messages whole and in part", async () => {
      const parts = await collect(
        client.runs.stream(null, "agent", { input: HELLO, streamMode: "messages" }),
      );
      const partial = parts.filter((p) => p.event === "messages/partial").map((p) => p.data[0]);
      assert.equal(partial.at(-1).content, "hello you there");
      assert.ok(parts.some((p) => p.event === "messages/metadata"));
    });

    it("streams a subgraph under its namespace", async () => {
      const parts = await collect(
        client.runs.stream(null, "probe", {
          input: script({ subgraph: [{ update: { note: "deep" } }] }),
          streamMode: ["updates", "values"],
          streamSubgraphs: true,
        }),
      );
      const inner = parts.filter((p) => p.event.startsWith("updates|nest:"));
      assert.deepEqual(inner.map((p) => p.data.inner.note), ["deep"]);
      assert.ok(parts.some((p) => p.event.startsWith("values|nest:")));
      assert.equal(parts.filter((p) => p.event === "values").at(-1).data.note, "deep");
    });

    it("ends a stream with the agent's error, and wait throws it", async () => {
      const input = script({ fail: { error: "ValueError", message: "boom" } });
      const threadId = await newThread();
      const parts = await collect(client.runs.stream(threadId, "probe", { input }));
      assert.equal(parts.at(-1).event, "error");
      assert.equal(parts.at(-1).data.error, "ValueError");
      assert.match(JSON.stringify(parts.at(-1).data.message), /boom/);
      await assert.rejects(client.runs.wait(threadId, "probe", { input }), /ValueError: .*boom/);
      const values = await client.runs.wait(threadId, "probe", { input, raiseError: false });
      assert.equal(values.__error__.error, "ValueError");
      assert.equal((await client.threads.get(threadId)).status, "error");
      const state = await client.threads.getState(threadId);
      assert.match(state.tasks[0].error, /boom/);
    });

    it("joins a run that plays and replays one that is over", async () => {
      const threadId = await newThread();
      const steps = [1, 2, 3].flatMap((n) => [{ custom: n }, { sleep: 0.2 }]);
      const run = await client.runs.create(threadId, "probe", {
        input: script(...steps),
        streamMode: ["custom", "values"],
        streamResumable: true,
      });
      const live = await collect(client.runs.joinStream(threadId, run.run_id, { lastEventId: "-1" }));
      assert.deepEqual(live.filter((p) => p.event === "custom").map((p) => p.data), [1, 2, 3]);
      assert.ok(live.every((p) => p.id), "an event of a resumable run has no id");
      const again = await collect(client.runs.joinStream(threadId, run.run_id, { lastEventId: "-1" }));
      assert.deepEqual(again, live);
      const second = live.findIndex((p) => p.event === "custom" && p.data === 2);
      const rest = await collect(
        client.runs.joinStream(threadId, run.run_id, {
          lastEventId: live[second].id,
          streamMode: ["custom"],
        }),
      );
      assert.deepEqual(rest.map((p) => p.data), [3]);
    });

    it("goes on where a connection broke", async () => {
      const proxy = await droppingProxy(SERVER_URL, { events: 3, drops: 2 });
      try {
        const flaky = new Client({ apiUrl: proxy.url, apiKey: null });
        const { thread_id } = await flaky.threads.create();
        const steps = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((n) => [{ custom: n }, { sleep: 0.2 }]);
        const stream = flaky.runs.stream(thread_id, "probe", {
          input: script(...steps),
          streamMode: "custom",
          streamResumable: true,
          onDisconnect: "continue",
        });
        const seen = (await collect(stream)).filter((p) => p.event === "custom").map((p) => p.data);
        assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8]);
        const rejoined = proxy.requests.filter((r) => r.headers["last-event-id"]);
        assert.equal(rejoined.length, 2);
        assert.ok(rejoined.every((r) => r.method === "GET"));
      } finally {
        proxy.close();
      }
    });

    it("cancels, waiting or not", async () => {
      for (const wait of [false, true]) {
        const threadId = await newThread();
        const { run_id } = await client.runs.create(threadId, "probe", { input: LONG });
        await until(threadId, run_id, "running");
        await client.runs.cancel(threadId, run_id, wait);
        await until(threadId, run_id, "interrupted");
        await assert.rejects(client.runs.cancel(threadId, run_id), refused(404));
      }
    });

    it("rolls a run back", async () => {
      const threadId = await newThread();
      const { run_id } = await client.runs.create(threadId, "probe", { input: LONG });
      await until(threadId, run_id, "running");
      await client.runs.cancel(threadId, run_id, true, "rollback");
      await assert.rejects(client.runs.get(threadId, run_id), refused(404));
    });

    it("creates a batch", async () => {
      const payload = { assistantId: "agent", input: HELLO, on_completion: "keep" };
      const runs = await client.runs.createBatch([payload, payload]);
      assert.equal(new Set(runs.map((r) => r.thread_id)).size, 2);
      for (const run of runs) {
        const values = await client.runs.join(run.thread_id, run.run_id);
        assert.equal(values.messages.at(-1).content, "hello you there");
      }
    });

    it("ends a run with its stream, unless it is to go on", async () => {
      for (const [onDisconnect, status] of [["cancel", "interrupted"], ["continue", "success"]]) {
        const threadId = await newThread();
        const leaving = new AbortController();
        const created = [];
        const stream = client.runs.stream(threadId, "probe", {
          input: script({ custom: 1 }, { sleep: 2 }),
          streamMode: "custom",
          onDisconnect,
          signal: leaving.signal,
          onRunCreated: (at) => created.push(at),
        });
        for await (const part of stream) if (part.event === "custom") break;
        leaving.abort();
        await until(threadId, created[0].run_id, status);
      }
    });

    it("rejects, interrupts and enqueues a second run", async () => {
      const threadId = await newThread();
      const first = await client.runs.create(threadId, "probe", { input: LONG });
      await until(threadId, first.run_id, "running");
      const reject = { input: HELLO, multitaskStrategy: "reject" };
      await assert.rejects(client.runs.create(threadId, "agent", reject), refused(409));
      const interrupt = { input: script({ sleep: 0.3 }), multitaskStrategy: "interrupt" };
      const second = await client.runs.create(threadId, "probe", interrupt);
      await until(threadId, first.run_id, "interrupted");
      const enqueue = { input: script({ update: { note: 3 } }), multitaskStrategy: "enqueue" };
      const values = await client.runs.wait(threadId, "probe", enqueue);
      assert.equal(values.note, 3);
      assert.equal((await client.runs.get(threadId, second.run_id)).status, "success");
    });
  });

  describe("interrupts", TOGETHER, () => {
    it("are streamed, read from the state, and answered", async () => {
      const threadId = await newThread();
      const input = script(
        { node: "check" },
        { interrupt: { question: "name?" } },
        { update: { note: { $: "resume" } } },
      );
      const parts = await collect(
        client.runs.stream(threadId, "probe", { input, streamMode: ["values", "updates"] }),
      );
      const [asked] = parts.findLast((p) => p.event === "values").data.__interrupt__;
      assert.deepEqual(asked.value, { question: "name?" });
      assert.ok(parts.some((p) => p.event === "updates" && p.data.__interrupt__));
      const state = await client.threads.getState(threadId);
      assert.deepEqual(state.next, ["check"]);
      assert.equal(state.tasks[0].interrupts[0].id, asked.id);
      const thread = await client.threads.get(threadId);
      assert.equal(thread.status, "interrupted");
      assert.deepEqual(Object.values(thread.interrupts)[0][0].value, { question: "name?" });
      const values = await client.runs.wait(threadId, "probe", { command: { resume: "Ada" } });
      assert.equal(values.note, "Ada");
      assert.equal((await client.threads.get(threadId)).status, "idle");
    });

    it("come before and after nodes, and a command goes elsewhere", async () => {
      const threadId = await newThread();
      const input = script({ update: { note: 1 } }, { node: "check" }, { custom: 2 });
      await client.runs.wait(threadId, "probe", { input, interruptBefore: ["check"] });
      const state = await client.threads.getState(threadId);
      assert.deepEqual(state.next, ["check"]);
      assert.equal(state.values.note, 1);
      const values = await client.runs.wait(threadId, "probe", {
        command: { update: { data: { by: "hand" } }, goto: "left" },
      });
      assert.equal(values.data.by, "hand");
      assert.ok(values.log.includes("left"), `log is ${values.log}`);
    });
  });

  describe("threads", TOGETHER, () => {
    it("are created, got, updated, searched, counted and deleted", async () => {
      const mark = randomUUID();
      const made = [];
      for (const n of [0, 1, 2]) {
        made.push((await client.threads.create({ metadata: { mark, n } })).thread_id);
      }
      await client.threads.update(made[0], { metadata: { seen: true } });
      assert.deepEqual((await client.threads.get(made[0])).metadata, { mark, n: 0, seen: true });
      const query = { metadata: { mark }, sortBy: "created_at", sortOrder: "asc" };
      const rows = await client.threads.search({ ...query, limit: 2 });
      assert.deepEqual(rows.map((r) => r.thread_id), made.slice(0, 2));
      const rest = await client.threads.search({ ...query, offset: 2, select: ["thread_id"] });
      assert.deepEqual(rest, [{ thread_id: made[2] }]);
      const idle = await client.threads.search({ metadata: { mark }, status: "busy" });
      assert.deepEqual(idle, []);
      assert.equal(await client.threads.count({ metadata: { mark } }), 3);
      await client.threads.delete(made[1]);
      await assert.rejects(client.threads.get(made[1]), refused(404));
      assert.equal(await client.threads.count({ metadata: { mark } }), 2);
    });

    it("keep their own id, once", async () => {
      const threadId = randomUUID();
      await client.threads.create({ threadId, metadata: { n: 1 } });
      await assert.rejects(client.threads.create({ threadId }), refused(409));
      const same = await client.threads.create({ threadId, ifExists: "do_nothing" });
      assert.equal(same.metadata.n, 1);
    });

    it("keep history, can be updated, forked and copied", async () => {
      const threadId = await newThread();
      const input = script({ update: { note: 1 } }, { node: "check" }, { update: { note: 2 } });
      await client.runs.wait(threadId, "probe", { input });
      const history = await client.threads.getHistory(threadId, { limit: 20 });
      assert.deepEqual(history.map((s) => s.next), [[], ["check"], ["work"], ["__start__"]]);
      const steps = history.map((s) => s.metadata.step);
      assert.deepEqual(steps, [2, 1, 0, -1]);
      const parents = history.slice(0, -1).map((s) => s.parent_checkpoint.checkpoint_id);
      assert.deepEqual(parents, history.slice(1).map((s) => s.checkpoint.checkpoint_id));
      const before = { configurable: { checkpoint_id: history[1].checkpoint.checkpoint_id } };
      const older = await client.threads.getHistory(threadId, { limit: 5, before });
      assert.deepEqual(older.map((s) => s.metadata.step), [0, -1]);

      const at = await client.threads.getState(threadId, history[1].checkpoint.checkpoint_id);
      assert.equal(at.values.note, 1);
      const whole = await client.threads.getState(threadId, history[1].checkpoint);
      assert.equal(whole.checkpoint.checkpoint_id, at.checkpoint.checkpoint_id);
      assert.deepEqual(whole.values, at.values);

      const updated = await client.threads.updateState(threadId, {
        values: { note: "by hand" },
        asNode: "check",
      });
      const head = await client.threads.getState(threadId);
      assert.equal(head.checkpoint.checkpoint_id, updated.configurable.checkpoint_id);
      assert.equal(head.values.note, "by hand");

      const copy = await client.threads.copy(threadId);
      assert.notEqual(copy.thread_id, threadId);
      assert.equal((await client.threads.getState(copy.thread_id)).values.note, "by hand");

      const forked = await client.runs.wait(threadId, "probe", {
        input: null,
        checkpoint: { checkpoint_id: history[1].checkpoint.checkpoint_id, checkpoint_ns: "" },
      });
      assert.equal(forked.note, 2);
    });

    it("are built from supersteps", async () => {
      const asked = { messages: [{ role: "user", content: "hi" }] };
      const answered = { messages: [{ role: "ai", content: "hello" }] };
      const { thread_id } = await client.threads.create({
        graphId: "agent",
        supersteps: [
          { updates: [{ values: asked, asNode: "agent" }] },
          { updates: [{ values: answered, asNode: "agent" }] },
        ],
      });
      const state = await client.threads.getState(thread_id);
      assert.deepEqual(state.values.messages.map((m) => m.content), ["hi", "hello"]);
      assert.deepEqual(state.next, []);
    });

    it("are followed over their runs", async () => {
      const threadId = await newThread();
      const leaving = new AbortController();
      const seen = [];
      let done = false;
      const following = (async () => {
        for await (const part of client.threads.joinStream(threadId, { signal: leaving.signal })) {
          seen.push(part);
          if (part.data?.status === "run_done") break;
        }
        done = true;
      })();
      // no sign says that a client follows: runs go on until one is seen
      while (!done) await client.runs.wait(threadId, "agent", { input: HELLO });
      await following;
      leaving.abort();
      assert.ok(seen.at(-1).data.run_id);
    });
  });

  describe("assistants", TOGETHER, () => {
    it("live from creation to deletion", async () => {
      const made = await client.assistants.create({
        graphId: "agent",
        name: "first",
        metadata: { mark: randomUUID() },
        context: { tone: "warm" },
      });
      assert.equal(made.version, 1);
      assert.deepEqual(made.context, { tone: "warm" });
      const id = made.assistant_id;
      await assert.rejects(client.assistants.create({ graphId: "agent", assistantId: id }), refused(409));
      const changed = await client.assistants.update(id, { name: "second", metadata: { extra: 1 } });
      assert.equal(changed.version, 2);
      assert.deepEqual(changed.metadata, { ...made.metadata, extra: 1 });
      const versions = await client.assistants.getVersions(id);
      assert.deepEqual(versions.map((v) => v.version), [2, 1]);
      assert.equal((await client.assistants.setLatest(id, 1)).name, "first");
      const found = await client.assistants.search({ metadata: made.metadata, graphId: "agent" });
      assert.deepEqual(found.map((a) => a.assistant_id), [id]);
      const page = await client.assistants.search({ limit: 1, includePagination: true });
      assert.equal(page.assistants.length, 1);
      assert.equal(page.next, "1");
      if (client.assistants.count) {
        assert.equal(await client.assistants.count({ metadata: made.metadata }), 1);
      }
      const values = await client.runs.wait(null, id, { input: HELLO });
      assert.equal(values.messages.length, 2);
      await client.assistants.delete(id);
      await assert.rejects(client.assistants.get(id), refused(404));
    });

    it("show their graph, schemas and subgraphs", async () => {
      const [probe] = await client.assistants.search({ graphId: "probe", metadata: { created_by: "system" } });
      const graph = await client.assistants.getGraph(probe.assistant_id);
      assert.ok(graph.nodes.some((n) => n.id === "work"));
      const deep = await client.assistants.getGraph("probe", { xray: true });
      assert.ok(deep.nodes.some((n) => n.id === "nest:inner"), JSON.stringify(deep.nodes));
      const schemas = await client.assistants.getSchemas(probe.assistant_id);
      assert.ok(schemas.state_schema.properties.note);
      const subgraphs = await client.assistants.getSubgraphs(probe.assistant_id, { recurse: true });
      assert.deepEqual(Object.keys(subgraphs), ["nest"]);
    });
  });

  describe("refusals", TOGETHER, () => {
    it("are thrown with their status", async () => {
      const unknown = "00000000-0000-4000-8000-000000000000";
      const threadId = await newThread();
      await assert.rejects(client.threads.get(unknown), refused(404));
      await assert.rejects(client.threads.get("no-uuid"), refused(422));
      await assert.rejects(client.assistants.get(unknown), refused(404));
      await assert.rejects(client.runs.create(unknown, "agent", { input: HELLO }), refused(404));
      await assert.rejects(client.runs.get(threadId, unknown), refused(404));
      await assert.rejects(client.assistants.create({ graphId: "nobody" }), refused(404));
      const nobody = client.runs.stream(threadId, "nobody", { input: HELLO });
      await assert.rejects(collect(nobody), (error) => refused(404)(error) || refused(422)(error));
      const badMode = { input: HELLO, streamMode: "nonsense" };
      await assert.rejects(client.runs.create(threadId, "agent", badMode), refused(422));
    });
  });

  if (client.runs.cancelMany) {
    describe("many at once", TOGETHER, () => {
      it("cancels several runs", async () => {
        const threadId = await newThread();
        const runIds = [];
        for (let n = 0; n < 2; n += 1) {
          runIds.push((await client.runs.create(threadId, "probe", { input: LONG })).run_id);
        }
        await until(threadId, runIds[0], "running");
        await client.runs.cancelMany({ threadId, runIds });
        for (const runId of runIds) await until(threadId, runId, "interrupted");
      });
    });
  }
  if (client.threads.prune) {
    describe("pruning", TOGETHER, () => {
      it("removes threads", async () => {
        const made = [await newThread(), await newThread()];
        const { pruned_count } = await client.threads.prune(made);
        assert.equal(pruned_count, 2);
        await assert.rejects(client.threads.get(made[0]), refused(404));
      });
    });
  }
});
