import { sql, type Queryable } from "@castellan/database";
import type { Place } from "./chain.ts";
import type { CallRow } from "./row.ts";

/** A row of `calls` as `storedColumns` selects it. */
export interface StoredRow extends CallRow {
  readonly chain: number;
  readonly seq: number;
  readonly mac: Buffer;
}

/** What to select so that a row reads back as exactly what was signed (`row.ts`). */
export const storedColumns = sql`
  chain, seq, mac, id, (extract(epoch from started_at) * 1000)::float8 as started_at_ms, duration_ms, upstream_ms,
  request_id, replica, portal, server, era, method, target, principal_kind, principal_id, principal_name,
  client_name, client_version, client_address, session_id, outcome, stage, code,
  bytes_in, bytes_out, trace_id, parent_call_id, via, class, name, client_id, country, policy, approval_id,
  account_id`;

/** The next rows of a chain after a place, up to and with `upTo`, in the order of `seq`. */
export function readRows(
  database: Queryable,
  after: Place,
  { upTo, limit }: { upTo: number; limit: number },
): Promise<StoredRow[]> {
  return database.query<StoredRow>(sql`
    select ${storedColumns} from calls
    where chain = ${after.chain} and seq > ${after.seq} and seq <= ${upTo}
    order by seq limit ${limit}`);
}
