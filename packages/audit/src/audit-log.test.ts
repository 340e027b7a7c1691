import { sql, type Database } from "@castellan/database";
import { createTestDatabase } from "@castellan/database/testing";
import { createId } from "@castellan/kernel";
import { codePoint } from "@castellan/kernel/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuditLog, type AuditLog } from "./audit-log.ts";
import { callOutcomes, policyOutcomes, type CallRecord } from "./call-record.ts";
import { auditMigrations } from "./migrations.ts";
import { exampleCall, testMac } from "./testing.ts";

let database: Database;
let log: AuditLog;

beforeAll(async () => {
  database = await createTestDatabase([auditMigrations]);
  log = createAuditLog({ database, mac: testMac });
});

afterAll(async () => {
  await log[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

test("a record reads back as it was written, with its place", async () => {
  const call = exampleCall();
  await log.append(call);
  expect(await log.list({ id: call.id })).toEqual({
    calls: [{ ...call, chain: 1, seq: expect.any(Number) }],
  });
});

test("what a record leaves out stays out", async () => {
  const {
    id,
    startedAtMs,
    durationMs,
    requestId,
    replica,
    method,
    principalKind,
    principalId,
    principalName,
    bytesIn,
    bytesOut,
  } = exampleCall();
  const call: CallRecord = {
    id,
    startedAtMs,
    durationMs,
    requestId,
    replica,
    era: null,
    method,
    principalKind,
    principalId,
    principalName,
    outcome: "refused",
    bytesIn,
    bytesOut,
  };
  await log.append(call);
  expect(await log.list({ id })).toEqual({ calls: [{ ...call, chain: 1, seq: expect.any(Number) }] });
});

test("no text and no number, however hostile, fails its record or a neighbour", async () => {
  const text = fc.oneof(
    fc.string({ unit: codePoint, maxLength: 700 }),
    fc.string({
      unit: fc.constantFrom(
        "\0",
        "\n",
        "\\",
        "\u001e",
        "\u001f",
        "\ud800",
        "\udfff",
        "'",
        '"',
        "{",
        "\u{10ffff}",
      ),
    }),
    fc.constant("€".repeat(1_000_000)),
  );
  const number = fc.oneof(
    fc.double(),
    fc.double({ min: 0, max: 1e16 }),
    fc.constantFrom(-1, Number.NaN, Number.MAX_VALUE, 1e-300, 2 ** 53),
  );
  const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
  const hostile: fc.Arbitrary<CallRecord> = fc.record({
    id: fc.constant(null).map(() => createId("call")),
    startedAtMs: number,
    durationMs: number,
    upstreamMs: optional(number),
    requestId: text,
    replica: text,
    portal: optional(text),
    server: optional(text),
    era: fc.constantFrom("legacy", "modern", null),
    method: text,
    target: optional(text),
    principalKind: text,
    principalId: text,
    principalName: text,
    clientName: optional(text),
    clientVersion: optional(text),
    clientAddress: optional(text),
    sessionId: optional(text),
    outcome: fc.constantFrom(...callOutcomes),
    stage: optional(text),
    code: optional(text),
    bytesIn: number,
    bytesOut: number,
    traceId: optional(text),
    parentCallId: optional(text as fc.Arbitrary<never>),
    via: optional(text),
    class: optional(text),
    name: optional(text),
    clientId: optional(text),
    country: optional(text),
    policy: optional(fc.record({ outcome: fc.constantFrom(...policyOutcomes), rules: fc.array(text) })),
    approvalId: optional(text),
    accountId: optional(text),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 5 }), async (calls) => {
      const neighbour = exampleCall();
      await Promise.all([...calls, neighbour].map((call) => log.append(call)));
      for (const { id } of [...calls, neighbour]) expect((await log.list({ id })).calls).toHaveLength(1);
    }),
    { numRuns: 60 },
  );
  expect(await log.verify()).toMatchObject({ intact: true, broken: [] });
});

test("a record without a call's id is refused by itself", async () => {
  const neighbour = exampleCall();
  const [refused] = await Promise.allSettled([
    log.append(exampleCall({ id: "call_1" as CallRecord["id"] })),
    log.append(neighbour),
  ]);
  expect(refused).toEqual({ status: "rejected", reason: new TypeError("A record needs the id of a call") });
  expect((await log.list({ id: neighbour.id })).calls).toHaveLength(1);
});

test("a record that breaks its type is refused by itself", async () => {
  const neighbour = exampleCall();
  const [refused] = await Promise.allSettled([
    log.append(exampleCall({ principalId: undefined as unknown as string })),
    log.append(neighbour),
  ]);
  expect(refused).toEqual({ status: "rejected", reason: expect.any(TypeError) });
  expect((await log.list({ id: neighbour.id })).calls).toHaveLength(1);
});

test("a record handed in twice is kept twice and fails nobody", async () => {
  const call = exampleCall();
  await Promise.all([log.append(call), log.append(call)]);
  expect((await log.list({ id: call.id })).calls).toHaveLength(2);
});

test.each([
  ["update calls set outcome = 'ok'", "UPDATE on calls"],
  ["delete from calls", "DELETE on calls"],
  ["truncate calls", "TRUNCATE on calls"],
  ["delete from audit_heads", "DELETE on audit_heads"],
  ["truncate audit_heads", "TRUNCATE on audit_heads"],
  ["delete from audit_anchors", "DELETE on audit_anchors"],
])("the database refuses: %s", async (text, what) => {
  await log.append(exampleCall());
  await expect(database.query({ text, values: [] })).rejects.toThrow(
    `${what} refused: the audit log is append-only`,
  );
});

test("two logs on one database write a chain each", async () => {
  await using other = createAuditLog({ database, mac: testMac });
  const calls = [exampleCall(), exampleCall()] as const;
  await Promise.all([log.append(calls[0]), other.append(calls[1])]);
  const [one] = (await log.list({ id: calls[0].id })).calls;
  const [two] = (await log.list({ id: calls[1].id })).calls;
  expect([one?.chain, two?.chain]).toEqual([1, 2]);
  expect(await log.verify({ chain: 2 })).toMatchObject({ intact: true, chains: 1, rows: 1 });
});

test("a log that records nothing begins no chain", async () => {
  const heads = () => database.query(sql`select chain from audit_heads`);
  const before = await heads();
  await createAuditLog({ database, mac: testMac })[Symbol.asyncDispose]();
  expect(await heads()).toEqual(before);
});
