// Crons and the store, as one generation of the JavaScript client (named by SDK) uses them on one
// server (SERVER_URL).

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";

const { SDK, SERVER_URL } = process.env;
const { Client } = await import(SDK);
const client = new Client({ apiUrl: SERVER_URL, apiKey: null });
const HELLO = { messages: [{ role: "user", content: "hello you there" }] };
const YEARLY = "0 0 1 1 *";
const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const SENDS_ZONES = SDK !== "sdk-2.0"; // that one leaves the time zone of a cron out
const TOGETHER = { concurrency: 8, timeout: 60_000 };

function refused(status) {
  return (error) => error.status === status || error.message.includes(String(status));
}

describe("crons", TOGETHER, () => {
  it("live from creation to deletion", async () => {
    const { assistant_id: assistantId } = await client.assistants.create({ graphId: "agent" });
    const made = await client.crons.create(assistantId, {
      schedule: YEARLY,
      input: HELLO,
      metadata: { kind: "yearly" },
      timezone: "Asia/Tokyo",
      enabled: false,
      onRunCompleted: "keep",
    });
    assert.equal(made.schedule, YEARLY);
    assert.equal(made.enabled, false);
    assert.deepEqual(made.payload.input, HELLO);
    assert.match(made.next_run_date, SENDS_ZONES ? /-12-31T15:00:00/ : /-01-01T00:00:00/);
    const [found] = await client.crons.search({ assistantId, enabled: false });
    assert.deepEqual(found, made);
    assert.deepEqual(found.metadata, { kind: "yearly" });
    const end = "2040-01-02T03:04:05+00:00";
    const patched = await client.crons.update(made.cron_id, { schedule: "@daily", endTime: end });
    assert.equal(patched.schedule, "@daily");
    assert.equal(Date.parse(patched.end_time), Date.parse(end));
    await client.crons.delete(made.cron_id);
    assert.deepEqual(await client.crons.search({ assistantId }), []);
    await assert.rejects(client.crons.delete(made.cron_id), refused(404));
  });

  it("are found in pages, sorted, in part, and counted", async () => {
    const { thread_id: threadId } = await client.threads.create();
    const made = [];
    for (const day of [3, 1, 2]) {
      const payload = { schedule: `0 0 ${day} 1 *`, enabled: false };
      made.push(await client.crons.createForThread(threadId, "agent", payload));
    }
    assert.ok(made.every((cron) => cron.thread_id === threadId));
    const query = { threadId, sortBy: "next_run_date", sortOrder: "asc" };
    const page = await client.crons.search({ ...query, limit: 1, offset: 1, select: ["cron_id"] });
    assert.deepEqual(page, [{ cron_id: made[2].cron_id }]);
    const { assistant_id: assistantId } = made[0];
    assert.equal((await client.crons.search({ ...query, assistantId })).length, 3);
    assert.deepEqual(await client.crons.search({ threadId: UNKNOWN }), []);
    assert.equal(await client.crons.count({ threadId, assistantId }), 3);
    await client.threads.delete(threadId);
    assert.equal(await client.crons.count({ threadId }), 0);
  });

  it("are refused where they cannot be", async () => {
    const { crons } = client;
    await assert.rejects(crons.create("agent", { schedule: "every morning" }), refused(422));
    const nowhere = { schedule: YEARLY, timezone: "Nowhere/Land" };
    if (SENDS_ZONES) await assert.rejects(crons.create("agent", nowhere), refused(422));
    await assert.rejects(crons.create(UNKNOWN, { schedule: YEARLY }), refused(404));
    await assert.rejects(crons.createForThread(UNKNOWN, "agent", { schedule: YEARLY }), refused(404));
    await assert.rejects(crons.update(UNKNOWN, { schedule: YEARLY }), refused(404));
  });
});

describe("the store", TOGETHER, () => {
  it("keeps, replaces and forgets an item", async () => {
    const { store } = client;
    const namespace = [`clients-${randomUUID()}`, "\u00fcber uns"];
    assert.equal(await store.getItem(namespace, "a/key"), null);
    await store.putItem(namespace, "a/key", { likes: "pizza" }, { index: false, ttl: 5 });
    const item = await store.getItem(namespace, "a/key", { refreshTtl: true });
    assert.deepEqual([item.namespace, item.key], [namespace, "a/key"]);
    assert.deepEqual(item.value, { likes: "pizza" });
    assert.ok(Date.parse(item.createdAt) <= Date.parse(item.updatedAt));
    await store.putItem(namespace, "a/key", { likes: "soup" });
    assert.deepEqual((await store.getItem(namespace, "a/key")).value, { likes: "soup" });
    await store.deleteItem(namespace, "a/key");
    await store.deleteItem(namespace, "a/key");
    assert.equal(await store.getItem(namespace, "a/key"), null);
  });

  it("finds items and namespaces", async () => {
    const { store } = client;
    const root = `clients-${randomUUID()}`;
    for (const [user, score] of [["ann", 1], ["bob", 2], ["bob", 3]]) {
      await store.putItem([root, user], `n${score}`, { score, even: score === 2 });
    }
    const keys = async (prefix, options) =>
      (await store.searchItems(prefix, options)).items.map((item) => item.key).sort();
    assert.deepEqual(await keys([root, "bob"], { query: "whatever" }), ["n2", "n3"]);
    assert.deepEqual(await keys([root], { filter: { score: { $gt: 1, $lte: 2 } } }), ["n2"]);
    assert.deepEqual(await keys([root], { filter: { even: false } }), ["n1", "n3"]);
    assert.equal((await keys([root], { limit: 2, offset: 2 })).length, 1);
    const listed = await store.listNamespaces({ prefix: [root] });
    assert.deepEqual(listed.namespaces, [[root, "ann"], [root, "bob"]]);
    const shallow = await store.listNamespaces({ prefix: [root], maxDepth: 1 });
    assert.deepEqual(shallow.namespaces, [[root]]);
    const last = await store.listNamespaces({ prefix: [root], suffix: ["bob"], limit: 5, offset: 0 });
    assert.deepEqual(last.namespaces, [[root, "bob"]]);
    const near = store.searchItems([root], { filter: { score: { $near: 1 } } });
    await assert.rejects(near, refused(400));
    await assert.rejects(store.putItem([], "key", {}), refused(400));
  });
});
