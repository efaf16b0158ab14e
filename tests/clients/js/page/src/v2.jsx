// A chat on the hook of `@langchain/react`, which speaks protocol v2.

import { useStream } from "@langchain/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

import { assistant, remember, scripted, server, threadId } from "./place.js";

function Chat() {
  const [text, setText] = useState("");
  const [states, setStates] = useState([]);
  const stream = useStream({
    apiUrl: server,
    assistantId: assistant,
    threadId,
    onThreadId: remember,
  });
  const send = () => {
    stream.submit({ messages: [{ type: "human", content: text }], ...scripted() });
    setText("");
  };
  // after a reload the hook knows a question by its id before it can tell which one is pending
  const approve = () => stream.respond("approved", { interruptId: stream.interrupt.id });
  const history = () => stream.client.threads.getHistory(stream.threadId, { limit: 50 });
  const regenerate = async (index) => {
    const parents = stream.messages.slice(0, index).map((message) => message.id);
    const states = await history();
    const isHere = ({ values }) =>
      values.messages?.length === parents.length &&
      values.messages.every((message, n) => message.id === parents[n]);
    await stream.submit(null, { forkFrom: states.find(isHere).checkpoint.checkpoint_id });
  };
  return (
    <main data-loading={stream.isLoading}>
      <h1>@langchain/react</h1>
      {stream.messages.map((message, index) => (
        <article key={message.id ?? index} id={message.id} className={`message ${message.type}`}>
          <p>{message.text}</p>
          {message.type === "ai" && <button onClick={() => regenerate(index)}>Regenerate</button>}
        </article>
      ))}
      {stream.interrupt && (
        <section className="question">
          <pre>{JSON.stringify(stream.interrupt.value)}</pre>
          <button onClick={approve}>Approve</button>
        </section>
      )}
      {stream.error && <p className="error">{String(stream.error.message ?? stream.error)}</p>}
      <textarea value={text} onChange={(event) => setText(event.target.value)} />
      <button onClick={send}>Send</button>
      <button onClick={() => stream.stop()}>Stop</button>
      <button onClick={async () => setStates(await history())}>History</button>
      <ol>
        {states.map((state) => (
          <li key={state.checkpoint.checkpoint_id}>
            {state.metadata.source}: {state.values.messages?.length ?? 0} messages
          </li>
        ))}
      </ol>
    </main>
  );
}

createRoot(document.getElementById("root")).render(<Chat />);
