/** Revoking what ended accounts had (RFC 7009): soon, again for a day where that fails, then forgotten. */
import { sql } from "@castellan/database";
import { backOffMs } from "./due.ts";
import type { Ground } from "./ground.ts";
import { openEnding, type Ending } from "./sealed-account.ts";

const maxAtOnce = 20;
const maxRounds = 50;
const triedForMs = 24 * 60 * 60 * 1000;
/** Nobody else tries meanwhile; longer than a try takes. */
const leaseMs = 60_000;
const tryMs = 20_000;
const minRetryMs = 30_000;

interface EndingRow {
  readonly id: string;
  readonly sealed_ending: Buffer;
  readonly ended_at: Date;
  readonly tries: number;
}

/** Revokes what is due, a bounded batch at a time. */
export async function revokeDue(ground: Ground, signal: AbortSignal): Promise<void> {
  for (let round = 0; round < maxRounds && !signal.aborted; round += 1) {
    const rows = await claimDue(ground);
    await Promise.all(rows.map((row) => revokeOne(ground, row, signal)));
    if (rows.length < maxAtOnce) return;
  }
}

async function claimDue({ database, clock }: Ground): Promise<EndingRow[]> {
  const nowMs = clock.now();
  return database.query<EndingRow>(sql`
    update account_endings set tries = tries + 1, next_try_at = ${new Date(nowMs + leaseMs)}
    where id in (
      select id from account_endings where next_try_at <= ${new Date(nowMs)}
      order by next_try_at limit ${maxAtOnce} for update skip locked)
    returning id, sealed_ending, ended_at, tries`);
}

async function revokeOne(ground: Ground, row: EndingRow, signal: AbortSignal): Promise<void> {
  const { database, clock } = ground;
  const isOver = await revoke(ground, row, signal).catch((error: unknown) => {
    // It goes on elsewhere, or here after the next start.
    if (signal.aborted) throw error;
    ground.onError(error);
    return false;
  });
  const nowMs = clock.now();
  if (isOver || nowMs - row.ended_at.getTime() >= triedForMs) {
    await database.query(sql`delete from account_endings where id = ${row.id}`);
    return;
  }
  const nextTryAt = new Date(nowMs + minRetryMs + backOffMs(row.tries, { random: ground.random() }));
  await database.query(sql`update account_endings set next_try_at = ${nextTryAt} where id = ${row.id}`);
}

/** Whether there is nothing more to do. */
async function revoke(ground: Ground, row: EndingRow, signal: AbortSignal): Promise<boolean> {
  const ending = openEnding(ground.vault, row.id, row.sealed_ending);
  if (await isLinkedAgain(ground, ending)) return true;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(tryMs)]);
  try {
    return (await ground.oauth.revoke(ending.target, ending.held, limited)) !== "failed";
  } catch (error) {
    if (signal.aborted || !limited.aborted) throw error;
    return false;
  }
}

/**
 * Revoking a refresh token ends all of its grant (RFC 7009 §2.1), and authorization servers give a person who comes back
 * with the same client the same grant: what was linked anew must not die of what it replaced.
 */
async function isLinkedAgain({ database }: Ground, { target, ownerId, held }: Ending): Promise<boolean> {
  const rows = await database.query(sql`
    select from linked_accounts
    where target_id = ${target.id} and owner_id = ${ownerId} and state = 'linked'
      and issuer = ${held.issuer} and client_id = ${held.clientId}`);
  return rows.length > 0;
}
