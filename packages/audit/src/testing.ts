/** What the tests of this package share. */
import { createHmac } from "node:crypto";
import { sql, type Database, type Queryable, type SqlStatement } from "@castellan/database";
import { createId } from "@castellan/kernel";
import type { CallRecord } from "./call-record.ts";
import type { Mac } from "./chain.ts";

export const testMac: Mac = (data) => createHmac("sha256", "a key for tests").update(data).digest();

/** A record with every field filled, or as overridden. */
export function exampleCall(overrides: Partial<CallRecord> = {}): CallRecord {
  return {
    id: createId("call"),
    startedAtMs: Date.UTC(2026, 6, 28, 12, 0, 0, 123),
    durationMs: 12.25,
    upstreamMs: 9.0625,
    requestId: "req_0199c7",
    replica: "rep_0199c7",
    portal: "main",
    server: "invoices",
    era: "modern",
    method: "tools/call",
    target: "invoices_send",
    principalKind: "service",
    principalId: "tok_0199c7",
    principalName: "nightly run",
    clientName: "agent",
    clientVersion: "1.2.3",
    clientAddress: "192.0.2.7",
    sessionId: "ses_0199c7",
    outcome: "ok",
    stage: "dispatch",
    code: "-32602",
    bytesIn: 320,
    bytesOut: 4096,
    traceId: "0af7651916cd43dd8448eb211c80319c",
    parentCallId: createId("call"),
    via: "portal_execute",
    class: "destructive",
    name: "send",
    clientId: "cli_0199c7",
    country: "DE",
    policy: { outcome: "ask", rules: ["finance-only", "two-persons"] },
    approvalId: "apr_0199c7",
    accountId: "acc_0199c7",
    ...overrides,
  };
}

/**
 * The same database, over a line that a test may cut: `around` is given each insert of a batch and
 * decides whether it is sent, and whether its answer arrives.
 */
export function withLine(
  database: Database,
  around: (insert: () => Promise<object[]>) => Promise<object[]>,
): Database {
  const query = async <Row extends object>(statement: SqlStatement): Promise<Row[]> => {
    const send = () => database.query<Row>(statement);
    return statement.name === "audit_insert_calls" ? ((await around(send)) as Row[]) : send();
  };
  return {
    query,
    transaction: (run) => database.transaction(run),
    connection: database.connection,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** Does what only someone with full rights in the database could: past the triggers. */
export async function tamper(tx: Queryable, ...statements: readonly SqlStatement[]): Promise<void> {
  await tx.query(sql`set local session_replication_role = replica`);
  for (const statement of statements) await tx.query(statement);
}

/** An empty log for the next test of a file. */
export function emptyLog(database: Database): Promise<void> {
  return database.transaction((tx) => tamper(tx, sql`truncate calls, audit_heads, audit_anchors`));
}
