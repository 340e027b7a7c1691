/**
 * A record as one line of text: its fields in the order of the columns, parted by U+001F, an
 * absent one as U+001E. The line is what the chain signs and what the insert sends, so the two
 * cannot differ. No field contains a control character, so the line reads in one way only.
 *
 * The order and the text of each field are signed for good: a change needs a new label in `chain.ts`. Fields that
 * came later stand at the end, up to the last one that is present: lines without them are what they always were.
 */
import { isId } from "@castellan/kernel";
import type { CallRecord, RecordedCall } from "./call-record.ts";
import { cleanText, hasControl } from "./clean-text.ts";
import { fromPolicyText, toPolicyText } from "./policy-text.ts";

export const fieldSeparator = "\u001f";
export const absent = "\u001e";

/** The latest time that can be recorded, in the year 2255: up to here a double counts microseconds exactly. */
export const maxTimeMs = 9e12;

/** The signed columns of `calls`, in order, as a row that was read back holds them. */
export interface CallRow {
  readonly id: string;
  readonly started_at_ms: number;
  readonly duration_ms: number;
  readonly upstream_ms: number | null;
  readonly request_id: string;
  readonly replica: string;
  readonly portal: string | null;
  readonly server: string | null;
  readonly era: string | null;
  readonly method: string;
  readonly target: string | null;
  readonly principal_kind: string;
  readonly principal_id: string;
  readonly principal_name: string;
  readonly client_name: string | null;
  readonly client_version: string | null;
  readonly client_address: string | null;
  readonly session_id: string | null;
  readonly outcome: string;
  readonly stage: string | null;
  readonly code: string | null;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly trace_id: string | null;
  readonly parent_call_id: string | null;
  readonly via: string | null;
  readonly class: string | null;
  readonly name: string | null;
  readonly client_id: string | null;
  readonly country: string | null;
  readonly policy: string | null;
  readonly approval_id: string | null;
  readonly account_id: string | null;
}

/**
 * Turns a record into its line. Every value that the type admits, and every text and number
 * whatever it holds, gives a line that the insert accepts.
 */
export function toLine(record: CallRecord): string {
  if (!isId("call", record.id)) throw new TypeError("A record needs the id of a call");
  const fields = [
    record.id,
    count(record.startedAtMs, maxTimeMs),
    duration(record.durationMs),
    record.upstreamMs === undefined ? absent : duration(record.upstreamMs),
    cleanText(record.requestId, 128),
    cleanText(record.replica, 128),
    optional(record.portal, 64),
    optional(record.server, 64),
    optional(record.era, 16),
    cleanText(record.method, 128),
    optional(record.target, 512),
    cleanText(record.principalKind, 32),
    cleanText(record.principalId, 128),
    cleanText(record.principalName, 128),
    optional(record.clientName, 128),
    optional(record.clientVersion, 64),
    optional(record.clientAddress, 64),
    optional(record.sessionId, 128),
    cleanText(record.outcome, 16),
    optional(record.stage, 32),
    optional(record.code, 64),
    count(record.bytesIn, Number.MAX_SAFE_INTEGER),
    count(record.bytesOut, Number.MAX_SAFE_INTEGER),
    optional(record.traceId, 64),
    optional(record.parentCallId, 64),
    optional(record.via, 64),
    optional(record.class, 16),
    optional(record.name, 512),
    optional(record.clientId, 128),
    optional(record.country, 8),
    record.policy === undefined ? absent : toPolicyText(record.policy),
    optional(record.approvalId, 64),
    optional(record.accountId, 64),
  ];
  return joined(fields);
}

/** How many fields every line has, present or not. */
const firstFields = 25;

function joined(fields: readonly string[]): string {
  const last = fields.findLastIndex((field) => field !== absent);
  return fields.slice(0, Math.max(firstFields, last + 1)).join(fieldSeparator);
}

/**
 * The line that a stored row amounts to. Null when no record can have given this row, because a
 * field of it holds a control character.
 */
export function lineOfRow(row: CallRow): string | null {
  const fields: string[] = [];
  for (const column of columns) {
    const value = row[column];
    const field = value === null ? absent : String(value);
    if (value !== null && hasControl(field)) return null;
    fields.push(field);
  }
  return joined(fields);
}

const columns = [
  "id",
  "started_at_ms",
  "duration_ms",
  "upstream_ms",
  "request_id",
  "replica",
  "portal",
  "server",
  "era",
  "method",
  "target",
  "principal_kind",
  "principal_id",
  "principal_name",
  "client_name",
  "client_version",
  "client_address",
  "session_id",
  "outcome",
  "stage",
  "code",
  "bytes_in",
  "bytes_out",
  "trace_id",
  "parent_call_id",
  "via",
  "class",
  "name",
  "client_id",
  "country",
  "policy",
  "approval_id",
  "account_id",
] as const satisfies readonly (keyof CallRow)[];

/** The record that a stored row amounts to, with its place. */
export function toRecordedCall(row: CallRow & { chain: number; seq: number }): RecordedCall {
  const call = {
    id: row.id,
    startedAtMs: row.started_at_ms,
    durationMs: row.duration_ms,
    upstreamMs: row.upstream_ms,
    requestId: row.request_id,
    replica: row.replica,
    portal: row.portal,
    server: row.server,
    method: row.method,
    target: row.target,
    principalKind: row.principal_kind,
    principalId: row.principal_id,
    principalName: row.principal_name,
    clientName: row.client_name,
    clientVersion: row.client_version,
    clientAddress: row.client_address,
    sessionId: row.session_id,
    outcome: row.outcome,
    stage: row.stage,
    code: row.code,
    bytesIn: row.bytes_in,
    bytesOut: row.bytes_out,
    traceId: row.trace_id,
    parentCallId: row.parent_call_id,
    via: row.via,
    class: row.class,
    name: row.name,
    clientId: row.client_id,
    country: row.country,
    policy: row.policy === null ? null : fromPolicyText(row.policy),
    approvalId: row.approval_id,
    accountId: row.account_id,
    chain: row.chain,
    seq: row.seq,
  };
  const present = Object.fromEntries(Object.entries(call).filter(([, value]) => value !== null));
  return { ...present, era: row.era } as unknown as RecordedCall;
}

function optional(value: string | null | undefined, maxLength: number): string {
  return value === undefined || value === null ? absent : cleanText(value, maxLength);
}

function count(value: number, max: number): string {
  return String(Math.trunc(bounded(value, max)));
}

/** Milliseconds with fractions; JavaScript and PostgreSQL both write a double so that it reads back the same. */
function duration(value: number): string {
  return String(bounded(value, Number.MAX_SAFE_INTEGER));
}

function bounded(value: number, max: number): number {
  return value > 0 ? Math.min(value, max) : 0; // NaN is not greater than anything
}
