// Where the page is: the server and the assistant it talks to, the thread it shows, and what the
// probe is to play in the next turn. All of it stands in the address, so that a reload keeps it.

const address = new URL(location.href);
export const server = address.searchParams.get("server");
export const assistant = address.searchParams.get("assistant") ?? "agent";
export const threadId = address.searchParams.get("thread");

/** What goes into the input beside the messages: a script for the probe, if the page has one. */
export function scripted() {
  const text = new URL(location.href).searchParams.get("script");
  return text ? { script: JSON.parse(text) } : {};
}

export function remember(thread) {
  const now = new URL(location.href);
  now.searchParams.set("thread", thread);
  history.replaceState(null, "", now);
}
