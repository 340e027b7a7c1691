import { randomBytes } from "node:crypto";
import { sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createVault, generateMasterKey } from "@castellan/vault";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { apiMigrations } from "../migrations.ts";
import { createIdempotency, type Answer, type Idempotency } from "./idempotency.ts";

let database: Database;
let idempotency: Idempotency;
const vault = createVault({ current: generateMasterKey().key, older: [] }, randomBytes(32));

beforeAll(async () => {
  database = await createTestDatabase([apiMigrations]);
  idempotency = createIdempotency({ database, vault });
});
beforeEach(() => database.query(sql`truncate idempotency_keys`));
afterAll(() => database[Symbol.asyncDispose]());

const asked = { principal: "tok_1", key: "k", request: '["addToken",{"name":"a"}]' };
const answer: Answer = { status: 201, etag: '"1"', body: '{"secret":"cst_hush"}' };

/** Counts how often it was done. */
function createWork(result: () => Promise<Answer> = () => Promise.resolve(answer)) {
  const work = {
    times: 0,
    run: () => {
      work.times++;
      return result();
    },
  };
  return work;
}

test("the same request is done once, at whichever replica, and answered the same to the letter", async () => {
  const work = createWork();
  expect(await idempotency.once(asked, work.run)).toEqual({ answer, isReplay: false });
  const other = createIdempotency({ database, vault });
  for (const replica of [idempotency, other])
    expect(await replica.once(asked, work.run)).toEqual({ answer, isReplay: true });
  expect(work.times).toBe(1);
});

test("another request under the same key is refused; another key or another caller is another request", async () => {
  const work = createWork();
  await idempotency.once(asked, work.run);
  await expect(idempotency.once({ ...asked, request: "[]" }, work.run)).rejects.toMatchObject({
    code: "idempotency_key_reused",
    field: "Idempotency-Key",
  });
  await idempotency.once({ ...asked, key: "l" }, work.run);
  await idempotency.once({ ...asked, principal: "tok_2" }, work.run);
  expect(work.times).toBe(3);
});

test("of many at once one is done; the others hear that it is under way", async () => {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<Answer>();
  const work = createWork(() => {
    begun.resolve();
    return end.promise;
  });
  const first = idempotency.once(asked, work.run);
  await begun.promise;
  const others = await Promise.allSettled(Array.from({ length: 5 }, () => idempotency.once(asked, work.run)));
  for (const other of others)
    expect(other).toMatchObject({
      reason: { code: "idempotency_in_progress", data: { retryAfterSeconds: expect.any(Number) as number } },
    });
  end.resolve(answer);
  expect(await first).toEqual({ answer, isReplay: false });
  expect(work.times).toBe(1);
});

test("an attempt that failed gives its key back, for a mended request too", async () => {
  const refused = createWork(() => Promise.reject(new Error("no")));
  await expect(idempotency.once(asked, refused.run)).rejects.toThrow("no");
  const work = createWork();
  expect(await idempotency.once({ ...asked, request: "[]" }, work.run)).toEqual({ answer, isReplay: false });
});

test("the key of an attempt that died is free after its lease, for its own request alone", async () => {
  const end = Promise.withResolvers<Answer>();
  const begun = Promise.withResolvers<void>();
  const dead = idempotency.once(asked, () => {
    begun.resolve();
    return end.promise;
  });
  await begun.promise;
  await database.query(sql`update idempotency_keys set leased_until = now() - interval '1 s'`);
  const work = createWork();
  await expect(idempotency.once({ ...asked, request: "[]" }, work.run)).rejects.toMatchObject({
    code: "idempotency_key_reused",
  });
  expect(await idempotency.once(asked, work.run)).toEqual({ answer, isReplay: false });
  // The dead one was only slow: what it says now is not what the key stands for.
  end.resolve({ status: 201, body: '"late"' });
  await dead;
  expect(await idempotency.once(asked, work.run)).toEqual({ answer, isReplay: true });
});

test("a living attempt keeps its key beyond the first lease", async () => {
  const short = createIdempotency({ database, vault, leaseMs: 300 });
  const end = Promise.withResolvers<Answer>();
  const begun = Promise.withResolvers<void>();
  const first = short.once(asked, () => {
    begun.resolve();
    return end.promise;
  });
  await begun.promise;
  const lease = async () =>
    (await database.query<{ until: Date }>(sql`select leased_until as until from idempotency_keys`))[0]
      ?.until;
  const before = await lease();
  await expect.poll(lease, { timeout: 5_000 }).not.toEqual(before);
  end.resolve(answer);
  expect(await first).toEqual({ answer, isReplay: false });
});

test("after a day the key is another request's, and what is over is swept away", async () => {
  for (const key of ["a", "b", "c"]) await idempotency.once({ ...asked, key }, createWork().run);
  await database.query(sql`update idempotency_keys set expires_at = now() - interval '1 s'`);
  const work = createWork();
  await idempotency.once({ ...asked, key: "a", request: "[]" }, work.run);
  expect(work.times).toBe(1);
  expect(await database.query(sql`select 1 from idempotency_keys`)).toHaveLength(1);
});

test("neither a secret in an answer nor the key is in the database", async () => {
  await idempotency.once({ ...asked, key: "very-own-key" }, createWork().run);
  const [row] = await database.query<{ text: string }>(
    sql`select encode(sealed_answer, 'escape') || id as text from idempotency_keys`,
  );
  expect(row?.text).not.toMatch(/hush|very-own/);
});
