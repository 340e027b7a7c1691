import { sql } from "@castellan/database";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestOutbox, type TestOutbox } from "../testing.ts";
import type { WebhookFields } from "./webhook.ts";

let house: TestOutbox;
beforeAll(async () => {
  house = await createTestOutbox();
});
beforeEach(async () => {
  await house.database.query(sql`truncate webhooks`);
});
afterAll(() => house[Symbol.asyncDispose]());

const fields: WebhookFields = {
  url: "https://hooks.example.com/castellan",
  kinds: ["approval.asked"],
  allowPrivate: [],
  isEnabled: true,
};

test("a webhook is there, and its secret is nowhere", async () => {
  const { webhook, secret } = await house.webhooks.add("chat", fields);
  expect(webhook).toEqual({
    ...fields,
    id: expect.stringMatching(/^whk_/) as string,
    name: "chat",
    version: 1,
    createdAt: new Date(house.clock.now()),
    updatedAt: new Date(house.clock.now()),
  });
  expect(await house.webhooks.get("chat")).toEqual(webhook);
  expect(await house.webhooks.list()).toEqual([webhook]);
  const [row] = await house.database.query<{ all: string }>(sql`select webhooks::text as all from webhooks`);
  const sealed = Buffer.from(secret).toString("hex");
  expect([row?.all.includes(secret), row?.all.includes(sealed)]).toEqual([false, false]);
  await expect(house.webhooks.add("chat", fields)).rejects.toMatchObject({
    code: "webhook_name_taken",
    field: "name",
  });
});

test("a change grows the version, unless it changes nothing; of two writers the second is refused", async () => {
  const { webhook } = await house.webhooks.add("chat", fields);
  house.clock.advance(1000);
  expect(await house.webhooks.change("chat", { kinds: ["approval.asked"] }, 1)).toEqual(webhook);
  const changed = await house.webhooks.change("chat", { isEnabled: false, kinds: [] }, 1);
  expect(changed).toEqual({
    ...webhook,
    isEnabled: false,
    kinds: [],
    version: 2,
    updatedAt: new Date(house.clock.now()),
  });
  for (const late of [
    () => house.webhooks.change("chat", { url: "https://other.example" }, 1),
    () => house.webhooks.rotateSecret("chat", 0, 1),
    () => house.webhooks.remove("chat", 1),
  ])
    await expect(late()).rejects.toMatchObject({ code: "version_stale", field: "If-Match" });
  expect(await house.webhooks.get("chat")).toEqual(changed);
});

test("another secret is another one, and the name is free after a removal", async () => {
  const { secret } = await house.webhooks.add("chat", fields);
  const rotated = await house.webhooks.rotateSecret("chat", 0);
  expect([rotated.webhook.version, rotated.secret === secret]).toEqual([2, false]);
  await house.webhooks.remove("chat");
  for (const gone of [
    () => house.webhooks.get("chat"),
    () => house.webhooks.change("chat", {}),
    () => house.webhooks.rotateSecret("chat", 0),
    () => house.webhooks.remove("chat"),
  ])
    await expect(gone()).rejects.toMatchObject({ code: "webhook_not_found" });
  await house.webhooks.add("chat", fields);
});

test("there are at most a hundred", async () => {
  for (let made = 0; made < 100; made += 1) await house.webhooks.add(`hook-${made}`, fields);
  await expect(house.webhooks.add("one-more", fields)).rejects.toMatchObject({
    code: "invalid_input",
    field: "name",
  });
});
