import { prepared, sql, type Queryable } from "@castellan/database";
import { link, sealHead, type Mac, type Place } from "./chain.ts";
import { absent, fieldSeparator } from "./row.ts";

/** Lines that have been given their places in a chain, ready to be sent. */
export interface SealedBatch {
  readonly from: Place;
  readonly to: Place;
  /** Where the chain's end is sealed once these rows are in. */
  readonly seal: Buffer;
  /** The lines, each with its MAC as a first field: a line may end early. */
  readonly text: string;
}

export function sealBatch(mac: Mac, from: Place, lines: readonly string[]): SealedBatch {
  let to = from;
  const sealed: string[] = [];
  for (const line of lines) {
    to = link(mac, to, line);
    sealed.push(`${to.mac.toString("base64")}${fieldSeparator}${line}`);
  }
  return { from, to, seal: sealHead(mac, to), text: sealed.join("\n") };
}

/**
 * Moves the chain's end and inserts the rows, in one statement and so in one transaction. The whole
 * batch travels as a single text, which costs the least on both sides.
 *
 * False, and nothing is changed, when the chain does not end at `from`: an earlier try of the same
 * batch was committed after all, or somebody else moved the end.
 */
export async function insertCalls(database: Queryable, batch: SealedBatch): Promise<boolean> {
  const { from, to, seal, text } = batch;
  const moved = await database.query(
    prepared(
      "audit_insert_calls",
      sql`
        with head as (
          update audit_heads set seq = ${to.seq}, mac = ${to.mac}, seal = ${seal}
          where chain = ${from.chain} and seq = ${from.seq} and mac = ${from.mac} and ${isDurable}
          returning chain
        ), inserted as (
          insert into calls (
            chain, seq, id, started_at, duration_ms, upstream_ms, request_id, replica, portal, server, era,
            method, target, principal_kind, principal_id, principal_name, client_name, client_version,
            client_address, session_id, outcome, stage, code, bytes_in, bytes_out, trace_id, parent_call_id, via,
            class, name, client_id, country, policy, approval_id, account_id, mac
          )
          select
            head.chain, ${from.seq}::bigint + line.number,
            f[2], timestamptz 'epoch' + f[3]::float8 * interval '1 millisecond', f[4]::float8, f[5]::float8,
            f[6], f[7], f[8], f[9], f[10],
            f[11], f[12], f[13], f[14], f[15], f[16], f[17],
            f[18], f[19], f[20], f[21], f[22], f[23]::bigint, f[24]::bigint, f[25], f[26], f[27],
            f[28], f[29], f[30], f[31], f[32], f[33], f[34], decode(f[1], 'base64')
          from head,
            string_to_table(${text}::text, chr(10)) with ordinality as line (text, number),
            string_to_array(line.text, ${fieldSeparator}, ${absent}) as f
        )
        select chain from head`,
    ),
  );
  return moved.length > 0;
}

/**
 * Turns on waiting for the disk where the database does without, for this transaction only: what
 * is acknowledged must survive a crash. Stronger settings (replicas) stay as they are.
 */
const isDurable = sql`(
  current_setting('synchronous_commit') <> 'off' or set_config('synchronous_commit', 'on', true) = 'on'
)`;
