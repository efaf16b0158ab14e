// A chat on assistant-ui's LangGraph runtime.

import {
  ActionBarPrimitive,
  AssistantRuntimeProvider,
  ComposerPrimitive,
  MessagePrimitive,
  ThreadPrimitive,
} from "@assistant-ui/react";
import {
  unstable_createLangGraphStream as createStream,
  useLangGraphInterruptState,
  useLangGraphRuntime,
  useLangGraphSendCommand,
} from "@assistant-ui/react-langgraph";
import { Client } from "@langchain/langgraph-sdk";
import { createRoot } from "react-dom/client";

import { assistant, remember, scripted, server, threadId } from "./place.js";

const client = new Client({ apiUrl: server });
const stream = createStream({ client, assistantId: assistant });

/** The server's threads as assistant-ui's list of them; this page shows the one in its address. */
const row = (id) => ({ status: "regular", remoteId: id, externalId: id });
const threads = {
  list: async () => ({ threads: threadId ? [row(threadId)] : [] }),
  fetch: async (id) => row((await client.threads.get(id)).thread_id),
  initialize: async () => {
    const { thread_id } = await client.threads.create();
    remember(thread_id);
    return row(thread_id);
  },
  generateTitle: async () => new ReadableStream({ start: (stream) => stream.close() }),
};

function App() {
  const runtime = useLangGraphRuntime({
    ...(threadId && { threadId }),
    stream: (messages, config) =>
      stream(messages, { ...config, state: messages.length ? scripted() : undefined }),
    unstable_threadListAdapter: threads,
    load: async (id) => {
      const state = await client.threads.getState(id);
      return { messages: state.values.messages ?? [], interrupts: state.tasks[0]?.interrupts };
    },
    getCheckpointId: async (id, parents) => {
      const states = await client.threads.getHistory(id, { limit: 50 });
      const isHere = (state) =>
        state.values.messages?.length === parents.length &&
        state.values.messages.every((message, n) => message.id === parents[n].id);
      return states.find(isHere)?.checkpoint.checkpoint_id ?? null;
    },
  });
  return (
    <AssistantRuntimeProvider runtime={runtime}>
      <ThreadPrimitive.Root>
        <h1>assistant-ui</h1>
        <ThreadPrimitive.Viewport>
          <ThreadPrimitive.Messages components={{ UserMessage, AssistantMessage }} />
        </ThreadPrimitive.Viewport>
        <Question />
        <ComposerPrimitive.Root>
          <ComposerPrimitive.Input />
          <ComposerPrimitive.Send>Send</ComposerPrimitive.Send>
        </ComposerPrimitive.Root>
      </ThreadPrimitive.Root>
    </AssistantRuntimeProvider>
  );
}

function UserMessage() {
  return (
    <MessagePrimitive.Root className="message human">
      <MessagePrimitive.Content />
    </MessagePrimitive.Root>
  );
}

function AssistantMessage() {
  return (
    <MessagePrimitive.Root className="message ai">
      <MessagePrimitive.Content />
      <ActionBarPrimitive.Reload>Regenerate</ActionBarPrimitive.Reload>
    </MessagePrimitive.Root>
  );
}

function Question() {
  const interrupt = useLangGraphInterruptState();
  const command = useLangGraphSendCommand();
  if (!interrupt) return null;
  return (
    <section className="question">
      <pre>{JSON.stringify(interrupt.value)}</pre>
      <button onClick={() => command({ resume: "approved" })}>Approve</button>
    </section>
  );
}

createRoot(document.getElementById("root")).render(<App />);
