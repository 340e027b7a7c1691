import { sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId } from "@castellan/kernel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuditLog, type AuditLog } from "./audit-log.ts";
import type { CallRecord } from "./call-record.ts";
import { listStatement, type CallFilter } from "./list.ts";
import { auditMigrations } from "./migrations.ts";
import { exampleCall, testMac } from "./testing.ts";

let database: Database;
let log: AuditLog;
const startMs = Date.UTC(2026, 0, 1);

const parent = createId("call");
/** Ten calls, a minute apart but for two that start together. */
const calls = Array.from({ length: 10 }, (_, n) =>
  exampleCall({
    startedAtMs: startMs + Math.min(n, 8) * 60_000,
    portal: n % 2 ? "odd" : "even",
    server: n % 3 ? "other" : "third",
    principalId: n === 4 ? "tok_four" : "tok_any",
    method: n === 5 ? "prompts/get" : "tools/call",
    target: `tool-${n}`,
    outcome: n === 6 ? "refused" : "ok",
    parentCallId: n > 7 ? parent : undefined,
  }),
);

beforeAll(async () => {
  database = await createTestDatabase([auditMigrations]);
  log = createAuditLog({ database, mac: testMac });
  for (const call of calls.toReversed()) await log.append(call);
});

afterAll(async () => {
  await log[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const targets = (listed: readonly CallRecord[]) => listed.map((call) => Number(call.target?.slice(5)));

test.each<[CallFilter, number[]]>([
  [{}, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
  [{ portal: "odd" }, [9, 7, 5, 3, 1]],
  [{ portal: "odd", server: "third" }, [9, 3]],
  [{ principal: "tok_four" }, [4]],
  [{ method: "prompts/get" }, [5]],
  [{ target: "tool-7" }, [7]],
  [{ outcome: "refused" }, [6]],
  [{ outcome: "ok", server: "third" }, [9, 3, 0]],
  [{ sinceMs: startMs + 3 * 60_000, untilMs: startMs + 5 * 60_000 }, [4, 3]],
  [{ id: calls[2]!.id }, [2]],
  [{ parent }, [9, 8]],
  [{ parent, portal: "odd" }, [9]],
  [{ portal: "nowhere" }, []],
])("%j lists %j", async (filter, expected) => {
  expect(targets((await log.list(filter)).calls)).toEqual(expected);
});

test("pages join without a gap or a double, also between calls that started together", async () => {
  const pages: number[][] = [];
  let cursor: string | undefined;
  do {
    const page = await log.list({ limit: 1, cursor, portal: undefined });
    pages.push(targets(page.calls));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  expect(pages).toEqual([[9], [8], [7], [6], [5], [4], [3], [2], [1], [0]]);
});

test.each([0, -1, 501, 1.5, Number.NaN])("a limit of %s is refused", async (limit) => {
  await expect(log.list({ limit })).rejects.toMatchObject({ code: "invalid_input", field: "limit" });
});

test.each<[keyof CallFilter, number]>([
  ["sinceMs", Number.NaN],
  ["sinceMs", -1],
  ["untilMs", Number.POSITIVE_INFINITY],
  ["untilMs", 8.64e15],
])("%s of %s is refused", async (field, ms) => {
  await expect(log.list({ [field]: ms })).rejects.toMatchObject({ code: "invalid_input", field });
});

test("a record is found by the hostile text that it was recorded with", async () => {
  const target = `\0\ud800\u001f'"\\${"x".repeat(9_999)}`;
  const call = exampleCall({ target, startedAtMs: startMs - 60_000 });
  await log.append(call);
  expect((await log.list({ target })).calls.map(({ id }) => id)).toEqual([call.id]);
});

test.each([
  "",
  "x",
  "1 call_1",
  Buffer.from(`9999999999999999 call_${"0".repeat(32)}`).toString("base64url"),
  Buffer.from("1 tok_00000000000000000000000000000000").toString("base64url"),
  "A".repeat(9999),
])("the cursor %j is refused", async (cursor) => {
  await expect(log.list({ cursor })).rejects.toMatchObject({ code: "invalid_input", field: "cursor" });
});

test.each<[CallFilter, string]>([
  [{}, "calls_by_time"],
  [{ portal: "odd" }, "calls_by_portal"],
  [{ server: "third" }, "calls_by_server"],
  [{ principal: "tok_four" }, "calls_by_principal"],
  [{ method: "prompts/get" }, "calls_by_method"],
  [{ target: "tool-7" }, "calls_by_target"],
  [{ outcome: "refused" }, "calls_by_failure"],
  [{ id: calls[2]!.id }, "calls_by_id"],
  [{ parent }, "calls_by_parent"],
])("%j reads the index %s, in its order", async (filter, index) => {
  const plan = await database.transaction(async (tx) => {
    await tx.query(sql`set local enable_seqscan = off`);
    return tx.query<{ "QUERY PLAN": string }>(sql`explain ${listStatement(filter, 101)}`);
  });
  const lines = plan.map((row) => row["QUERY PLAN"]).join("\n");
  expect(/using (\w+)/.exec(lines)?.[1]).toBe(index);
  if (filter.id === undefined) expect(/Sort/.test(lines)).toBe(false);
});
