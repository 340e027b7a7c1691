import { sql, type Database, type Transaction } from "@castellan/database";
import { nextChain, readEnds, startOf } from "./chain-ends.ts";
import { sealAnchor, type Mac, type Place } from "./chain.ts";
import { checkRows } from "./check-rows.ts";
import { auditFaults } from "./faults.ts";
import { readRows } from "./stored-row.ts";

export interface Removal {
  readonly removed: number;
}

export interface RemoveOptions {
  /** Calls that started before this time are removed, milliseconds since the epoch. */
  readonly beforeMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Removes the oldest rows of each chain, up to the first that must be kept: a row that was recorded
 * behind a younger one stays until that one goes. Each page is verified before it is removed, since
 * an anchor behind it would hide what was done to it. Fault: `audit_chain_broken`.
 */
export async function removeCallsBefore(
  database: Database,
  mac: Mac,
  { beforeMs, signal }: RemoveOptions,
): Promise<Removal> {
  let removed = 0;
  let chain = await nextChain(database, 0);
  while (chain !== null) {
    signal?.throwIfAborted();
    const of = chain;
    const page = await database.transaction((tx) => removePage(tx, mac, of, beforeMs));
    removed += page;
    if (page < pageSize) chain = await nextChain(database, chain);
  }
  return { removed };
}

const pageSize = 500;

async function removePage(tx: Transaction, mac: Mac, chain: number, beforeMs: number): Promise<number> {
  await tx.query(sql`select pg_advisory_xact_lock(hashtextextended('castellan.audit.retention', 0))`);
  const ends = await readEnds(tx, chain);
  const start = startOf(mac, chain, ends);
  if (!start) throw broken(chain, ends.anchor?.seq ?? 0);
  const rows = await readRows(tx, start, { upTo: ends.head?.seq ?? 0, limit: pageSize });
  const firstKept = rows.findIndex((row) => row.started_at_ms >= beforeMs);
  const old = firstKept === -1 ? rows : rows.slice(0, firstKept);
  const checked = checkRows(mac, start, old);
  if (checked.broken) throw broken(chain, checked.broken.seq);
  if (old.length > 0) await removeUpTo(tx, mac, checked.reached);
  return old.length;
}

async function removeUpTo(tx: Transaction, mac: Mac, anchor: Place): Promise<void> {
  const { chain, seq } = anchor;
  await tx.query(sql`
    insert into audit_anchors (chain, seq, mac, seal)
    values (${chain}, ${seq}, ${anchor.mac}, ${sealAnchor(mac, anchor)})
    on conflict (chain) do update
      set seq = excluded.seq, mac = excluded.mac, seal = excluded.seal, removed_at = now()`);
  await tx.query(sql`select audit_remove(${chain}, ${seq})`);
}

function broken(chain: number, seq: number): Error {
  return auditFaults.fault(
    "audit_chain_broken",
    `Chain ${chain} is broken at record ${seq}; nothing more is removed`,
    {
      data: { chain, seq },
    },
  );
}
