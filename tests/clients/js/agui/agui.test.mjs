// `@ag-ui/langgraph`, the adapter CopilotKit uses, against one server (SERVER_URL).

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";

import { LangGraphAgent } from "@ag-ui/langgraph";
import { Client } from "@langchain/langgraph-sdk";

const { SERVER_URL } = process.env;
const client = new Client({ apiUrl: SERVER_URL, apiKey: null });
const TOGETHER = { concurrency: 4, timeout: 60_000 };

const user = (content) => ({ id: randomUUID(), role: "user", content });

/** An agent on a thread of its own, and a way to run it that gives the events it emitted. */
function agent(graphId, initialState = {}) {
  const it = new LangGraphAgent({
    deploymentUrl: SERVER_URL,
    graphId,
    threadId: randomUUID(),
    initialState,
  });
  // it takes any assistant of the graph, also one that another test is about to delete
  const search = it.getAssistant.bind(it);
  it.getAssistant = async () => {
    assert.equal((await search()).graph_id, graphId);
    const [own] = await client.assistants.search({ graphId, metadata: { created_by: "system" } });
    return own;
  };
  it.run_ = async (parameters = {}) => {
    const events = [];
    let thrown;
    try {
      await it.runAgent(parameters, { onEvent: ({ event }) => void events.push(event) });
    } catch (error) {
      thrown = error;
    }
    return { events, types: events.map((e) => e.type), thrown };
  };
  return it;
}

const text = (events) =>
  events.filter((e) => e.type === "TEXT_MESSAGE_CONTENT").map((e) => e.delta).join("");

describe("@ag-ui/langgraph", TOGETHER, () => {
  it("streams an answer over two turns of a thread it made", async () => {
    const chat = agent("agent");
    chat.addMessage(user("hello you there"));
    const first = await chat.run_();
    assert.equal(first.thrown, undefined);
    assert.equal(first.types[0], "RUN_STARTED");
    assert.equal(first.types.at(-1), "RUN_FINISHED");
    assert.equal(text(first.events), "hello you there");
    assert.ok(first.types.includes("STEP_STARTED") && first.types.includes("STATE_SNAPSHOT"));
    assert.deepEqual(chat.messages.map((m) => [m.role, m.content]), [
      ["user", "hello you there"],
      ["assistant", "hello you there"],
    ]);
    chat.addMessage(user("again"));
    const second = await chat.run_();
    assert.equal(text(second.events), "again");
    assert.equal(chat.messages.length, 4);
    const state = await client.threads.getState(chat.threadId);
    assert.deepEqual(state.values.messages.map((m) => m.id), chat.messages.map((m) => m.id));
  });

  it("answers a message again", async () => {
    const chat = agent("agent");
    const question = user("one");
    chat.addMessage(question);
    await chat.run_();
    const first = chat.messages[1].id;
    chat.setMessages([question]);
    const again = await chat.run_();
    assert.equal(again.thrown, undefined);
    assert.equal(text(again.events), "one");
    const state = await client.threads.getState(chat.threadId);
    assert.notEqual(state.values.messages.at(-1).id, first);
  });

  it("reports an interrupt and goes on with the answer", async () => {
    const chat = agent("probe", {
      script: [{ interrupt: { question: "ok?" } }, { update: { note: { $: "resume" } } }],
    });
    chat.addMessage(user("go"));
    const asked = await chat.run_();
    assert.equal(asked.thrown, undefined);
    const interrupt = asked.events.find((e) => e.type === "CUSTOM" && e.name === "on_interrupt");
    assert.deepEqual(JSON.parse(interrupt.value), { question: "ok?" });
    await chat.run_({ forwardedProps: { command: { resume: "yes" } } });
    const state = await client.threads.getState(chat.threadId);
    assert.equal(state.values.note, "yes");
    assert.deepEqual(state.next, []);
  });

  it("shows tool calls and their results", async () => {
    const call = { name: "search", args: { q: "weather" }, result: "sunny" };
    const chat = agent("probe", { script: [{ tool: call }, { say: "It is sunny." }] });
    chat.addMessage(user("weather?"));
    const { events } = await chat.run_();
    assert.equal(text(events), "It is sunny.");
    const tool = chat.messages.find((m) => m.role === "tool");
    assert.equal(tool.content, "sunny");
    const caller = chat.messages.find((m) => m.toolCalls?.length);
    assert.deepEqual(JSON.parse(caller.toolCalls[0].function.arguments), { q: "weather" });
    assert.equal(tool.toolCallId, caller.toolCalls[0].id);
  });

  it("ends in an error where the agent does", async () => {
    const chat = agent("probe", { script: [{ fail: { error: "ValueError", message: "boom" } }] });
    chat.addMessage(user("go"));
    const { events } = await chat.run_();
    const failed = events.find((e) => e.type === "RUN_ERROR");
    assert.match(failed.message, /boom/);
  });
});
