import { sql, type Database, type Queryable } from "@castellan/database";
import { genesis, sealHead, type Mac, type Place } from "./chain.ts";

/**
 * Begins a new chain under the next free number beyond `after`: a number that was given out is not
 * given again, even if its chain is gone, so that the gap shows.
 */
export function openChain(database: Database, mac: Mac, after: number): Promise<Place> {
  return database.transaction(async (tx) => {
    await tx.query(sql`select pg_advisory_xact_lock(hashtextextended('castellan.audit.chains', 0))`);
    const [next] = await tx.query<{ chain: number }>(
      sql`select greatest(max(chain), ${after}::integer) + 1 as chain from audit_heads`,
    );
    const head = genesis(mac, next!.chain);
    await tx.query(sql`
      insert into audit_heads (chain, seq, mac, seal)
      values (${head.chain}, 0, ${head.mac}, ${sealHead(mac, head)})`);
    return head;
  });
}

/**
 * Where a chain ends, by the table. Waits for a transaction that is about to move the end, so that
 * the answer settles what became of an insert whose connection was lost.
 */
export async function readHead(database: Queryable, chain: number): Promise<Place | null> {
  const [head] = await database.query<Place>(
    sql`select chain, seq::float8 as seq, mac from audit_heads where chain = ${chain} for update`,
  );
  return head ?? null;
}

export function isSamePlace(a: Place, b: Place): boolean {
  return a.chain === b.chain && a.seq === b.seq && a.mac.equals(b.mac);
}
