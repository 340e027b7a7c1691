/** Taking what is due, and writing down what came of it. */
import { sql, type Queryable } from "@castellan/database";
import type { Id } from "@castellan/kernel";
import type { NoticeChannel, Outcome } from "../notice.ts";
import { waitMs } from "./waits.ts";

/**
 * How long an attempt has the notice to itself. One that takes longer, or whose replica is gone, is made again by
 * another: a notice may arrive twice, with the same id, and never not at all.
 */
export const leaseMs = 120_000;

/** A notice that this replica tries to deliver. */
export interface Claimed {
  readonly id: Id<"notice">;
  readonly kind: string;
  readonly recipient: string;
  readonly sealedBody: Buffer;
  /** This one included. */
  readonly attempts: number;
  readonly giveUpAt: Date;
}

/** The one that has been due for longest, but none of the busy recipients'; no other replica gets it. */
export async function claimNext(
  database: Queryable,
  channel: NoticeChannel,
  { busy, nowMs }: { busy: readonly string[]; nowMs: number },
): Promise<Claimed | undefined> {
  const [row] = await database.query<{
    id: Id<"notice">;
    kind: string;
    recipient: string;
    sealed_body: Buffer;
    attempts: number;
    give_up_at: Date;
  }>(sql`
    update notices set attempts = attempts + 1, next_at = ${new Date(nowMs + leaseMs)}
     where id = (
       select id from notices
        where state = 'waiting' and channel = ${channel} and next_at <= ${new Date(nowMs)}
          and recipient <> all(${busy}::text[])
        order by next_at limit 1 for update skip locked)
    returning id, kind, recipient, sealed_body, attempts, give_up_at`);
  return (
    row && {
      id: row.id,
      kind: row.kind,
      recipient: row.recipient,
      sealedBody: row.sealed_body,
      attempts: row.attempts,
      giveUpAt: row.give_up_at,
    }
  );
}

const maxErrorLength = 500;

/** Nothing, if the attempt took so long that another has begun. */
export async function settle(
  database: Queryable,
  { id, attempts, giveUpAt }: Claimed,
  { outcome, nowMs }: { outcome: Outcome; nowMs: number },
): Promise<void> {
  const now = new Date(nowMs);
  const error = outcome.kind === "delivered" ? null : outcome.error.slice(0, maxErrorLength);
  const again = outcome.kind === "later" ? nowMs + waitMs(attempts, outcome.afterMs) : Infinity;
  if (again < giveUpAt.getTime()) {
    await database.query(sql`
      update notices set next_at = ${new Date(again)}, last_error = ${error}
       where id = ${id} and state = 'waiting' and attempts = ${attempts}`);
    return;
  }
  const state = outcome.kind === "delivered" ? "delivered" : "failed";
  await database.query(sql`
    update notices set state = ${state}, settled_at = ${now}, last_error = ${error}, sealed_body = null
     where id = ${id} and state = 'waiting' and attempts = ${attempts}`);
}

/** An attempt that was broken off because this replica stops: another one makes it. */
export async function giveBack(database: Queryable, { id, attempts }: Claimed, nowMs: number): Promise<void> {
  await database.query(sql`
    update notices set attempts = attempts - 1, next_at = ${new Date(nowMs)}
     where id = ${id} and state = 'waiting' and attempts = ${attempts}`);
}
