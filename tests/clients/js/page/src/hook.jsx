// A chat on the client's own `useStream`, as agent-chat-ui is built.

import { useStream } from "@langchain/langgraph-sdk/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

import { assistant, remember, scripted, server, threadId } from "./place.js";

function Chat() {
  const [thread, setThread] = useState(threadId);
  const [text, setText] = useState("");
  const stream = useStream({
    apiUrl: server,
    assistantId: assistant,
    threadId: thread,
    onThreadId: (id) => (remember(id), setThread(id)),
    reconnectOnMount: true,
    fetchStateHistory: true,
  });
  const send = () => {
    stream.submit({ messages: [{ type: "human", content: text }], ...scripted() });
    setText("");
  };
  return (
    <main data-loading={stream.isLoading}>
      <h1>useStream</h1>
      {stream.messages.map((message, index) => (
        <Message key={message.id ?? index} message={message} index={index} stream={stream} />
      ))}
      {stream.interrupt && (
        <section className="question">
          <pre>{JSON.stringify(stream.interrupt.value)}</pre>
          <button onClick={() => stream.submit(undefined, { command: { resume: "approved" } })}>
            Approve
          </button>
        </section>
      )}
      {stream.error && <p className="error">{String(stream.error.message ?? stream.error)}</p>}
      <textarea value={text} onChange={(event) => setText(event.target.value)} />
      <button onClick={send}>Send</button>
      <button onClick={() => stream.stop()}>Stop</button>
    </main>
  );
}

function Message({ message, index, stream }) {
  const metadata = stream.getMessagesMetadata(message, index);
  const regenerate = () =>
    stream.submit(undefined, { checkpoint: metadata.firstSeenState.parent_checkpoint });
  const options = metadata?.branchOptions ?? [];
  return (
    <article className={`message ${message.type}`}>
      <p>{message.content}</p>
      {message.type === "ai" && <button onClick={regenerate}>Regenerate</button>}
      {options.map((option, n) => (
        <button key={option} onClick={() => stream.setBranch(option)}>
          Answer {n + 1}
        </button>
      ))}
    </article>
  );
}

createRoot(document.getElementById("root")).render(<Chat />);
