// `useStream` of `@langchain/react`, which speaks protocol v2 (over TRANSPORT) to one server.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";

import { mount } from "./mount.mjs";

const { SERVER_URL, TRANSPORT } = process.env;
const { useStream } = await import("@langchain/react");
const { Client } = await import("sdk-1.11");
const client = new Client({ apiUrl: SERVER_URL, apiKey: null });
const TOGETHER = { concurrency: 4, timeout: 60_000 };

const human = (content) => ({ messages: [{ type: "human", content }] });
const script = (...steps) => ({ script: steps });
const texts = (stream) => stream.messages.map((m) => m.text);

function chat(options) {
  return mount(() => useStream({ apiUrl: SERVER_URL, apiKey: null, transport: TRANSPORT, ...options }));
}

async function until(holds) {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

const idle = (threadId) =>
  until(async () => (await client.threads.get(threadId)).status !== "busy");

describe(`useStream over ${TRANSPORT}`, TOGETHER, () => {
  it("creates a thread, shows tokens as they come, and a second turn", async () => {
    const view = chat({ assistantId: "probe" });
    await view.now.submit(script({ say: "one two three four", pace: 0.1 }));
    await view.until((s) => !s.isLoading && texts(s).at(-1) === "one two three four");
    const partial = new Set(view.renders.map((s) => texts(s).at(-1) ?? ""));
    assert.ok(partial.size > 2, `only saw ${[...partial]}`);
    await view.now.submit({ ...human("and?"), ...script({ say: "five" }) });
    await view.until((s) => !s.isLoading && texts(s).at(-1) === "five");
    assert.deepEqual(texts(view.now), ["one two three four", "and?", "five"]);
    const { threadId } = view.now;
    await idle(threadId);
    const { values } = await client.threads.getState(threadId);
    assert.equal(values.messages.length, 3);
    view.unmount();
  });

  it("asks a person and goes on with the answer", async () => {
    const view = chat({ assistantId: "probe" });
    await view.now.submit(
      script({ interrupt: { question: "ok?" } }, { update: { note: { $: "resume" } } }),
    );
    await view.until((s) => s.interrupt);
    await idle(view.now.threadId);
    await view.now.respond("yes");
    await view.until((s) => !s.isLoading && !s.interrupt && s.values.note === "yes");
    view.unmount();
  });

  it("asks a person, also after a reload, and goes on with the answer", async () => {
    const view = chat({ assistantId: "probe" });
    await view.now.submit(
      script({ interrupt: { question: "ok?" } }, { update: { note: { $: "resume" } } }),
    );
    await view.until((s) => s.interrupt);
    assert.deepEqual(view.now.interrupt.value, { question: "ok?" });
    const { threadId } = view.now;
    await idle(threadId);
    view.unmount();

    const again = chat({ assistantId: "probe", threadId });
    await again.until((s) => s.interrupt?.value);
    assert.deepEqual(again.now.interrupt.value, { question: "ok?" });
    const interruptId = again.now.interrupt.id;
    await again.now.respond("yes", interruptId ? { interruptId } : undefined);
    await until(async () => (await client.threads.getState(threadId)).values.note === "yes");
    again.unmount();
  });

  it("shows a thread's talk after a reload", async () => {
    const { thread_id: threadId } = await client.threads.create();
    await client.runs.wait(threadId, "agent", { input: human("hello you") });
    const view = chat({ assistantId: "agent", threadId });
    await view.until((s) => s.messages.length === 2 && !s.isLoading);
    assert.deepEqual(texts(view.now), ["hello you", "hello you"]);
    view.unmount();
  });

  it("joins a run that goes on", async () => {
    const { thread_id: threadId } = await client.threads.create();
    const input = script({ say: "begun" }, { node: "check" }, { sleep: 2 }, { say: "done" });
    const run = await client.runs.create(threadId, "probe", { input });
    await until(async () => (await client.runs.get(threadId, run.run_id)).status !== "pending");
    const view = chat({ assistantId: "probe", threadId });
    await view.until((s) => texts(s).at(-1) === "done" && !s.isLoading);
    assert.deepEqual(texts(view.now), ["begun", "done"]);
    view.unmount();
  });

  it("goes on with its run after a reload", async () => {
    const view = chat({ assistantId: "probe" });
    view.now.submit(script({ say: "begun" }, { node: "check" }, { sleep: 3 }, { say: "done" }));
    await view.until((s) => s.isLoading && texts(s).includes("begun"));
    const { threadId } = view.now;
    // the hook joins what the thread's state says is going on
    await until(async () => (await client.threads.getState(threadId)).next.includes("check"));
    view.unmount();

    const again = chat({ assistantId: "probe", threadId });
    await again.until((s) => s.isLoading);
    await again.until((s) => !s.isLoading && texts(s).at(-1) === "done");
    assert.deepEqual(texts(again.now), ["begun", "done"]);
    again.unmount();
  });

  it("stops", async () => {
    const view = chat({ assistantId: "probe" });
    view.now.submit(script({ say: "begun" }, { node: "check" }, { sleep: 30 }));
    await view.until((s) => s.isLoading && texts(s).includes("begun"));
    const { threadId } = view.now;
    await view.now.stop();
    await view.until((s) => !s.isLoading);
    await idle(threadId);
    const [run] = await client.runs.list(threadId);
    assert.equal(run.status, "interrupted");
    view.unmount();
  });

  it("forks from a checkpoint", async () => {
    const threadId = randomUUID();
    const view = chat({ assistantId: "agent", threadId });
    await view.now.submit(human("hello you"));
    await view.until((s) => !s.isLoading && s.messages.length === 2);
    await idle(threadId);
    const [head, before] = await client.threads.getHistory(threadId, { limit: 5 });
    await view.now.submit(null, { forkFrom: before.checkpoint.checkpoint_id });
    await until(async () => (await client.runs.list(threadId)).length === 2);
    await idle(threadId);
    const state = await client.threads.getState(threadId);
    assert.notEqual(state.checkpoint.checkpoint_id, head.checkpoint.checkpoint_id);
    assert.equal(state.values.messages.length, 2);
    assert.notEqual(state.values.messages[1].id, head.values.messages[1].id);
    await view.until((s) => s.messages[1].id === state.values.messages[1].id);
    view.unmount();
  });

  it("shows the agent's error", async () => {
    const view = chat({ assistantId: "probe" });
    await view.now.submit(script({ fail: { error: "ValueError", message: "boom" } }));
    await view.until((s) => !s.isLoading && s.error);
    assert.match(String(view.now.error?.message ?? view.now.error), /boom/);
    view.unmount();
  });
});
