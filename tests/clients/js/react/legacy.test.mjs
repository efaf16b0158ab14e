// `useStream` of the client's own React entry (named by SDK) against one server (SERVER_URL).

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { mount } from "./mount.mjs";

const { SDK, SERVER_URL } = process.env;
const { Client } = await import(SDK);
const { useStream } = await import(`${SDK}/react`);
const client = new Client({ apiUrl: SERVER_URL, apiKey: null });
const TOGETHER = { concurrency: 4, timeout: 60_000 };
const COMMON = { apiUrl: SERVER_URL, apiKey: null };

const human = (content) => ({ messages: [{ type: "human", content }] });
const script = (...steps) => ({ script: steps });
const texts = (stream) => stream.messages.map((m) => m.content);

function chat(options, thread = {}) {
  return mount(() => {
    const stream = useStream({ ...COMMON, ...options, ...thread });
    stream.messages; // what is read decides which stream modes are asked for
    return stream;
  });
}

/** The view of a thread over several mounts: it keeps the id that the hook reports. */
function threadOf(options) {
  const kept = { threadId: null, onThreadId: (id) => (kept.threadId = id) };
  return { mount: () => chat(options, kept), get threadId() { return kept.threadId; } };
}

async function runStatus(threadId, status) {
  let runs;
  do {
    await new Promise((resolve) => setTimeout(resolve, 50));
    runs = await client.runs.list(threadId);
  } while (runs[0]?.status !== status);
}

describe("useStream", TOGETHER, () => {
  it("creates a thread, shows tokens as they come, and keeps the turn", async () => {
    const created = [];
    const ids = [];
    const view = chat({
      assistantId: "agent",
      onThreadId: (id) => ids.push(id),
      onCreated: (run) => created.push(run),
    });
    await view.now.submit(human("one two three four"));
    await view.until((s) => !s.isLoading && s.messages.length === 2);
    assert.deepEqual(texts(view.now), ["one two three four", "one two three four"]);
    const partial = new Set(view.renders.map((s) => s.messages.at(-1)?.content ?? ""));
    assert.ok(partial.has("one ") || partial.has("one two "), `only saw ${[...partial]}`);
    assert.equal(created[0].thread_id, ids[0]);
    assert.equal((await client.runs.get(ids[0], created[0].run_id)).status, "success");
    view.unmount();
  });

  it("hears custom events and updates", async () => {
    const heard = [];
    const view = chat({
      assistantId: "probe",
      onCustomEvent: (data) => heard.push(["custom", data]),
      onUpdateEvent: (data) => heard.push(["update", data.work?.note]),
    });
    await view.now.submit(script({ custom: { progress: 1 } }, { update: { note: 5 } }));
    await view.until((s) => !s.isLoading && s.values.note === 5);
    assert.deepEqual(heard, [["custom", { progress: 1 }], ["update", 5]]);
    view.unmount();
  });

  it("asks a person, also after a reload, and goes on with the answer", async () => {
    const thread = threadOf({ assistantId: "probe", fetchStateHistory: true });
    const view = thread.mount();
    await view.now.submit(
      script({ say: "Wait." }, { interrupt: { question: "ok?" } }, { update: { note: { $: "resume" } } }),
    );
    await view.until((s) => !s.isLoading && s.interrupt);
    assert.deepEqual(view.now.interrupt.value, { question: "ok?" });
    view.unmount();

    const again = thread.mount();
    await again.until((s) => s.interrupt?.value);
    assert.deepEqual(again.now.interrupt.value, { question: "ok?" });
    await again.now.submit(undefined, { command: { resume: "yes" } });
    await again.until((s) => !s.isLoading && s.values.note === "yes" && !s.interrupt);
    assert.equal((await client.threads.get(thread.threadId)).status, "idle");
    again.unmount();
  });

  it("stops", async () => {
    const thread = threadOf({ assistantId: "probe", reconnectOnMount: true });
    const view = thread.mount();
    view.now.submit(script({ say: "begun" }, { node: "check" }, { sleep: 30 }));
    await view.until((s) => s.isLoading && texts(s).includes("begun"));
    await view.now.stop();
    await view.until((s) => !s.isLoading);
    await runStatus(thread.threadId, "interrupted");
    view.unmount();
  });

  it("goes on with a run after a reload", async () => {
    const thread = threadOf({ assistantId: "probe", reconnectOnMount: true });
    const view = thread.mount();
    view.now.submit(script({ say: "begun" }, { node: "check" }, { sleep: 2 }, { say: "done" }));
    await view.until((s) => s.isLoading && texts(s).includes("begun"));
    assert.ok(window.sessionStorage.getItem(`lg:stream:${thread.threadId}`));
    view.unmount();

    const again = thread.mount();
    await again.until((s) => s.isLoading);
    await again.until((s) => !s.isLoading && texts(s).at(-1) === "done");
    assert.deepEqual(texts(again.now), ["begun", "done"]);
    again.unmount();
  });

  it("branches where an answer is regenerated, and shows either branch", async () => {
    const thread = threadOf({ assistantId: "agent", fetchStateHistory: true });
    const view = thread.mount();
    await view.now.submit(human("hello you"));
    await view.until((s) => !s.isLoading && s.messages.length === 2 && s.history.length);
    const first = view.now.messages[1];
    const { firstSeenState } = view.now.getMessagesMetadata(first, 1);
    await view.now.submit(undefined, { checkpoint: firstSeenState.parent_checkpoint });
    await view.until((s) => !s.isLoading && s.messages.length === 2 && s.messages[1].id !== first.id);
    const second = view.now.messages[1];
    await view.until((s) => s.getMessagesMetadata(s.messages[1], 1)?.branchOptions?.length === 2);
    const { branchOptions } = view.now.getMessagesMetadata(second, 1);
    view.now.setBranch(branchOptions[0]);
    await view.until((s) => s.messages[1].id === first.id);
    view.now.setBranch(branchOptions[1]);
    await view.until((s) => s.messages[1].id === second.id);
    view.unmount();
  });

  it("shows the agent's error, also after a reload", async () => {
    const thread = threadOf({ assistantId: "probe", fetchStateHistory: true });
    const view = thread.mount();
    await view.now.submit(script({ fail: { error: "ValueError", message: "boom" } }));
    await view.until((s) => !s.isLoading && s.error);
    assert.match(String(view.now.error?.message ?? view.now.error), /boom/);
    view.unmount();

    const again = thread.mount();
    await again.until((s) => s.error);
    assert.match(String(again.now.error?.message ?? again.now.error), /boom/);
    again.unmount();
  });

  it("streams subgraphs' messages beside its own", async () => {
    const view = chat({ assistantId: "probe" });
    await view.now.submit(script({ subgraph: [{ say: "from below" }] }, { say: "from above" }), {
      streamSubgraphs: true,
    });
    await view.until((s) => !s.isLoading && texts(s).length === 2);
    assert.deepEqual(texts(view.now), ["from below", "from above"]);
    view.unmount();
  });
});
