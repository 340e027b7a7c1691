import { sql, type Queryable, type SqlStatement } from "@castellan/database";
import { kernelFaults, type Id } from "@castellan/kernel";
import type { CallOutcome, RecordedCall } from "./call-record.ts";
import { cleanText } from "./clean-text.ts";
import { parseCursor, toCursor } from "./cursor.ts";
import { maxTimeMs, toRecordedCall } from "./row.ts";
import { storedColumns, type StoredRow } from "./stored-row.ts";

/** Which records to list. What is absent does not filter; the rest must all match. */
export interface CallFilter {
  readonly id?: Id<"call"> | undefined;
  /** Id of the call on whose behalf they were made. */
  readonly parent?: Id<"call"> | undefined;
  /** Portal slug. */
  readonly portal?: string | undefined;
  /** Server slug. */
  readonly server?: string | undefined;
  /** Principal id. */
  readonly principal?: string | undefined;
  readonly method?: string | undefined;
  readonly target?: string | undefined;
  readonly outcome?: CallOutcome | undefined;
  /** Started at this time or later, milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
  /** Started before this time. */
  readonly untilMs?: number | undefined;
  /** 1 to 500; default 100. */
  readonly limit?: number | undefined;
  /** Where the page before ended: its `nextCursor`. */
  readonly cursor?: string | undefined;
}

export interface CallPage {
  readonly calls: readonly RecordedCall[];
  /** Opaque; absent on the last page. */
  readonly nextCursor?: string;
}

/** A page of records, newest first, by the time the call started. Fault: `invalid_input`, naming the field. */
export async function listCalls(database: Queryable, filter: CallFilter): Promise<CallPage> {
  const limit = filter.limit ?? 100;
  if (!Number.isInteger(limit) || limit < 1 || limit > 500)
    throw kernelFaults.fault("invalid_input", "limit must be a whole number from 1 to 500", {
      field: "limit",
    });
  const rows = await database.query<StoredRow>(sql`
    select ${storedColumns} from calls
    where ${conditions(filter)}
    order by calls.started_at desc, calls.id desc limit ${limit + 1}`);
  const calls = rows.slice(0, limit).map(toRecordedCall);
  const last = calls.at(-1);
  return rows.length > limit && last ? { calls, nextCursor: toCursor(last) } : { calls };
}

export function listStatement(filter: CallFilter, limit: number): SqlStatement {
  return sql`
    select ${storedColumns} from calls
    where ${conditions(filter)}
    order by calls.started_at desc, calls.id desc limit ${limit}`;
}

/** Texts are cleaned as they were when they were recorded, so that whatever is asked for may be found. */
function conditions(filter: CallFilter): SqlStatement {
  const all: SqlStatement[] = [];
  if (filter.id !== undefined) all.push(sql`id = ${filter.id}`);
  if (filter.parent !== undefined) all.push(sql`parent_call_id = ${filter.parent}`);
  if (filter.portal !== undefined) all.push(sql`portal = ${cleanText(filter.portal, 512)}`);
  if (filter.server !== undefined) all.push(sql`server = ${cleanText(filter.server, 512)}`);
  if (filter.principal !== undefined) all.push(sql`principal_id = ${cleanText(filter.principal, 512)}`);
  if (filter.method !== undefined) all.push(sql`method = ${cleanText(filter.method, 512)}`);
  if (filter.target !== undefined) all.push(sql`target = ${cleanText(filter.target, 512)}`);
  if (filter.outcome !== undefined) all.push(sql`outcome = ${filter.outcome}`);
  // The partial index of failures serves only a query that says so.
  if (filter.outcome !== undefined && filter.outcome !== "ok") all.push(sql`outcome <> 'ok'`);
  if (filter.sinceMs !== undefined) all.push(sql`started_at >= ${instant(filter.sinceMs, "sinceMs")}`);
  if (filter.untilMs !== undefined) all.push(sql`started_at < ${instant(filter.untilMs, "untilMs")}`);
  if (filter.cursor !== undefined) {
    const { startedAtMs, id } = parseCursor(filter.cursor);
    all.push(sql`(started_at, id) < (${instant(startedAtMs, "cursor")}, ${id})`);
  }
  return all.reduce((left, right) => sql`${left} and ${right}`, sql`true`);
}

function instant(ms: number, field: string): SqlStatement {
  if (!(ms >= 0 && ms <= maxTimeMs))
    throw kernelFaults.fault(
      "invalid_input",
      `${field} must be milliseconds since 1970, before the year 2255`,
      { field },
    );
  return sql`timestamptz 'epoch' + ${ms}::float8 * interval '1 millisecond'`;
}
