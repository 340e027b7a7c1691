import { createHmac } from "node:crypto";
import { sql, type Database, type SqlStatement } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuditLog } from "./audit-log.ts";
import { auditMigrations } from "./migrations.ts";
import { exampleCall, tamper, testMac } from "./testing.ts";
import { verifyChains, type Verification } from "./verify.ts";

let database: Database;

beforeAll(async () => {
  database = await createTestDatabase([auditMigrations]);
  for (let chain = 1; chain <= 3; chain++) {
    await using log = createAuditLog({ database, mac: testMac });
    for (let seq = 1; seq <= 5; seq++)
      await log.append(exampleCall({ target: `tool-${chain}-${seq}`, code: undefined }));
  }
});

afterAll(() => database[Symbol.asyncDispose]());

/** Tampers, verifies, and puts everything back. */
async function verifyAfter(...statements: SqlStatement[]): Promise<Verification | undefined> {
  let verification: Verification | undefined;
  const undone = new Error("undone");
  const tampering = database.transaction(async (tx) => {
    await tamper(tx, ...statements);
    verification = await verifyChains(tx, testMac);
    throw undone;
  });
  await expect(tampering).rejects.toBe(undone);
  return verification;
}

const copy = (from: number, to: number): SqlStatement => sql`
  insert into calls select (jsonb_populate_record(calls, jsonb_build_object('seq', ${to}::int))).*
  from calls where chain = 2 and seq = ${from}`;

test("an untouched log is intact, and says where it ends", async () => {
  const [head] = await database.query<{ mac: Buffer }>(sql`select mac from audit_heads where chain = 3`);
  expect(await verifyChains(database, testMac)).toEqual({
    intact: true,
    chains: 3,
    rows: 15,
    broken: [],
    lastHead: { chain: 3, seq: 5, mac: head?.mac.toString("hex") },
  });
});

test.each<[string, SqlStatement[], object]>([
  [
    "a changed outcome",
    [sql`update calls set outcome = 'error' where chain = 2 and seq = 3`],
    { seq: 3, breakage: "changed" },
  ],
  [
    "a time moved by a microsecond",
    [sql`update calls set started_at = started_at + interval '1 microsecond' where chain = 2 and seq = 1`],
    { seq: 1, breakage: "changed" },
  ],
  [
    "a duration's last digit",
    [sql`update calls set duration_ms = 12.250000000000002 where chain = 2 and seq = 5`],
    { seq: 5, breakage: "changed" },
  ],
  [
    "null made empty",
    [sql`update calls set code = '' where chain = 2 and seq = 2`],
    { seq: 2, breakage: "changed" },
  ],
  [
    "null made the mark of null",
    [sql`update calls set code = ${"\u001e"} where chain = 2 and seq = 2`],
    { seq: 2, breakage: "changed" },
  ],
  [
    "the last field taken away",
    [sql`update calls set account_id = null where chain = 2 and seq = 3`],
    { seq: 3, breakage: "changed" },
  ],
  [
    "a field between others taken away",
    [sql`update calls set policy = null where chain = 2 and seq = 3`],
    { seq: 3, breakage: "changed" },
  ],
  [
    "the last two fields made one",
    [
      sql`update calls set approval_id = approval_id || ${"\u001f"} || account_id, account_id = null where chain = 2 and seq = 3`,
    ],
    { seq: 3, breakage: "changed" },
  ],
  [
    "text moved over a field's border",
    [
      sql`update calls set portal = portal || ${"\u001f"} || server, server = null where chain = 2 and seq = 2`,
    ],
    { seq: 2, breakage: "changed" },
  ],
  [
    "a MAC of one's own making",
    [sql`update calls set outcome = 'error', mac = sha256('x') where chain = 2 and seq = 4`],
    { seq: 4, breakage: "changed" },
  ],
  ["a removed row", [sql`delete from calls where chain = 2 and seq = 2`], { seq: 2, breakage: "removed" }],
  [
    "the first row removed",
    [sql`delete from calls where chain = 2 and seq = 1`],
    { seq: 1, breakage: "removed" },
  ],
  [
    "a removed row, the later ones moved up",
    [
      sql`delete from calls where chain = 2 and seq = 2`,
      sql`update calls set seq = seq - 100 where chain = 2 and seq > 2`,
      sql`update calls set seq = seq + 99 where seq < 0`,
    ],
    { seq: 2, breakage: "changed" },
  ],
  [
    "two rows swapped",
    [
      sql`update calls set seq = 100 where chain = 2 and seq = 2`,
      sql`update calls set seq = 2 where chain = 2 and seq = 4`,
      sql`update calls set seq = 4 where chain = 2 and seq = 100`,
    ],
    { seq: 2, breakage: "reordered" },
  ],
  ["the tail cut", [sql`delete from calls where chain = 2 and seq > 3`], { seq: 4, breakage: "tail_cut" }],
  ["everything cut", [sql`delete from calls where chain = 2`], { seq: 1, breakage: "tail_cut" }],
  [
    "the tail cut and the end moved back",
    [
      sql`delete from calls where chain = 2 and seq > 3`,
      sql`update audit_heads set seq = 3, mac = (select mac from calls where chain = 2 and seq = 3) where chain = 2`,
    ],
    { seq: 3, breakage: "seal_broken" },
  ],
  ["the end removed", [sql`delete from audit_heads where chain = 2`], { seq: 0, breakage: "seal_broken" }],
  ["a row added behind the end", [copy(5, 6)], { seq: 6, breakage: "added" }],
  [
    "a chain removed",
    [sql`delete from calls where chain = 2`, sql`delete from audit_heads where chain = 2`],
    { seq: 1, breakage: "chain_removed" },
  ],
  [
    "an anchor of one's own making",
    [
      sql`delete from calls where chain = 2 and seq < 3`,
      sql`insert into audit_anchors (chain, seq, mac, seal) values (2, 2, sha256('x'), sha256('y'))`,
    ],
    { seq: 2, breakage: "seal_broken" },
  ],
])("%s shows", async (_, statements, broken) => {
  expect(await verifyAfter(...statements)).toMatchObject({
    intact: false,
    chains: 2,
    broken: [{ chain: 2, ...broken }],
  });
});

test("rows of a chain that never was show, however it is numbered", async () => {
  const verification = await verifyAfter(
    sql`
    insert into calls select (jsonb_populate_record(calls, '{"chain": -5}')).* from calls where chain = 2`,
    sql`
    insert into calls select (jsonb_populate_record(calls, '{"chain": 2000000000}')).* from calls where chain = 2`,
  );
  expect(verification?.broken).toEqual([
    { chain: -5, seq: 0, breakage: "seal_broken" },
    { chain: 4, seq: 1, breakage: "chain_removed" },
    { chain: 2_000_000_000, seq: 0, breakage: "seal_broken" },
  ]);
});

test("with another key nothing verifies", async () => {
  const mac = (data: string) => createHmac("sha256", "another key").update(data).digest();
  expect(await verifyChains(database, mac)).toMatchObject({ intact: false, chains: 0, rows: 0 });
});

test("a verification that is cancelled ends", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(verifyChains(database, testMac, { signal })).rejects.toThrow("enough");
});
