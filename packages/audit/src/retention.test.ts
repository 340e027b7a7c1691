import { sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createAuditLog, type AuditLog } from "./audit-log.ts";
import { auditMigrations } from "./migrations.ts";
import { emptyLog, exampleCall, tamper, testMac } from "./testing.ts";

let database: Database;
let log: AuditLog;
const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 0, 1);

/** Day n's call is row n of the chain. */
const recordDay = (day: number) => log.append(exampleCall({ startedAtMs: startMs + day * dayMs }));
const seqs = async () =>
  (await database.query<{ seq: number }>(sql`select seq from calls order by seq`)).map(({ seq }) => seq);

beforeAll(async () => {
  database = await createTestDatabase([auditMigrations]);
});

beforeEach(async () => {
  await emptyLog(database);
  log = createAuditLog({ database, mac: testMac });
  for (let day = 1; day <= 6; day++) await recordDay(day);
});

afterEach(() => log[Symbol.asyncDispose]());

afterAll(() => database[Symbol.asyncDispose]());

test("old records go, what remains verifies, and recording goes on", async () => {
  expect(await log.removeBefore({ beforeMs: startMs + 4 * dayMs })).toEqual({ removed: 3 });
  expect(await seqs()).toEqual([4, 5, 6]);
  expect(await log.verify()).toMatchObject({ intact: true, chains: 1, rows: 3 });

  await recordDay(7);
  expect(await log.removeBefore({ beforeMs: startMs + 4 * dayMs })).toEqual({ removed: 0 });
  expect(await log.removeBefore({ beforeMs: startMs + 5 * dayMs })).toEqual({ removed: 1 });
  expect(await log.verify()).toMatchObject({ intact: true, chains: 1, rows: 3 });
});

test("a chain may be removed whole and goes on from where it was", async () => {
  expect(await log.removeBefore({ beforeMs: startMs + 99 * dayMs })).toEqual({ removed: 6 });
  expect(await log.verify()).toMatchObject({ intact: true, chains: 1, rows: 0 });
  await recordDay(7);
  expect(await seqs()).toEqual([7]);
  expect(await log.verify()).toMatchObject({ intact: true, chains: 1, rows: 1 });
});

test("more than a page is removed page by page", async () => {
  await Promise.all(Array.from({ length: 1_100 }, () => recordDay(6)));
  expect(await log.removeBefore({ beforeMs: startMs + 7 * dayMs })).toEqual({ removed: 1_106 });
  expect(await seqs()).toEqual([]);
});

test("an old record behind a younger one waits for it", async () => {
  await recordDay(1);
  expect(await log.removeBefore({ beforeMs: startMs + 6 * dayMs })).toEqual({ removed: 5 });
  expect(await seqs()).toEqual([6, 7]);
});

test("removing behind retention's back shows", async () => {
  await log.removeBefore({ beforeMs: startMs + 3 * dayMs });
  await database.query(sql`select audit_remove(1, 4)`);
  expect(await log.verify()).toMatchObject({
    intact: false,
    broken: [{ chain: 1, seq: 3, breakage: "removed" }],
  });
});

test("a removed row that comes back shows", async () => {
  await database.query(sql`create table kept as select * from calls where seq = 2`);
  await log.removeBefore({ beforeMs: startMs + 4 * dayMs });
  await database.transaction((tx) => tamper(tx, sql`insert into calls select * from kept`));
  expect(await log.verify()).toMatchObject({
    intact: false,
    broken: [{ chain: 1, seq: 2, breakage: "added" }],
  });
});

test("retention removes nothing that does not verify", async () => {
  await database.transaction((tx) => tamper(tx, sql`update calls set outcome = 'error' where seq = 2`));
  await expect(log.removeBefore({ beforeMs: startMs + 4 * dayMs })).rejects.toMatchObject({
    code: "audit_chain_broken",
    data: { chain: 1, seq: 2 },
  });
  expect(await seqs()).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a log is intact to whoever verifies it while it grows and is cut", async () => {
  const growing = Promise.all(Array.from({ length: 3_000 }, (_, n) => recordDay(n % 2)));
  const cutting = (async () => {
    for (let n = 0; n < 10; n++) await log.removeBefore({ beforeMs: startMs + 3 * dayMs });
  })();
  for (let n = 0; n < 10; n++) expect(await log.verify()).toMatchObject({ intact: true, broken: [] });
  await Promise.all([growing, cutting]);
});
