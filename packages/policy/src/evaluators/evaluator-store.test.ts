import { changeMigrations, createChangeFeed, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createManualClock, isFault, isId, type ManualClock } from "@castellan/kernel";
import { createOutbound } from "@castellan/web";
import { afterEach, beforeEach, expect, test } from "vitest";
import { policyMigrations } from "../migrations.ts";
import { createCheckedEvaluators } from "./checked-evaluators.ts";
import { createEvaluatorStore, type EvaluatorStore } from "./evaluator-store.ts";
import type { NewEvaluator } from "./evaluator.ts";
import { startTestEvaluator } from "./testing.ts";

let database: Database;
let clock: ManualClock;
let store: EvaluatorStore;
beforeEach(async () => {
  database = await createTestDatabase([changeMigrations, policyMigrations]);
  clock = createManualClock();
  store = createEvaluatorStore({ database, clock });
});
afterEach(() => database[Symbol.asyncDispose]());

const devices: NewEvaluator = {
  slug: "devices",
  title: "Devices",
  url: "https://devices.example.com/evaluate",
  keysUrl: "https://devices.example.com/keys",
  allowPrivate: ["10.0.0.0/8"],
  timeoutMs: 2_000,
  cacheSeconds: 60,
};

async function codeOf(doing: Promise<unknown>): Promise<unknown> {
  return doing.then(
    () => "done",
    (error: unknown) => (isFault(error) ? [error.code, error.field] : String(error)),
  );
}

test("an evaluator is kept as it was given, and changed field by field", async () => {
  const { id, ...added } = await store.add(devices);
  const at = new Date(clock.now());
  expect([isId("evaluator", id), added]).toEqual([
    true,
    { ...devices, version: 1, createdAt: at, updatedAt: at },
  ]);
  clock.advance(1_000);
  expect(await store.change("devices", { title: "Devices", cacheSeconds: undefined })).toEqual({
    id,
    ...added,
  });
  const changed = await store.change("devices", { cacheSeconds: 0, allowPrivate: [] }, 1);
  const after = { cacheSeconds: 0, allowPrivate: [], version: 2, updatedAt: new Date(clock.now()) };
  expect(changed).toEqual({ id, ...added, ...after });
  expect([await store.get("devices"), await store.list()]).toEqual([changed, [changed]]);
});

test("what is refused", async () => {
  await store.add(devices);
  expect([
    await codeOf(store.add(devices)),
    await codeOf(store.change("devices", { title: "Other" }, 7)),
    await codeOf(store.remove("devices", 7)),
    await codeOf(store.get("nobody")),
    await codeOf(store.change("nobody", {})),
    await codeOf(store.remove("nobody")),
    await codeOf(store.remove("devices", 1)),
    await codeOf(store.get("devices")),
  ]).toEqual([
    ["evaluator_taken", "slug"],
    ["version_stale", "If-Match"],
    ["version_stale", "If-Match"],
    ["evaluator_not_found", undefined],
    ["evaluator_not_found", undefined],
    ["evaluator_not_found", undefined],
    "done",
    ["evaluator_not_found", undefined],
  ]);
});

test("every change is told to the replicas", async () => {
  await using feed = await createChangeFeed({ database });
  const told: unknown[] = [];
  feed.on("evaluators", (keys) => void told.push(keys));
  for (const doing of [
    () => store.add(devices),
    () => store.change("devices", { title: "Other" }),
    () => store.remove("devices"),
  ]) {
    await doing();
    await feed.flush();
  }
  expect(told).toEqual([["devices"], ["devices"], ["devices"]]);
});

test("one is saved only when it can be called and its keys are keys", async () => {
  await using outbound = createOutbound();
  await using there = await startTestEvaluator();
  const checked = createCheckedEvaluators({ database, clock, outbound });
  const { url, keysUrl } = there;
  const good = { ...devices, url, keysUrl, allowPrivate: ["127.0.0.1"] };
  const codes = [
    await codeOf(checked.add({ ...good, allowPrivate: [] })),
    await codeOf(checked.add({ ...good, url: "ftp://127.0.0.1/" })),
    await codeOf(checked.add({ ...good, keysUrl: "not a URL" })),
    await codeOf(checked.add({ ...good, allowPrivate: ["a b"] })),
    await codeOf(checked.add({ ...good, keysUrl: "http://127.0.0.1:1/" })),
    await codeOf(checked.add({ ...good, keysUrl: url })),
    await codeOf(checked.add(good)),
    await codeOf(checked.change("devices", { url: "https://10.0.0.1/" })),
    await codeOf(checked.change("nobody", { title: "Nobody" })),
  ];
  expect(codes).toEqual([
    ["outbound_refused", "url"],
    ["outbound_refused", "url"],
    ["outbound_refused", "keysUrl"],
    ["outbound_policy_invalid", "allowPrivate[0]"],
    ["evaluator_unavailable", "keysUrl"],
    ["evaluator_unfit", "keysUrl"],
    "done",
    ["outbound_refused", "url"],
    ["evaluator_not_found", undefined],
  ]);
  const spelled = await checked.change("devices", { url: url.toUpperCase().replace("/EVALUATE", "") });
  expect(spelled.url).toBe(url.replace("evaluate", ""));
  there.publish("", 503);
  // Whoever is away for a moment can still be called something else.
  expect([
    await codeOf(checked.change("devices", { title: "Other" })),
    await codeOf(checked.change("devices", { keysUrl })),
  ]).toEqual(["done", ["evaluator_unavailable", "keysUrl"]]);
});

test.each([
  ["not JSON", "keys", 200],
  ["null", "null", 200],
  ["no keys", "{}", 200],
  ["keys that are secrets", '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}', 200],
  ["keys to encrypt with", '{"keys":[{"kty":"RSA","use":"enc"}]}', 200],
  ["too many", JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: "EC" })) }), 200],
  ["a page that is missing", "", 404],
])("what is no key set: %s", async (_, document, status) => {
  await using outbound = createOutbound();
  await using there = await startTestEvaluator();
  there.publish(document, status);
  const checked = createCheckedEvaluators({ database, clock, outbound });
  const { url, keysUrl } = there;
  expect(await codeOf(checked.add({ ...devices, url, keysUrl, allowPrivate: ["127.0.0.1"] }))).toEqual([
    "evaluator_unfit",
    "keysUrl",
  ]);
});
