/** Strangers that came and are not seen again go, with what is left of them. Those that an admin registered stay. */
import { sql, type Database } from "@castellan/database";
import { removeClients } from "./client-store.ts";

/** A person who comes back to a program after the holidays is not sent to register it anew. */
export const unusedClientMs = 90 * 86_400_000;
/** Of those that never got a token: beyond it the oldest go, so that a flood of them fills no disk. */
export const maxNeverUsed = 20_000;
export const sweepBatch = 200;

/**
 * Removes at most 200 clients that described themselves and were not used for 90 days, or were never used and are
 * too many; says how many. Safe on every replica at once.
 */
export async function sweepClients(
  database: Database,
  now: Date,
  { keep = maxNeverUsed }: { keep?: number } = {},
): Promise<number> {
  return database.transaction(async (tx) => {
    const rows = await tx.query<{ id: string }>(sql`
      select id from oauth_clients
       where kind <> 'registered'
         and (coalesce(last_used_at, created_at) < ${new Date(now.getTime() - unusedClientMs)}
              or id in (select id from oauth_clients where kind <> 'registered' and last_used_at is null
                         order by created_at desc, id desc offset ${keep} limit ${sweepBatch}))
       order by coalesce(last_used_at, created_at) limit ${sweepBatch} for update skip locked`);
    await removeClients(
      tx,
      rows.map(({ id }) => id),
      now,
    );
    return rows.length;
  });
}
