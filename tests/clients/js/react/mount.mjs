// Renders one hook in jsdom and lets a test wait for what it gives; a test reads `view.now`.

import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!doctype html><body></body>", { url: "http://localhost/" });
const { document, navigator, sessionStorage, WebSocket } = window;
const shared = { window, document, navigator, sessionStorage, WebSocket };
for (const [name, value] of Object.entries(shared)) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}
const { createElement } = await import("react");
const { flushSync } = await import("react-dom");
const { createRoot } = await import("react-dom/client");

/**
 * Mounts a component that calls `useHook()`. `view.now` is what it gave last, `view.renders`
 * everything; `view.until(holds)` waits for a render for which `holds(now)` is true and fails after
 * `seconds`.
 */
export function mount(useHook) {
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  const waiters = new Set();
  const renders = [];
  const view = { now: undefined, renders, until, unmount: () => root.unmount() };
  function Component() {
    view.now = useHook();
    renders.push(view.now);
    setImmediate(() => waiters.forEach((check) => check()));
    return null;
  }
  function until(holds, seconds = 20) {
    return new Promise((resolve, reject) => {
      const check = () => {
        let held;
        try {
          held = view.now !== undefined && holds(view.now);
        } catch {
          held = false;
        }
        if (held) done(resolve, view.now);
      };
      const done = (settle, value) => {
        clearTimeout(timer);
        waiters.delete(check);
        settle(value);
      };
      const timer = setTimeout(() => done(reject, new Error(`never held: ${holds}`)), seconds * 1000);
      waiters.add(check);
      check();
    });
  }
  flushSync(() => root.render(createElement(Component)));
  return view;
}
